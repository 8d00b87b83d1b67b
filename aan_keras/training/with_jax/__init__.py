"""Training with JAX on one accelerator, where TensorFlow need not be installed."""

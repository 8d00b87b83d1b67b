"""Which dtype policy suits the machine."""

# Tensor cores compute in bfloat16 from this compute capability on.
_AMPERE = (8, 0)


def choose_precision(engine="tensorflow"):
    """The fastest dtype policy that trains reliably on this machine's first device.

    Args:
        engine: `"tensorflow"` or `"jax"`, which is asked for the device.

    Returns:
        `"mixed_bfloat16"` on GPUs that compute in it (NVIDIA Ampere and newer),
        `"mixed_float16"` on older ones, which JAX's engine does not offer, and
        `"float32"` without a GPU.
    """
    if engine == "jax":
        import jax

        capability = getattr(jax.devices()[0], "compute_capability", "0.0")
        ampere = tuple(map(int, capability.split("."))) >= _AMPERE
        return "mixed_bfloat16" if ampere else "float32"
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return "float32"
    details = tf.config.experimental.get_device_details(gpus[0])
    capability = details.get("compute_capability", _AMPERE)
    return "mixed_bfloat16" if capability >= _AMPERE else "mixed_float16"

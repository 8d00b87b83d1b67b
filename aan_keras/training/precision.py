"""Which dtype policy suits the machine."""

# Tensor cores compute in bfloat16 from this compute capability on.
_AMPERE = (8, 0)


def choose_precision():
    """The fastest dtype policy that trains reliably on this machine's first device.

    Returns:
        `"mixed_bfloat16"` on GPUs that compute in it (NVIDIA Ampere and newer),
        `"mixed_float16"` on older ones, `"float32"` without a GPU.
    """
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return "float32"
    details = tf.config.experimental.get_device_details(gpus[0])
    capability = details.get("compute_capability", _AMPERE)
    return "mixed_bfloat16" if capability >= _AMPERE else "mixed_float16"

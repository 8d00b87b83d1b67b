"""What a run trains on: one device, several of this machine, several machines."""

import json
import os


def make_strategy(devices=1):
    """Makes the `tf.distribute` strategy of a run; build the model in its scope.

    Call it first: TensorFlow must not have run anything yet.

    Args:
        devices: number of GPUs of this machine to use; where there is none, the CPU
            is divided into as many logical devices.

    Returns:
        `MultiWorkerMirroredStrategy` (all GPUs of each machine) if the environment
        variable TF_CONFIG names several workers; `MirroredStrategy` for several
        devices; else the strategy that is in force.
    """
    import tensorflow as tf

    workers = num_workers()
    if workers > 1:
        if devices != 1:
            raise ValueError(
                "With several workers in TF_CONFIG each uses all its GPUs: hide GPUs "
                f"with CUDA_VISIBLE_DEVICES instead. Received: devices={devices}"
            )
        return tf.distribute.MultiWorkerMirroredStrategy()
    if devices == 1:
        return tf.distribute.get_strategy()
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        _divide_cpu(devices)
        return tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(devices)])
    if len(gpus) < devices:
        raise ValueError(
            f"this machine has {len(gpus)} GPUs. Received: devices={devices}"
        )
    return tf.distribute.MirroredStrategy([f"GPU:{i}" for i in range(devices)])


def num_workers():
    """Number of machines in TF_CONFIG; 1 without it."""
    text = os.environ.get("TF_CONFIG") or "{}"
    try:
        cluster = json.loads(text).get("cluster", {})
        return max(sum(len(cluster.get(kind, [])) for kind in ("chief", "worker")), 1)
    except (ValueError, AttributeError, TypeError):
        raise ValueError(
            "The environment variable TF_CONFIG must be JSON as "
            "tf.distribute.MultiWorkerMirroredStrategy reads it. "
            f"Received: TF_CONFIG={text}"
        ) from None


def worker_of(strategy):
    """`(index, count)` of this machine among those of a strategy; 0 is the chief."""
    import tensorflow as tf

    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return 0, 1
    resolver = strategy.cluster_resolver
    cluster = resolver.cluster_spec().as_dict()
    chiefs, workers = len(cluster.get("chief", [])), len(cluster.get("worker", []))
    index = resolver.task_id + (chiefs if resolver.task_type == "worker" else 0)
    return index, chiefs + workers


def _divide_cpu(devices):
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    present = tf.config.get_logical_device_configuration(cpu) or ()
    if len(present) >= devices:
        return
    logical = [tf.config.LogicalDeviceConfiguration()] * devices
    try:
        tf.config.set_logical_device_configuration(cpu, logical)
    except RuntimeError:
        raise ValueError(
            "TensorFlow has already started with the whole CPU as one device. "
            f"Received: devices={devices}"
        ) from None

"""Training pairs for the devices of a strategy."""

from aan_keras.data import load_dataset
from aan_keras.training.devices import worker_of


def distributed_pairs(
    strategy, data, image_size, batch_size, take=None, **dataset_options
):
    """Loads batches that together are those of one device, whatever the strategy.

    Args:
        strategy: `tf.distribute.Strategy` of the model.
        data: see `load_dataset`.
        image_size: side of the images in pixels.
        batch_size: pairs a step, of all devices together.
        take: number of batches, which are kept in memory; None: endless.
        **dataset_options: of `load_dataset`.

    Returns:
        On one machine a `tf.data.Dataset` of whole batches, which `fit` divides among
        the devices in order; on several a distributed dataset, of which each worker
        reads its own part only.
    """
    replicas, (_, workers) = strategy.num_replicas_in_sync, worker_of(strategy)
    if batch_size % replicas:
        raise ValueError(
            "`batch_size` is that of all devices together, and must be divisible by "
            f"their number. Received: batch_size={batch_size}, devices={replicas}"
        )

    def load(shard_index=0, shard_count=1):
        dataset = load_dataset(
            data,
            image_size,
            batch_size // shard_count,
            shard_index=shard_index,
            shard_count=shard_count,
            **dataset_options,
        )
        return dataset if take is None else dataset.take(take).cache()

    if workers == 1:
        return load()

    def load_part(context):
        dataset = load(context.input_pipeline_id, context.num_input_pipelines)
        if replicas > workers:  # Each device of a worker takes a batch of its own.
            dataset = dataset.unbatch()
            dataset = dataset.batch(batch_size // replicas, drop_remainder=True)
        return dataset

    return strategy.distribute_datasets_from_function(load_part)

"""One optimizer step on the gradients of all replicas."""


def optimizer_step(optimizer, gradients, variables, clip_norm=None):
    """Sums gradients over replicas, clips their norm together and applies them.

    Keras clips each replica's gradients before it sums them, which is not the step of
    one device, and its loss scaler looks for overflow on the first replica only. So
    they are summed here. Keras then sums once more, which a division makes up for.

    Args:
        optimizer: built Keras optimizer without clipping of its own.
        gradients: list of tensors (or None): of this replica's share of the loss,
            scaled by `optimizer.scale_loss`.
        variables: what they are gradients of.
        clip_norm: largest norm of all gradients together, or None.

    Returns:
        Norm of all gradients before clipping, float32. It is not finite if one of
        them is not.
    """
    import tensorflow as tf

    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    present = [i for i, gradient in enumerate(gradients) if gradient is not None]
    values = [gradients[i] for i in present]
    if replicas > 1:
        context = tf.distribute.get_replica_context()
        values = context.all_reduce(tf.distribute.ReduceOp.SUM, values)
    norm = tf.linalg.global_norm(values)
    if clip_norm is not None:
        limit = optimizer.scale_loss(float(clip_norm))
        values, _ = tf.clip_by_global_norm(values, limit, use_norm=norm)
    if replicas > 1:
        values = [value / replicas for value in values]
    gradients = list(gradients)
    for i, value in zip(present, values):
        gradients[i] = value
    norm = norm / optimizer.scale_loss(1.0)
    optimizer.apply(gradients, variables)
    return norm

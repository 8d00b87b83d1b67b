"""A running mean that is right under `tf.distribute` with every Keras."""

import keras


class ReplicaMean(keras.metrics.Mean):
    """`keras.metrics.Mean` over the values of all replicas.

    Before Keras 3.10, a metric's variables are kept alike on all replicas by adding up
    what each replica assigns, and what it assigns is the new total: with two replicas
    the old total counts twice, and more so with every step. The mean of the new totals
    is right, and where each replica keeps a total of its own (`on_read`, later), a
    mean over replicas of totals and counts leaves their quotient as it is.
    """

    def add_variable(
        self, shape, initializer, dtype=None, aggregation="mean", name=None
    ):
        return super().add_variable(
            shape, initializer, dtype=dtype, aggregation="mean", name=name
        )

"""Mean of a figure that some samples may not have."""

import keras
from keras import ops


class SampleMean(keras.metrics.Metric):
    """Base of the metrics: a figure per sample, and their mean.

    A sample whose figure is NaN (no face was found in it, say) is left out of the mean
    and counted: `count` and `missing` say over how many samples `result()` is, so that
    failures can't improve a mean unseen. Without any figure the result is NaN, not 0.

    Subclasses define `per_sample(y_true, y_pred)`, float32 `[B]`, which is of use
    without any state too.

    Args:
        name: name of the metric.
        dtype: dtype of the sums.
    """

    def __init__(self, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        for variable in ("total", "count", "missing"):
            setattr(
                self,
                variable,
                self.add_variable((), initializer="zeros", name=variable),
            )

    def per_sample(self, y_true, y_pred):
        """The figure of every sample, float32 `[B]`; NaN where there is none."""
        raise NotImplementedError

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch.

        Args:
            y_true: what was asked for.
            y_pred: what was generated.
            sample_weight: float `[B]`, None for 1; or `[B, 1, ...]`, as the losses of
                images take it. A ValueError for any other shape.
        """
        values = ops.cast(self.per_sample(y_true, y_pred), self.dtype)
        known = ops.logical_not(ops.isnan(values))
        weights = ops.ones_like(values)
        if sample_weight is not None:
            weights = weights * self._one_per_sample(sample_weight)
        # NaN times a weight of zero is NaN still: it must be replaced.
        total = ops.sum(ops.where(known, values, ops.zeros_like(values)) * weights)
        count = ops.sum(ops.cast(known, self.dtype) * weights)
        self.total.assign_add(total)
        self.count.assign_add(count)
        self.missing.assign_add(ops.sum(weights) - count)

    def _one_per_sample(self, sample_weight):
        sample_weight = ops.cast(sample_weight, self.dtype)
        shape = tuple(sample_weight.shape)
        if any(size != 1 for size in shape[1:]):
            raise ValueError(
                f"`{self.name}` is one figure a sample: `sample_weight` must be [B] or "
                f"[B, 1, ...]. Received: shape {shape}"
            )
        # `[B] * [B, 1]` would be `[B, B]`.
        return ops.reshape(sample_weight, (-1,)) if len(shape) > 1 else sample_weight

    def result(self):
        # 0 / 0 is the NaN that no figures should give.
        return self.total / self.count

    def reset_state(self):
        for variable in (self.total, self.count, self.missing):
            variable.assign(ops.zeros_like(variable.value))


def to_levels(images):
    """Images in [-1, 1] on the 0..255 scale, float32."""
    return (ops.cast(images, "float32") + 1.0) * 127.5

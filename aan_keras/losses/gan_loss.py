"""Log-likelihood GAN loss on the logits of multi-scale patch discriminators."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="aan_keras")
class GANLoss(keras.losses.Loss):
    """Log-likelihood GAN loss on multi-scale patch logits (paper, Eq. 6).

    With `D = sigmoid(logits)`, the discriminator minimizes
    `-mean(log D(real)) - mean(log(1 - D(fake)))`, and the generator either
    `-mean(log D(fake))` (default: strong gradients while the discriminator wins) or,
    as Eq. 6 is written, `mean(log(1 - D(fake)))` (`saturating=True`). Means are over
    the patches of a scale, sums over the scales. All logarithms are softplus of the
    logits, so no logit overflows.

    Args:
        saturating: whether the generator minimizes Eq. 6 literally.
        reduction: over the batch, as for every Keras loss.
        name: name of the loss.

    Call arguments:
        y_true: logits of real images, `[B, h, w, 1]` or a list of one per scale.
        y_pred: logits of generated images, alike. `loss(real, fake)` is
            `loss.discriminator(real, fake)`.

    Example:

    >>> gan = GANLoss()
    >>> discriminator_loss = gan.discriminator(real_logits, fake_logits)
    >>> generator_loss = gan.generator(fake_logits)

    Reference:
        Goodfellow et al., "Generative Adversarial Nets", 2014, Eq. 1 and section 3.
    """

    def __init__(
        self,
        saturating=False,
        reduction="sum_over_batch_size",
        name="gan_loss",
        **kwargs,
    ):
        super().__init__(name=name, reduction=reduction, **kwargs)
        self.saturating = saturating

    def call(self, y_true, y_pred):
        # softplus(-x) = -log(sigmoid(x)), softplus(x) = -log(1 - sigmoid(x)).
        real = [_patch_mean(ops.softplus(-x)) for x in _scales(y_true)]
        fake = [_patch_mean(ops.softplus(x)) for x in _scales(y_pred)]
        return sum(real) + sum(fake)

    def discriminator(self, real_logits, fake_logits):
        """Loss of the discriminator: a scalar, unless `reduction` is None."""
        return self(real_logits, fake_logits)

    def generator(self, fake_logits):
        """Loss of the generator: a scalar, unless `reduction` is None."""
        if self.saturating:
            losses = [-_patch_mean(ops.softplus(x)) for x in _scales(fake_logits)]
        else:
            losses = [_patch_mean(ops.softplus(-x)) for x in _scales(fake_logits)]
        if self.reduction in (None, "none"):
            return sum(losses)
        return (ops.sum if self.reduction == "sum" else ops.mean)(sum(losses))

    def get_config(self):
        config = super().get_config()
        config.update({"saturating": self.saturating})
        return config


def _scales(logits):
    logits = list(logits) if isinstance(logits, (list, tuple)) else [logits]
    return [ops.cast(x, "float32") for x in logits]


def _patch_mean(values):
    return ops.mean(values, axis=tuple(range(1, len(values.shape))))

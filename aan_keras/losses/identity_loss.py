"""How far a generated face is from the person it should show."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="aan_keras")
class IdentityLoss(keras.losses.Loss):
    """Distance between the identity descriptors of two aligned faces.

    `"squared"`: `sum((d_true - d_pred)^2)`, what the network was trained with; below
    0.36 dlib calls two photos the same person. `"cosine"`: `1 - cos(d_true, d_pred)`,
    which is 1 - CSIM; with dlib's descriptors, whose mean is far from zero, it stays
    small even between strangers. No gradient flows into `y_true`.

    Args:
        net: model from chips to descriptors `[B, n]`; default
            `aan_keras.models.IdentityNet()`.
        distance: `"squared"` or `"cosine"`.
        reduction: over the batch, as for every Keras loss.
        name: name of the loss.

    Call arguments:
        y_true: chips of the real face, float32 `[B, 150, 150, 3]` in [-1, 1], from
            `FaceChip`.
        y_pred: chips of the generated face, alike.

    Example:

    >>> chip = FaceChip()
    >>> loss = IdentityLoss()(chip(real, landmarks), chip(generated, landmarks))

    Reference:
        King, "High Quality Face Recognition with Deep Metric Learning", 2017.
    """

    def __init__(
        self,
        net=None,
        distance="squared",
        reduction="sum_over_batch_size",
        name="identity_loss",
        **kwargs,
    ):
        super().__init__(name=name, reduction=reduction, **kwargs)
        if distance not in ("squared", "cosine"):
            raise ValueError(
                '`distance` must be "squared" or "cosine". '
                f"Received: distance={distance!r}"
            )
        if net is None:
            # Imported late: losses are below models, and run without the weights.
            from aan_keras.models.identity_net import IdentityNet

            net = IdentityNet()
        self.net = net
        self.distance = distance

    def call(self, y_true, y_pred):
        true = self.net(ops.stop_gradient(y_true))
        return self.from_descriptors(true, self.net(y_pred))

    def from_descriptors(self, true, pred):
        """Per-sample loss `[B]` of descriptors that are known already."""
        true = ops.stop_gradient(ops.cast(true, "float32"))
        pred = ops.cast(pred, "float32")
        if self.distance == "squared":
            return ops.sum(ops.square(true - pred), axis=-1)
        cosine = ops.sum(ops.normalize(true) * ops.normalize(pred), axis=-1)
        return 1.0 - cosine

    def get_config(self):
        config = super().get_config()
        net = keras.saving.serialize_keras_object(self.net)
        config.update({"net": net, "distance": self.distance})
        return config

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        if config.get("net") is not None:
            config["net"] = keras.saving.deserialize_keras_object(config["net"])
        return cls(**config)

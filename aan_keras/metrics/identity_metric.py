"""What metrics on identity vectors share."""

import keras

from aan_keras.metrics.sample_mean import SampleMean


class IdentityMetric(SampleMean):
    """Base of the metrics that look at two faces through an identity network.

    Subclasses define `from_descriptors(true, pred)`, `[B]` from vectors `[B, n]`,
    for callers that know the vectors already.

    Args:
        net: callable from chips to vectors; None makes an `IdentityNet` when it is
            first needed.
        name: name of the metric.
        dtype: dtype of the sums.
    """

    def __init__(self, net=None, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.net = net

    def per_sample(self, y_true, y_pred):
        if self.net is None:
            # Imported late: metrics are below models, and vectors need no network.
            from aan_keras.models.identity_net import IdentityNet

            self.net = IdentityNet()
        return self.from_descriptors(self.net(y_true), self.net(y_pred))

    def get_config(self):
        config = super().get_config()
        net = self.net
        if net is not None:
            net = keras.saving.serialize_keras_object(net)
        config.update({"net": net})
        return config

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        if config.get("net") is not None:
            config["net"] = keras.saving.deserialize_keras_object(config["net"])
        return cls(**config)

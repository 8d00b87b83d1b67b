"""What metrics on identity vectors share."""

import keras

from aan_keras.metrics.sample_mean import SampleMean


class IdentityMetric(SampleMean):
    """Base of the metrics that look at two faces through an identity network.

    Subclasses define `from_descriptors(true, pred)`, `[B]` from vectors `[B, n]`,
    for callers that know the vectors already.

    Args:
        net: callable from chips to vectors; None makes an `IdentityNet`.
        name: name of the metric.
        dtype: dtype of the sums.
    """

    def __init__(self, net=None, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        if net is None:
            # Imported late: metrics are below models, and `from_descriptors` needs no
            # network. Made here: in the graph of `evaluate` it would get no weights.
            from aan_keras.models.identity_net import IdentityNet

            net = IdentityNet()
        self.net = net

    def per_sample(self, y_true, y_pred):
        return self.from_descriptors(self.net(y_true), self.net(y_pred))

    def get_config(self):
        config = super().get_config()
        config.update({"net": keras.saving.serialize_keras_object(self.net)})
        return config

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        if config.get("net") is not None:
            config["net"] = keras.saving.deserialize_keras_object(config["net"])
        return cls(**config)

"""Fréchet distance between two sets of images."""

import keras
import numpy as np


@keras.saving.register_keras_serializable(package="aan_keras")
class FID(keras.metrics.Metric):
    """Fréchet distance between the features of real and of generated images.

    `fid = |m_r - m_g|^2 + tr(C_r + C_g - 2 (C_r C_g)^(1/2))`, m and C mean and
    covariance of the network's features over each set. Sums are float64 in NumPy: the
    difference of two 2048 x 2048 covariances drowns in float32. NumPy is in no graph:
    compile a model with this metric with `run_eagerly=True`, which does on TensorFlow;
    elsewhere call `update_state` yourself.

    Published figures use one particular InceptionV3 (the TensorFlow graph of 2015) and
    thousands of images; other weights or fewer images than features give figures that
    compare with each other only.

    Args:
        net: callable from images `[B, h, w, 3]` in [-1, 1] to features `[B, n]`.
        name: name of the metric.
        dtype: as every metric takes it; the sums are float64 whatever it is.

    Call arguments:
        y_true: real images; y_pred: generated ones. The sets need not be paired.

    Reference:
        Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a
        Local Nash Equilibrium", NeurIPS 2017.
    """

    def __init__(self, net, name="fid", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.net = net
        self.reset_state()

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch of each set; weights are not supported."""
        if sample_weight is not None:
            raise ValueError(
                f"FID takes no weights. Received: sample_weight={sample_weight}"
            )
        self.update_features(self.net(y_true), self.net(y_pred))

    def update_features(self, true, pred):
        """Adds features `[B, n]` that are known already.

        A RuntimeError in a graph, where there are no values yet.
        """
        for moments, features in zip(self._moments, (true, pred)):
            moments.add(_values(features))

    def result(self):
        """float; NaN with fewer than two images in a set."""
        if min(moments.count for moments in self._moments) < 2:
            return float("nan")
        (mean_r, cov_r), (mean_g, cov_g) = (m.statistics() for m in self._moments)
        return float(frechet_distance(mean_r, cov_r, mean_g, cov_g))

    def reset_state(self):
        self._moments = [_Moments(), _Moments()]

    def get_config(self):
        config = super().get_config()
        config["net"] = keras.saving.serialize_keras_object(self.net)
        return config

    @classmethod
    def from_config(cls, config):
        net = keras.saving.deserialize_keras_object(config["net"])
        return cls(**{**config, "net": net})


def frechet_distance(mean_r, cov_r, mean_g, cov_g):
    """Squared Fréchet distance between two Gaussians.

    `(C_r C_g)^(1/2)` has the trace of `(C_r^(1/2) C_g C_r^(1/2))^(1/2)`, which is
    symmetric and positive, so that its eigenvalues are real whatever the rounding.

    Args:
        mean_r, mean_g: float64 `[n]`.
        cov_r, cov_g: float64 `[n, n]`.
    """
    values, vectors = np.linalg.eigh(cov_r)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    eigenvalues = np.linalg.eigvalsh(root @ cov_g @ root)
    trace = np.sqrt(np.maximum(eigenvalues, 0)).sum()
    return ((mean_r - mean_g) ** 2).sum() + np.trace(cov_r + cov_g) - 2 * trace


def _values(features):
    try:
        return np.asarray(keras.ops.convert_to_numpy(features), "float64")
    except (NotImplementedError, TypeError) as error:
        raise RuntimeError(
            "FID is computed by NumPy, which needs values: call `update_state` "
            "yourself, or, on TensorFlow, `model.compile(..., run_eagerly=True)`. "
            f"Received: {type(features).__name__} in a graph"
        ) from error


class _Moments:
    """Running mean and scatter of feature vectors, merged batch by batch."""

    def __init__(self):
        self.count, self.mean, self.scatter = 0, 0.0, 0.0

    def add(self, features):
        count = len(features)
        mean = features.mean(0)
        centred = features - mean
        shift = mean - self.mean
        total = self.count + count
        # Chan et al. 1979: no difference of large squares.
        self.scatter = (
            self.scatter
            + centred.T @ centred
            + np.outer(shift, shift) * (self.count * count / total)
        )
        self.mean = self.mean + shift * (count / total)
        self.count = total

    def statistics(self):
        return self.mean, self.scatter / (self.count - 1)

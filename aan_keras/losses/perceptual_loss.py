"""L1 distance between the feature maps that a frozen network sees in two images."""

import os

import keras
from keras import ops

from aan_keras.losses.feature_extractors import named_outputs, vgg_extractor

# First convolution of each scale, conv1_1 .. conv5_1, after its ReLU.
VGG_LAYERS = tuple(f"block{i}_conv1" for i in range(1, 6))

# The VGG weights of Keras read 0..255 without dividing by the standard deviation, which
# is 57.4 grey levels on average. This brings the features to the scale that losses with
# standardized input (PyTorch's, and weights like the paper's 5) are tuned for.
VGG_WEIGHT = 1 / 57.4

# 1 / mean |feature| of each map, over 673 photos of 160 people as 150 px chips.
IDENTITY_WEIGHTS = (2.075, 0.819, 0.868, 1.123, 0.901, 0.865)

_EXPECTED = (
    '`features` must be "vgg19", "vgg16", "identity", a keras.Model or the path of a '
    "file."
)


@keras.saving.register_keras_serializable(package="aan_keras")
class PerceptualLoss(keras.losses.Loss):
    """Sum over layers of the mean absolute difference of features (paper, Eq. 8).

    `loss[b] = sum_k weights[k] * mean |features_k(y_true)[b] - features_k(y_pred)[b]|`

    The network is frozen, and no gradient flows into `y_true`.

    Args:
        features: what to compare features of.
            `"vgg19"`, `"vgg16"`: `keras.applications` with ImageNet weights, downloaded
            once into the Keras cache and checked by hash. `"identity"`: dlib's face
            network (`IdentityNet`); the images must be chips of `FaceChip`. A path: a
            `.h5` of VGG weights without top (`vgg16` or `vgg19` in its name), a model
            saved as `.keras`, or dlib's `.dat`. A `keras.Model` from images in [-1, 1]
            to one or several feature maps.
        layers: which feature maps. Names of layers for VGG (default conv1_1, conv2_1,
            ... conv5_1) and for models (default: their outputs); for `"identity"`
            numbers from 0 to 5, shallow to deep (default: all). Deeper layers than
            asked for are not computed.
        weights: one factor per layer. Default 1/57.4 for VGG, `1 / mean |feature|` of
            real faces for `"identity"`, 1 for models.
        reduction: over the batch, as for every Keras loss.
        name: name of the loss.

    Call arguments:
        y_true: real images, float32 `[B, h, w, 3]`, RGB in [-1, 1].
        y_pred: generated images, alike.

    Example:

    >>> loss = PerceptualLoss("identity")
    >>> chip = FaceChip()
    >>> value = loss(chip(real, landmarks), chip(generated, landmarks))

    One pass for several losses:

    >>> maps, descriptor = loss.network.features_and_descriptor(chips)
    >>> value = loss.from_features(real_maps, maps)

    Reference:
        Johnson et al., "Perceptual Losses for Real-Time Style Transfer and
        Super-Resolution", 2016; Simonyan and Zisserman, "Very Deep Convolutional
        Networks for Large-Scale Image Recognition", 2015.
    """

    def __init__(
        self,
        features="vgg19",
        layers=None,
        weights=None,
        reduction="sum_over_batch_size",
        name="perceptual_loss",
        **kwargs,
    ):
        super().__init__(name=name, reduction=reduction, **kwargs)
        if isinstance(features, os.PathLike):
            # As text it can be in the config of a saved model.
            features = os.fspath(features)
        self.features = features
        self.layers = None if layers is None else list(layers)
        self.network, self._indices, defaults = _network(features, self.layers)
        weights = defaults if weights is None else list(weights)
        if defaults and len(weights) != len(defaults):
            raise ValueError(
                f"`weights` must have one number for each of the {len(defaults)} "
                f"layers. Received: weights={weights}"
            )
        self.weights = weights

    def call(self, y_true, y_pred):
        true = self.extract(ops.stop_gradient(y_true))
        return self.from_features(true, self.extract(y_pred))

    def extract(self, images):
        """List of the compared feature maps of images in [-1, 1]."""
        if self._indices is None:
            return _as_list(self.network(images, training=False))
        maps = self.network.features(images, count=max(self._indices) + 1)
        return [maps[i] for i in self._indices]

    def from_features(self, true_features, pred_features):
        """Per-sample loss `[B]` of feature maps that are known already.

        Args:
            true_features: list of `[B, ...]`, from `extract` or, for `"identity"` with
                all layers, from `network.features_and_descriptor`.
            pred_features: list, alike.
        """
        weights = self.weights or [1.0] * len(pred_features)
        if not len(true_features) == len(pred_features) == len(weights):
            raise ValueError(
                f"Expected {len(weights)} feature maps on either side. Received: "
                f"{len(true_features)} true, {len(pred_features)} pred"
            )
        total = 0.0
        for true, pred, weight in zip(true_features, pred_features, weights):
            true = ops.stop_gradient(ops.cast(true, "float32"))
            difference = ops.abs(true - ops.cast(pred, "float32"))
            axes = tuple(range(1, len(difference.shape)))
            total = total + weight * ops.mean(difference, axis=axes)
        return total

    def get_config(self):
        config = super().get_config()
        features = self.features
        if isinstance(features, keras.Model):
            features = keras.saving.serialize_keras_object(features)
        config.update(
            {"features": features, "layers": self.layers, "weights": self.weights}
        )
        return config

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        if isinstance(config.get("features"), dict):
            config["features"] = keras.saving.deserialize_keras_object(
                config["features"]
            )
        return cls(**config)


def _network(features, layers):
    """`(model, indices, default weights)`; indices only for identity networks."""
    model = features
    if isinstance(features, str):
        path = features
        if path in ("vgg16", "vgg19"):
            return _vgg(path, layers, "imagenet")
        if path != "identity" and not os.path.isfile(path):
            raise ValueError(_EXPECTED + f" Received: features={path!r}")
        if path.endswith(".h5"):
            name = os.path.basename(path).lower()
            for family in ("vgg16", "vgg19"):
                if family in name:
                    return _vgg(family, layers, path)
            raise ValueError(
                "The name of a weights file must say vgg16 or vgg19. "
                f"Received: features={path!r}"
            )
        if path == "identity" or path.endswith(".dat"):
            # Imported late: losses are below models, and VGG does not need it.
            from aan_keras.models.identity_net import IdentityNet

            model = IdentityNet("dlib" if path == "identity" else path)
        else:
            model = keras.saving.load_model(path, compile=False)
    known = isinstance(model, keras.Model)
    if not known:
        raise ValueError(_EXPECTED + f" Received: features={features!r}")
    if hasattr(model, "features_and_descriptor"):
        indices = list(range(6)) if layers is None else layers
        if not indices or any(i not in range(6) for i in indices):
            raise ValueError(
                "`layers` of an identity network must be numbers from 0 to 5. "
                f"Received: layers={layers}"
            )
        return model, indices, [IDENTITY_WEIGHTS[i] for i in indices]
    if layers is not None:
        model = named_outputs(model, layers)
    # A subclassed model does not say how many maps it returns.
    outputs = getattr(model, "outputs", None)
    return model, None, [1.0] * len(outputs) if outputs else None


def _vgg(name, layers, weights):
    layers = VGG_LAYERS if layers is None else layers
    model = vgg_extractor(name, layers, weights)
    return model, None, [VGG_WEIGHT] * len(layers)


def _as_list(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]

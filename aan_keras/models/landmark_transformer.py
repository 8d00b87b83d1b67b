"""Landmark transformer: another person's expression on this person's face shape."""

import keras
from keras import ops

from aan_keras.layers.exact_matmul import exact_matmul
from aan_keras.layers.face_chip import FaceChip
from aan_keras.layers.weak_perspective import fit_weak_perspective, lift, project
from aan_keras.models.apertures import keep_apertures
from aan_keras.models.expression_correction import expression_correction
from aan_keras.models.preset import load_preset, save_preset

# A clip in which the face moves half as much as faces in general has shown all of its
# expressions; its mean's expression then has this share of the usual variance. From
# clips of one person that predict each other.
_LEAST_NOISE = 0.15


@keras.saving.register_keras_serializable(package="aan_keras")
class LandmarkTransformer(keras.Model):
    """Splits landmarks into pose, mean face, identity and expression.

    `l = l_mean + l_id + l_exp` in the head's frame, after the pose is removed: the
    landmarks are laid on a 3-D mean face seen in weak perspective. `l_exp` lies in the
    span of K principal components of expressions. The transformer takes `l_id` from the
    source, the rest and the pose from the driving face.

    One image does not show a mean over time, so the coefficients of `l_exp` are
    estimated. The linear estimate is the expectation given the landmarks, identities
    and expressions being Gaussian around the mean face: along direction k of `filters`,
    in which expressions have variance 1 and identities `variances[k]`, identity is
    `variances[k] / (variances[k] + noise)` of what is seen, and expression the rest.
    `noise` is 1 for one image, less for the mean of a clip. The network, if there is
    one, adds a correction from the image and the landmarks; it begins at zero.

    The statistics (`mean_shape`, `filters` ...) are set by `set_statistics`; `fit`
    trains the network alone, with `l_id` as targets.

    Args:
        num_identity: directions of identity, M.
        num_expression: principal components of the expression, K.
        estimator: `"linear"` or `"network"`.
        chip_size: side of the face chip that the network looks at, in pixels.
        width: channels of its first convolution.

    Inputs, a dict:
        landmarks: float32 `[B, 68, 2]`, (x, y) in pixels, pixel centres at integers.
        image: `[B, h, w, 3]` in [-1, 1]; for `"network"` only.

    Output:
        `l_id`, float32 `[B, 68, 3]`, in units of the distance between the mean face's
        eyes, axes as in `fit_weak_perspective`; every image is estimated alone.

    Example:

    >>> transformer = LandmarkTransformer.from_preset("landmarks")
    >>> moved = transformer.put_on(driving_landmarks, source_landmarks)

    Reference:
        Ha et al., "MarioNETte: Few-shot Face Reenactment Preserving Identity of Unseen
        Targets", AAAI 2020; linear estimate: Ioffe, "Probabilistic Linear Discriminant
        Analysis", ECCV 2006.
    """

    def __init__(
        self,
        num_identity=60,
        num_expression=20,
        estimator="linear",
        chip_size=64,
        width=16,
        dtype="float32",
        **kwargs,
    ):
        super().__init__(dtype=dtype, **kwargs)
        if estimator not in ("linear", "network"):
            raise ValueError(
                '`estimator` must be "linear" or "network". '
                f"Received: estimator={estimator}"
            )
        if not (1 <= num_identity <= 136 and 1 <= num_expression <= 136):
            raise ValueError(
                "`num_identity` and `num_expression` must be from 1 to 136, the number "
                f"of coordinates. Received: num_identity={num_identity}, "
                f"num_expression={num_expression}"
            )
        self.num_identity = num_identity
        self.num_expression = num_expression
        self.estimator = estimator
        self.chip_size = chip_size
        self.width = width

        # === Layers ===
        self.chip = self.features = self.correction = None
        if estimator == "network":
            self.chip = FaceChip(chip_size)
            self.features, self.correction = expression_correction(
                num_identity, num_expression, chip_size, width
            )

        # === Statistics ===
        shapes = {
            "mean_shape": (68, 3),
            "pose_weights": (68,),
            "filters": (204, num_identity),
            "variances": (num_identity,),
            "identity_basis": (num_identity, 204),
            "expression_basis": (num_expression, 204),
        }
        self.statistics = {
            name: self.add_weight(
                shape=shape, initializer="ones", trainable=False, name=name
            )
            for name, shape in shapes.items()
        }
        self.built = True

    def set_statistics(self, statistics):
        """Sets what was measured on a data set.

        Args:
            statistics: dict of arrays, see `aan_keras.training.shape_statistics`.
        """
        for name, variable in self.statistics.items():
            variable.assign(statistics[name])

    def call(self, inputs, training=None):
        deviation, (_, rotation, _) = self.normalize(inputs["landmarks"])
        coefficients = self._linear(deviation, noise=1.0)
        if self.estimator == "network":
            seen = exact_matmul(deviation, self.statistics["filters"])
            image = self.chip(inputs["image"], inputs["landmarks"])
            hidden = self.features([image, seen, rotation[:, 2, :2]], training=training)
            coefficients = coefficients + self.correction(hidden)
        return self._without_expression(deviation, coefficients)

    def compute_output_shape(self, input_shape):
        return (input_shape["landmarks"][0], 68, 3)

    def normalize(self, landmarks):
        """Removes the head's pose.

        Args:
            landmarks: float32 `[B, 68, 2]`.

        Returns:
            `l_id + l_exp` `[B, 204]`, and the pose `(scale, rotation, shift)`.
        """
        landmarks = ops.cast(landmarks, "float32")
        mean_shape = ops.convert_to_tensor(self.statistics["mean_shape"])
        pose = fit_weak_perspective(
            landmarks,
            mean_shape,
            ops.convert_to_tensor(self.statistics["pose_weights"]),
        )
        deviation = lift(landmarks, mean_shape, *pose) - mean_shape
        return ops.reshape(deviation, (-1, 204)), pose

    def clip_identity(self, landmarks):
        """`l_id` of the person in a clip, from the landmarks of all of its frames.

        Args:
            landmarks: float32 `[T, 68, 2]`, frames of one clip; one will do.

        Returns:
            float32 `[1, 68, 3]`.
        """
        deviation, _ = self.normalize(landmarks)
        seen = exact_matmul(deviation, self.statistics["filters"])
        # Expressions have variance 1 in general: what varies within the clip does not
        # stay in its mean.
        varied = ops.mean(ops.var(seen, axis=0))
        noise = ops.maximum(1.0 - 2.0 * varied, _LEAST_NOISE)
        deviation = ops.mean(deviation, axis=0, keepdims=True)
        return self._without_expression(deviation, self._linear(deviation, noise))

    def expression(self, landmarks, identity):
        """Coefficients of `l_exp` in its principal components.

        Args:
            landmarks: float32 `[B, 68, 2]`.
            identity: `l_id`, float32 `[1 or B, 68, 3]`.

        Returns:
            float32 `[B, K]`, in units of the distance between the eyes.
        """
        deviation, _ = self.normalize(landmarks)
        rest = deviation - ops.reshape(identity, (-1, 204))
        return exact_matmul(rest, ops.transpose(self.statistics["expression_basis"]))

    def transform(self, landmarks, source_identity, driving_identity):
        """Driving landmarks for the source's face shape.

        The pose and all of the driving face that is not identity stay as they are, so
        that the driving person's own identity gives back the driving landmarks. Lips
        that touch still touch, and eyes close by the same share of their opening.

        Args:
            landmarks: float32 `[T, 68, 2]`, driving.
            source_identity, driving_identity: float32 `[1 or T, 68, 3]`.

        Returns:
            float32 `[T, 68, 2]`, in the driving image's pixels.
        """
        deviation, pose = self.normalize(landmarks)
        mean_shape = ops.convert_to_tensor(self.statistics["mean_shape"])
        driving = mean_shape + ops.reshape(deviation, (-1, 68, 3))
        moved = driving + source_identity - driving_identity
        moved = keep_apertures(
            moved,
            driving,
            mean_shape + source_identity,
            mean_shape + driving_identity,
        )
        return project(moved, *pose)

    @property
    def preset_variables(self):
        """Variables by name, for `aan_keras.models.preset`."""
        named = dict(self.statistics)
        if self.features is not None:
            for layer in (*self.features.layers, self.correction):
                for variable in layer.trainable_variables:
                    named[f"{layer.name}/{variable.name}"] = variable
        return named

    @classmethod
    def from_preset(cls, preset="landmarks"):
        """Loads a shipped preset by name, or a preset folder by path.

        Args:
            preset: `"landmarks"`, or the path `save_to_preset` wrote to.

        Returns:
            The model, its weights checked against their SHA-256.
        """
        return load_preset(cls, preset)

    def save_to_preset(self, path):
        """Writes `config.json` and float32 weights to a folder.

        Args:
            path: folder; created if it does not exist.
        """
        save_preset(self, path, dtype="float32")

    def put_on(self, landmarks, source_landmarks, source_image=None):
        """A clip's landmarks on the face shape of a photo: all steps in one call.

        Args:
            landmarks: `[T, 68, 2]`, the driving clip; T may be 1.
            source_landmarks: `[68, 2]` in the photo.
            source_image: `[h, w, 3]` in [-1, 1], for the `"network"` estimator.

        Returns:
            float32 array `[T, 68, 2]`, in the driving clip's pixels.
        """
        landmarks = ops.convert_to_tensor(landmarks, "float32")
        source = {"landmarks": ops.convert_to_tensor(source_landmarks, "float32")[None]}
        if self.estimator == "network":
            source["image"] = ops.convert_to_tensor(source_image, "float32")[None]
        moved = self.transform(landmarks, self(source), self.clip_identity(landmarks))
        return ops.convert_to_numpy(moved)

    def get_config(self):
        return {
            "num_identity": self.num_identity,
            "num_expression": self.num_expression,
            "estimator": self.estimator,
            "chip_size": self.chip_size,
            "width": self.width,
            "dtype": keras.saving.serialize_keras_object(self.dtype_policy),
            "name": self.name,
            "trainable": self.trainable,
        }

    def _linear(self, deviation, noise):
        """Expected coefficients of the expression, `[B, K]`."""
        variances = ops.convert_to_tensor(self.statistics["variances"])
        seen = exact_matmul(deviation, self.statistics["filters"])
        identity = exact_matmul(
            seen * variances / (variances + noise), self.statistics["identity_basis"]
        )
        return exact_matmul(
            deviation - identity, ops.transpose(self.statistics["expression_basis"])
        )

    def _without_expression(self, deviation, coefficients):
        expression = exact_matmul(coefficients, self.statistics["expression_basis"])
        return ops.reshape(deviation - expression, (-1, 68, 3))

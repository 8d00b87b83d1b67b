"""Aligned face chips, as dlib's recognition network expects them."""

import keras
import numpy as np
from keras import ops

from aan_keras.layers.sampling import bilinear_sample, pixel_axes
from aan_keras.layers.similarity import apply_similarity, fit_similarity
from aan_keras.layers.take_known import take_known

# Bridge, nose, eyes, upper lip: jaw, brows and the lower lip move too much to align by.
ALIGNMENT_POINTS = tuple(range(27, 55)) + tuple(range(60, 65))

# Mean position of those points, in units of the face's width (dlib, interpolation.h).
MEAN_SHAPE = (
    (0.490127, 0.203352),
    (0.490127, 0.307009),
    (0.490127, 0.409805),
    (0.490127, 0.515625),
    (0.36688, 0.587326),
    (0.426036, 0.609345),
    (0.490127, 0.628106),
    (0.554217, 0.609345),
    (0.613373, 0.587326),
    (0.121737, 0.216423),
    (0.187122, 0.178758),
    (0.265825, 0.179852),
    (0.334606, 0.231733),
    (0.260918, 0.245099),
    (0.182743, 0.244077),
    (0.645647, 0.231733),
    (0.714428, 0.179852),
    (0.793132, 0.178758),
    (0.858516, 0.216423),
    (0.79751, 0.244077),
    (0.719335, 0.245099),
    (0.254149, 0.780233),
    (0.340985, 0.745405),
    (0.428858, 0.727388),
    (0.490127, 0.742578),
    (0.551395, 0.727388),
    (0.639268, 0.745405),
    (0.726104, 0.780233),
    (0.290379, 0.784792),
    (0.428096, 0.778746),
    (0.490127, 0.785343),
    (0.552157, 0.778746),
    (0.689874, 0.784792),
)


@keras.saving.register_keras_serializable(package="aan_keras")
class FaceChip(keras.layers.Layer):
    """Cuts the face out of an image, upright and at a fixed size.

    A similarity transform brings the eyes, nose and upper lip as close as possible to
    a mean face. It is the transform of dlib's `get_face_chip_details`. The sampling is
    bilinear from the image itself (dlib first halves images that are more than twice
    as fine as the chip); outside of the image the chip is black, as in dlib.
    Gradients flow to the image; those to the landmarks are the transform's.

    Args:
        size: side of the chip in pixels.
        padding: margin around the mean face, as a share of its width.

    Input shape:
        image `[B, h, w, C]` in [-1, 1]; landmarks float32 `[B, 68, 2]` in its pixels.

    Output shape:
        `[B, size, size, C]`.

    Example:

    >>> chips = FaceChip()(images, landmarks)
    >>> descriptors = IdentityNet()(chips)

    Reference:
        King, "Dlib-ml: A Machine Learning Toolkit", JMLR 2009: `get_face_chip`.
    """

    def __init__(self, size=150, padding=0.25, **kwargs):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        if size < 1:
            raise ValueError(f"`size` must be positive. Received: size={size}")
        if padding < 0:
            raise ValueError(f"`padding` must be >= 0. Received: padding={padding}")
        self.size = size
        self.padding = padding

    def build(self, image_shape, landmarks_shape):
        if tuple(landmarks_shape[-2:]) != (68, 2):
            raise ValueError(
                f"`landmarks` must be [B, 68, 2]. Received shape: {landmarks_shape}"
            )
        self.built = True

    def call(self, image, landmarks):
        x, y = self.source_coordinates(landmarks)
        # Black is -1: shifting makes it the zero that the sampler reads outside.
        image = ops.cast(image, self.compute_dtype) + 1.0
        return bilinear_sample(image, x, y, padding="zeros") - 1.0

    def source_coordinates(self, landmarks):
        """Image coordinates `(x, y)`, float32 `[B, size, size]`, of the chip's pixels.

        dlib lays the chip's corner *pixels* on the corners of a rectangle of
        `size * scale - 1` image pixels whose centre is the image of `size / 2`, which
        shifts and scales the chip a little against the fitted transform itself.
        """
        landmarks = ops.cast(landmarks, "float32")
        mean_shape = (np.array(MEAN_SHAPE) + self.padding) / (2 * self.padding + 1)
        mean_shape = ops.convert_to_tensor(mean_shape[None] * self.size, "float32")
        points = take_known(landmarks, np.array(ALIGNMENT_POINTS), axis=1)
        transform = fit_similarity(mean_shape, points)
        # The constant keeps coincident landmarks (scale 0) finite.
        scale = ops.sqrt(transform[:, 0] ** 2 + transform[:, 1] ** 2 + 1e-12)
        shrink = (self.size - 1.0 / scale) / max(self.size - 1, 1)
        shrink = ops.reshape(shrink, (-1, 1, 1))
        x, y = pixel_axes(self.size, self.size)
        middle = (self.size - 1) / 2
        x = (x - middle) * shrink + self.size / 2
        y = (y - middle) * shrink + self.size / 2
        return apply_similarity(transform, x, y)

    def compute_output_shape(self, image_shape, landmarks_shape=None):
        return (image_shape[0], self.size, self.size, image_shape[-1])

    def get_config(self):
        config = super().get_config()
        config.update({"size": self.size, "padding": self.padding})
        return config

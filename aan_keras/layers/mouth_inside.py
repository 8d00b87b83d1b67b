"""What is inside a mouth that has opened."""

import keras
import numpy as np
from keras import ops

from aan_keras.layers.face_ellipse import face_ellipse
from aan_keras.layers.image_light import light_of, mean_light
from aan_keras.layers.lip_change import lip_opening
from aan_keras.layers.opening_mask import OpeningMask

_INNER = (60, 61, 62, 63, 64), (60, 67, 66, 65, 64)
# Openings of lips, see `lip_opening`: the last of the measured ones; grown by so much,
# all of it is new; and open by so much, a photo shows what is inside.
_WIDE, _NEW, _SEEN = 0.27, 0.09, 0.06
# Logarithms of the light inside mouths as a share of that on the face, in red, green
# and blue: means of 859 frames of 63 clips, see benchmarks/usual_mouth.py. From closed
# to wide open; within, from the upper lip to the lower; of each height the middle and
# the corners.
_USUAL = np.array(
    [
        [
            [[-0.35, -0.62, -0.62], [-0.50, -1.08, -1.02]],
            [[-0.35, -0.83, -0.65], [-0.55, -1.35, -1.31]],
            [[-0.19, -0.45, -0.33], [-0.36, -0.92, -0.72]],
            [[-0.12, -0.25, -0.06], [-0.17, -0.30, -0.17]],
        ],
        [
            [[0.15, 0.23, 0.36], [-0.33, -0.65, -0.56]],
            [[0.00, 0.10, 0.17], [-0.55, -0.91, -0.92]],
            [[-0.10, -0.10, -0.03], [-0.42, -0.69, -0.67]],
            [[0.04, -0.12, 0.05], [-0.15, -0.22, -0.16]],
        ],
        [
            [[-0.22, -0.24, -0.16], [-0.52, -0.82, -0.68]],
            [[-0.83, -1.24, -1.08], [-0.91, -1.51, -1.30]],
            [[-0.21, -0.39, -0.23], [-0.73, -1.25, -1.12]],
            [[0.10, -0.03, 0.07], [-0.28, -0.56, -0.47]],
        ],
    ],
    "float32",
)
OPENINGS, ACROSS, OUT, _ = _USUAL.shape
_LUMINANCE = np.array([0.299, 0.587, 0.114], "float32")


@keras.saving.register_keras_serializable(package="aan_keras")
class MouthInside(keras.layers.Layer):
    """Makes the inside of a mouth that has opened more like that of mouths.

    What a photo with closed lips does not show a net can only guess, and a net that
    minimizes pixel differences guesses the mean of teeth, tongue and dark, in the
    colour of the lips that a flow draws over the gap. With light = x + 1.02 of an image
    x in [-1, 1], between the inner lips (m, see `OpeningMask`), and with o, the opening
    of the lips (see `lip_opening`), of which the source has shown o_source:

        new = clip((o - o_source) / 0.09, 0, 1)
        unseen = max(1 - o_source / 0.06, 0)
        mixed = light + usual * unseen * new * m * (inside - light)
        grey = luminance of mixed, mean = its mean over m
        out = mixed * min(grey / mean, 1) ^ (darker * new * m) - 1.02

    `inside` is the light on the face times what insides of mouths have of it on
    average, by colour, height between the lips, distance from the middle and opening,
    linear between 24 measured places; teeth that the photo shows are not mixed with it.
    What is darker than the mean becomes darker still, in its own hue. A mouth that is
    no wider open than the source's stays as it is, and so does all around the inner
    lips.

    Args:
        size: side S of the images.
        usual: share of the average inside, of a mouth that was closed.
        darker: exponent of the contrast that is added to what is darker than the mean.

    Input shapes:
        image: `[B, S, S, 3]` in [-1, 1], RGB, with the mouth of `landmarks`.
        light: float32 `[B, 1, 1, 3]`, on the face; see `light`.
        source_landmarks, landmarks: float32 `[B, 68, 2]`, (x, y) in pixels of the
            image, pixel centres at integers: of the photo, and now.

    Output shape:
        float32 `[B, S, S, 3]`.

    Example:

    >>> inside = MouthInside(128)
    >>> light = inside.light(source, source_landmarks)
    >>> image = inside(image, light, source_landmarks, driving_landmarks)

    Reference:
        Not in the paper.
    """

    def __init__(self, size, usual=0.5, darker=1.2, **kwargs):
        super().__init__(autocast=False, **kwargs)
        if not 0 <= usual <= 1 or not darker >= 0:
            raise ValueError(
                "`usual` must be from 0 to 1 and `darker` must not be negative. "
                f"Received: usual={usual}, darker={darker}"
            )
        self.size = size
        self.usual = usual
        self.darker = darker
        self.inner = OpeningMask(size, *_INNER, dtype="float32")

    def call(self, image, light, source_landmarks, landmarks):
        image = ops.cast(image, "float32")
        opening, before = lip_opening(landmarks), lip_opening(source_landmarks)
        grown = ops.maximum(opening - before, 0.0)
        unseen = ops.maximum(1.0 - before / np.float32(_SEEN), 0.0)
        new = ops.minimum(grown / np.float32(_NEW), 1.0)
        along, above, below = self.inner.curves(landmarks)
        inside = self.inner.between(above, below) * new[:, None, None, None]
        pixels = light_of(image)
        usual = light * self._usual_inside(along, above, below, opening)
        share = self.usual * unseen[:, None, None, None] * inside
        mixed = pixels + share * (usual - pixels)
        grey = ops.sum(mixed * ops.convert_to_tensor(_LUMINANCE), -1, keepdims=True)
        contrast = ops.minimum(ops.log(grey / mean_light(grey, inside)), 0.0)
        changed = mixed * ops.exp(self.darker * inside * contrast)
        # Not `changed` alone: where nothing changes the image stays to the bit.
        return ops.cast(image + (changed - pixels), self.compute_dtype)

    def build(self, image_shape, light_shape, source_landmarks_shape, landmarks_shape):
        self.inner.build(landmarks_shape)
        self.built = True

    def light(self, image, landmarks):
        """Mean light on a face, once a photo.

        Args:
            image: `[B, S, S, 3]` in [-1, 1].
            landmarks: float32 `[B, 68, 2]`; the face is the ellipse in their box.

        Returns:
            float32 `[B, 1, 1, 3]`.
        """
        landmarks = ops.cast(landmarks, "float32")
        return mean_light(
            light_of(image), face_ellipse(landmarks, self.size, self.size)
        )

    def _usual_inside(self, along, above, below, opening):
        """`[B, S, S, 3]`: light inside of mouths as a share of that on the face."""
        table = ops.matmul(
            opening_shares(opening), ops.convert_to_tensor(_USUAL.reshape(OPENINGS, -1))
        )
        table = ops.reshape(table, (-1, ACROSS * OUT, 3))
        logarithm = ops.matmul(mouth_places(along, above, below), table)
        return ops.exp(ops.reshape(logarithm, (-1, self.size, self.size, 3)))

    def compute_output_shape(self, image_shape, *other_shapes):
        return tuple(image_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "size": self.size,
            "usual": self.usual,
            "darker": self.darker,
        }


def mouth_places(along, above, below):
    """How near pixels are to the measured places between two lips.

    Args:
        along, above, below: float32 `[B, S, S, 1]`, see `OpeningMask.curves`.

    Returns:
        float32 `[B, S * S, n]` that sums to 1, n places: from the upper lip to the
        lower, and of each height from the middle of the mouth to its corners.
    """
    across = _shares(-above / ops.maximum(below - above, 0.5), ACROSS)
    out = _shares(ops.abs(2.0 * along - 1.0), OUT)
    places = across[..., :, None] * out[..., None, :]
    return ops.reshape(places, (-1, across.shape[1] * across.shape[2], ACROSS * OUT))


def opening_shares(opening):
    """How near openings (float32 `[B]`, see `lip_opening`) are to the measured ones.

    Returns:
        float32 `[B, n]` that sums to 1.
    """
    return _shares(opening[:, None] / np.float32(_WIDE), OPENINGS)


def _shares(x, count):
    """Of linear interpolation between knots: `[..., 1]` to `[..., count]`."""
    x = ops.clip(x, 0.0, 1.0) * (count - 1)
    knots = ops.convert_to_tensor(np.arange(count, dtype="float32"))
    return ops.maximum(1.0 - ops.abs(x - knots), 0.0)

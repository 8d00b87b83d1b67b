"""Dense flow of a head that turns."""

import keras
from keras import ops

from aan_keras.layers.head_ellipsoid import (
    HEAD_CENTRE,
    HEAD_RADII,
    head_pose,
    head_surface,
    turn,
)
from aan_keras.layers.sampling import pixel_axes

# Of the step from what is seen on the ellipsoid to what goes with its outline.
_STEEPNESS = 40.0


@keras.saving.register_keras_serializable(package="aan_keras")
class EllipsoidFlow(keras.layers.Layer):
    """Flow of a head that moves and turns as a rigid ellipsoid.

    The pose of the head in either image is the weak perspective in which a mean 3-D
    face is seen closest to the landmarks that expression does not move. A pixel of the
    driving pose is carried along its ray to the ellipsoid, and from there into the
    source's pose. What is around the ellipsoid goes with its outline, which is shifted,
    scaled and turned in the image's plane only.

    Hair, ears and forehead have no landmarks. A similarity transform (`SimilarityFlow`)
    moves them as a picture that is shifted, scaled and turned in its plane; this also
    moves what is near against what is far when the head turns or nods.

    Args:
        size: side of the flow's square grid in pixels.
        image_size: side in pixels of the crop that landmarks refer to.
        radii: of the ellipsoid along the axes of the face, in millimetres of a mean
            face whose outer corners of the eyes are 90 mm apart.
        centre: of the ellipsoid, `(x, y, z)`, from the middle between them; x to the
            right of the image, y down, z away from the camera.

    Input shapes:
        source_landmarks, driving_landmarks: float32 `[B, 68, 2]`, (x, y) in pixels of
            the `image_size` crop, pixel centres at integers.

    Output shape:
        float32 `[B, size, size, 2]`, (dx, dy) in pixels of the `size` grid, for
        backward warping: `out(p) = source(p + flow(p))`.

    Example:

    >>> flow = EllipsoidFlow(64, 128)(source_landmarks, driving_landmarks)
    >>> turned = FlowWarp()(source, flow)

    Reference:
        Not in the paper. Heads as ellipsoids: Basu, Essa and Pentland, "Motion
        regularization for model-based head tracking", ICPR 1996.
    """

    def __init__(
        self, size, image_size, radii=HEAD_RADII, centre=HEAD_CENTRE, **kwargs
    ):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        if size < 2 or image_size < 2:
            raise ValueError(
                "`size` and `image_size` must be at least 2. "
                f"Received: size={size}, image_size={image_size}"
            )
        if len(radii) != 3 or not min(radii) > 0:
            raise ValueError(
                f"`radii` must be three positive numbers. Received: radii={radii}"
            )
        if len(centre) != 3:
            raise ValueError(
                f"`centre` must be three numbers. Received: centre={centre}"
            )
        self.size = size
        self.image_size = image_size
        self.radii = tuple(float(x) for x in radii)
        self.centre = tuple(float(x) for x in centre)

    def build(self, source_landmarks_shape, driving_landmarks_shape):
        source, driving = tuple(source_landmarks_shape), tuple(driving_landmarks_shape)
        if source[1:] != driving[1:] or len(source) != 3 or source[1:] != (68, 2):
            raise ValueError(
                "`EllipsoidFlow` takes two landmark sets `[B, 68, 2]`. "
                f"Received: shapes {source} and {driving}"
            )
        self.built = True

    def call(self, source_landmarks, driving_landmarks):
        x, y = pixel_axes(self.size, self.size)
        poses = self._poses(source_landmarks, driving_landmarks)
        moved = ops.stack(self._carry(*poses, x, y), axis=-1)
        shape = (1, self.size, self.size)
        places = [ops.broadcast_to(axis, shape) for axis in (x, y)]
        # Subtracted as one: TensorFlow's optimizer orders sums of unlike shapes anew,
        # in a session otherwise than in a function.
        return moved - ops.stack(places, axis=-1)

    def carry(self, source_landmarks, driving_landmarks, points):
        """Where in the source single places of the driving pose lie.

        Args:
            source_landmarks, driving_landmarks: as in `call`.
            points: float32 `[B, N, 2]`, in pixels of the crop.

        Returns:
            float32 `[B, N, 2]`, likewise.
        """
        points = self._on_grid(points)
        x, y = points[:, None, :, 0], points[:, None, :, 1]
        # The same poses as of `call`, which a graph computes once.
        poses = self._poses(source_landmarks, driving_landmarks)
        moved = self._carry(*poses, x, y)
        moved = ops.stack([axis[:, 0] for axis in moved], axis=-1)
        return (moved + 0.5) * (self.image_size / self.size) - 0.5

    def _poses(self, *landmarks):
        return [head_pose(self._on_grid(marks)) for marks in landmarks]

    def _on_grid(self, points):
        points = ops.cast(points, "float32")
        return (points + 0.5) * (self.size / self.image_size) - 0.5

    def _carry(self, source, driving, x, y):
        """Places `[B, h, w]` of one pose in the other."""
        points, _, inside = head_surface(driving, x, y, self.radii, self.centre)
        hit = ops.sigmoid(_STEEPNESS * inside)
        scale, rows, shift = source
        # From one camera's axes to the other's.
        relative = [turn(driving[1], row) for row in rows[:2]]
        turned = turn(relative, points)
        # Of that, the rotation in the plane.
        (a, b, _), (c, d, _) = relative
        cos, sin = a + d, c - b
        length = ops.sqrt(cos * cos + sin * sin + 1e-12)
        cos, sin = cos / length, sin / length
        before, after = turn(rows, self.centre), turn(driving[1], self.centre)
        across, along = points[0] - after[0], points[1] - after[1]
        around = (
            cos * across - sin * along + before[0],
            sin * across + cos * along + before[1],
        )
        return [
            scale * (rest + hit * (surface - rest)) + offset
            for surface, rest, offset in zip(turned, around, shift, strict=True)
        ]

    def compute_output_shape(self, source_landmarks_shape, driving_landmarks_shape):
        return (source_landmarks_shape[0], self.size, self.size, 2)

    def compute_output_spec(self, source_landmarks, driving_landmarks):
        # By default Keras announces the compute dtype; a flow is float32 always.
        shape = self.compute_output_shape(
            source_landmarks.shape, driving_landmarks.shape
        )
        return keras.KerasTensor(shape, "float32")

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "size": self.size,
                "image_size": self.image_size,
                "radii": list(self.radii),
                "centre": list(self.centre),
            }
        )
        return config

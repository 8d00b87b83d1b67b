"""Light that stays where it is while a head turns."""

import keras
from keras import ops

from aan_keras.layers.face_ellipse import face_ellipse, soft_face_ellipse
from aan_keras.layers.head_ellipsoid import head_pose, head_surface, turn
from aan_keras.layers.known_size import known_size
from aan_keras.layers.sampling import pixel_axes
from aan_keras.layers.weak_perspective import inverse_3x3

# Added to the variances of normals, which are below 1/3. A face shows few directions.
_RIDGE = 0.03


@keras.saving.register_keras_serializable(package="aan_keras")
class HeadShading(keras.layers.Layer):
    """How a face's shading changes when the head turns and the light does not.

    A diffuse surface under distant light is as bright as an affine function of its
    normal, to first order in spherical harmonics. `light` fits that function to the
    face in the photo, its normals being those of an ellipsoid in the head's pose; what
    differs between a place's normal in the driving pose and in the source's, times the
    function's gradient, is what the place becomes lighter or darker by. Zero where the
    head has not turned.

    Args:
        size: side of the square output in pixels.
        image_size: side in pixels of the crop that landmarks refer to.
        amount: share of the change that is made: half of it brings warped photos
            closest to frames, as part of what is fitted is the skin's own colour.

    Input shapes:
        light: `[B, 3, C]`, of `light`.
        source_landmarks, driving_landmarks: float32 `[B, 68, 2]`, (x, y) in pixels of
            the `image_size` crop, pixel centres at integers.

    Output shape:
        float32 `[B, size, size, C]`, to be added to the warped photo.

    Example:

    >>> shading = HeadShading(64, 128)
    >>> light = shading.light(source, source_landmarks)
    >>> lit = warped + shading(light, source_landmarks, driving_landmarks)

    Reference:
        Not in the paper. Basri and Jacobs, "Lambertian reflectance and linear
        subspaces", PAMI 2003.
    """

    def __init__(self, size, image_size, amount=0.5, **kwargs):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        if size < 2 or image_size < 2:
            raise ValueError(
                "`size` and `image_size` must be at least 2. "
                f"Received: size={size}, image_size={image_size}"
            )
        self.size = size
        self.image_size = image_size
        self.amount = amount

    def light(self, image, landmarks):
        """The gradient of brightness with respect to the normal; once a photo.

        Args:
            image: `[B, h, w, C]`, a photo of the crop; a small one will do.
            landmarks: float32 `[B, 68, 2]`, of the crop.

        Returns:
            float32 `[B, 3, C]`, along the camera's axes.
        """
        image = ops.cast(image, "float32")
        height, width = known_size(image)
        places = self._scaled(landmarks, width)
        inside = face_ellipse(places, height, width)
        share = inside / ops.maximum(ops.sum(inside, axis=(1, 2), keepdims=True), 1.0)
        pose = head_pose(places)
        _, normals, _ = head_surface(pose, *pixel_axes(height, width))
        normals = ops.stack(turn(pose[1], normals), axis=-1)  # [B, h, w, 3]
        normals -= ops.sum(share * normals, axis=(1, 2), keepdims=True)
        image -= ops.sum(share * image, axis=(1, 2), keepdims=True)
        weighted = share * normals

        def moments(other):
            products = weighted[..., :, None] * other[..., None, :]
            return ops.sum(products, axis=(1, 2))

        inverse = inverse_3x3(moments(normals) + _RIDGE * ops.eye(3))
        # As sums: on GPUs a product of matrices would be rounded.
        return ops.sum(inverse[..., None] * moments(image)[:, None], axis=2)

    def call(self, light, source_landmarks, driving_landmarks):
        source = head_pose(self._scaled(source_landmarks, self.size))
        places = self._scaled(driving_landmarks, self.size)
        driving = head_pose(places)
        _, normals, _ = head_surface(driving, *pixel_axes(self.size, self.size))
        turned = zip(turn(driving[1], normals), turn(source[1], normals), strict=True)
        change = [after - before for after, before in turned]
        light = ops.cast(light, "float32")[:, None, None]
        shading = sum(c[..., None] * light[..., i, :] for i, c in enumerate(change))
        return self.amount * soft_face_ellipse(places, self.size) * shading

    def _scaled(self, landmarks, size):
        landmarks = ops.cast(landmarks, "float32")
        return (landmarks + 0.5) * (size / self.image_size) - 0.5

    def compute_output_shape(
        self, light_shape, source_landmarks_shape=None, driving_landmarks_shape=None
    ):
        return (light_shape[0], self.size, self.size, light_shape[-1])

    def compute_output_spec(self, light, source_landmarks, driving_landmarks):
        # By default Keras announces the compute dtype; shading is float32 always.
        return keras.KerasTensor(self.compute_output_shape(light.shape), "float32")

    def get_config(self):
        return {
            **super().get_config(),
            "size": self.size,
            "image_size": self.image_size,
            "amount": self.amount,
        }

"""Square crops at another size, with their landmarks."""

import numpy as np


def resize_image(image, size):
    """uint8 `[n, n, 3]` to `[size, size, 3]`: by area downwards, bicubic upwards."""
    import cv2

    if image.shape[0] == size:
        return image
    method = cv2.INTER_AREA if size < image.shape[0] else cv2.INTER_CUBIC
    return cv2.resize(image, (size, size), interpolation=method)


def resize_landmarks(landmarks, old, new):
    """Landmarks `[..., 68, 2]` of an `old` x `old` crop, in pixels of a `new` one."""
    landmarks = np.asarray(landmarks, "float64")
    return ((landmarks + 0.5) * (new / old) - 0.5).astype("float32")

"""Photos as files."""

import cv2


def write_image(path, image):
    """Writes a grey, RGB or RGBA array; returns the path."""
    order = [2, 1, 0, 3][: image.shape[2]] if image.ndim == 3 else Ellipsis
    assert cv2.imwrite(str(path), image[..., order] if image.ndim == 3 else image)
    return path

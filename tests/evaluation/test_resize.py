import cv2
import numpy as np
import pytest

from aan_keras.evaluation.resize import resize_image, resize_landmarks


@pytest.mark.parametrize("size", [32, 64, 96])
def test_landmarks_stay_on_what_they_mark(size):
    image = np.zeros((64, 64, 3), "uint8")
    cv2.circle(image, (20, 40), 5, (255, 255, 255), -1)
    resized = resize_image(image, size)
    assert resized.shape == (size, size, 3)
    y, x = np.mgrid[:size, :size]
    weight = resized[..., 0] / resized[..., 0].sum()
    centre = [(weight * x).sum(), (weight * y).sum()]
    expected = resize_landmarks([[20, 40]], 64, size)[0]
    np.testing.assert_allclose(centre, expected, atol=0.1)


def test_exact_values():
    found = resize_landmarks([[0.0, 127.0], [63.5, 63.5]], 128, 64)
    np.testing.assert_allclose(found, [[-0.25, 63.25], [31.5, 31.5]])
    assert found.dtype == np.float32

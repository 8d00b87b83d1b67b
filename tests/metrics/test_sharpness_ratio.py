import cv2
import numpy as np

from aan_keras.metrics import SharpnessRatio
from tests.layers.check_layer import as_numpy
from tests.metrics.check_metric import check_metric
from tests.metrics.photos import photo_pairs, to_unit


def sharpness(image):
    grey = cv2.cvtColor(image.astype("float32"), cv2.COLOR_RGB2GRAY)
    return cv2.Laplacian(grey.astype("float64"), cv2.CV_64F).var()


def test_as_opencv():
    true, pred = photo_pairs()
    expected = [sharpness(p) / sharpness(t) for t, p in zip(true, pred)]
    check_metric(SharpnessRatio(), to_unit(true), to_unit(pred), expected, rtol=1e-4)


def test_blur_lowers_it():
    true, _ = photo_pairs()
    blurred = np.stack([cv2.GaussianBlur(image, (0, 0), 1.0) for image in true])
    found = SharpnessRatio().per_sample(to_unit(true), to_unit(blurred))
    assert as_numpy(found).max() < 0.5

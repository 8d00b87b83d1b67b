import numpy as np
from skimage.metrics import peak_signal_noise_ratio

from aan_keras.metrics import PSNR
from tests.metrics.check_metric import check_metric
from tests.metrics.photos import photo_pairs, to_unit


def test_as_scikit_image():
    true, pred = photo_pairs()
    expected = [peak_signal_noise_ratio(t, p) for t, p in zip(true, pred)]
    check_metric(PSNR(), to_unit(true), to_unit(pred), expected)


def test_equal_images_have_the_largest_value():
    true = to_unit(photo_pairs()[0])
    np.testing.assert_allclose(PSNR().per_sample(true, true), 100.0, rtol=1e-5)

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from aan_keras.metrics import SSIM
from tests.metrics.check_metric import check_metric
from tests.metrics.photos import photo_pairs, to_unit

AS_WANG = {
    "gaussian_weights": True,
    "sigma": 1.5,
    "use_sample_covariance": False,
    "channel_axis": -1,
    "data_range": 255,
}


def test_as_scikit_image_with_the_authors_window():
    true, pred = photo_pairs()
    expected = [structural_similarity(t, p, **AS_WANG) for t, p in zip(true, pred)]
    check_metric(SSIM(), to_unit(true), to_unit(pred), expected, atol=2e-5)


@pytest.mark.requires_tensorflow
def test_as_tensorflow_on_images_that_are_not_square():
    import tensorflow as tf

    true, pred = (images[:, :, 3:30] for images in photo_pairs())
    expected = tf.image.ssim(true, pred, 255)
    found = SSIM().per_sample(to_unit(true), to_unit(pred))
    # TensorFlow's variances are differences of float32 squares.
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("level", [-1.0, 0.9])
def test_dark_and_bright_images_keep_their_digits(level):
    rng = np.random.default_rng(0)
    true = (level + 0.02 * rng.normal(size=(1, 32, 32, 3))).astype("float32")
    pred = (level + 0.02 * rng.normal(size=(1, 32, 32, 3))).astype("float32")
    options = {**AS_WANG, "data_range": 2.0}
    expected = structural_similarity(
        *(images[0].astype("float64") + 1 for images in (true, pred)), **options
    )
    np.testing.assert_allclose(SSIM().per_sample(true, pred), [expected], atol=1e-5)


def test_equal_images():
    true = to_unit(photo_pairs()[0])
    np.testing.assert_allclose(SSIM().per_sample(true, true), 1.0, atol=1e-6)


def test_image_smaller_than_the_window():
    with pytest.raises(ValueError, match="Received: images of 10 x 40"):
        SSIM().per_sample(np.zeros((1, 10, 40, 3)), np.zeros((1, 10, 40, 3)))

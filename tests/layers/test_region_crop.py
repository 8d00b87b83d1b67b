import numpy as np
import pytest
from keras import ops
from scipy import ndimage

from aan_keras.layers.face_regions import REGION_LANDMARKS, region_transform
from aan_keras.layers.region_crop import RegionCrop
from tests.layers.check_layer import as_numpy, check_layer
from tests.layers.sample_face import sample_landmarks

SIZE = 48


def tensors():
    rng = np.random.default_rng(0)
    image = ndimage.gaussian_filter(rng.normal(size=(2, SIZE, SIZE, 3)), (0, 2, 2, 0))
    image = (image / np.abs(image).max()).astype("float32")
    return [image, sample_landmarks(2, SIZE)]


def transforms(landmarks, region, size):
    landmarks = ops.convert_to_tensor(landmarks)
    return as_numpy(region_transform(landmarks, region, size)).astype("float64")


@pytest.mark.parametrize("region", ["left_eye", "mouth"])
def test_layer(region):
    kwargs = {"region": region, "size": 12}
    # A crop's positions change by 1e-6 pixels with the order of sums.
    check_layer(RegionCrop, kwargs, tensors(), (2, 12, 12, 3), tolerance=1e-5)


@pytest.mark.parametrize("region", REGION_LANDMARKS)
def test_equals_scipy(region):
    image, landmarks = tensors()
    y, x = np.mgrid[:14, :14]
    expected = np.zeros((2, 14, 14, 3))
    for n, (a, b, tx, ty) in enumerate(transforms(landmarks, region, 14)):
        position = [b * x + a * y + ty, a * x - b * y + tx]
        for c in range(3):
            expected[n, ..., c] = ndimage.map_coordinates(
                image[n, ..., c].astype("float64"), position, order=1, mode="nearest"
            )
    outputs = as_numpy(RegionCrop(region, 14)(image, landmarks))
    np.testing.assert_allclose(outputs, expected, atol=1e-5)


def test_region_landmarks_are_where_the_crop_shows_them():
    # An image whose colour is its position: the crop's colour at a landmark is it.
    _, landmarks = tensors()
    y, x = np.mgrid[:SIZE, :SIZE]
    image = np.stack([x, y], -1)[None].repeat(2, 0).astype("float32")
    layer = RegionCrop("mouth", 32)
    crop = as_numpy(layer(image, landmarks))
    points = as_numpy(layer.region_landmarks(landmarks))
    assert points.shape == (2, 20, 2)
    for n in range(2):
        for c in range(2):
            colour = ndimage.map_coordinates(
                crop[n, ..., c], points[n].T[::-1], order=1
            )
            np.testing.assert_allclose(colour, landmarks[n, 48:, c], atol=1e-3)


@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"region": "chin", "size": 16}, "Received: region=chin"),
        ({"region": "nose", "size": 1}, "Received: size=1"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        RegionCrop(**kwargs)


@pytest.mark.parametrize("shapes", [((2, 8, 8, 3), (2, 5, 2)), ((2, 8, 8), (2, 68, 2))])
def test_bad_inputs(shapes):
    with pytest.raises(ValueError, match="Received: shapes"):
        RegionCrop("nose", 8)(*(np.zeros(shape, "float32") for shape in shapes))

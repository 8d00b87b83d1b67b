import numpy as np
import pytest
from keras import ops
from scipy import ndimage

from aan_keras.layers.face_regions import REGION_LANDMARKS, region_transform
from aan_keras.layers.region_crop import RegionCrop
from aan_keras.layers.region_paste import RegionPaste
from tests.layers.check_layer import as_numpy, check_layer
from tests.layers.sample_face import sample_landmarks

SIZE = 40
REGIONS = ("right_eye", "left_eye", "nose", "mouth")


def tensors(sizes=(10, 10, 8, 12)):
    rng = np.random.default_rng(0)
    patches = [rng.normal(size=(2, n, n, 3)).astype("float32") for n in sizes]
    return [patches, sample_landmarks(2, SIZE)]


@pytest.mark.parametrize(
    "regions, sizes", [(REGIONS, (10, 10, 8, 12)), (("mouth", "nose"), (9, 16))]
)
def test_layer(regions, sizes):
    kwargs = {"regions": regions, "image_size": SIZE}
    shape = (2, SIZE, SIZE, 3)
    check_layer(RegionPaste, kwargs, tensors(sizes), shape, tolerance=1e-5)


def reference(patches, landmarks, regions):
    """Region after region, pixel by pixel position, in float64."""
    out = np.zeros((len(landmarks), SIZE, SIZE, patches[0].shape[-1]))
    edge = np.zeros((len(landmarks), SIZE, SIZE), bool)
    y, x = np.mgrid[:SIZE, :SIZE]
    for region, patch in zip(regions, patches):
        size = patch.shape[1]
        transform = as_numpy(
            region_transform(ops.convert_to_tensor(landmarks), region, size)
        ).astype("float64")
        for n, (a, b, tx, ty) in enumerate(transform):
            forward = np.array([[a, -b, tx], [b, a, ty], [0, 0, 1]])
            backward = np.linalg.inv(forward)
            u = backward[0, 0] * x + backward[0, 1] * y + backward[0, 2]
            v = backward[1, 0] * x + backward[1, 1] * y + backward[1, 2]
            border = np.maximum(np.abs(u - (size - 1) / 2), np.abs(v - (size - 1) / 2))
            inside = border <= size / 2
            edge[n] |= np.abs(border - size / 2) < 1e-4
            for c in range(out.shape[-1]):
                values = ndimage.map_coordinates(
                    patch[n, ..., c].astype("float64"), [v, u], order=1, mode="nearest"
                )
                out[n, ..., c][inside] = values[inside]
    return out, edge


@pytest.mark.parametrize("regions", [REGIONS, REGIONS[::-1], ("mouth",)])
def test_equals_pasting_one_region_after_the_other(regions):
    patches, landmarks = tensors((10, 10, 8, 12)[: len(regions)])
    expected, edge = reference(patches, landmarks, regions)
    outputs = as_numpy(RegionPaste(regions, SIZE)(patches, landmarks))
    np.testing.assert_allclose(outputs[~edge], expected[~edge], atol=2e-5)
    assert edge.mean() < 0.01
    assert 0.02 < np.any(outputs, -1).mean() < 0.6


def test_pasting_crops_restores_the_image():
    landmarks = sample_landmarks(2, SIZE)
    rng = np.random.default_rng(0)
    image = ndimage.gaussian_filter(rng.normal(size=(2, SIZE, SIZE, 1)), (0, 3, 3, 0))
    image = (image / image.std()).astype("float32")
    crops = [RegionCrop(region, 48)(image, landmarks) for region in REGIONS]
    outputs = as_numpy(RegionPaste(REGIONS, SIZE)(crops, landmarks))
    covered = outputs != 0
    # Twice interpolated, from crops finer than the image.
    assert np.abs(outputs - image)[covered].max() < 0.15
    assert np.abs(outputs - image)[covered].mean() < 0.01
    for region in REGIONS:
        points = (
            landmarks[:, list(REGION_LANDMARKS[region])].mean(1).round().astype(int)
        )
        assert covered[[0, 1], points[:, 1], points[:, 0], 0].all()


def test_faces_outside_the_image_leave_it_empty():
    patches, landmarks = tensors()
    outputs = as_numpy(RegionPaste(REGIONS, SIZE)(patches, landmarks + 1000.0))
    np.testing.assert_array_equal(outputs, np.zeros_like(outputs))


def test_coinciding_landmarks_stay_finite():
    patches, landmarks = tensors()
    outputs = RegionPaste(REGIONS, SIZE)(patches, np.full_like(landmarks, 7.0))
    assert np.all(np.isfinite(as_numpy(outputs)))


def test_bad_arguments():
    with pytest.raises(ValueError, match="Received: region=ear"):
        RegionPaste(("nose", "ear"))
    with pytest.raises(ValueError, match="Received: image_size=0"):
        RegionPaste(REGIONS, image_size=0)
    with pytest.raises(ValueError, match="Received: regions="):
        RegionPaste(())


def test_bad_inputs():
    patches, landmarks = tensors()
    with pytest.raises(ValueError, match="Received: 3 patches"):
        RegionPaste(REGIONS, SIZE)(patches[:3], landmarks)

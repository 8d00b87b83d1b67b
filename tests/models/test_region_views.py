"""What the local net reads, against the layers it is made of."""

import keras
import numpy as np
import pytest

from aan_keras.layers import LandmarkHeatmaps, OpeningMask, RegionCrop
from aan_keras.layers.face_regions import REGION_LANDMARKS, REGION_OPENINGS
from aan_keras.models.region_views import RegionViews
from tests.layers.check_layer import as_numpy
from tests.layers.sample_face import sample_landmarks

SIZES = {region: 16 + 8 * (region == "mouth") for region in REGION_LANDMARKS}


@pytest.mark.parametrize("openings", [False, True])
@pytest.mark.parametrize("pixels", [False, True])
def test_views_are_crop_heatmaps_and_opening(openings, pixels):
    layer = RegionViews(SIZES, heatmap_variance=2.0, openings=openings)
    landmarks = sample_landmarks(2, 64)
    image = np.random.default_rng(0).uniform(-1, 1, (2, 64, 64, 3)).astype("float32")
    image = image if pixels else None
    views = layer(landmarks, image)
    shapes = layer.compute_output_shape((2, 68, 2), (2, 64, 64, 3) if pixels else None)
    assert list(views) == list(REGION_LANDMARKS)
    for region, size in SIZES.items():
        view = as_numpy(views[region])
        assert view.shape == tuple(shapes[region])
        crop = RegionCrop(region, size)
        points = crop.region_landmarks(landmarks)
        parts = [as_numpy(crop(image, landmarks))] if pixels else []
        parts.append(as_numpy(LandmarkHeatmaps(size, size, 2.0)(points)))
        if openings and region != "nose":
            mask = OpeningMask(size, *REGION_OPENINGS[region])
            parts.append(as_numpy(mask(points)))
            assert parts[-1].sum() > 1
        np.testing.assert_array_equal(view, np.concatenate(parts, -1))


def test_config_round_trip():
    layer = RegionViews(SIZES, 2.0, True, dtype="mixed_bfloat16")
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert again.get_config() == layer.get_config()
    assert again.weights == []


def test_pixels_are_not_rounded_under_mixed_precision():
    landmarks = sample_landmarks(1, 64)
    image = np.full((1, 64, 64, 3), 0.1234567, "float32")
    views = RegionViews(SIZES, openings=True, dtype="mixed_bfloat16")(landmarks, image)
    for view in views.values():
        view = as_numpy(view)
        assert view.dtype == np.float32
        np.testing.assert_allclose(view[..., :3], 0.1234567, rtol=1e-6)

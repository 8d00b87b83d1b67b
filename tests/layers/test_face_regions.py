import numpy as np
import pytest
from keras import ops

from aan_keras.layers.face_regions import (
    REGION_LANDMARKS,
    check_region,
    region_points,
    region_transform,
)
from aan_keras.layers.similarity import apply_similarity
from tests.layers.check_layer import as_numpy
from tests.layers.sample_face import canonical_face, sample_landmarks


def transform_points(transform, points):
    x, y = apply_similarity(transform, points[..., 0], points[..., 1])
    return as_numpy(ops.stack([x, y], -1))


def test_left_and_right_are_the_persons_own():
    face = canonical_face()  # x grows to the viewer's right, the person's left
    centres = {
        name: face[list(points)].mean(0) for name, points in REGION_LANDMARKS.items()
    }
    assert centres["right_eye"][0] < 0 < centres["left_eye"][0]
    assert centres["right_eye"][1] < centres["nose"][1] < centres["mouth"][1]


@pytest.mark.parametrize("region", REGION_LANDMARKS)
def test_region_covers_its_landmarks(region):
    landmarks = ops.convert_to_tensor(sample_landmarks(8, 128))
    a, b, tx, ty = as_numpy(region_transform(landmarks, region, 32)).T
    points = as_numpy(region_points(landmarks, region))
    # The inverse, written out: region pixels of each landmark.
    dx, dy = points[..., 0] - tx[:, None], points[..., 1] - ty[:, None]
    scale = (a**2 + b**2)[:, None]
    x, y = (a[:, None] * dx + b[:, None] * dy), (a[:, None] * dy - b[:, None] * dx)
    inside = np.stack([x / scale, y / scale])
    assert inside.min() > -0.5 and inside.max() < 31.5
    # Centred on the region's own landmarks.
    np.testing.assert_allclose(inside.mean(-1), 15.5, atol=1e-3)


@pytest.mark.parametrize("region", REGION_LANDMARKS)
def test_region_moves_turns_and_scales_with_the_face(region):
    face = sample_landmarks(1, 128)
    angle, factor, shift = 0.4, 1.7, np.array([30.0, -12.0])
    rotation = np.array(
        [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    )
    moved = (face @ rotation * factor + shift).astype("float32")
    grid = np.random.default_rng(0).uniform(0, 20, (1, 9, 2)).astype("float32")
    grid = ops.convert_to_tensor(grid)
    before, after = (
        transform_points(region_transform(ops.convert_to_tensor(p), region, 20), grid)
        for p in (face, moved)
    )
    np.testing.assert_allclose(after, before @ rotation * factor + shift, atol=1e-2)


def test_an_opening_mouth_does_not_scale_its_region():
    face = sample_landmarks(1, 128)
    opened = face.copy()
    opened[:, [57, 66]] += [0.0, 8.0]
    scales = [
        np.hypot(
            *as_numpy(region_transform(ops.convert_to_tensor(p), "mouth", 32))[0, :2]
        )
        for p in (face, opened)
    ]
    assert scales[1] == pytest.approx(scales[0], rel=0.02)


def test_region_size_only_changes_the_resolution():
    landmarks = ops.convert_to_tensor(sample_landmarks(2, 128))
    corners = {
        size: transform_points(
            region_transform(landmarks, "nose", size),
            ops.convert_to_tensor(
                [[[-0.5, -0.5], [size - 0.5, size - 0.5]]], "float32"
            ),
        )
        for size in (16, 64)
    }
    np.testing.assert_allclose(corners[16], corners[64], atol=1e-3)


def test_coinciding_landmarks_stay_finite():
    landmarks = ops.full((1, 68, 2), 5.0, "float32")
    for region in REGION_LANDMARKS:
        assert np.all(np.isfinite(as_numpy(region_transform(landmarks, region, 16))))


def test_unknown_region():
    with pytest.raises(
        ValueError, match="`region` must be one of.*Received: region=ear"
    ):
        check_region("ear")

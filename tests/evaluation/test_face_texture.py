import numpy as np
from skimage import data
from skimage.feature import local_binary_pattern

from aan_keras.evaluation.face_texture import (
    GRID,
    RADIUS,
    SIZE,
    binary_patterns,
    texture_descriptor,
    texture_similarity,
)


def test_codes_as_scikit_image():
    grey = data.camera()[100:164, 200:264]
    # The reference repeats no border: only the inside is the same.
    inside = slice(RADIUS, -RADIUS)
    expected = local_binary_pattern(grey, 8, RADIUS, "default")
    found = binary_patterns(grey)
    same = found[inside, inside] == expected[inside, inside]
    # Ties of interpolated values are decided by rounding.
    assert same.mean() > 0.995


def test_histograms_as_scikit_image():
    chip = data.astronaut()[20:170, 150:300]
    descriptor = texture_descriptor(chip).reshape(GRID, GRID, 59)
    np.testing.assert_allclose(descriptor.sum(-1), 1)

    import cv2

    grey = cv2.cvtColor(chip[19:131, 19:131], cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    codes = local_binary_pattern(grey, 8, RADIUS, "nri_uniform").astype(int)
    for row, column in ((1, 1), (3, 4), (5, 2)):
        edges = np.linspace(0, SIZE, GRID + 1).astype(int)
        cell = codes[
            edges[row] : edges[row + 1], edges[column] : edges[column + 1]
        ].ravel()
        expected = np.bincount(cell, minlength=59) / cell.size
        # The bins have another order.
        np.testing.assert_allclose(
            np.sort(descriptor[row, column]), np.sort(expected), atol=0.03
        )


def test_similarity():
    rng = np.random.default_rng(0)
    chip = data.astronaut()[20:170, 150:300]
    noisy = np.clip(chip + rng.normal(0, 4, chip.shape), 0, 255).astype("uint8")
    noise = rng.integers(0, 256, chip.shape).astype("uint8")
    first, second, other = (texture_descriptor(c) for c in (chip, noisy, noise))
    assert texture_similarity(first, first) == 1
    near, far = (texture_similarity(first, d) for d in (second, other))
    assert 1 > near > far > 0
    lost = np.full_like(first, np.nan)
    assert np.isnan(texture_similarity(first, lost))
    disjoint = np.zeros((2, GRID**2, 59))
    disjoint[0, :, 0] = disjoint[1, :, 1] = 1
    assert texture_similarity(*disjoint.reshape(2, -1)) == 0

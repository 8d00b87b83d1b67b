import numpy as np
import pytest

from aan_keras.data.other_background import before_another

SIZE = 64


@pytest.fixture
def person():
    """Red, in the middle; what was behind is green."""
    image = np.zeros((SIZE, SIZE, 3), "uint8")
    mask = np.zeros((SIZE, SIZE), "uint8")
    mask[16:48, 20:44] = 255
    image[..., 1] = 200
    image[mask > 0] = (200, 0, 0)
    return image, mask


def test_person_stays_and_background_is_another(person):
    image, mask = person
    other = np.random.default_rng(1).integers(0, 256, image.shape, "uint8")
    other[..., 1] = 0
    results = []
    for seed in range(12):
        result = before_another(image, mask, other, np.random.default_rng(seed))
        assert result.shape == image.shape and result.dtype == np.uint8
        np.testing.assert_array_equal(result[mask > 0], image[mask > 0])
        assert not result[mask == 0][:, 1].any()
        results.append(result)
    spreads = [r[mask == 0].std(0).max() for r in results]
    # Some of one colour, some blurred, some as they were.
    assert min(spreads) < 0.5 and max(spreads) > 50
    assert len({r.tobytes() for r in results}) == len(results)


def test_a_soft_edge_is_mixed(person):
    image, mask = person
    mask = mask // 2
    grey = np.full_like(image, 100)
    share = (127 / 255 - 0.15) / 0.7
    for seed in range(4):
        result = before_another(image, mask, grey, np.random.default_rng(seed))
        level = result[0, 0].astype("float64")
        expected = share * image[30, 30] + (1 - share) * level
        np.testing.assert_allclose(result[30, 30], expected, atol=1)

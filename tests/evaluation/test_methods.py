import numpy as np
import pytest

from aan_keras import Reenactor
from aan_keras.evaluation.methods import Copy, Preset, Warp, make_methods
from aan_keras.evaluation.resize import resize_image
from tests.layers.sample_face import sample_landmarks


@pytest.fixture(scope="module")
def batch():
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (2, 16, 16, 3), dtype=np.uint8)
    return {
        "source": np.stack([resize_image(image, 128) for image in small]),
        "source_landmarks": sample_landmarks(2, 128),
        "driving_landmarks": sample_landmarks(2, 128, seed=1),
    }


def test_copy(batch):
    output = Copy()(batch)
    np.testing.assert_array_equal(output, batch["source"])
    assert output is not batch["source"]


def test_warp_moves_landmarks_to_where_they_are_driven(batch):
    """A picture whose colours are coordinates shows where each pixel came from."""
    y, x = np.mgrid[:128, :128]
    picture = np.stack([x, y, 0 * x], -1).astype("uint8")
    moved = {**batch, "source": np.stack([picture] * 2)}
    output = Warp(128)(moved).astype("float64")
    for row in range(2):
        at = np.round(batch["driving_landmarks"][row]).astype(int)
        seen = output[row][at[:, 1], at[:, 0], :2]
        error = np.linalg.norm(seen - batch["source_landmarks"][row], axis=-1)
        assert np.median(error) < 1.5
    still = {**batch, "driving_landmarks": batch["source_landmarks"]}
    np.testing.assert_allclose(
        Warp(128)(still).astype("float64"), batch["source"], atol=1
    )


def test_preset_at_another_size_than_its_own(batch, tiny_preset):
    output = Preset(tiny_preset, "tiny", 128)(batch)
    assert output.shape == (2, 128, 128, 3) and output.dtype == np.uint8
    inputs = {
        "source": np.stack([resize_image(s, 64) for s in batch["source"]]),
        "source_landmarks": (batch["source_landmarks"] + 0.5) / 2 - 0.5,
        "driving_landmarks": (batch["driving_landmarks"] + 0.5) / 2 - 0.5,
    }
    inputs["source"] = inputs["source"].astype("float32") / 127.5 - 1
    expected = np.asarray(Reenactor.from_preset(tiny_preset)(inputs))
    expected = np.clip(np.round((expected + 1) * 127.5), 0, 255).astype("uint8")
    expected = np.stack([resize_image(image, 128) for image in expected])
    assert np.abs(output.astype(int) - expected).max() <= 1


def test_rows_and_size(tiny_preset, tmp_path, monkeypatch):
    # Building models takes seconds, and their names are all that is looked at.
    monkeypatch.setattr(Reenactor, "from_preset", lambda preset: None)
    run = tmp_path / "first" / "preset"
    run.parent.mkdir()
    run.symlink_to(tiny_preset)
    methods, size = make_methods([tiny_preset, run, f"b={tiny_preset}"], None)
    assert [method.name for method in methods] == ["copy", "warp", "tiny", "first", "b"]
    assert size == 64
    assert methods[2].weights == methods[4].weights and len(methods[2].weights) == 64
    methods, size = make_methods([], 96, floors=("warp",))
    assert ([method.name for method in methods], size) == (["warp"], 96)


def test_rows_need_names_of_their_own(tiny_preset):
    for presets in ([tiny_preset, tiny_preset], [f"copy={tiny_preset}"]):
        with pytest.raises(ValueError, match="Received: "):
            make_methods(presets, None)
    with pytest.raises(ValueError, match="no preset of this name"):
        make_methods(["none"], None)

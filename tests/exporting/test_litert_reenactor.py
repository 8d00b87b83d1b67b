"""The LiteRT runner refuses what it can't use."""

import numpy as np
import pytest

from aan_keras.exporting import LiteRTReenactor, export_tflite
from aan_keras.faces import InputError
from tests.models.tiny import tiny_reenactor


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("tflite") / "tiny.tflite"
    export_tflite(tiny_reenactor(local_net=False, spectral_norm=False), path)
    return LiteRTReenactor(path)


SOURCE = np.zeros((1, 64, 64, 3), "uint8")
LANDMARKS = np.full((1, 68, 2), 32.0, "float32")


def test_code_is_not_overwritten_by_the_next_photo(model):
    first = model.encode_source(SOURCE, LANDMARKS)
    kept = {name: value.copy() for name, value in first.items()}
    model.encode_source(SOURCE + 200, LANDMARKS + 9)
    for name, value in kept.items():
        np.testing.assert_array_equal(first[name], value)


def test_each_frame_is_of_its_own_code(model):
    """The interpreter keeps a code from frame to frame; another one replaces it."""
    noise = np.random.default_rng(0).integers(0, 255, SOURCE.shape, "uint8")
    first = model.encode_source(noise, LANDMARKS)
    second = model.encode_source(255 - noise, LANDMARKS)
    wanted = [model.drive(code, LANDMARKS) for code in (first, second)]
    assert np.abs(wanted[0].astype(int) - wanted[1]).max() > 0
    np.testing.assert_array_equal(model.drive(second, LANDMARKS), wanted[1])
    np.testing.assert_array_equal(model.drive(first, LANDMARKS), wanted[0])


def test_a_code_of_ones_own_may_change(model):
    noise = np.random.default_rng(0).integers(0, 255, SOURCE.shape, "uint8")
    first, second = (model.encode_source(x, LANDMARKS) for x in (noise, 255 - noise))
    with pytest.raises(ValueError, match="read-only"):
        first["appearance"][:] = 0
    wanted = model.drive(second, LANDMARKS)
    own = {name: value.copy() for name, value in first.items()}
    assert (model.drive(own, LANDMARKS) != wanted).any()
    for name, value in second.items():
        own[name][:] = value
    np.testing.assert_array_equal(model.drive(own, LANDMARKS), wanted)


def test_wrong_shapes_and_values(model):
    with pytest.raises(ValueError, match=r"`source` must be uint8 \[1, 64, 64, 3\]"):
        model.encode_source(SOURCE[:, :32], LANDMARKS)
    with pytest.raises(ValueError, match="`source` must be uint8"):
        model.encode_source(SOURCE.astype("float32"), LANDMARKS)
    with pytest.raises(ValueError, match="`source_landmarks` must be float32"):
        model.encode_source(SOURCE, LANDMARKS[0])
    code = model.encode_source(SOURCE, LANDMARKS)
    with pytest.raises(ValueError, match="`driving_landmarks` must be finite"):
        model.drive(code, LANDMARKS * np.nan)


def test_a_code_that_is_refused_leaves_nobody_behind(model):
    noise = np.random.default_rng(0).integers(0, 255, SOURCE.shape, "uint8")
    first, second = (model.encode_source(x, LANDMARKS) for x in (noise, 255 - noise))
    wanted = model.drive(first, LANDMARKS)
    without = {k: v for k, v in second.items() if k != "appearance"}
    for code in (
        {**second, "stale": second["appearance"]},
        without,
        {},
        {**second, "flow_source": second["flow_source"][:, :1]},
    ):
        with pytest.raises(ValueError):
            model.drive(code, LANDMARKS)
        np.testing.assert_array_equal(model.drive(first, LANDMARKS), wanted)


def test_other_files(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        LiteRTReenactor(tmp_path / "missing.tflite")
    (tmp_path / "text.tflite").write_text("not a model")
    with pytest.raises(InputError, match="was not written by aan_keras"):
        LiteRTReenactor(tmp_path / "text.tflite")


def test_a_damaged_file(model, tmp_path):
    import zipfile

    path = tmp_path / "damaged.tflite"
    path.write_bytes(b"TFL3" * 100)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("aan_metadata.json", '{"image_size": 64}')
    with pytest.raises(InputError, match="is not a usable TFLite file"):
        LiteRTReenactor(path)

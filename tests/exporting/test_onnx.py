"""ONNX files, run by ONNX Runtime."""

import cv2
import numpy as np
import onnx
import pytest

import aan_keras
from aan_keras.exporting import OnnxReenactor, export_onnx
from aan_keras.faces import InputError
from tests.exporting.test_saved_model import check_motion
from tests.models.tiny import tiny_reenactor

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(reenactor, tmp_path_factory):
    path = tmp_path_factory.mktemp("onnx") / "tiny"
    export_onnx(reenactor, path, preset="tiny")
    return path


@pytest.fixture(scope="module")
def model(folder):
    return OnnxReenactor(folder)


def test_images_are_those_of_keras(model, request_arrays, expected):
    for row, wanted in enumerate(expected):
        one = {name: value[row : row + 1] for name, value in request_arrays.items()}
        driving = one.pop("driving_landmarks")
        found = model.drive(model.encode_source(**one), driving)
        assert found.shape == (1, *wanted.shape)
        assert np.abs(found[0].astype(int) - wanted).max() <= 1


def test_files_are_valid_and_standard(folder, reenactor):
    for name in ("encode_source", "drive"):
        file = onnx.load(folder / f"{name}.onnx")
        onnx.checker.check_model(file, full_check=True)
        assert {entry.domain for entry in file.opset_import} <= {"", "ai.onnx.ml"}
        assert all(node.domain == "" for node in file.graph.node)
        inputs = {tensor.name for tensor in file.graph.input}
        if name == "encode_source":
            code = {tensor.name for tensor in file.graph.output}
            assert inputs == {"photo", "photo_landmarks"}
        else:
            assert inputs == {*code, "driving_landmarks"}
            outputs = [tensor.name for tensor in file.graph.output]
            assert sorted(outputs) == ["filled", "flow", "image"]


def test_what_moved_the_photo(model, shrinking, expected_motion):
    assert model.gives_motion
    for row in range(2):
        one = {name: value[row : row + 1] for name, value in shrinking.items()}
        driving = one.pop("driving_landmarks")
        code = model.encode_source(**one)
        image, flow, filled = model.drive_with_fill(code, driving)
        np.testing.assert_array_equal(image, model.drive(code, driving))
        check_motion(flow[0], filled[0], [part[row] for part in expected_motion])
        clip = [value[0] for value in one.values()]
        ((alone, *motion),) = model.animate_with_motion(*clip, driving)
        np.testing.assert_array_equal(alone, image[0])
        np.testing.assert_array_equal(motion[0], flow[0])
        np.testing.assert_array_equal(motion[1], filled[0])


def test_an_export_of_images_only(folder, shrinking, tmp_path):
    """As the first versions wrote them."""
    file = onnx.load(folder / "drive.onnx")
    (image,) = (tensor for tensor in file.graph.output if tensor.name == "image")
    del file.graph.output[:]
    file.graph.output.append(image)
    onnx.save(file, tmp_path / "drive.onnx")
    encoder = (folder / "encode_source.onnx").read_bytes()
    (tmp_path / "encode_source.onnx").write_bytes(encoder)
    model = OnnxReenactor(tmp_path)
    assert not model.gives_motion
    one = {name: value[:1] for name, value in shrinking.items()}
    clip = (one["source"][0], one["source_landmarks"][0], one["driving_landmarks"])
    ((found, *motion),) = model.animate_with_motion(*clip)
    assert motion == [None, None]
    (wanted,) = OnnxReenactor(folder).animate(*clip)
    np.testing.assert_array_equal(found, wanted)


def test_metadata(model):
    assert model.image_size == 64
    assert model.metadata["preset"] == "tiny"
    assert model.metadata["landmarks"]["scheme"] == "iBUG 68"


def test_reenact(model, request_arrays, expected):
    arrays = {name: value[0] for name, value in request_arrays.items()}
    frames = [
        *model.animate(
            arrays["source"],
            arrays["source_landmarks"],
            np.stack([arrays["driving_landmarks"]] * 2),
        )
    ]
    np.testing.assert_array_equal(frames[0], frames[1])
    photo = cv2.resize(arrays["source"], (96, 96), interpolation=cv2.INTER_CUBIC)
    landmarks = (arrays["source_landmarks"] + 0.5) * 1.5 - 0.5
    track = np.stack([landmarks, landmarks + 3])
    images = [
        *aan_keras.reenact(
            model, photo, track, source_landmarks=landmarks, mode="absolute"
        )
    ]
    assert [image.shape for image in images] == [(64, 64, 3)] * 2


def test_what_is_refused(model, folder, request_arrays, tmp_path):
    source = request_arrays["source"][:1]
    with pytest.raises(ValueError, match="`source_landmarks` must be finite"):
        model.encode_source(source, np.full((1, 68, 2), np.nan, "float32"))
    with pytest.raises(InputError, match="no such file"):
        OnnxReenactor(tmp_path)
    for name in ("encode_source", "drive"):
        (tmp_path / f"{name}.onnx").write_text("not a model")
    with pytest.raises(InputError, match="is not a usable ONNX file"):
        OnnxReenactor(tmp_path)
    foreign = onnx.load(folder / "drive.onnx")
    description = foreign.metadata_props[0].value
    del foreign.metadata_props[:]
    onnx.save(foreign, tmp_path / "encode_source.onnx")
    with pytest.raises(InputError, match="was not written by aan_keras"):
        OnnxReenactor(tmp_path)
    other = description.replace('"tiny"', '"other"')
    foreign.metadata_props.add(key="aan_metadata.json", value=other)
    onnx.save(foreign, tmp_path / "encode_source.onnx")
    (tmp_path / "drive.onnx").write_bytes((folder / "drive.onnx").read_bytes())
    with pytest.raises(InputError, match="files of two exports"):
        OnnxReenactor(tmp_path)


def test_without_the_package(monkeypatch, tmp_path):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"install aan_keras\[onnx\]"):
        export_onnx(tiny_reenactor(local_net=False, spectral_norm=False), tmp_path)
    with pytest.raises(InputError, match=r"install aan_keras\[onnx\]"):
        OnnxReenactor(tmp_path)

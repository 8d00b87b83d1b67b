"""The TFLite file: builtin operations, the same pictures, float coordinates."""

import json
import logging.handlers
import subprocess
import sys
import zipfile

import cv2
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from aan_keras import Reenactor, reenact
from aan_keras.exporting import LiteRTReenactor, export_tflite, tflite
from aan_keras.exporting.bundled_example import bundled_example
from aan_keras.faces import InputError
from tests.models.tiny import DEPARTURES, shake, tiny_reenactor

SIZE = 64


@pytest.fixture(scope="module")
def trained():
    """The shipped weights at half their size: real ranges, small pictures."""
    from aan_keras.models.preset import load_preset

    return load_preset(Reenactor, "aan_128", image_size=SIZE, heatmap_size=32)


@pytest.fixture(scope="module")
def notices():
    """What TensorFlow logs while the model is converted."""
    handler, logger = logging.handlers.BufferingHandler(1000), tf.get_logger()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel("INFO")
    yield handler.buffer
    assert logger.level == logging.INFO
    logger.setLevel(level)
    logger.removeHandler(handler)


@pytest.fixture(scope="module")
def float32(trained, tmp_path_factory, notices):
    path = tmp_path_factory.mktemp("tflite") / "float32.tflite"
    trained.export_tflite(path, preset="aan_128")
    return path


def test_no_notice_of_a_folder_that_is_gone(float32, notices):
    assert [record.getMessage() for record in notices] == []
    tf.get_logger().info("noticed")
    assert [record.getMessage() for record in notices] == ["noticed"]


@pytest.fixture
def converted(float32, monkeypatch):
    """The trained model is not converted again: it takes seconds."""
    content = float32.read_bytes()
    monkeypatch.setattr(tflite, "convert", lambda model: content)


@pytest.fixture(scope="module")
def face():
    source, landmarks, driving = bundled_example(SIZE)
    return source, landmarks, driving[::30]


@pytest.fixture(scope="module")
def keras_frames(trained, face):
    return frames(trained, face)


def frames(reenactor, face, **options):
    source, landmarks, driving = face
    options |= {"source_landmarks": landmarks, "landmarker": no_landmarker}
    images = reenact(reenactor, source, driving, **options)
    return np.stack(list(images)).astype("float64")


def no_landmarker(image):
    raise AssertionError("landmarks are given")


def psnr(found, wanted):
    return 10 * np.log10(255**2 / max(np.mean((found - wanted) ** 2), 1e-9))


def test_float32_is_keras_within_one_level(float32, face, keras_frames):
    found = frames(LiteRTReenactor(float32), face)
    assert np.abs(keras_frames[1] - keras_frames[0]).mean() > 1
    assert np.abs(found - keras_frames).max() <= 1


def test_larger_frames_are_those_of_keras(trained, float32, face):
    model = LiteRTReenactor(float32)
    assert model.gives_motion
    found, wanted = (frames(each, face, size=2 * SIZE) for each in (model, trained))
    assert found.shape[1:] == (2 * SIZE, 2 * SIZE, 3)
    assert np.abs(found - wanted).max() <= 2
    # Most of it is detail: images alone, enlarged, differ by more.
    model.gives_motion = False
    plain = frames(model, face, size=2 * SIZE)
    assert np.abs(found - wanted).mean() < 0.02 * np.abs(plain - wanted).mean()


@pytest.mark.parametrize(
    "quantization, at_least, size",
    [("float16", 50, 0.6), ("dynamic", 38, 0.4), ("int8", 32, 0.6)],
)
def test_quantized(
    trained, float32, converted, face, tmp_path, quantization, at_least, size
):
    lines = []
    path = tmp_path / "model.tflite"
    export_tflite(trained, path, quantization, report=lines.append)
    found = frames(LiteRTReenactor(path), face)
    assert psnr(found, frames(LiteRTReenactor(float32), face)) >= at_least
    assert path.stat().st_size < size * float32.stat().st_size
    assert len(lines) == (quantization == "int8")


def test_int8_ranges_from_data(trained, converted, face, keras_frames, tmp_path):
    for i in range(2):
        folder = tmp_path / "faces" / f"person{i}" / "v0"
        folder.mkdir(parents=True)
        source, landmarks, driving = face
        big = cv2.resize(source, (128, 128))[..., ::-1]
        for t in range(3):
            cv2.imwrite(str(folder / f"{t}.jpg"), big)
        np.save(folder / "landmarks.npy", (driving[i : i + 3] + 0.5) * 2 - 0.5)
    path = tmp_path / "model.tflite"
    export_tflite(trained, path, "int8", data=tmp_path / "faces")
    assert psnr(frames(LiteRTReenactor(path), face), keras_frames) >= 32


def test_int8_without_faces_in_the_data(trained, converted, tmp_path):
    with pytest.raises(InputError, match="has no face crops"):
        export_tflite(trained, tmp_path / "x.tflite", "int8", data=tmp_path)
    assert list(tmp_path.iterdir()) == []


def operations(path):
    """Names of the operations of a file, and the custom ones'."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes(), 0))
    names = {value: name for name, value in vars(schema.BuiltinOperator).items()}
    codes = model.operatorCodes
    builtin = {names[max(c.builtinCode, c.deprecatedBuiltinCode)] for c in codes}
    return builtin, [c.customCode for c in codes if c.customCode]


def test_builtin_operations_only(float32):
    builtin, custom = operations(float32)
    assert custom == []
    assert {"CONV_2D", "GATHER", "BATCH_MATMUL"} <= builtin
    assert "CUSTOM" not in builtin


@pytest.mark.parametrize(
    "arguments",
    [
        {"adaptive_norm": "spade", "local_net": False},
        {
            **DEPARTURES,
            "statistics": "instance",
            "up_kernel_size": 1,
            "source_scale": 2,
        },
        {"heatmap_size": None},
    ],
    ids=["spade", "late heads", "paper"],
)
def test_configurations_beside_the_shipped_one(arguments, face, tmp_path):
    model = tiny_reenactor(**arguments)
    shake(model, 0.1)
    path = tmp_path / "model.tflite"
    export_tflite(model, path)
    found, wanted = frames(LiteRTReenactor(path), face), frames(model, face)
    assert wanted.std() > 5
    assert np.abs(found - wanted).max() <= 1


def test_signatures_and_metadata(float32):
    interpreter = Interpreter(model_path=str(float32))
    signatures = interpreter.get_signature_list()
    assert set(signatures) == {"encode_source", "drive"}
    code = set(signatures["encode_source"]["outputs"])
    assert set(signatures["drive"]["inputs"]) == {*code, "driving_landmarks"}
    assert sorted(signatures["drive"]["outputs"]) == ["filled", "flow", "image"]
    image = interpreter.get_signature_runner("drive").get_output_details()["image"]
    assert image["dtype"] == np.uint8
    assert image["shape"].tolist() == [1, SIZE, SIZE, 3]
    with zipfile.ZipFile(float32) as archive:
        metadata = json.loads(archive.read("aan_metadata.json"))
    assert metadata["preset"] == "aan_128"
    assert metadata["quantization"] == "none"


def test_the_runner_needs_no_tensorflow(float32):
    code = (
        "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None\n"
        "import importlib.util, numpy as np\n"
        f"sys.path.insert(0, {str(float32.parent)!r})\n"
        "import types; package = types.ModuleType('aan_keras')\n"
        f"package.__path__ = [{str(package_folder())!r}]\n"
        "sys.modules['aan_keras'] = package\n"
        "room = types.ModuleType('aan_keras.exporting')\n"
        f"room.__path__ = [{str(package_folder() / 'exporting')!r}]\n"
        "sys.modules['aan_keras.exporting'] = room\n"
        "from aan_keras.exporting.litert_reenactor import LiteRTReenactor\n"
        f"model = LiteRTReenactor({str(float32)!r})\n"
        "print(model.image_size)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert result.stdout == f"{SIZE}\n", result.stderr


def package_folder():
    import pathlib

    import aan_keras

    return pathlib.Path(aan_keras.__file__).parent


def test_wrong_arguments(trained, tmp_path):
    with pytest.raises(ValueError, match="quantization=int4"):
        export_tflite(trained, tmp_path / "x.tflite", "int4")

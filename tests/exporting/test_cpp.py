"""The C++ program: built, run on every signature, compared with Keras.

Left out where there is no g++ or make: neither comes with the wheels.
"""

import pathlib
import re
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest
import tensorflow as tf

from tests.exporting.conftest import keras_images
from tests.models.tiny import batch_of

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "export" / "cpp"

pytestmark = pytest.mark.skipif(
    not (shutil.which("g++") and shutil.which("make")),
    reason="the C++ program needs g++ and make",
)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """Path of the program, built without optimization: that takes half the time."""
    path = tmp_path_factory.mktemp("cpp") / "aan"
    subprocess.run(
        ["make", f"PYTHON={sys.executable}", f"OUTPUT={path}", "CXXFLAGS=-O0"],
        cwd=FOLDER,
        check=True,
        capture_output=True,
    )
    return path


@pytest.fixture(scope="module")
def exported(light):
    return light[1]


@pytest.fixture(scope="module")
def expected(light, request_arrays):
    return keras_images(light[0], request_arrays)


@pytest.fixture
def aan(program, exported):
    """Calls `aan COMMAND MODEL ...` and gives its output."""

    def call(command, *arguments, fails=False):
        result = subprocess.run(
            [program, "--threads", "1", command, exported, *arguments],
            capture_output=True,
            text=True,
        )
        assert result.returncode == int(fails), result.stderr
        return result.stderr if fails else result.stdout

    return call


@pytest.fixture
def files(request_arrays, tmp_path):
    """`INPUT=FILE` arguments of `serving_default`."""
    return arguments(tmp_path / "in", **request_arrays)


def arguments(folder, **arrays):
    folder.mkdir(exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return [f"{name}={folder / name}.npy" for name in arrays]


def difference(found, wanted):
    return np.abs(np.asarray(found).astype(int) - wanted).max()


def test_lists_what_the_export_announces(aan, exported):
    listed = re.split(r"\n(?=\w)", aan("list").strip())
    assert {entry.split("\n")[0] for entry in listed} == set(
        tf.saved_model.load(str(exported)).signatures
    )
    (clip,) = (e for e in listed if e.startswith("reenact_clip\n"))
    assert clip.split("\n")[1:] == [
        "  in  driving_landmarks DT_FLOAT [?, ?, 68, 2]",
        "  in  source DT_UINT8 [?, 64, 64, 3]",
        "  in  source_landmarks DT_FLOAT [?, 68, 2]",
        "  out image DT_UINT8 [?, ?, 64, 64, 3]",
    ]


def test_no_python_in_the_process(program):
    libraries = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    assert "libtensorflow_cc.so" in libraries
    assert "libpython" not in libraries


def test_serving_default(aan, files, expected, tmp_path):
    aan("run", "serving_default", tmp_path / "out", *files)
    assert difference(np.load(tmp_path / "out" / "image.npy"), expected) <= 1


def test_encode_and_drive(aan, files, expected, tmp_path):
    code = tmp_path / "code"
    aan("run", "encode_source", code, *files[:2])
    inputs = [f"{path.stem}={path}" for path in code.iterdir()]
    aan("run", "drive", tmp_path / "out", *inputs, files[2])
    assert difference(np.load(tmp_path / "out" / "image.npy"), expected) <= 1


def test_clip(aan, request_arrays, expected, tmp_path):
    driving = request_arrays["driving_landmarks"]
    arrays = {**request_arrays, "driving_landmarks": np.stack([driving] * 2, 1)}
    inputs = arguments(tmp_path / "clip", **arrays)
    aan("run", "reenact_clip", tmp_path / "out", *inputs)
    found = np.load(tmp_path / "out" / "image.npy")
    assert found.shape == (3, 2, 64, 64, 3)
    assert difference(found, expected[:, None]) <= 1


def test_files(aan, request_arrays, tmp_path):
    arrays = {name: value[:1] for name, value in request_arrays.items()}
    aan("run", "serving_default", tmp_path, *arguments(tmp_path / "pixels", **arrays))
    # A file of the frame that `serving_default` gives, and `test_serving_default` holds
    # against Keras' (coding makes several levels of one that was rounded otherwise).
    image = np.load(tmp_path / "image.npy")[0]
    wanted = tf.io.encode_jpeg(image, quality=95, chroma_downsampling=False).numpy()
    png = tmp_path / "source.png"
    cv2.imwrite(str(png), arrays.pop("source")[0, ..., ::-1])
    frame = arguments(tmp_path / "frame", **arrays)
    arrays["driving_landmarks"] = arrays["driving_landmarks"][:, None]
    clip = arguments(tmp_path / "clip", **arrays)
    motion = {"filled_bytes_0.png", "flow.npy"}
    for signature, inputs, more in (
        ("reenact_jpeg", frame, set()),
        ("reenact_clip_jpeg_motion", clip, motion),
    ):
        out = tmp_path / signature
        aan("run", signature, out, f"source_bytes={png}", *inputs)
        assert (out / "image_bytes_0.jpg").read_bytes() == wanted
        assert {path.name for path in out.iterdir()} == {"image_bytes_0.jpg", *more}


def test_animate(aan, light, request_arrays, tmp_path):
    reenactor = light[0]
    landmarks = np.asarray(batch_of(3, seed=5)["driving_landmarks"])
    source = request_arrays["source"][0]
    cv2.imwrite(str(tmp_path / "source.ppm"), source[..., ::-1])
    np.save(tmp_path / "source.npy", request_arrays["source_landmarks"][0])
    np.save(tmp_path / "driving.npy", landmarks)
    paths = [tmp_path / name for name in ("source.ppm", "source.npy", "driving.npy")]
    said = aan("animate", *paths, tmp_path / "frames")
    assert said.startswith("3 frames in ")
    code = reenactor.encode_source(
        source[None].astype("float32") / 127.5 - 1,
        request_arrays["source_landmarks"][:1],
    )
    for t in range(3):
        image = np.asarray(reenactor.drive(code, landmarks[t : t + 1]))[0]
        wanted = np.round((image.astype("float64") + 1) * 127.5)
        found = cv2.imread(str(tmp_path / "frames" / f"{t:06d}.ppm"))[..., ::-1]
        assert difference(found, wanted.astype(int)) <= 1


def test_refusals(aan, files, request_arrays, tmp_path):
    out = tmp_path / "out"

    def refused(*arguments):
        (line,) = re.findall("^aan: error: .*", aan(*arguments, fails=True), re.M)
        return line

    assert "there is no signature predict, only drive" in refused(
        "run", "predict", out, *files
    )
    assert "needs the input source_landmarks" in refused(
        "run", "encode_source", out, files[0]
    )
    hole = {"source_landmarks": request_arrays["source_landmarks"] * np.nan}
    hole = arguments(tmp_path / "hole", **hole)
    assert "`source_landmarks` must be finite" in refused(
        "run", "encode_source", out, files[0], *hole
    )
    (tmp_path / "cut.npy").write_bytes((tmp_path / "in/source.npy").read_bytes()[:-9])
    assert "does not hold the uint8 [3, 64, 64, 3] that it announces" in refused(
        "run", "encode_source", out, f"source={tmp_path / 'cut.npy'}", files[1]
    )
    assert not out.exists() or not list(out.iterdir())


def test_a_folder_without_a_model(program, tmp_path):
    result = subprocess.run([program, "list", tmp_path], capture_output=True, text=True)
    assert result.returncode == 1
    assert "aan: error: Could not find SavedModel" in result.stderr
    assert subprocess.run([program], capture_output=True).returncode == 2

"""Every failure: one line on stderr, exit code 1 (2 for usage), no partial file."""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import tensorflow as tf

import aan_keras
from aan_keras import cli
from aan_keras.commands import console
from aan_keras.demo import MOTION, PORTRAIT
from aan_keras.faces import LandmarkTrack, VideoReader, VideoWriter, read_photo


class Copier:
    """Gives back the source: what is tested here is around the network."""

    image_size = 64

    def encode_source(self, source, source_landmarks):
        return {"source": source}

    def drive(self, code, driving_landmarks):
        return code["source"]


@pytest.fixture
def copier(monkeypatch):
    monkeypatch.setattr(console, "load_reenactor", lambda arguments: Copier())


@pytest.fixture(scope="module")
def portrait():
    return read_photo(PORTRAIT)


@pytest.fixture(scope="module")
def short_track(tmp_path_factory):
    path = tmp_path_factory.mktemp("track") / "short.npz"
    LandmarkTrack(LandmarkTrack.load(MOTION).landmarks[:5], fps=25).save(path)
    return path


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    """A real, untrained preset."""
    path = tmp_path_factory.mktemp("preset") / "tiny"
    reenactor = aan_keras.Reenactor(
        image_size=64,
        width=4,
        num_residual_blocks=1,
        statistics="instance",
        spectral_norm=False,
        flow_prior="tps",
        output="residual",
    )
    reenactor.save_to_preset(path)
    return path


@pytest.fixture
def folder(tmp_path):
    """Where commands write; it is empty."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture
def run(capfd, folder):
    """Callable: exit code, stdout and stderr of a command."""

    def call(*words):
        try:
            code = cli.main([str(word) for word in words])
        except SystemExit as leaving:
            code = leaving.code
        return (code, *capfd.readouterr())

    return call


@pytest.fixture
def fails(run, folder):
    """Callable: runs `reenact`, which must fail as promised; the message."""

    def call(source=PORTRAIT, driving=MOTION, output="out.mp4", *more):
        words = ("--source", source, "--driving", driving, "--output", folder / output)
        code, out, err = run("reenact", *words, *more)
        assert code == 1
        assert err.startswith("aan-keras: error: ")
        assert err.count("\n") == 1 and err.endswith("\n")
        assert "Traceback" not in err
        assert list(folder.iterdir()) == []
        return err

    return call


def told(stderr):
    """What is on stderr, but for a line of TensorFlow 2.18's that no level silences.

    Its graph optimizer says there that it left a graph as it was.
    """
    notice = r"E0000 .* meta_optimizer\.cc:\d+\] remapper failed: .*\n"
    if tf.__version__.startswith("2.18."):
        return re.sub(notice, "", stderr)
    return stderr


def write_image(path, image):
    order = [2, 1, 0, 3][: image.shape[2]] if image.ndim == 3 else Ellipsis
    assert cv2.imwrite(str(path), image[..., order] if image.ndim == 3 else image)
    return path


# === What works ===


def test_video_from_a_track(run, folder, copier, short_track):
    words = ("--source", PORTRAIT, "--driving", short_track)
    code, out, err = run("reenact", *words, "--output", folder / "a.mp4")
    assert (code, err) == (0, "")
    assert out.startswith(f"{folder / 'a.mp4'}: 5 frames, ")
    assert [path.name for path in folder.iterdir()] == ["a.mp4"]
    assert len(list(VideoReader(folder / "a.mp4"))) == 5


def test_options_of_reenact(run, folder, copier, short_track):
    words = ("--source", PORTRAIT, "--driving", short_track, "--landmarks", "absolute")
    part = ("--start", 0.04, "--end", 0.16, "--fps", 50, "--max-frames", 4)
    more = ("--paste-back", "--smooth", "--output", folder / "a.mp4")
    code, out, err = run("reenact", *words, *part, *more)
    assert (code, err) == (0, "")
    video = VideoReader(folder / "a.mp4")
    assert (video.num_frames, video.fps, video.size) == (4, 50, (512, 512))


def test_several_photos_into_a_folder(run, folder, copier, tmp_path, short_track):
    for name in ("a.jpg", "b.jpg"):
        shutil.copy(PORTRAIT, tmp_path / name)
    words = ("--source", tmp_path / "a.jpg", tmp_path / "b.jpg")
    words += ("--driving", short_track, "--landmarks", "absolute", "--output", folder)
    code, out, err = run("reenact", *words)
    assert (code, err) == (0, "") and len(out.splitlines()) == 2
    found = sorted(path.name for path in folder.iterdir())
    assert found == ["a_short.mp4", "b_short.mp4"]


def test_photo_from_a_photo_side_by_side(run, folder, copier):
    words = ("--source", PORTRAIT, "--driving", PORTRAIT, "--side-by-side")
    code, out, err = run("reenact", *words, "--output", folder / "a.png")
    assert (code, out, err) == (0, f"{folder / 'a.png'}\n", "")
    assert read_photo(folder / "a.png").shape == (64, 192, 3)


@pytest.mark.parametrize("kind", ["grey", "rgba", "16 bit"])
def test_photos_of_other_kinds_work(run, tmp_path, folder, copier, portrait, kind):
    opaque = np.full((512, 512, 1), 255, "uint8")
    image = {
        "grey": cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY),
        "rgba": np.concatenate([portrait, opaque], 2),
        "16 bit": portrait.astype("uint16") * 257,
    }[kind]
    photo = write_image(tmp_path / "a.png", image)
    words = ("--source", photo, "--driving", PORTRAIT, "--output", folder / "b.png")
    assert run("reenact", *words)[0] == 0
    assert read_photo(folder / "b.png").shape == (64, 64, 3)


def test_several_faces_are_told_and_can_be_chosen(
    run, tmp_path, folder, copier, portrait, short_track
):
    both = np.full((512, 912, 3), 128, "uint8")
    both[:400, :400] = cv2.resize(portrait, (400, 400), interpolation=cv2.INTER_AREA)
    both[:, 400:] = portrait
    photo = write_image(tmp_path / "both.png", both)
    words = ("--source", photo, "--driving", short_track, "--output", folder / "a.mp4")
    code, out, err = run("reenact", *words)
    assert (code, err) == (0, "")
    assert out.startswith("2 faces in both.png: using face 1, ")
    code, out, err = run("reenact", *words, "--face", 2)
    assert (code, err) == (0, "")
    assert out.startswith("2 faces in both.png: using face 2, ")


def test_demo_with_a_real_preset(run, folder, preset):
    code, out, err = run("demo", "--output", folder, "--preset", preset)
    assert (code, told(err)) == (0, "")
    video, strip = out.splitlines()
    assert video.startswith(f"{folder / 'demo.mp4'}: ") and "frames/s" in video
    assert strip == str(folder / "demo.png")
    assert read_photo(folder / "demo.png").shape == (128, 512, 3)


# === Bad input ===


def test_missing_files(fails, copier):
    assert "nobody.jpg: No such file" in fails(source="nobody.jpg")
    assert "nobody.mp4: no such file" in fails(driving="nobody.mp4")
    assert "nobody.npz: no such file" in fails(driving="nobody.npz")


def test_no_face(fails, copier, tmp_path):
    blank = np.full((256, 256, 3), 90, "uint8")
    photo = write_image(tmp_path / "blank.png", blank)
    assert "no face found in blank.png" in fails(source=photo)
    assert "no face found in blank.png" in fails(PORTRAIT, photo, "a.png")
    with VideoWriter(tmp_path / "blank.mp4", 25) as video:
        for _ in range(3):
            video.write(blank)
    assert "no face found in blank.mp4" in fails(driving=tmp_path / "blank.mp4")


def test_no_such_face(fails, copier):
    message = fails(PORTRAIT, MOTION, "a.mp4", "--face", 2)
    assert "there is no face 2 in portrait.jpg: it has 1 face" in message


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.mp4", "a.npz"])
@pytest.mark.parametrize("content", [b"", b"only text\n" * 200])
def test_empty_files_and_text_under_another_name(
    fails, copier, tmp_path, name, content
):
    (tmp_path / name).write_bytes(content)
    if name in ("a.jpg", "a.png"):
        assert name in fails(source=tmp_path / name)
    else:
        assert name in fails(driving=tmp_path / name)


def test_truncated_photo(fails, copier, tmp_path):
    data = PORTRAIT.read_bytes()
    (tmp_path / "a.jpg").write_bytes(data[: len(data) // 2])
    assert "a.jpg is cut off or damaged" in fails(source=tmp_path / "a.jpg")


def test_one_pixel(fails, copier, tmp_path):
    photo = write_image(tmp_path / "a.png", np.zeros((1, 1, 3), "uint8"))
    assert "too small for a face, 1 x 1 pixels" in fails(source=photo)


def test_truncated_video(fails, copier, tmp_path, portrait):
    with VideoWriter(tmp_path / "a.mp4", 25) as video:
        for _ in range(10):
            video.write(portrait)
    data = (tmp_path / "a.mp4").read_bytes()
    (tmp_path / "a.mp4").write_bytes(data[: len(data) // 2])
    assert "a.mp4" in fails(driving=tmp_path / "a.mp4")


def test_truncated_video_that_can_be_opened(fails, copier, tmp_path, portrait):
    """Matroska needs no index: the frames so far are there, the rest isn't."""
    rng = np.random.default_rng(0)
    face = portrait[:256, 96:352] // 2
    with VideoWriter(tmp_path / "a.mkv", 25) as video:
        for _ in range(30):
            video.write(face + rng.integers(0, 40, face.shape, "uint8"))
    data = (tmp_path / "a.mkv").read_bytes()
    (tmp_path / "a.mkv").write_bytes(data[: len(data) // 3])
    message = fails(driving=tmp_path / "a.mkv")
    assert "a.mkv is cut off or damaged after frame" in message


def test_video_with_zero_frames(fails, copier, tmp_path):
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.start_encoding()
    assert "a.mkv" in fails(driving=tmp_path / "a.mkv")


def save_track(path, landmarks):
    np.savez(path, landmarks=landmarks, crop_size=256, fps=25.0)
    return path


def test_nan_landmarks(fails, copier, tmp_path):
    landmarks = LandmarkTrack.load(MOTION).landmarks.copy()
    landmarks[[3, 7, 8], 5] = np.nan
    message = fails(driving=save_track(tmp_path / "a.npz", landmarks))
    assert "a.npz has landmarks that are not finite in frames 3, 7-8" in message


@pytest.mark.parametrize("shape", [(5, 67, 2), (68, 2), (5, 68, 3), (0, 68, 2)])
def test_track_of_a_wrong_shape(fails, copier, tmp_path, shape):
    track = save_track(tmp_path / "a.npz", np.zeros(shape, "float32"))
    assert "a.npz has " in fails(driving=track)


def test_pickled_track(fails, copier, tmp_path):
    track = save_track(tmp_path / "a.npz", np.array([{"a": 1}], object))
    assert "a.npz is not a landmark track" in fails(driving=track)


def test_relative_to_a_single_image(fails, copier):
    message = fails(PORTRAIT, PORTRAIT, "a.png", "--relative")
    assert "single frame: relative motion needs a clip" in message


def test_relative_is_short_for_landmarks_relative(fails, copier):
    message = fails(PORTRAIT, PORTRAIT, "a.png", "--landmarks", "relative")
    assert "single frame: relative motion needs a clip" in message


def test_both_ways_to_say_it_are_wrong_usage(run, folder):
    words = ("--source", PORTRAIT, "--driving", MOTION, "--output", folder / "a.mp4")
    code, _, err = run("reenact", *words, "--relative", "--landmarks", "absolute")
    assert code == 2 and "not allowed with argument" in err


@pytest.mark.parametrize("name", ["nothing", "aan_128"])
def test_wrong_landmark_preset(fails, copier, name):
    message = fails(PORTRAIT, MOTION, "a.mp4", "--landmark-preset", name)
    assert name in message


def test_unknown_preset(fails):
    message = fails(PORTRAIT, MOTION, "a.mp4", "--preset", "nothing")
    assert "no preset" in message and "nothing" in message


def test_missing_weights(fails, preset, tmp_path):
    shutil.copytree(preset, tmp_path / "copy")
    (tmp_path / "copy" / "weights.npz").unlink()
    message = fails(PORTRAIT, MOTION, "a.mp4", "--preset", tmp_path / "copy")
    assert "weights.npz can't be read" in message


def test_tampered_weights(fails, preset, tmp_path):
    shutil.copytree(preset, tmp_path / "copy")
    weights = tmp_path / "copy" / "weights.npz"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    message = fails(PORTRAIT, MOTION, "a.mp4", "--preset", tmp_path / "copy")
    assert "do not match their SHA-256" in message


def test_damaged_configuration(fails, preset, tmp_path):
    shutil.copytree(preset, tmp_path / "copy")
    (tmp_path / "copy" / "config.json").write_text("{")
    message = fails(PORTRAIT, MOTION, "a.mp4", "--preset", tmp_path / "copy")
    assert "config.json is missing or damaged" in message


# === Bad output ===


def test_unwritable_output(fails, copier, folder, short_track):
    message = fails(PORTRAIT, short_track, "none/out.mp4")
    assert "there is no folder" in message
    message = fails(PORTRAIT, short_track, "a" * 300 + ".mp4")
    assert "name too long" in message
    message = fails(PORTRAIT, PORTRAIT, "none/out.png")
    assert "there is no folder" in message


def test_output_is_a_folder(run, copier, folder, short_track):
    (folder / "a.mp4").mkdir()
    words = ("--source", PORTRAIT, "--driving", short_track)
    code, _, err = run("reenact", *words, "--output", folder / "a.mp4")
    assert code == 1 and err.count("\n") == 1 and "it is a folder" in err
    assert list(folder.iterdir()) == [folder / "a.mp4"]


def test_disk_that_fills_up(fails, copier):
    """The system's limit on file sizes does to us what a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        message = fails()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "File too large" in message


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_leaves_nothing(run, monkeypatch, folder, number):
    class Interrupted(Copier):
        def drive(self, code, driving_landmarks):
            os.kill(os.getpid(), number)
            return code["source"]

    handler = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(console, "load_reenactor", lambda arguments: Interrupted())
    # A shell starts its background jobs with Ctrl-C ignored, and tests may be one.
    keyboard = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        code, out, err = run("demo", "--output", folder)
    finally:
        signal.signal(signal.SIGINT, keyboard)
    assert (code, out, err) == (130, "", "aan-keras: interrupted\n")
    assert list(folder.iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) == handler


def test_failure_keeps_the_older_file(run, monkeypatch, folder):
    class Failing(Copier):
        def encode_source(self, source, source_landmarks):
            raise RuntimeError("no\nluck")

    monkeypatch.setattr(console, "load_reenactor", lambda arguments: Failing())
    (folder / "demo.mp4").write_bytes(b"old")
    code, _, err = run("demo", "--output", folder)
    message = "RuntimeError: no luck: run again with --debug for details"
    assert (code, err) == (1, f"aan-keras: error: {message}\n")
    assert [path.name for path in folder.iterdir()] == ["demo.mp4"]
    assert (folder / "demo.mp4").read_bytes() == b"old"
    with pytest.raises(RuntimeError, match="no\nluck"):
        run("demo", "--output", folder, "--debug")


# === Usage ===


REENACT = ["reenact", "--source", "a.jpg", "--driving", "b.mp4"]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["dance"],
        ["reenact"],
        ["reenact", "--source", "a.jpg", "--driving", "b.mp4"],
        ["reenact", "--face", "0"],
        [*REENACT, "--start", "2", "--end", "1", "--output", "a.mp4"],
        [*REENACT, "--fps", "0", "--output", "a.mp4"],
        [*REENACT, "--max-frames", "0", "--output", "a.mp4"],
        [*REENACT, "c.mp4", "--output", "a.mp4"],
        [*REENACT[:-1], "b.jpg", "--max-frames", "3", "--output", "a.png"],
        ["demo", "--preset"],
        ["train", "--output", "runs/a"],
        ["train", "--output", "runs/a", "--data", "faces"],
        ["train", "--output", "runs/a", "--steps", "0"],
        ["train", "--output", "runs/a", "--recipe", "soup"],
    ],
)
def test_wrong_usage(run, words):
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert err.startswith("usage: aan-keras") and "error: " in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("driving", "output"), [("a.jpg", "a.mp4"), ("a.mp4", "a.png"), ("a.npz", "a")]
)
def test_kinds_that_do_not_go_together_are_wrong_usage(run, driving, output):
    words = ("--source", "a.jpg", "--driving", driving, "--output", output)
    code, out, err = run("reenact", *words)
    assert (code, out) == (2, "")
    assert f"{output} can't hold the result" in err.splitlines()[-1]


@pytest.mark.parametrize("command", ["reenact", "train", "demo", "doctor"])
def test_help_has_an_example(run, command):
    code, out, err = run(command, "--help")
    assert (code, err) == (0, "")
    assert f"aan-keras {command}" in out.split("example")[1]


# === As a process ===


def run_process(command, cwd=None):
    root = str(Path(aan_keras.__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": root}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_process_fails_with_one_line_and_without_greetings(tmp_path, preset):
    """TensorFlow's messages on start-up would be there in a process of its own."""
    (tmp_path / "a.jpg").write_bytes(b"text")
    command = [sys.executable, "-m", "aan_keras", "reenact", "--preset", preset]
    command += ["--source", "a.jpg", "--driving", MOTION, "--output", "a.mp4"]
    done = run_process(command, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "aan-keras: error: a.jpg is not a photo that can be read: "
        "use a JPEG or PNG file\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]


def test_process_succeeds_in_silence(tmp_path, preset, short_track):
    command = [sys.executable, "-m", "aan_keras", "reenact", "--preset", preset]
    command += ["--source", PORTRAIT, "--driving", short_track, "--output", "a.mp4"]
    done = run_process(command, cwd=tmp_path)
    assert (done.returncode, told(done.stderr)) == (0, "")
    assert done.stdout.startswith("a.mp4: 5 frames, ")


def test_help_does_not_wait_for_tensorflow():
    code = (
        "import sys; sys.argv[0] = 'aan-keras'; sys.orig_argv = ['aan-keras']\n"
        "from aan_keras.cli import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit: print('tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    done = run_process([sys.executable, "-c", code])
    assert done.stdout.splitlines()[-1] == "False False", done.stderr

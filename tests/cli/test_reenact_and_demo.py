"""What `reenact` and `demo` write, and what they say."""

import shutil

import cv2
import numpy as np
import pytest

from aan_keras import reenactment
from aan_keras.demo import PORTRAIT
from aan_keras.faces import VideoReader, read_photo
from tests.cli.without_notices import without_notices
from tests.cli.write_image import write_image


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


@pytest.mark.parametrize("words", [(), ("--no-mirror",)])
def test_hidden_half_of_a_photo(monkeypatch, run, folder, copier, short_track, words):
    """As if the portrait were turned to the side."""
    completed = []

    def complete(reenactor, photo, crop, landmarks):
        completed.append(crop)
        return photo, landmarks

    monkeypatch.setattr(reenactment, "turns_back", lambda photo, driving: True)
    monkeypatch.setattr(reenactment, "complete_photo", complete)
    inputs = ("--source", PORTRAIT, "--driving", short_track)
    code, out, err = run("reenact", *inputs, *words, "--output", folder / "a.mp4")
    assert (code, err) == (0, "")
    assert len(completed) == (not words)
    assert ("turns the face of" in out) == (not words)


def test_size_of_the_result(run, folder, copier, short_track):
    words = ("--source", PORTRAIT, "--driving", short_track, "--landmarks", "absolute")
    code, out, err = run("reenact", *words, "--size", 200, "--output", folder / "a.mp4")
    assert (code, err) == (0, "")
    assert VideoReader(folder / "a.mp4").size == (200, 200)


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
    assert (code, without_notices(err)) == (0, "")
    video, strip = out.splitlines()
    assert video.startswith(f"{folder / 'demo.mp4'}: ") and "frames/s" in video
    assert strip == str(folder / "demo.png")
    assert read_photo(folder / "demo.png").shape == (512, 2048, 3)

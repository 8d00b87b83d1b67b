"""What a visitor's clip gives, and what it may not be."""

import threading

import numpy as np
import pytest

from aan_keras.demo import PORTRAIT
from aan_keras.faces import InputError, VideoReader
from aan_keras.webdemo import clip_job
from aan_keras.webdemo.clip_job import Cancelled, animate_clip
from aan_keras.webdemo.source_photo import SourcePhoto


@pytest.fixture(scope="module")
def photo():
    return SourcePhoto(PORTRAIT)


def frames_of(path):
    return [image for _, image in VideoReader(path)]


def test_sample_motion(models, photo, track, tmp_path):
    told = []
    result = animate_clip(
        models, photo, None, tmp_path, progress=lambda *state: told.append(state)
    )
    assert result.num_frames == len(track) and result.notes == []
    single, joined = frames_of(result.video), frames_of(result.side_by_side)
    assert len(single) == len(joined) == len(track)
    assert single[0].shape == (64, 64, 3) and joined[0].shape == (64, 192, 3)
    # Photo, motion, result; the file's compression is lossy.
    difference = joined[0][:, 128:].astype(int) - single[0]
    assert np.abs(difference).mean() < 4
    assert told == [(t, len(track), "Animating") for t in range(len(track))]


def test_clip_with_the_whole_photo(models, photo, folder, tmp_path):
    told = []
    result = animate_clip(
        models,
        photo,
        folder / "clip.mp4",
        tmp_path,
        paste_back=True,
        mode="relative",
        progress=lambda *state: told.append(state),
    )
    assert VideoReader(result.video).size == (512, 512)
    assert VideoReader(result.side_by_side).size == (1536, 512)
    assert [what for _, _, what in told] == ["tracking"] * 12 + ["Animating"] * 12


def test_chosen_face(models, folder, tmp_path):
    photo = SourcePhoto(folder / "two.png")
    result = animate_clip(models, photo, folder / "clip.mp4", tmp_path, face=2)
    wanted = photo.crop(2).cut(photo.image, 64).astype(int)
    other = photo.crop(1).cut(photo.image, 64).astype(int)
    made = frames_of(result.video)[5]
    assert np.abs(made - wanted).mean() < 4 < np.abs(wanted - other).mean()


@pytest.mark.parametrize("when", [0, 4, 16])
def test_cancel_leaves_nothing(models, photo, folder, tmp_path, when):
    cancel, told = threading.Event(), []

    def progress(*state):
        told.append(state)
        if len(told) > when:
            cancel.set()

    with pytest.raises(Cancelled):
        animate_clip(
            models,
            photo,
            folder / "clip.mp4",
            tmp_path,
            progress=progress,
            cancel=cancel,
        )
    assert len(told) == when + 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name, message",
    [
        ("text.mp4", "text.mp4 is not a video that can be read"),
        ("red.png", "red.png is not a video"),
        ("gone.mp4", "gone.mp4 is no longer here"),
    ],
)
def test_not_a_video(models, photo, folder, tmp_path, name, message):
    with pytest.raises(InputError, match=message):
        animate_clip(models, photo, folder / name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_too_large(models, photo, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(clip_job, "MAX_CLIP_BYTES", 1000)
    with pytest.raises(InputError, match="clip.mp4 is too large"):
        animate_clip(models, photo, folder / "clip.mp4", tmp_path)


def test_only_the_beginning_of_a_long_clip(
    models, photo, folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(clip_job, "MAX_SECONDS", 0.2)
    result = animate_clip(models, photo, folder / "clip.mp4", tmp_path)
    assert result.num_frames == 5

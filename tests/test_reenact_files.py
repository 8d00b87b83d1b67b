import shutil

import numpy as np
import pytest

from aan_keras.demo import MOTION, PORTRAIT
from aan_keras.faces import (
    ClipRange,
    DlibLandmarker,
    InputError,
    LandmarkTrack,
    VideoReader,
    VideoWriter,
    read_photo,
)
from aan_keras.reenact_files import name_outputs, reenact_files
from tests.copier import Copier


class Counting:
    """How often the detector was asked; without `follow`, once a frame."""

    def __init__(self):
        self.landmarker, self.count = DlibLandmarker(), 0

    def __call__(self, image):
        self.count += 1
        return self.landmarker(image)


@pytest.fixture
def inputs(tmp_path):
    """Two photos, a clip of 3 frames and a track of 4."""
    photos = [tmp_path / "ann.jpg", tmp_path / "bob.jpg"]
    for photo in photos:
        shutil.copy(PORTRAIT, photo)
    portrait = read_photo(PORTRAIT)
    with VideoWriter(tmp_path / "nod.mp4", 25) as video:
        for _ in range(3):
            video.write(portrait[:256, 96:352])
    landmarks = LandmarkTrack.load(MOTION).landmarks[:4]
    LandmarkTrack(landmarks, fps=25).save(tmp_path / "turn.npz")
    return photos, [tmp_path / "nod.mp4", tmp_path / "turn.npz"]


def test_every_photo_by_every_clip(tmp_path, inputs):
    landmarker, folder = Counting(), tmp_path / "a" / "results"
    options = {"landmarker": landmarker, "mode": "absolute"}
    written = list(reenact_files(Copier(), *inputs, folder, **options))
    names = [f"{a}_{b}.mp4" for b in ("nod", "turn") for a in ("ann", "bob")]
    assert [result.path for result in written] == [folder / name for name in names]
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    assert [result.num_frames for result in written] == [3, 3, 4, 4]
    assert [len(list(VideoReader(r.path))) for r in written] == [3, 3, 4, 4]
    # The clip's three frames once; the photo once a result.
    assert landmarker.count == 3 + 4


def test_range_holds_for_every_clip(tmp_path, inputs):
    part = ClipRange(start=0.04, max_frames=2)
    options = {"landmarker": Counting(), "mode": "absolute", "clip_range": part}
    written = list(reenact_files(Copier(), *inputs, tmp_path / "out", **options))
    assert [result.num_frames for result in written] == [2, 2, 2, 2]


def test_what_can_not_be_used_does_not_stop_the_others(tmp_path, inputs):
    photos, clips = inputs
    photos[0].write_bytes(b"text")
    told, written = [], []
    options = {"landmarker": Counting(), "mode": "absolute", "report": told.append}
    results = reenact_files(Copier(), photos, clips, tmp_path / "out", **options)
    with pytest.raises(InputError, match=r"2 of 4 results could not be made: .*ann"):
        for result in results:
            written.append(result.path.name)
    assert written == ["bob_nod.mp4", "bob_turn.mp4"]
    assert [line.partition(" is left out: ")[0] for line in told] == [
        str(tmp_path / "out" / f"ann_{name}.mp4") for name in ("nod", "turn")
    ]


def test_a_clip_without_a_face_is_searched_once(tmp_path, inputs):
    photos, _ = inputs
    with VideoWriter(tmp_path / "empty.mp4", 25) as video:
        for _ in range(3):
            video.write(np.full((64, 64, 3), 90, "uint8"))
    landmarker, told = Counting(), []
    options = {"landmarker": landmarker, "mode": "absolute", "report": told.append}
    clips = [tmp_path / "empty.mp4"]
    with pytest.raises(InputError, match="2 of 2 results .*no face found in empty.mp4"):
        list(reenact_files(Copier(), photos, clips, tmp_path / "out", **options))
    assert landmarker.count == 3 and len(told) == 2


def test_no_input_is_replaced(tmp_path, inputs):
    photos, clips = inputs
    shutil.copy(clips[0], tmp_path / "bob_nod.mp4")
    clips = [*clips, tmp_path / "bob_nod.mp4"]
    before, landmarker = clips[2].read_bytes(), Counting()
    with pytest.raises(InputError, match="it would replace .*bob_nod.mp4"):
        list(reenact_files(Copier(), photos, clips, tmp_path, landmarker=landmarker))
    assert clips[2].read_bytes() == before and landmarker.count == 0


def test_names():
    names = name_outputs(["a/x.jpg", "y.png"], ["k.mov", "p.jpg"], "out")
    assert [str(path) for path in names.values()] == [
        "out/x_k.mp4",
        "out/y_k.mp4",
        "out/x_p.png",
        "out/y_p.png",
    ]
    with pytest.raises(InputError, match=r"two results would be called .*x_k.mp4"):
        name_outputs(["a/x.jpg", "b/x.png"], ["k.mov"], "out")


@pytest.mark.parametrize(
    "name", ["out.mp4", "out.MOV", "out.mkv", "out.m4v", "out.webm", "out.png"]
)
def test_a_name_of_a_file_is_no_folder(name):
    with pytest.raises(InputError, match=f"{name} can't hold several results"):
        name_outputs(["a.jpg", "b.jpg"], ["k.mov"], name)


def test_a_folder_may_have_a_dot():
    assert len(name_outputs(["a.jpg", "b.jpg"], ["k.mov"], "results.v2")) == 2


def test_photos_by_a_photo(tmp_path, inputs):
    photos, _ = inputs
    options = {"landmarker": Counting(), "mode": "absolute"}
    (result,) = reenact_files(Copier(), photos[:1], photos[1:], tmp_path, **options)
    assert result.path == tmp_path / "ann_bob.png"
    assert np.shape(read_photo(result.path)) == (64, 64, 3)


def test_folder_that_can_not_be_made(tmp_path, inputs):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot make the folder"):
        list(reenact_files(Copier(), *inputs, tmp_path / "file" / "out"))

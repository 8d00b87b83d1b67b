import numpy as np
import pytest

from aan_keras.demo import PORTRAIT
from aan_keras.faces import VideoReader, read_photo
from aan_keras.sample_clips import write_sample_clips
from tests.copier import Copier


def frames(path):
    return np.stack([image for _, image in VideoReader(path)]).astype("float64")


def test_people_clips_and_frames(tmp_path):
    written = write_sample_clips(Copier(), tmp_path, people=2, clips=2, frames=3)
    names = [str(path.relative_to(tmp_path)) for path in written]
    assert names == ["ada/0.mp4", "ada/1.mp4", "ben/0.mp4", "ben/1.mp4"]
    assert sorted(path for path in tmp_path.rglob("*.mp4")) == written
    clips = [frames(path) for path in written]
    assert {clip.shape for clip in clips} == {(3, 512, 512, 3)}
    # What does not move is the portrait, and the other person's its mirror image.
    photo = read_photo(PORTRAIT).astype("float64")
    still = np.s_[:, 300:]
    ada, _, ben, _ = clips
    assert np.abs(ada - photo)[still].mean() < 4
    expected = photo[:, ::-1] * [1.0, 0.82, 0.68]
    assert np.abs(ben - expected)[still].mean() < 4


@pytest.mark.parametrize("wrong", [{"people": 5}, {"people": 0}, {"clips": 0}])
def test_refused(wrong, tmp_path):
    with pytest.raises(ValueError, match="`people` must be in .*Received"):
        write_sample_clips(Copier(), tmp_path, **wrong)

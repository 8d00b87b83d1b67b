import dataclasses

import cv2
import numpy as np
import pytest
from skimage.metrics import structural_similarity

from aan_keras.data.clips import read_clips
from aan_keras.training.with_jax.held_out import HeldOut, _farthest


@pytest.fixture(scope="module")
def held_out(faces):
    return HeldOut(read_clips(faces), image_size=64, pairs_per_clip=2)


def test_pairs_are_far_apart(held_out, faces):
    assert held_out.pairs["driving"].shape == (6, 64, 64, 3)
    landmarks = np.load(faces / "anna/v0/landmarks.npy")
    distance = np.abs(landmarks - landmarks[0]).mean((1, 2))
    first = int(np.argmax(distance))
    np.testing.assert_allclose(
        held_out.pairs["driving_landmarks"][0], (landmarks[first] + 0.5) / 2 - 0.5
    )
    np.testing.assert_allclose(
        held_out.pairs["source_landmarks"][0], (landmarks[0] + 0.5) / 2 - 0.5
    )
    image = cv2.imread(str(faces / f"anna/v0/{first:04d}.png"))[..., ::-1]
    image = cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(
        held_out.pairs["driving"][0], image / 127.5 - 1, atol=1e-6
    )


def test_no_frame_is_driven_by_itself():
    landmarks = np.cumsum(np.random.default_rng(0).normal(size=(30, 68, 2)), 0)
    for frames in range(2, 31):
        chosen = _farthest(landmarks[:frames], 6)
        assert chosen and 0 not in chosen
    assert _farthest(np.repeat(landmarks[:1], 9, 0), 6)[0] > 0


def people(faces, numbers):
    """People with so many clips, two pairs in each; a landmark names the clip."""
    clip = read_clips(faces, ["anna"])[0]
    clips = []
    for person, count in enumerate(numbers):
        for number in range(count):
            landmarks = clip.landmarks[:1] + np.arange(8)[:, None, None]
            landmarks[:, 0] = person, number
            changes = {"frames": clip.frames[:1] * 8, "landmarks": landmarks}
            clips.append(dataclasses.replace(clip, identity=f"{person}", **changes))
    return clips


def chosen(clips, *options):
    """(person, clip) of each pair."""
    names = HeldOut(clips, 128, *options).pairs["driving_landmarks"][:, 0]
    return [tuple(name) for name in names.astype(int).tolist()]


def test_many_clips_give_no_more_pairs_than_few(faces):
    clips = people(faces, (20, 3, 1, 30))
    assert len(chosen(clips)) == 64
    pairs = chosen(clips, 6, 20)
    assert pairs == sorted(pairs) == chosen(clips, 6, 20)
    owners = [person for person, _ in pairs]
    assert [owners.count(person) for person in range(4)] == [6, 6, 2, 6]
    # Of who has many clips, clips from the first to the last.
    assert [clip for person, clip in pairs if person == 0] == [0, 4, 8, 11, 15, 19]
    assert [clip for person, clip in pairs if person == 1] == [0, 0, 1, 1, 2, 2]
    everybody = chosen(people(faces, [1] * 10), 6, 4)
    assert [person for person, _ in everybody] == [0, 3, 6, 9]
    assert chosen(people(faces, (2, 1))) == [(0, 0)] * 2 + [(0, 1)] * 2 + [(1, 0)] * 2


def test_damaged_frames_are_left_out(faces, held_out):
    clips = read_clips(faces)
    driving = _farthest(clips[0].landmarks, 2)
    clips[0].frames[driving[0]] = b""
    clips[1].frames[0] = b"no image"
    with pytest.warns(UserWarning, match="damaged frame") as found:
        left = HeldOut(clips, image_size=64, pairs_per_clip=2)
    messages = [str(warning.message) for warning in found]
    assert messages == [
        f"Skipped damaged frame {driving[0]} of anna/v0",
        "Skipped damaged frame 0 of ben/v0",
    ]
    for name, values in left.pairs.items():
        np.testing.assert_array_equal(values, held_out.pairs[name][[1, 4, 5]])
    broken = [dataclasses.replace(clip, frames=[b""] * 6) for clip in clips]
    with (
        pytest.warns(UserWarning, match="damaged frame"),
        pytest.raises(ValueError, match="No pair .* Received: 3 clips"),
    ):
        HeldOut(broken, image_size=64)


def test_measures_are_those_of_opencv_and_scikit_image(held_out):
    truth = held_out.pairs["driving"]
    rng = np.random.default_rng(0)
    images = np.clip(truth * 0.8 + rng.normal(0, 0.05, truth.shape), -1, 1)
    measured = held_out.measure(images.astype("float32"))
    expected = {"l1": [], "face_l1": [], "mouth_l1": [], "ssim": [], "sharpness": []}
    for a, b, points in zip(images, truth, held_out.pairs["driving_landmarks"]):
        a, b = (a + 1) * 127.5, (b + 1) * 127.5
        difference = np.abs(a - b)
        expected["l1"].append(difference.mean())
        for name, part in (("face_l1", points), ("mouth_l1", points[48:])):
            x0, y0 = np.floor(part.min(0) - 2).clip(0).astype(int)
            x1, y1 = np.ceil(part.max(0) + 2).clip(max=63).astype(int)
            expected[name].append(difference[y0 : y1 + 1, x0 : x1 + 1].mean())
        expected["ssim"].append(
            structural_similarity(
                a,
                b,
                channel_axis=2,
                data_range=255,
                gaussian_weights=True,
                sigma=1.5,
                use_sample_covariance=False,
            )
        )
        expected["sharpness"].append(laplacian(a) / laplacian(b))
    means = {name: np.mean(values) for name, values in expected.items()}
    # scikit-image takes its mean over places whose window leaves the image too.
    assert measured.pop("ssim") == pytest.approx(means.pop("ssim"), abs=5e-3)
    assert measured == pytest.approx(means, rel=1e-4)


def laplacian(image):
    grey = image @ np.array([0.299, 0.587, 0.114])
    return cv2.Laplacian(grey, cv2.CV_64F, borderType=cv2.BORDER_REFLECT_101).var()

from collections import Counter

import numpy as np
import pytest

from aan_keras.data import Clip, PairSampler


def make_clip(identity, name, frames=8, motion=1.0):
    generator = np.random.default_rng(len(identity) + len(name))
    landmarks = np.tile(generator.uniform(30, 90, (68, 2)), (frames, 1, 1))
    landmarks[:, :, 0] += motion * np.arange(frames)[:, None]
    return Clip(identity, name, [b""] * frames, landmarks, 128, name.startswith("p"))


def draw(sampler, count=2000):
    return [sampler(np.random.default_rng((0, i))) for i in range(count)]


def test_photo_fraction_and_identity_balance():
    clips = [make_clip("a", f"v{i}") for i in range(4)]
    clips += [make_clip("b", "v0"), make_clip("c", "p0"), make_clip("d", "p0")]
    sampler = PairSampler(clips, photo_fraction=0.25, clip_exponent=0.5)
    names = Counter(clips[clip].identity for clip, _, _ in draw(sampler))
    assert abs((names["c"] + names["d"]) / 2000 - 0.25) < 0.03
    assert abs(names["a"] / names["b"] - 2) < 0.4
    assert abs(names["c"] / names["d"] - 1) < 0.25


def test_moving_clips_are_drawn_more_often():
    clips = [make_clip("a", "v0", motion=4.0), make_clip("b", "v0", motion=1.0)]
    counts = Counter(clip for clip, _, _ in draw(PairSampler(clips)))
    assert abs(counts[0] / counts[1] - 2) < 0.3
    counts = Counter(clip for clip, _, _ in draw(PairSampler(clips, motion_exponent=0)))
    assert abs(counts[0] / counts[1] - 1) < 0.15


def test_far_apart_frames_are_favoured_in_both_directions():
    clips = [make_clip("a", "v0", frames=32)]
    far = draw(PairSampler(clips, criteria={"shape": 1.0}))
    uniform = draw(PairSampler(clips, criteria={"uniform": 1.0}))

    def distance(pairs):
        return np.mean([abs(source - driving) for _, source, driving in pairs])

    # Of two uniform places 1/3 of the length; of the farthest of five, about 0.6.
    assert abs(distance(uniform) - 11) < 0.5
    assert distance(far) > 17
    forward = np.mean([driving > source for _, source, driving in far])
    assert abs(forward - 0.5) < 0.04


@pytest.mark.parametrize("criterion, points", [("mouth", [66, 67, 65]), ("eyes", [41])])
def test_mouth_and_eyes_are_sought(criterion, points):
    clip = make_clip("a", "v0", frames=20, motion=0.0)
    clip.landmarks[3][points] += [0, 15]  # one frame of twenty is open
    clip.landmarks += np.random.default_rng(0).normal(0, 0.01, clip.landmarks.shape)
    pairs = draw(PairSampler([clip], criteria={criterion: 1.0}, candidates=10))
    share = np.mean([3 in pair[1:] for pair in pairs])
    assert share > 0.4  # 0.1 for uniform pairs


def test_source_and_driving_are_never_the_same_frame():
    sampler = PairSampler([make_clip("a", "v0", frames=2), make_clip("b", "p0", 2)])
    assert all(source != driving for _, source, driving in draw(sampler, 500))


@pytest.mark.parametrize(
    "arguments",
    [
        {"photo_fraction": 1.5},
        {"candidates": 0},
        {"criteria": {"nose": 1.0}},
        {"criteria": {"shape": 0.0}},
    ],
)
def test_bad_arguments(arguments):
    with pytest.raises(ValueError, match="Received: "):
        PairSampler([make_clip("a", "v0")], **arguments)
    with pytest.raises(ValueError, match="Received: "):
        PairSampler([])

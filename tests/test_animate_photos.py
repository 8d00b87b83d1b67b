"""Photos moved by a model, as pairs whose target is real."""

import collections
import os
import shutil

import cv2
import numpy as np
import pytest

from aan_keras import cli
from aan_keras.animate_photos import animate_photos, draw_motions
from aan_keras.commands import console
from aan_keras.data import link_identities, open_clips, read_clips, split_identities
from aan_keras.data.dataset import load_dataset
from aan_keras.data.pair_sampler import PairSampler
from aan_keras.demo import MOTION
from aan_keras.faces import InputError, LandmarkTrack
from aan_keras.faces.motion_transfer import shape_distances
from tests.models.tiny import DEPARTURES, tiny_reenactor

SIZE = 64


class Tinter:
    """Shows which landmarks it was given, and leaves its mark."""

    image_size = SIZE

    def animate(self, source, source_landmarks, driving_landmarks):
        for landmarks in driving_landmarks:
            frame = source.copy()
            frame[:8, :8] = 200
            x, y = landmarks[30].round().astype(int)
            frame[y - 2 : y + 3, x - 2 : x + 3] = 0
            yield frame


@pytest.fixture(scope="module")
def motion():
    track = LandmarkTrack.load(MOTION)
    return track.landmarks[::10] * (SIZE / track.crop_size)


@pytest.fixture(scope="module")
def faces(tmp_path_factory, motion):
    """Two people on video, three with photos, one with both."""
    path = tmp_path_factory.mktemp("faces")
    clips = ["ann/v0", "ben/v0", "cleo/p0", "dan/p0", "eve/p0", "ann/p0"]
    generator = np.random.default_rng(0)
    for clip in clips:
        folder = path / clip
        folder.mkdir(parents=True)
        landmarks = motion if "v" in clip.split("/")[1] else motion[[2, 7, 11]]
        np.save(folder / "landmarks.npy", landmarks.astype("float32"))
        for i in range(len(landmarks)):
            image = generator.integers(0, 255, (8, 8, 3), "uint8")
            image = cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
            cv2.imwrite(str(folder / f"{i:04d}.png"), image)
    return path


@pytest.fixture(scope="module")
def animated(faces, tmp_path_factory):
    output = tmp_path_factory.mktemp("animated") / "faces"
    assert animate_photos(Tinter(), faces, output, per_photo=3, validation=(0, 1)) == 9
    return output


def test_the_first_frame_is_the_photo(faces, animated):
    held_out = split_identities(faces, (0, 1))[1]
    found = collections.Counter(p.parent.name for p in animated.glob("*/animated*"))
    moved = {"ann", "cleo", "dan", "eve"} - set(held_out)
    assert len(moved) == 3 and found == dict.fromkeys(moved, 3)
    for folder in animated.glob("*/animated*"):
        number = int(folder.name.removeprefix("animated"))
        photo = faces / folder.parent.name / "p0" / f"{number:04d}.png"
        frames = [cv2.imread(str(file)) for file in sorted(folder.glob("0*"))]
        np.testing.assert_array_equal(frames[0], cv2.imread(str(photo)))
        landmarks = np.load(folder / "landmarks.npy")
        expected = np.load(photo.parent / "landmarks.npy")[number]
        np.testing.assert_array_equal(landmarks[0], expected)
        assert len(frames) == len(landmarks) == 4
        for frame, points in zip(frames[1:], landmarks[1:]):
            assert abs(frame[:6, :6].mean() - 200) < 3
            x, y = points[30].round().astype(int)
            assert frame[y, x].max() < 60
            assert np.abs(points - expected).max() > 0.5


def test_motions_are_drawn_anew_and_again(faces, animated, tmp_path):
    sets = [np.load(p) for p in sorted(animated.glob("*/animated*/landmarks.npy"))]
    assert len({x[1:].tobytes() for x in sets}) == len(sets)
    again, other = tmp_path / "again", tmp_path / "other"
    for output, seed in ((again, 0), (other, 1)):
        animate_photos(
            Tinter(), faces, output, per_photo=3, validation=(0, 1), seed=seed
        )
    for folder, equal in ((again, True), (other, False)):
        found = [np.load(p) for p in sorted(folder.glob("*/animated*/landmarks.npy"))]
        same = [np.array_equal(*pair) for pair in zip(found, sets)]
        assert all(same) if equal else not any(same)


def test_a_motion_is_of_a_face_like_this_one(motion):
    """Of clips, those whose shape comes nearest; far frames of them are preferred."""
    other = motion * [1.0, 0.5]
    generator = np.random.default_rng(0)
    motions = [other] * 30 + [motion] * 12
    face = motion[3] * 0.9 + 5
    moved = draw_motions(face, motions, 40, SIZE, generator)
    assert moved.shape == (40, 68, 2) and moved.dtype == np.float32
    # Laid over the nearest frame, which is the face's own, each is a frame of its clip.
    assert max(shape_distances(x, motion).min() for x in moved) < 1e-6
    assert np.abs(moved.mean(1) - face.mean(0)).max() <= 0.11 * SIZE + 1e-3
    at_random = draw_motions(
        face, [motion[[3, t]] for t in range(12)], 40, SIZE, generator
    )
    far, near = (np.abs(x - face).mean() for x in (moved, at_random))
    assert far > near


def test_pairs_go_from_what_was_made_to_the_photo(animated):
    clips = open_clips(animated, animated=True)
    kinds = [clip.is_animated for clip in clips]
    assert sum(kinds) == 9 and not any(c.is_photo_set for c in clips if c.is_animated)
    sampler = PairSampler(clips, animated_fraction=0.4)
    pairs = [sampler(np.random.default_rng((0, i))) for i in range(3000)]
    made = [pair for pair in pairs if kinds[pair[0]]]
    assert abs(len(made) / len(pairs) - 0.4) < 0.03
    assert {driving for _, _, driving in made} == {0}
    assert {source for _, source, _ in made} == {1, 2, 3}
    with pytest.raises(ValueError, match="must be in .0, 1.. Received: 1.5"):
        PairSampler(clips, animated_fraction=1.5)
    with pytest.raises(ValueError, match="animated photos only"):
        PairSampler([clip for clip in clips if clip.is_animated])


def test_who_does_not_ask_for_them_gets_none(faces, animated):
    names = [(clip.identity, clip.name) for clip in open_clips(faces)]
    assert [(clip.identity, clip.name) for clip in open_clips(animated)] == names
    assert split_identities(animated, (1, 1)) == split_identities(faces, (1, 1))
    # Without animated photos the pairs are what they were, whatever is asked for.
    batches = [
        next(iter(load_dataset(folder, SIZE, 6, seed=3, animated_fraction=fraction)))
        for folder, fraction in ((faces, 0.0), (faces, 0.5), (animated, 0.0))
    ]
    for batch in batches[1:]:
        np.testing.assert_array_equal(batch["source"], batches[0]["source"])
    mixed = next(iter(load_dataset(animated, SIZE, 6, seed=3, animated_fraction=1.0)))
    assert mixed["photo_pair"].numpy().max() == 0


def test_a_photo_that_is_lost(animated, tmp_path):
    output = tmp_path / "copy"
    link_identities(animated, output, ["ann"])
    broken = output / "ann" / "animated0"
    files = {file.name: file.read_bytes() for file in broken.iterdir()}
    broken.unlink()
    broken.mkdir()
    for name, content in files.items():
        (broken / name).write_bytes(content)
    (broken / "0000.png").write_text("not a picture")
    with pytest.warns(UserWarning, match="Skipped 1 frames: .*0000.png"):
        names = [clip.name for clip in read_clips(output, animated=True)]
    assert names == ["animated1", "animated2", "p0", "v0"]


def central(image, landmarks):
    """A person of which nothing but the head is seen."""
    x, y = landmarks.mean(0)
    mask = np.zeros(image.shape[:2], "float32")
    cv2.ellipse(mask, (int(x), int(y)), (14, 18), 0, 0, 360, 1, -1)
    return mask


def test_cut_outs(faces, animated, tmp_path):
    options = {"per_photo": 3, "validation": (0, 1), "find_person": central}
    animate_photos(Tinter(), faces, tmp_path / "out", cut_outs=5, **options)
    numbers = dict.fromkeys(("ann", "cleo", "dan", "eve"), 3)
    numbers |= {"ann": 13, "ben": 10}
    (held_out,) = split_identities(faces, (0, 1))[1]
    del numbers[held_out]
    for name, count in numbers.items():
        folders = sorted((tmp_path / "out" / name).glob("animated*"))
        assert len(folders) == count
        for folder in folders:
            files = sorted(folder.glob("0*"))
            landmarks = np.load(folder / "landmarks.npy")
            assert len(files) == len(landmarks)
            photo, *made = (cv2.imread(str(file)) for file in files)
            number = int(folder.name.removeprefix("animated"))
            if number < 3 and name != "ben":
                # What was there without them, and five more.
                before = animated / name / folder.name
                assert len(made) == 8
                np.testing.assert_array_equal(
                    landmarks[:4], np.load(before / "landmarks.npy")
                )
                for i in range(4):
                    file = files[i].name
                    assert files[i].read_bytes() == (before / file).read_bytes()
                # Three are of the photo, without the mark of what was made of it.
                marks = [np.abs(x[:6, :6].mean() - 200) < 3 for x in made[3:]]
                assert marks == [False] * 3 + [True] * 2
            else:
                assert len(made) == 5
                clip = faces / name / "v0"
                frames = [cv2.imread(str(x)) for x in sorted(clip.glob("0*"))]
                target = [i for i, x in enumerate(frames) if np.array_equal(x, photo)]
                points = np.load(clip / "landmarks.npy")
                np.testing.assert_array_equal(points[target], landmarks[:1])
                # Of other frames: their corners show which.
                corners = [x[:5, :5].mean((0, 1)) for x in frames]
                for x in made:
                    away = [np.abs(x[:5, :5].mean((0, 1)) - c).max() for c in corners]
                    assert min(away) < 15 and int(np.argmin(away)) != target[0]


def test_what_is_refused(faces, animated, tmp_path):
    with pytest.raises(ValueError, match="must be positive. Received: 0"):
        animate_photos(Tinter(), faces, tmp_path / "out", per_photo=0)
    with pytest.raises(ValueError, match="must not be negative. Received: -1"):
        animate_photos(Tinter(), faces, tmp_path / "out", cut_outs=-1)
    with pytest.raises(InputError, match="has animated photos already"):
        animate_photos(Tinter(), animated, tmp_path / "out", validation=(0, 0))
    videos = tmp_path / "videos"
    link_identities(faces, videos, ["ben"])
    with pytest.raises(InputError, match="needs clips, .* and photo sets"):
        animate_photos(Tinter(), videos, tmp_path / "out", validation=(0, 0))
    assert not (tmp_path / "out").exists()


def test_whatever_people_are_called(faces, tmp_path):
    names = [os.fsdecode("José".encode("latin-1")), "ann [1]"]
    try:
        for name in names:
            shutil.copytree(faces / "ann", tmp_path / "faces" / name)
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    # A clip that is no animated photo, though its name begins like one.
    clip = tmp_path / "faces" / names[1] / "v0"
    clip.rename(clip.with_name("animated_film"))
    output = tmp_path / "out"
    options = {"per_photo": 1, "validation": None}
    assert animate_photos(Tinter(), tmp_path / "faces", output, **options) == 6
    found = [clip.identity for clip in open_clips(output, animated=True)]
    assert found == [name for name in names for _ in range(5)]


def test_command(faces, tmp_path, monkeypatch, capsys):
    """With a Keras model: its frames, all of a photo in one batch."""
    model = tiny_reenactor(**DEPARTURES, local_net=False)
    monkeypatch.setattr(console, "load_reenactor", lambda arguments: model)
    command = [
        "animate-photos",
        "--data",
        str(faces),
        "--output",
        str(tmp_path / "out"),
    ]
    assert cli.main([*command, "--per-photo", "2", "--validation", "1", "1"]) == 0
    held_out = split_identities(faces, (1, 1))[1]
    expected = 3 * len({"ann", "cleo", "dan", "eve"} - set(held_out))
    output = capsys.readouterr().out
    assert output == f"{expected} photos, 2 frames of each: {tmp_path / 'out'}\n"
    folder = next(iter((tmp_path / "out").glob("*/animated1")))
    photo, frame = (cv2.imread(str(folder / n)) for n in ("0000.png", "0002.jpg"))
    landmarks = np.load(folder / "landmarks.npy")
    source = photo[None, ..., ::-1].astype("float32") / 127.5 - 1
    code = model.encode_source(source, landmarks[:1])
    wanted = (np.asarray(model.drive(code, landmarks[2:3]))[0] + 1) * 127.5
    assert wanted.std() > 5 and np.abs(wanted - photo[..., ::-1]).mean() > 10
    error = frame[..., ::-1].astype("float64") - wanted
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 32

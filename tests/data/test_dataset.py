import itertools

import numpy as np
import pytest

from aan_keras.data import PairAugmentation, load_dataset
from aan_keras.data.face_colour import match_face_colour
from aan_keras.data.shard_index import read_index

from .shard_folder import make_shard_folder


def batches(path, count, **arguments):
    arguments = {"image_size": 64, "batch_size": 4, "seed": 5, **arguments}
    dataset = load_dataset(path, **arguments)
    return [
        {name: value.numpy() for name, value in batch.items()}
        for batch in itertools.islice(dataset, count)
    ]


def assert_equal(first, second):
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        assert a.keys() == b.keys()
        for name in a:
            np.testing.assert_array_equal(a[name], b[name])


def test_element_spec(faces):
    spec = load_dataset(faces, image_size=64, batch_size=4).element_spec
    assert {name: tuple(value.shape) for name, value in spec.items()} == {
        "source": (4, 64, 64, 3),
        "source_landmarks": (4, 68, 2),
        "driving": (4, 64, 64, 3),
        "driving_landmarks": (4, 68, 2),
        "photo_pair": (4,),
    }
    assert all(value.dtype == "float32" for value in spec.values())
    (batch,) = batches(faces, 1)
    assert -1 <= batch["source"].min() < batch["source"].max() <= 1


def test_same_seed_same_batches_however_many_threads(faces):
    first = batches(faces, 3, num_parallel_calls=1)
    assert_equal(first, batches(faces, 3, num_parallel_calls=4))
    other = batches(faces, 3, seed=6)
    assert not np.array_equal(first[0]["source"], other[0]["source"])


def test_start_step_goes_on_where_a_run_stopped(faces):
    assert_equal(batches(faces, 5)[3:], batches(faces, 2, start_step=3))


def test_shards_make_up_the_batch_of_one_worker(faces):
    whole = batches(faces, 2, batch_size=4)
    shards = [
        batches(faces, 2, batch_size=2, shard_index=i, shard_count=2) for i in range(2)
    ]
    together = [
        {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        for parts in zip(*shards, strict=True)
    ]
    assert_equal(together, whole)


def test_without_augmentation_frames_are_the_files(faces):
    import cv2

    files = {}
    for file in sorted(faces.glob("ben/v0/*.jpg")):
        image = cv2.imread(str(file))[..., ::-1].astype("float32") / 127.5 - 1
        files[file.name] = image
    (batch,) = batches(
        faces, 1, identities=["ben"], augment=False, mirror=False, image_size=128
    )
    for image in batch["source"]:
        assert any(np.allclose(image, frame, atol=1e-6) for frame in files.values())


@pytest.mark.parametrize(
    "arguments",
    [
        {"batch_size": 0},
        {"image_size": 0},
        {"start_step": -1},
        {"shard_index": 1},
        {"identities": ["nobody"]},
    ],
)
def test_bad_arguments(faces, arguments):
    with pytest.raises(ValueError, match="Received: "):
        batches(faces, 1, **arguments)


def test_shards_give_the_same_pairs_as_folders(faces, tmp_path):
    shards = make_shard_folder(faces, tmp_path / "shards", test=())
    assert_equal(batches(shards, 3, split=None), batches(faces, 3))
    assert_equal(batches(shards, 2, start_step=3), batches(faces, 2, start_step=3))


def test_test_identities_are_kept_out_of_training(faces, tmp_path):
    shards = make_shard_folder(faces, tmp_path / "shards", test=("ben", "gus"))
    others = ["anna", "cora", "dan", "eve", "finn"]
    assert_equal(batches(shards, 3), batches(faces, 3, identities=others))
    held_out = batches(shards, 1, split="test")
    assert_equal(held_out, batches(faces, 1, identities=["ben", "gus"]))


def test_damaged_frames_are_named_and_other_pairs_drawn(faces, tmp_path):
    shards = make_shard_folder(faces, tmp_path / "shards", test=())
    whole = batches(shards, 3, identities=["ben"])
    shard = shards / "train-00000.tfrecord"
    clip = next(clip for clip in read_index(shard) if clip.identity == "ben")
    with open(shard, "r+b") as file:
        file.seek(int(clip.offsets[4]) + 50)
        file.write(b"damage")
    with pytest.warns(UserWarning, match="Skipped damaged frame 4 of ben/v0"):
        first = batches(shards, 3, identities=["ben"])
    with pytest.warns(UserWarning, match="Skipped damaged"):
        assert_equal(first, batches(shards, 3, identities=["ben"]))
    same = [
        np.array_equal(a["source"][row], b["source"][row])
        for a, b in zip(first, whole)
        for row in range(4)
    ]
    assert 0 < np.mean(same) < 1  # only pairs with the damaged frame are others


def test_only_the_source_is_degraded(faces):
    plain = batches(faces, 2, augment=PairAugmentation())
    poor = batches(faces, 2, augment=PairAugmentation(source_blur=1, source_jpeg=0.5))
    for a, b in zip(plain, poor, strict=True):
        assert not np.array_equal(a["source"], b["source"])
        for name in ("driving", "source_landmarks", "driving_landmarks"):
            np.testing.assert_array_equal(a[name], b[name])


def test_another_face_is_laid_over_both_frames_of_a_video(faces):
    options = {"photo_fraction": 0.0, "batch_size": 16}
    plain = batches(faces, 1, augment=PairAugmentation(), **options)
    donated = batches(faces, 1, augment=PairAugmentation(donor=1.0), **options)
    assert_equal(
        donated, batches(faces, 1, augment=PairAugmentation(donor=1), **options)
    )
    (a,), (b,) = plain, donated
    for name in ("source_landmarks", "driving_landmarks"):
        np.testing.assert_array_equal(a[name], b[name])
    for name in ("source", "driving"):
        changed = np.abs(a[name] - b[name]).mean((1, 2, 3))
        assert changed.min() > 0.003
    # Two photos of a person stay as they are.
    options["photo_fraction"] = 1.0
    photos = batches(faces, 1, augment=PairAugmentation(), **options)
    assert_equal(
        photos, batches(faces, 1, augment=PairAugmentation(donor=1), **options)
    )


def test_one_lamp_lights_both_frames(faces):
    plain = batches(faces, 1, augment=PairAugmentation(), batch_size=16)
    lit = batches(faces, 1, augment=PairAugmentation(light=1.0), batch_size=16)
    assert_equal(
        lit, batches(faces, 1, augment=PairAugmentation(light=1), batch_size=16)
    )
    (a,), (b,) = plain, lit
    for name in ("source", "driving"):
        np.testing.assert_array_equal(a[f"{name}_landmarks"], b[f"{name}_landmarks"])
        assert np.abs(a[name] - b[name]).mean((1, 2, 3)).min() > 0.002
    generator = np.random.default_rng((0, 0))
    assert PairAugmentation(light=1.0).draw(generator)["light"] is not None


def test_photo_pairs_are_marked_and_have_one_colour(faces):
    plain = {"augment": False, "mirror": False}
    (photos,) = batches(faces, 1, photo_fraction=1.0, **plain)
    assert photos["photo_pair"].tolist() == [1.0] * 4
    pairs = [photos[k] for k in ("driving", "driving_landmarks", "source")]
    for *driving, source, points in zip(*pairs, photos["source_landmarks"]):
        again = match_face_colour(*driving, source, points)
        np.testing.assert_allclose(again, driving[0], atol=0.05)
    (videos,) = batches(faces, 1, photo_fraction=0.0, **plain)
    assert videos["photo_pair"].tolist() == [0.0] * 4
    (mixed,) = batches(faces, 1, photo_fraction=0.5, batch_size=64, **plain)
    assert 16 < mixed["photo_pair"].sum() < 48

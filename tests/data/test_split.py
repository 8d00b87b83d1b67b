import shutil

import numpy as np
import pytest

from aan_keras.data import link_identities, read_clips, split_identities
from aan_keras.data.split import default_validation, divide_identities

from .shard_folder import make_shard_folder


def test_split_is_disjoint_complete_and_reproducible(faces):
    train, validation = split_identities(faces, validation=(2, 1), seed=3)
    assert not set(train) & set(validation)
    assert sorted(train + validation) == sorted(p.name for p in faces.iterdir())
    assert sum(name in ["anna", "ben", "cora", "dan"] for name in validation) == 2
    assert split_identities(faces, validation=(2, 1), seed=3) == (train, validation)
    splits = [split_identities(faces, (2, 1), seed)[1] for seed in range(8)]
    assert len({tuple(names) for names in splits}) > 1


def test_split_asks_for_too_much(faces, tmp_path):
    with pytest.raises(ValueError, match=r"4 with .*Received: \(5, 0\)"):
        split_identities(faces, validation=(5, 0))
    with pytest.raises(ValueError, match="Received: "):
        split_identities(tmp_path)


@pytest.mark.parametrize(
    ("videos", "photos", "expected"),
    [
        (0, 0, (0, 0)),
        (2, 1, (0, 0)),
        (3, 12, (1, 2)),
        (30, 60, (6, 12)),
        (99, 99, (6, 12)),
    ],
)
def test_few_people_keep_few_for_validation(tmp_path, videos, photos, expected):
    names = [f"v{i}/v0" for i in range(videos)] + [f"p{i}/p0" for i in range(photos)]
    for name in names:
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "landmarks.npy").touch()
    assert default_validation(tmp_path) == expected
    if names:
        assert len(split_identities(tmp_path, expected)[1]) == sum(expected)


def test_somebody_is_left_to_train_on(faces, tmp_path):
    data = tmp_path / "two"
    link_identities(faces, data, ["anna", "ben"])
    for nobody in (None, (0, 0), []):
        assert divide_identities(data, nobody) == (["anna", "ben"], [])
    assert divide_identities(data, ["ben"]) == (["anna"], ["ben"])
    for everybody in ((2, 0), ["ben", "anna"]):
        with pytest.raises(ValueError, match="takes all 2 identities of .* Received: "):
            divide_identities(data, everybody)
    with pytest.raises(ValueError, match=r"lacks validation .* Received: \['zoe'\]"):
        divide_identities(data, ["zoe"])


def test_linked_folder_holds_the_chosen_identities(faces, tmp_path):
    output = tmp_path / "held_out"
    assert link_identities(faces, output, ["dan", "eve"]) == 3
    clips = read_clips(output)
    assert [(c.identity, c.name) for c in clips] == [
        ("dan", "p0"),
        ("dan", "v0"),
        ("eve", "p0"),
    ]
    np.testing.assert_array_equal(
        clips[1].landmarks, np.load(faces / "dan/v0/landmarks.npy")
    )
    with pytest.raises(ValueError, match="must be empty. Received"):
        link_identities(faces, output, ["ben"])
    videos = tmp_path / "videos"
    assert link_identities(faces, videos, ["dan", "eve"], video_only=True) == 1


def test_names_are_no_patterns(faces, tmp_path):
    data = tmp_path / "data"
    names = ["*", "ann [1]"]
    for name in names:
        shutil.copytree(faces / "dan", data / name)
    assert link_identities(data, tmp_path / "linked", names) == 4
    assert split_identities(tmp_path / "linked", (0, 0))[0] == names


def test_split_of_shards_leaves_the_test_identities_alone(faces, tmp_path):
    shards = make_shard_folder(faces, tmp_path / "shards", test=("cora", "gus"))
    train, validation = split_identities(shards, validation=(1, 1), seed=3)
    assert sorted(train + validation) == ["anna", "ben", "dan", "eve", "finn"]
    assert sum(name in ("eve", "finn") for name in validation) == 1
    with pytest.raises(ValueError, match="folders of frames are needed"):
        link_identities(shards, tmp_path / "linked", train)

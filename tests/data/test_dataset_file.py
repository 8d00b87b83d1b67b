import pytest

from aan_keras.data.dataset_file import is_shard_folder, read_dataset_file, split_of

from .shard_folder import make_shard_folder


def test_kinds_of_folders(faces, tmp_path):
    assert not is_shard_folder(faces)
    folder = make_shard_folder(faces, tmp_path / "shards")
    assert is_shard_folder(folder)
    content = read_dataset_file(folder)
    assert set(split_of(content, "test", folder)["identities"]) == {"gus"}
    with pytest.raises(ValueError, match=r"\['test', 'train'\]. Received: split='val'"):
        split_of(content, "val", folder)


def test_unfinished_and_damaged_folders(faces, tmp_path):
    folder = make_shard_folder(faces, tmp_path / "shards")
    (folder / "dataset.json").write_text("{}")
    with pytest.raises(ValueError, match="cannot be read. Received: .*dataset.json"):
        read_dataset_file(folder)
    (folder / "dataset.json").unlink()
    assert is_shard_folder(folder)
    with pytest.raises(ValueError, match="finish `aan-keras prepare`"):
        read_dataset_file(folder)

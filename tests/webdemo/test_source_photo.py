"""A visitor's photo: limits, faces, their numbers."""

import numpy as np
import PIL.Image
import pytest

from aan_keras.faces import Face, InputError, write_photo
from aan_keras.webdemo import source_photo
from aan_keras.webdemo.source_photo import SourcePhoto, fit_within


def test_faces_by_number_and_their_thumbnails(folder):
    photo = SourcePhoto(folder / "two.png")
    assert len(photo.faces) == 2
    large, small = photo.face(1), photo.face(2)
    # The large portrait is on the right.
    assert large.width > 1.3 * small.width and large.centre[0] > small.centre[0]
    first, second = photo.thumbnails(96)
    np.testing.assert_array_equal(first, photo.crop(1).cut(photo.image, 96))
    np.testing.assert_array_equal(second, photo.crop(2).cut(photo.image, 96))
    with pytest.raises(InputError, match="no face 3 in two.png: it has 2 faces"):
        photo.face(3)


def test_no_face_is_said_at_once(folder):
    with pytest.raises(InputError, match="no face found in empty.png"):
        SourcePhoto(folder / "empty.png")


def test_a_photo_that_was_deleted_meanwhile(folder):
    with pytest.raises(InputError, match="gone.png is no longer here"):
        SourcePhoto(folder / "gone.png")


def test_limits(folder, monkeypatch):
    monkeypatch.setattr(source_photo, "MAX_PHOTO_PIXELS", 200_000)
    with pytest.raises(InputError, match="two.png is too large, 832 x 512 pixels"):
        SourcePhoto(folder / "two.png")
    monkeypatch.setattr(source_photo, "MAX_PHOTO_BYTES", 1000)
    with pytest.raises(InputError, match="two.png is too large: photos may have"):
        SourcePhoto(folder / "two.png")


def test_what_is_too_large_is_not_decoded(folder, tmp_path, monkeypatch):
    """A small file may hold very many pixels."""

    def read(path):
        raise AssertionError("the photo was decoded")

    monkeypatch.setattr(source_photo, "read_photo", read)
    for side, message in (
        (7000, "7000 x 7000 pixels: photos"),
        (14000, "up to 40 meg"),
    ):
        PIL.Image.new("1", (side, side)).save(tmp_path / "bomb.png")
        with pytest.raises(InputError, match=f"bomb.png is too large.*{message}"):
            SourcePhoto(tmp_path / "bomb.png")


@pytest.mark.parametrize("content", [b"only text", b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_what_has_no_size(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InputError, match="a.png is (cut off|not a photo)"):
        SourcePhoto(tmp_path / "a.png")


def test_a_large_photo_is_reduced(tmp_path):
    write_photo(tmp_path / "wide.png", np.zeros((100, 2048, 3), "uint8"))
    photo = SourcePhoto(
        tmp_path / "wide.png",
        lambda image: [Face(np.random.default_rng(0).uniform(0, 40, (68, 2)))],
    )
    assert photo.image.shape == (50, 1024, 3)
    assert fit_within(photo.image, 1024) is photo.image

import io

import cv2
import numpy as np
import pytest

from aan_keras.demo import PORTRAIT
from aan_keras.faces import InputError, read_photo, write_photo
from aan_keras.faces.photo import to_rgb


def save(path, image, *options):
    """Writes RGB(A) or grey arrays as OpenCV sees them."""
    if image.ndim == 3:
        image = image[..., [2, 1, 0, 3][: image.shape[2]]]
    assert cv2.imwrite(str(path), image, *options)
    return path


def with_exif_orientation(jpeg, orientation):
    """Puts an EXIF segment with one tag, 0x0112, behind the start of a JPEG."""
    tiff = b"II*\0\x08\0\0\0" + b"\x01\0" + b"\x12\x01\x03\0\x01\0\0\0"
    tiff += bytes([orientation, 0, 0, 0]) + b"\0\0\0\0"
    segment = b"Exif\0\0" + tiff
    length = (len(segment) + 2).to_bytes(2, "big")
    return jpeg[:2] + b"\xff\xe1" + length + segment + jpeg[2:]


def test_png_round_trip(tmp_path, portrait):
    write_photo(tmp_path / "a.png", portrait)
    np.testing.assert_array_equal(read_photo(tmp_path / "a.png"), portrait)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_rgb_order_is_not_swapped(tmp_path):
    image = np.zeros((32, 32, 3), "uint8")
    image[..., 0] = 250
    np.testing.assert_array_equal(read_photo(save(tmp_path / "a.png", image)), image)


def test_grey(tmp_path, portrait):
    grey = cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY)
    read = read_photo(save(tmp_path / "a.png", grey))
    np.testing.assert_array_equal(read, np.repeat(grey[..., None], 3, 2))


def test_16_bit(tmp_path, portrait):
    deep = portrait.astype("uint16") * 257
    read = read_photo(save(tmp_path / "a.png", deep))
    np.testing.assert_array_equal(read, portrait)


def test_16_bit_grey(tmp_path, portrait):
    grey = cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY)
    read = read_photo(save(tmp_path / "a.png", grey.astype("uint16") * 257))
    np.testing.assert_array_equal(read[..., 1], grey)


def test_transparency_shows_white(tmp_path, portrait):
    opacity = np.full((512, 512, 1), 255, "uint8")
    opacity[:100] = 0
    opacity[100:200] = 51
    read = read_photo(save(tmp_path / "a.png", np.concatenate([portrait, opacity], 2)))
    assert (read[:100] == 255).all()
    mixed = portrait[100:200] * 0.2 + 255 * 0.8
    np.testing.assert_allclose(read[100:200], mixed, atol=0.51)
    np.testing.assert_array_equal(read[200:], portrait[200:])


@pytest.mark.parametrize(
    ("orientation", "stored"),
    [
        (2, lambda image: image[:, ::-1]),
        (3, lambda image: image[::-1, ::-1]),
        (6, lambda image: np.rot90(image, 1)),
        (8, lambda image: np.rot90(image, -1)),
    ],
)
def test_exif_orientation_is_applied(tmp_path, portrait, orientation, stored):
    upright = portrait[:400]
    save(tmp_path / "a.jpg", np.ascontiguousarray(stored(upright)))
    data = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "b.jpg").write_bytes(with_exif_orientation(data, orientation))
    read = read_photo(tmp_path / "b.jpg")
    assert read.shape == upright.shape
    assert np.abs(read.astype(float) - upright).mean() < 4


@pytest.mark.parametrize("suffix", [".png", ".webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_of_what_is_transparent(tmp_path, suffix, orientation):
    """The same as OpenCV makes of it where all is opaque."""
    pil = pytest.importorskip("PIL.Image")
    image = np.full((32, 48, 4), 255, "uint8")
    image[:8, :8, 1:3] = image[:8, 8:16, 0] = 0
    exif = pil.Exif()
    exif[0x0112] = orientation
    options = {"exif": exif} | ({"lossless": True} if suffix == ".webp" else {})
    pil.fromarray(image[..., :3]).save(tmp_path / f"opaque{suffix}", **options)
    image[0, 0, 3] = 254
    pil.fromarray(image).save(tmp_path / f"a{suffix}", **options)
    expected = read_photo(tmp_path / f"opaque{suffix}")
    read = read_photo(tmp_path / f"a{suffix}")
    assert read.shape == expected.shape
    assert np.abs(read.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_avif_is_read_only_upright(tmp_path, orientation):
    """OpenCV doesn't turn it. Pillow writes an EXIF orientation in AVIF's own way."""
    pil = pytest.importorskip("PIL.Image")
    if not pytest.importorskip("PIL.features").check("avif"):
        pytest.skip("Pillow has no AVIF")
    image = np.zeros((32, 48, 3), "uint8")
    image[:16] = 200
    exif = pil.Exif()
    exif[0x0112] = orientation
    pil.fromarray(image).save(tmp_path / "a.avif", quality=90, exif=exif)
    if orientation == 1:
        read = read_photo(tmp_path / "a.avif")
        assert np.abs(read.astype(float) - image).mean() < 4
        return
    with pytest.raises(InputError, match="a.avif is an AVIF photo that is stored turn"):
        read_photo(tmp_path / "a.avif")


@pytest.mark.parametrize("suffix", [".bmp", ".tiff", ".webp", ".jpg"])
def test_other_formats(tmp_path, portrait, suffix):
    read = read_photo(save(tmp_path / f"a{suffix}", portrait))
    assert np.abs(read.astype(float) - portrait).mean() < 3


def test_all_of_these_give_the_same_face(tmp_path, portrait, landmarker, face):
    grey = cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY)
    opaque = np.full((512, 512, 1), 255, "uint8")
    save(tmp_path / "grey.png", grey)
    save(tmp_path / "rgba.png", np.concatenate([portrait, opaque], 2))
    save(tmp_path / "deep.png", portrait.astype("uint16") * 257)
    save(tmp_path / "turned.jpg", np.ascontiguousarray(np.rot90(portrait)))
    data = (tmp_path / "turned.jpg").read_bytes()
    (tmp_path / "turned.jpg").write_bytes(with_exif_orientation(data, 6))
    for path in sorted(tmp_path.iterdir()):
        (found,) = landmarker(read_photo(path))
        assert np.abs(found.landmarks - face.landmarks).mean() < 1, path.name


def test_8000_pixels(tmp_path, portrait, landmarker, face):
    large = np.full((2000, 8000, 3), 128, "uint8")
    large[:, 3000:5000] = cv2.resize(portrait, (2000, 2000))
    (found,) = landmarker(read_photo(save(tmp_path / "a.jpg", large)))
    scale = 2000 / 512
    expected = (face.landmarks + 0.5) * scale - 0.5 + [3000, 0]
    assert np.abs(found.landmarks - expected).mean() < 1.5 * scale


def test_cmyk_jpeg_comes_out_as_rgb(tmp_path, portrait):
    image = pytest.importorskip("PIL.Image")
    stream = io.BytesIO()
    image.fromarray(portrait).convert("CMYK").save(stream, "JPEG", quality=95)
    (tmp_path / "a.jpg").write_bytes(stream.getvalue())
    read = read_photo(tmp_path / "a.jpg")
    assert read.shape == portrait.shape
    assert np.abs(read.astype(float) - portrait).mean() < 6


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("empty.jpg", b"", "is empty"),
        ("text.jpg", b"this is not a photo\n" * 50, "is not a photo that can be read"),
        ("noise.png", bytes(range(256)) * 8, "is not a photo that can be read"),
        ("header.png", b"\x89PNG\r\n\x1a\n", "is cut off"),
    ],
)
def test_unreadable_files(tmp_path, capfd, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=f"{name} {message}") as info:
        read_photo(tmp_path / name)
    assert "\n" not in str(info.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_truncated(tmp_path, portrait, capfd, suffix, share):
    data = save(tmp_path / f"a{suffix}", portrait).read_bytes()
    (tmp_path / f"a{suffix}").write_bytes(data[: int(share * len(data))])
    with pytest.raises(InputError, match="is cut off or damaged"):
        read_photo(tmp_path / f"a{suffix}")
    assert capfd.readouterr() == ("", "")


def test_damaged_inside(tmp_path, portrait, capfd):
    data = bytearray(save(tmp_path / "a.png", portrait).read_bytes())
    data[len(data) // 2] ^= 255
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(InputError, match="a.png is cut off or damaged"):
        read_photo(tmp_path / "a.png")
    assert capfd.readouterr() == ("", "")


def test_truncated_jpeg_with_a_whole_thumbnail(tmp_path, portrait):
    """The thumbnail's end inside the EXIF segment is not the photo's end."""
    thumbnail = save(tmp_path / "t.jpg", portrait[::8, ::8]).read_bytes()
    photo = save(tmp_path / "a.jpg", portrait).read_bytes()
    segment = b"Exif\0\0" + thumbnail
    length = (len(segment) + 2).to_bytes(2, "big")
    whole = photo[:2] + b"\xff\xe1" + length + segment + photo[2:]
    (tmp_path / "a.jpg").write_bytes(whole)
    assert read_photo(tmp_path / "a.jpg").shape == (512, 512, 3)
    (tmp_path / "a.jpg").write_bytes(whole[: -len(photo) // 2])
    with pytest.raises(InputError, match="cut off"):
        read_photo(tmp_path / "a.jpg")


def test_what_cameras_append_behind_the_photo_does_no_harm(tmp_path):
    data = PORTRAIT.read_bytes() + b"MotionPhoto\xff\xda\x00\x08 and a film"
    (tmp_path / "a.jpg").write_bytes(data)
    assert read_photo(tmp_path / "a.jpg").shape == (512, 512, 3)


def test_progressive_jpeg_is_complete(tmp_path, portrait):
    path = save(tmp_path / "a.jpg", portrait, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    assert read_photo(path).shape == (512, 512, 3)


def test_one_pixel(tmp_path):
    path = save(tmp_path / "a.png", np.zeros((1, 1, 3), "uint8"))
    with pytest.raises(InputError, match="too small for a face, 1 x 1 pixels"):
        read_photo(path)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_photo(tmp_path / "nobody.jpg")
    with pytest.raises(InputError, match="cannot read"):
        read_photo(tmp_path)


def test_arrays(portrait):
    np.testing.assert_array_equal(to_rgb(portrait), portrait)
    np.testing.assert_array_equal(to_rgb(portrait / 255.0), portrait)
    np.testing.assert_array_equal(to_rgb(portrait[..., 0])[..., 2], portrait[..., 0])
    with pytest.raises(InputError, match="has shape"):
        to_rgb(np.zeros((32, 32, 5), "uint8"))
    with pytest.raises(InputError, match="int64"):
        to_rgb(portrait.astype("int64"))
    with pytest.raises(InputError, match="float64"):
        to_rgb(np.full((32, 32, 3), np.nan))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(
    ("scale", "offset", "received"),
    [(255, 0, "from 0 to 255"), (2, -1, "from -1 to 1"), (4, 0, "from 0 to 4")],
)
def test_floats_of_another_range(portrait, dtype, scale, offset, received):
    """Clipped, they would be white, or too dark."""
    image = (portrait / 255 * scale + offset).astype(dtype)
    message = f"the photo has floats outside of 0 to 1.* Received: floats {received}"
    with pytest.raises(InputError, match=message):
        to_rgb(image)


@pytest.mark.parametrize("method", [cv2.INTER_CUBIC, cv2.INTER_LANCZOS4])
@pytest.mark.parametrize("size", [300, 900])
def test_what_resampling_overshoots_is_clipped(portrait, method, size):
    image = cv2.resize(portrait / np.float32(255), (size, size), interpolation=method)
    assert image.max() > 1.05 and image.min() < -0.05
    expected = np.clip(np.rint(image * 255), 0, 255)
    np.testing.assert_array_equal(to_rgb(image), expected)


def test_float_tiff(tmp_path, portrait):
    image = portrait / np.float32(255)
    read = read_photo(save(tmp_path / "a.tiff", image))
    np.testing.assert_array_equal(read, portrait)
    with pytest.raises(InputError, match=r"b.tiff has floats .* from 0 to 255"):
        read_photo(save(tmp_path / "b.tiff", image * 255))


def test_unwritable(tmp_path, portrait):
    with pytest.raises(InputError, match="no folder"):
        write_photo(tmp_path / "none" / "a.png", portrait)
    with pytest.raises(InputError, match="ends in .png"):
        write_photo(tmp_path / "a.txt", portrait)
    with pytest.raises(InputError, match="17000 x 20 pixels don't go into this kind"):
        write_photo(tmp_path / "a.webp", np.zeros((20, 17000, 3), "uint8"))
    assert list(tmp_path.iterdir()) == []

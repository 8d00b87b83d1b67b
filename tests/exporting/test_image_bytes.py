"""Files in the graph: decoded as OpenCV decodes them, refused when damaged."""

import struct
import zlib

import cv2
import numpy as np
import pytest
import tensorflow as tf

from aan_keras.exporting.image_bytes import decode_crop, encode_jpeg

SIZE = 64
decode = tf.function(
    lambda data: decode_crop(data, SIZE),
    input_signature=[tf.TensorSpec((), tf.string)],
    autograph=False,
)


def picture(height, width, seed=0):
    small = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), "uint8")
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def file_of(image, suffix):
    return cv2.imencode(suffix, image[..., ::-1])[1].tobytes()


def png_header(width, height):
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + data


def test_png_of_the_models_size_is_untouched():
    image = picture(SIZE, SIZE)
    np.testing.assert_array_equal(decode(file_of(image, ".png")), image)


def test_jpeg_as_opencv_reads_it():
    data = file_of(picture(SIZE, SIZE), ".jpg")
    wanted = cv2.imdecode(np.frombuffer(data, "uint8"), cv2.IMREAD_COLOR)[..., ::-1]
    assert np.abs(decode(data).numpy().astype(int) - wanted).max() <= 3


def test_grey_and_transparent_files_become_rgb():
    image = picture(SIZE, SIZE)
    grey = cv2.imencode(".png", image[..., 0])[1].tobytes()
    np.testing.assert_array_equal(decode(grey), image[..., :1].repeat(3, -1))
    rgba = np.dstack([image[..., ::-1], np.full((SIZE, SIZE), 7, "uint8")])
    found = decode(cv2.imencode(".png", rgba)[1].tobytes())
    np.testing.assert_array_equal(found, image)


def test_larger_files_are_resized():
    found = decode(file_of(picture(256, 256), ".png")).numpy().astype("float64")
    wanted = cv2.resize(picture(256, 256), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    assert np.abs(found - wanted).mean() < 1.5


def test_encoded_jpeg_looks_the_same():
    image = picture(SIZE, SIZE)
    data = np.frombuffer(encode_jpeg(image).numpy(), "uint8")
    found = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1].astype("float64")
    assert 10 * np.log10(255**2 / np.mean((found - image) ** 2)) > 40


JPEG = file_of(picture(SIZE, SIZE), ".jpg")
REFUSED = {
    "empty": (b"", "JPEG or PNG"),
    "text": (b"hello", "JPEG or PNG"),
    "gif": (b"GIF89a" + bytes(64), "JPEG or PNG"),
    "jpeg without end": (JPEG[: len(JPEG) // 2], "JPEG"),
    "jpeg header only": (JPEG[:20], "JPEG"),
    "png signature only": (b"\x89PNG\r\n\x1a\n", "square"),
    "png header only": (png_header(SIZE, SIZE), "PNG"),
    "not square": (file_of(picture(SIZE, 96), ".jpg"), "must be square"),
    "huge": (png_header(60000, 60000), "at most 4096"),
    "beyond integers": (png_header(0xFFFFFFFF, 0xFFFFFFFF), "at most 4096"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    data, message = REFUSED[name]
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        decode(data)

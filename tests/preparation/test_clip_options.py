import pytest

from aan_keras.preparation.clip_options import ClipOptions


def test_least_face_is_a_quarter_of_the_crop():
    assert ClipOptions(image_size=128).min_face == 32
    assert ClipOptions(image_size=128, min_face=50).min_face == 50


@pytest.mark.parametrize(
    "arguments",
    [
        {"image_size": 8},
        {"max_frames": 1},
        {"min_frames": 1},
        {"min_frames": 9, "max_frames": 8},
        {"jpeg_quality": 101},
        {"blur": -1.0},
        {"jump": float("nan")},
        {"scene": -0.1},
    ],
)
def test_bad_arguments(arguments):
    with pytest.raises(ValueError, match="Received: "):
        ClipOptions(**arguments)

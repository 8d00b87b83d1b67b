"""What a visitor reads."""

import pytest

from aan_keras.faces import InputError
from aan_keras.webdemo.messages import error_message, message


def test_names_of_files_are_text_and_not_html():
    found = error_message(InputError("<img src=x onerror=a()>.png is empty"))
    assert "<img" not in found and "&lt;img" in found


def test_paths_of_the_server_are_not_told():
    path = "/tmp/server/1234/holiday.jpg"
    error = InputError(f"no face found in {path}: use one with a large face")
    found = error_message(error, [path, None])
    assert 'role="alert"' in found
    assert "No face found in holiday.jpg. Use one with a large face.<" in found


def test_a_files_name_keeps_its_case():
    found = error_message(InputError("clip.mp4 is too large: use a smaller one"))
    assert ">clip.mp4 is too large. Use a smaller one.<" in found


def test_kinds():
    assert message("") == ""
    assert 'role="status"' in message("Cancelled.")
    assert message("a\nb", "good").count("<br>") == 1
    with pytest.raises(ValueError, match="Received: kind=bad"):
        message("a", "bad")

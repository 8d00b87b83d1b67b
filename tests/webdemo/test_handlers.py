"""What happens when Cancel is pressed early, event by event."""

import types

import pytest

from aan_keras.webdemo import handlers
from aan_keras.webdemo.visitor_jobs import VisitorJobs

REQUEST = types.SimpleNamespace(session_hash="anne")


@pytest.fixture
def answers(tmp_path, models):
    return handlers.Handlers(models, None, VisitorJobs(tmp_path))


def animate(answers, photo):
    """The message of `Handlers.animate` with the sample motion."""
    return answers.animate(
        photo,
        1,
        handlers.SAMPLE,
        None,
        "relative",
        False,
        False,
        REQUEST,
        lambda *arguments, **options: None,
    )[-1]


def test_cancel_before_the_turn_has_come(answers, folder, tmp_path):
    answers.ask(REQUEST)
    answers.cancel(REQUEST)
    assert "Cancelled." in animate(answers, folder / "red.png")
    assert list(tmp_path.iterdir()) == []
    answers.ask(REQUEST)
    assert "frames in" in animate(answers, folder / "red.png")


def test_cancel_while_the_photo_is_looked_at(answers, folder, tmp_path, monkeypatch):
    def looked_at(path):
        answers.cancel(REQUEST)
        return photo(path)

    photo = handlers.SourcePhoto
    monkeypatch.setattr(handlers, "SourcePhoto", looked_at)
    assert "Cancelled." in animate(answers, folder / "red.png")
    assert list(tmp_path.iterdir()) == []

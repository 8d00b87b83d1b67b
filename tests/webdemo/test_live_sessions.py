"""Tokens, owners, limits."""

import pytest

from aan_keras.faces import InputError
from aan_keras.webdemo.live_sessions import LiveSessions


def test_each_visitor_has_one_session_of_their_own():
    sessions = LiveSessions()
    anne, bob = sessions.open("anne", "A"), sessions.open("bob", "B")
    assert anne != bob and len(anne) >= 40
    assert (sessions.find(anne), sessions.find(bob)) == ("A", "B")
    again = sessions.open("anne", "A2")
    assert sessions.find(anne) is None and sessions.find(again) == "A2"
    sessions.close("bob")
    sessions.close("nobody")
    assert sessions.find(bob) is None and len(sessions) == 1


def test_quiet_sessions_make_room():
    now = [0.0]
    sessions = LiveSessions(limit=2, clock=lambda: now[0])
    anne = sessions.open("anne", "A")
    bob = sessions.open("bob", "B")
    with pytest.raises(InputError, match="2 cameras are in use"):
        sessions.open("carol", "C")
    now[0] = 50.0
    sessions.find(bob)
    now[0] = 61.0
    carol = sessions.open("carol", "C")
    assert sessions.find(anne) is None
    assert (sessions.find(bob), sessions.find(carol)) == ("B", "C")

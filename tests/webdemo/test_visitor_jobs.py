"""Whose job is cancelled, whose files go."""

import pytest

from aan_keras.webdemo.visitor_jobs import VisitorJobs


def test_a_visitor_cancels_only_their_own_job(tmp_path):
    jobs = VisitorJobs(tmp_path)
    with jobs.start("anne") as (_, anne), jobs.start("bob") as (_, bob):
        assert jobs.cancel("bob") and not jobs.cancel("carol")
        assert bob.is_set() and not anne.is_set()
    assert not jobs.cancel("anne")


def test_a_second_job_replaces_the_first(tmp_path):
    jobs = VisitorJobs(tmp_path)
    with jobs.start("anne") as (_, first):
        with jobs.start("anne") as (_, second):
            assert first.is_set() and not second.is_set()
        assert not jobs.cancel("anne")


def test_a_job_that_waits_for_its_turn_is_cancelled(tmp_path):
    jobs = VisitorJobs(tmp_path)
    jobs.ask("anne")
    jobs.ask("bob")
    assert jobs.cancel("anne")
    with jobs.start("anne") as (_, anne), jobs.start("bob") as (_, bob):
        assert anne.is_set() and not bob.is_set()
    with jobs.start("anne") as (_, again):
        assert not again.is_set()


def test_who_asks_again_gets_what_was_asked_for_last(tmp_path):
    jobs = VisitorJobs(tmp_path)
    jobs.ask("anne")
    assert jobs.cancel("anne")
    jobs.ask("anne")
    with jobs.start("anne") as (_, cancel):
        assert not cancel.is_set()
        jobs.ask("anne")  # Pressed once more: the page takes no second job.
        assert jobs.cancel("anne") and cancel.is_set()
    assert not jobs.cancel("anne")


def test_results_stay_until_the_visitor_leaves(tmp_path):
    jobs = VisitorJobs(tmp_path)
    for visitor in ("anne", "bob"):
        with jobs.start(visitor) as (folder, _):
            (folder / f"{visitor}.mp4").touch()
    assert len(list(tmp_path.rglob("*.mp4"))) == 2
    jobs.leave("anne")
    assert [path.name for path in tmp_path.rglob("*.mp4")] == ["bob.mp4"]


def test_a_failed_job_leaves_no_files(tmp_path):
    jobs = VisitorJobs(tmp_path)
    with pytest.raises(OSError), jobs.start("anne") as (folder, _):
        (folder / "half.mp4").touch()
        raise OSError
    assert list(tmp_path.iterdir()) == []

"""Wrong usage is exit code 2; help has an example."""

import pytest

from aan_keras.demo import MOTION, PORTRAIT

REENACT = ["reenact", "--source", "a.jpg", "--driving", "b.mp4"]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["dance"],
        ["reenact"],
        ["reenact", "--source", "a.jpg", "--driving", "b.mp4"],
        ["reenact", "--face", "0"],
        [*REENACT, "--start", "2", "--end", "1", "--output", "a.mp4"],
        [*REENACT, "--fps", "0", "--output", "a.mp4"],
        [*REENACT, "--max-frames", "0", "--output", "a.mp4"],
        [*REENACT, "--size", "0", "--output", "a.mp4"],
        [*REENACT, "--size", "512", "--paste-back", "--output", "a.mp4"],
        [*REENACT, "c.mp4", "--output", "a.mp4"],
        [*REENACT[:-1], "b.jpg", "--max-frames", "3", "--output", "a.png"],
        ["demo", "--preset"],
        ["train", "--output", "runs/a"],
        ["train", "--output", "runs/a", "--data", "faces"],
        ["train", "--output", "runs/a", "--steps", "0"],
        ["train", "--output", "runs/a", "--recipe", "soup"],
    ],
)
def test_wrong_usage(run, words):
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert err.startswith("usage: aan-keras") and "error: " in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("driving", "output"), [("a.jpg", "a.mp4"), ("a.mp4", "a.png"), ("a.npz", "a")]
)
def test_kinds_that_do_not_go_together_are_wrong_usage(run, driving, output):
    words = ("--source", "a.jpg", "--driving", driving, "--output", output)
    code, out, err = run("reenact", *words)
    assert (code, out) == (2, "")
    assert f"{output} can't hold the result" in err.splitlines()[-1]


@pytest.mark.parametrize("command", ["reenact", "train", "demo", "doctor"])
def test_help_has_an_example(run, command):
    code, out, err = run(command, "--help")
    assert (code, err) == (0, "")
    assert f"aan-keras {command}" in out.split("example")[1]


def test_both_ways_to_say_it_are_wrong_usage(run, folder):
    words = ("--source", PORTRAIT, "--driving", MOTION, "--output", folder / "a.mp4")
    code, _, err = run("reenact", *words, "--relative", "--landmarks", "absolute")
    assert code == 2 and "not allowed with argument" in err

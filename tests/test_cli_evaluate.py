"""`aan-keras evaluate` and `ablate`: what reaches the rooms, and how they fail."""

import json

import pytest

from aan_keras import cli
from aan_keras.commands import ablate as ablate_command
from aan_keras.data import split
from aan_keras.evaluation import ablation
from tests.evaluation.conftest import (  # noqa: F401
    people,
    portrait_crop,
    tiny_preset,
)


def test_evaluate_prints_table_and_page(
    people,  # noqa: F811
    tiny_preset,  # noqa: F811
    tmp_path,
    capfd,
    monkeypatch,
):
    output = tmp_path / "e"
    words = ["evaluate", "--data", str(people), "--protocol", "self"]
    words += ["--preset", f"net={tiny_preset}"]
    words += ["--frames", "1", "--output", str(output)]
    # Nobody, of so few.
    monkeypatch.setattr(split, "default_validation", lambda data: (1, 0))
    assert cli.main([*words, "--held-out"]) == 0
    printed = capfd.readouterr().out
    assert "LPIPS skipped: lpips.onnx is not on disk" in printed
    assert (output / "table.md").read_text() in printed
    assert printed.splitlines()[-1] == str(output / "report.html")
    results = json.loads((output / "results.json").read_text())
    assert list(results["rows"]) == ["copy", "warp", "net"]
    assert results["people"] == 1  # of three, one is held out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data", "nowhere", "--protocol", "self"], "nowhere"),
        (["--protocol", "self", "--preset", "none"], "no preset"),
        (["--protocol", "self", "--networks", "none"], "no folder none"),
        (["--pairs", "none.json"], "cannot read pairs from none.json"),
        (["--protocol", "cross", "--held-out", "9", "0"], "more identities"),
        (["--protocol", "self", "--held-out"], "leaves nobody out"),
    ],
)
def test_failures_are_one_line_and_leave_nothing(
    people,  # noqa: F811
    tiny_preset,  # noqa: F811
    tmp_path,
    capfd,
    words,
    message,
):
    output = tmp_path / "e"
    given = ["--data", str(people)] if "--data" not in words else []
    given += ["--preset", str(tiny_preset)] if "--preset" not in words else []
    assert cli.main(["evaluate", "--output", str(output), *given, *words]) == 1
    error = capfd.readouterr().err
    assert error.startswith("aan-keras: error: ") and error.count("\n") == 1
    assert message in error
    assert not output.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["evaluate", "--data", "x", "--output", "y"],
        ["evaluate", "--data", "x", "--output", "y", "--protocol", "both"],
        [
            "evaluate",
            "--data",
            "x",
            "--output",
            "y",
            "--protocol",
            "self",
            "--pairs",
            "z",
        ],
        ["ablate", "--data", "x", "--output", "y"],
        ["ablate", "--data", "x", "--output", "y", "--steps", "1", "--variants", "z"],
    ],
)
def test_wrong_usage(words, capfd):
    with pytest.raises(SystemExit) as stopped:
        cli.main(words)
    assert stopped.value.code == 2
    assert "usage: aan-keras" in capfd.readouterr().err


def test_ablate_passes_everything_on(monkeypatch, tmp_path, capfd):
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    seen = {}

    def fake(data, output, **options):
        seen.update(options, data=data)
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "table.md").write_text("the table\n")

    monkeypatch.setattr(ablation, "ablate", fake)
    words = ["ablate", "--data", "faces", "--output", str(tmp_path / "a")]
    words += ["--steps", "7", "--seeds", "4", "5", "--variants", "full", "spade"]
    assert cli.main([*words, "--width", "8"]) == 0
    assert seen["data"] == "faces" and seen["steps"] == 7 and seen["width"] == 8
    assert seen["seeds"] == (4, 5) and seen["variants"] == ("full", "spade")
    assert seen["image_size"] == 64 and seen["protocol"] == "cross"
    assert "the table" in capfd.readouterr().out


def test_ablate_offers_the_rooms_variants():
    assert set(ablate_command._VARIANTS) == set(ablation.VARIANTS)
    assert ablate_command._VARIANTS[:4] == ablation.DEFAULT_VARIANTS

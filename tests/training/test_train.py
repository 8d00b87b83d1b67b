import csv
import errno
import json

import pytest

from aan_keras.training import train

from .tiny_gan import compiled_tiny_gan


def run(faces, output, steps, model=None, **arguments):
    settings = {
        "batch_size": 2,
        "validation": ["ben"],
        "log_every": 1,
        "checkpoint_every": 2,
        "images_every": 2,
        "validate_every": 2,
        "validation_steps": 1,
        "verbose": 0,
        **arguments,
    }
    return train(model or compiled_tiny_gan(), faces, output, steps, **settings)


def test_run_resume_and_refusals(faces, tmp_path):
    output = tmp_path / "run"
    assert run(faces, output, 3) == 3
    names = sorted(str(p.relative_to(output)) for p in output.rglob("*.*"))
    assert [name for name in names if not name.startswith("events")] == [
        "checkpoints/step_00000002.npz",
        "checkpoints/step_00000003.npz",
        "log.csv",
        "preset/config.json",
        "run.json",
        "samples/00000002.png",
    ]
    settings = json.loads((output / "run.json").read_text())
    assert settings["identities"] == ["anna", "cora"]
    assert settings["validation_identities"] == ["ben"]

    assert run(faces, output, 3) == 3  # nothing left to do
    assert run(faces, output, 5) == 5  # a longer run
    with open(output / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert [bool(row["val_loss"]) for row in rows] == [0, 1, 0, 1, 0]

    with pytest.raises(ValueError, match="holds a run"):
        run(faces, output, 7, resume=False)
    with pytest.raises(ValueError, match="seed=0.*Received: seed=1"):
        run(faces, output, 7, seed=1)
    with pytest.raises(ValueError, match="batch_size=2.*Received: batch_size=4"):
        run(faces, output, 7, batch_size=4)
    with pytest.raises(ValueError, match="does not belong to this model"):
        run(faces, output, 7, model=compiled_tiny_gan(filters=5))
    with pytest.raises(
        ValueError, match=r"other identities.*new \['ben'\], missing \[\]"
    ):
        run(faces, output, 7, validation=None)


def test_a_run_is_not_done_without_its_preset(faces, tmp_path, monkeypatch):
    """What fails at the last step is made up for when the run is resumed."""

    def full(path):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    model = compiled_tiny_gan()
    monkeypatch.setattr(model, "save_to_preset", full)
    with pytest.raises(OSError, match="No space"):
        run(faces, tmp_path / "run", 1, model=model)
    assert not (tmp_path / "run/preset").exists()
    assert run(faces, tmp_path / "run", 1) == 1
    assert (tmp_path / "run/preset").exists()


@pytest.mark.parametrize(
    "arguments",
    [{"steps": 0}, {"steps": 4, "log_every": 3}, {"steps": 4, "validation": ["eve"]}],
)
def test_bad_arguments(faces, tmp_path, arguments):
    with pytest.raises(ValueError, match="Received: "):
        run(faces, tmp_path / "run", **arguments)
    assert not (tmp_path / "run").exists()

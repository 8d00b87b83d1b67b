"""Commands called as functions, and what they are called with."""

import pytest

import aan_keras
from aan_keras import cli
from aan_keras.commands import console
from aan_keras.demo import MOTION, PORTRAIT
from aan_keras.faces import LandmarkTrack
from tests.copier import Copier


@pytest.fixture
def copier(monkeypatch):
    monkeypatch.setattr(console, "load_reenactor", lambda arguments: Copier())


@pytest.fixture(scope="session")
def short_track(tmp_path_factory):
    path = tmp_path_factory.mktemp("track") / "short.npz"
    LandmarkTrack(LandmarkTrack.load(MOTION).landmarks[:5], fps=25).save(path)
    return path


@pytest.fixture(scope="session")
def preset(tmp_path_factory):
    """A real, untrained preset."""
    path = tmp_path_factory.mktemp("preset") / "tiny"
    reenactor = aan_keras.Reenactor(
        image_size=64,
        width=4,
        num_residual_blocks=1,
        statistics="instance",
        spectral_norm=False,
        flow_prior="tps",
        output="residual",
    )
    reenactor.save_to_preset(path)
    return path


@pytest.fixture
def folder(tmp_path):
    """Where commands write; it is empty."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture
def run(capfd, folder):
    """Callable: exit code, stdout and stderr of a command."""

    def call(*words):
        try:
            code = cli.main([str(word) for word in words])
        except SystemExit as leaving:
            code = leaving.code
        return (code, *capfd.readouterr())

    return call


@pytest.fixture
def fails(run, folder):
    """Callable: runs `reenact`, which must fail as promised; the message."""

    def call(source=PORTRAIT, driving=MOTION, output="out.mp4", *more):
        words = ("--source", source, "--driving", driving, "--output", folder / output)
        code, out, err = run("reenact", *words, *more)
        assert code == 1
        assert err.startswith("aan-keras: error: ")
        assert err.count("\n") == 1 and err.endswith("\n")
        assert "Traceback" not in err
        assert list(folder.iterdir()) == []
        return err

    return call

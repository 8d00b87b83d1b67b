"""Run by `make test-beam`: Apache Beam is not part of the test environment."""

import pytest

from aan_keras import cli
from aan_keras.preparation.beam_pipeline import prepare_with_beam
from aan_keras.preparation.clip_options import ClipOptions
from aan_keras.preparation.prepare_dataset import prepare_dataset

from .test_prepare_dataset import contents

OPTIONS = ClipOptions(image_size=64)
TWO_PROCESSES = ["--direct_num_workers=2", "--direct_running_mode=multi_processing"]


@pytest.fixture
def raw(moved, write_frames):
    """Five clips of one face, one of them damaged."""
    for i, name in enumerate(("anna/a", "anna/b", "ben/c", "ben/d")):
        images = [moved(dx=(i + 2) * t, dy=t) for t in range(-2, 3)]
        folder = write_frames(images, f"raw/{name}").parents[1]
    (folder / "ben/broken.mp4").write_bytes(b"no video")
    return folder


def shards(output):
    return {k: v for k, v in contents(output).items() if k != "report.html"}


@pytest.mark.parametrize("beam_options", [[], TWO_PROCESSES])
def test_the_bytes_of_a_local_run(raw, tmp_path, beam_options):
    sizes = {"shard_bytes": 50_000}
    prepare_dataset("folders", raw, tmp_path / "local", OPTIONS, workers=0, **sizes)
    lines = []
    prepare_with_beam(
        "folders",
        raw,
        tmp_path / "beam",
        OPTIONS,
        beam_options=beam_options,
        report=lines.append,
        **sizes,
    )
    assert shards(tmp_path / "beam") == shards(tmp_path / "local")
    assert len(list((tmp_path / "beam").glob("*.tfrecord"))) > 1
    assert len(lines) == 1 and lines[0].startswith("left out ben/broken.mp4: ")


def test_goes_on_with_a_local_run_that_was_stopped(raw, tmp_path):
    def stop(iterable, total, what):
        for i, item in enumerate(iterable):
            yield item
            if i == 1:
                raise KeyboardInterrupt

    prepare_dataset("folders", raw, tmp_path / "whole", OPTIONS, workers=0)
    begun = tmp_path / "begun"
    with pytest.raises(KeyboardInterrupt):
        prepare_dataset("folders", raw, begun, OPTIONS, workers=0, progress=stop)
    prepare_with_beam("folders", raw, begun, OPTIONS)
    assert shards(begun) == shards(tmp_path / "whole")


def test_command_passes_options_through(raw, tmp_path, capfd):
    words = ["prepare", "--layout", "folders", "--input", str(raw)]
    words += ["--image-size", "64", "--output", str(tmp_path / "out")]
    words += ["--runner", "DirectRunner", "--", "--direct_num_workers=1"]
    assert cli.main(words) == 0
    assert "train: 2 identities, 4 clips" in capfd.readouterr().out

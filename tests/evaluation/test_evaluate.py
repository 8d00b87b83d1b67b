"""An evaluation from end to end: real faces, a network that has learned nothing."""

import base64
import json
import re
import shutil
import sys

import pytest

from aan_keras.evaluation import evaluate
from aan_keras.faces import InputError, VideoReader, read_photo
from tests.data.shard_folder import make_shard_folder

OPTIONS = {"frames": 2, "batch_size": 3}


@pytest.fixture(scope="module")
def finished(people, tiny_preset, tmp_path_factory):
    """`(output, results, lines)` of a self-reenactment."""
    output = tmp_path_factory.mktemp("evaluation") / "self"
    lines = []
    results = evaluate(
        people,
        output,
        protocol="self",
        presets=[tiny_preset],
        report=lines.append,
        **OPTIONS,
    )
    return output, results, lines


def test_everything_is_written(finished):
    output, results, lines = finished
    assert results["pairs"] == 4 and list(results["rows"]) == ["copy", "warp", "tiny"]
    assert json.loads((output / "results.json").read_text()) == results
    assert len(json.loads((output / "pairs.json").read_text())["pairs"]) == 4
    for name in ("driving", "copy", "warp", "tiny"):
        assert len(list((output / "frames" / name).glob("*.png"))) == 4
    assert sum("skipped" in line for line in lines) == 3
    assert not list(output.glob(".*"))


def test_floors_are_what_they_say(finished):
    output, results, _ = finished
    rows = results["rows"]
    assert rows["copy"]["measures"]["csim"] == {"value": 1.0, "over": 4}
    assert rows["copy"]["faces_found"] == 4
    # The warp follows the driving frame, the unchanged source does not.
    for name in ("prmse", "nme", "l1"):
        copy, warp = (rows[r]["measures"][name]["value"] for r in ("copy", "warp"))
        assert warp < copy, name
    copied = read_photo(output / "frames" / "copy" / "000000.png")
    assert copied.shape == (64, 64, 3)


def test_page_is_complete_in_itself(finished):
    output, _, _ = finished
    page = (output / "report.html").read_text()
    for kind, count in (("image/png", 3), ("video/mp4", 2)):
        found = re.findall(f'data:{kind};base64,([^"]+)', page)
        assert len(found) == count
        assert all(len(base64.b64decode(data)) > 500 for data in found)
    assert not re.findall(r"(?:src|href)=\"(?!data:)", page)
    assert "AAN (the paper)" in page and "<svg" in page
    videos = sorted((output / "videos").glob("*.mp4"))
    assert len(videos) == 2
    assert "best: anna/v0 driven by anna/v0" in page or "best: ben/v0" in page
    frames = [image for _, image in VideoReader(videos[0])]
    assert len(frames) == 5 and frames[0].shape[1] == 5 * (64 + 2)


def test_again_measures_nothing_and_gives_the_same_bytes(
    finished, people, tiny_preset, monkeypatch
):
    output, _, _ = finished
    before = (output / "results.json").read_bytes()

    def never(*arguments, **options):
        raise AssertionError("measured again")

    module = sys.modules["aan_keras.evaluation.evaluate"]
    monkeypatch.setattr(module, "FaceAnalysis", never)
    evaluate(people, output, protocol="self", presets=[tiny_preset], **OPTIONS)
    assert (output / "results.json").read_bytes() == before


def test_interrupted_goes_on_with_the_same_bytes(people, tmp_path):
    """A folder begun twice gives what one that was never stopped gives."""
    call = {"protocol": "self", "presets": [], "image_size": 64, **OPTIONS}
    evaluate(people, tmp_path / "whole", **call)
    steps = []

    def progress(iterable, total, what):
        for item in iterable:
            steps.append(what)
            if steps.count("warp") == 2:
                raise KeyboardInterrupt
            yield item

    output = tmp_path / "stopped"
    with pytest.raises(KeyboardInterrupt):
        evaluate(people, output, progress=progress, **call)
    assert not (output / "results.json").exists()
    left = {}
    evaluate(
        people,
        output,
        progress=lambda items, total, what: (left.setdefault(what, total), items)[1],
        **call,
    )
    assert (left["copy"], left["warp"]) == (0, 1)
    for name in ("results.json", "results.csv", "pairs.json", "table.md"):
        whole = (tmp_path / "whole" / name).read_bytes()
        assert (output / name).read_bytes() == whole


def test_pairs_of_another_evaluation(finished, people, tmp_path):
    output, results, _ = finished
    again = evaluate(
        people,
        tmp_path / "e",
        pairs=output / "pairs.json",
        presets=[],
        floors=("copy",),
        image_size=64,
    )
    assert again["pairs_sha256"] == results["pairs_sha256"]
    assert again["rows"]["copy"] == results["rows"]["copy"]
    with pytest.raises(InputError, match="holds self pairs"):
        evaluate(people, tmp_path / "f", pairs=output / "pairs.json", protocol="cross")


def test_cross(people, tmp_path):
    results = evaluate(
        people,
        tmp_path / "e",
        protocol="cross",
        presets=[],
        image_size=64,
        landmarks="relative",
        drivers=1,
        **OPTIONS,
    )
    assert results["pairs"] == 6 and results["people"] == 3
    assert results["landmarks"] == "relative"
    measures = results["rows"]["warp"]["measures"]
    assert set(measures) == {"csim", "prmse", "aucon", "texture", "sharpness"}
    assert results["rows"]["copy"]["measures"]["csim"]["value"] == 1.0
    assert 0.8 < measures["csim"]["value"] < 1
    assert len(list((tmp_path / "e" / "sheets").glob("warp_*.png"))) == 3


def test_openface_tables_replace_ours(finished, people, tiny_preset, tmp_path):
    output, results, _ = finished
    shutil.copytree(output, tmp_path / "e")
    lines = ["frame,success,pose_Rx,pose_Ry,pose_Rz,AU01_c"]
    lines += [f"{i + 1},1,0,0,{i},1" for i in range(4)]
    for name in ("driving", "copy", "warp", "tiny"):
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    found = evaluate(
        people,
        tmp_path / "e",
        protocol="self",
        presets=[tiny_preset],
        openface=tmp_path,
        **OPTIONS,
    )
    assert found["openface"] and not results["openface"]
    for row in found["rows"].values():
        assert row["measures"]["prmse"] == {"value": 0.0, "over": 4}
        assert row["measures"]["aucon"] == {"value": 1.0, "over": 4}
    assert "OpenFace's" in (tmp_path / "e" / "table.md").read_text()


def test_people_who_were_trained_on_are_named(people, tiny_preset, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(tiny_preset, run / "preset")
    (run / "run.json").write_text(json.dumps({"identities": ["ben", "zoe"]}))
    lines = []
    with pytest.raises(InputError, match="there is no folder"):
        evaluate(
            people,
            tmp_path / "e",
            protocol="self",
            presets=[f"run={run / 'preset'}"],
            networks=tmp_path / "none",
            report=lines.append,
        )
    (warning,) = lines
    assert "was trained on 1 of these 2 people (ben" in warning
    assert not (tmp_path / "e").exists()


def test_nothing_to_pair(people, tmp_path):
    with pytest.raises(ValueError, match="Received: neither"):
        evaluate(people, tmp_path / "e")
    assert not (tmp_path / "e").exists()


def test_prepared_shards_give_what_folders_give(finished, people, tmp_path):
    output, results, _ = finished
    shards = make_shard_folder(
        people, tmp_path / "shards", test=("cora",), suffix="png"
    )
    again = evaluate(
        shards,
        tmp_path / "e",
        pairs=output / "pairs.json",
        identities=["anna", "ben"],
        presets=[],
        floors=("copy",),
        image_size=64,
    )
    assert again["rows"]["copy"] == results["rows"]["copy"]
    # Pairs name their people, who need not be those that were kept for tests.
    options = {"presets": [], "floors": ("copy",), "image_size": 64}
    repeated = evaluate(shards, tmp_path / "f", pairs=output / "pairs.json", **options)
    assert repeated["rows"]["copy"] == results["rows"]["copy"]
    # Without pairs and names, the people that were kept for tests.
    with pytest.raises(InputError, match="have 1"):
        evaluate(shards, tmp_path / "g", protocol="cross", **options)

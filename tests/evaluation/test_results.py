import csv
import json
import types

import numpy as np
import pytest

from aan_keras.evaluation.frame_files import frame_path
from aan_keras.evaluation.results import (
    Evaluation,
    figures,
    frechet_distances,
    summarize,
    write_results,
)
from aan_keras.faces import write_photo
from tests.evaluation.drawn_results import MEASURED, METHODS, PAIRS, drawn_results
from tests.metrics.test_fid import reference


def test_means_say_over_how_many():
    summary = summarize(PAIRS, METHODS, MEASURED)
    assert (summary["pairs"], summary["people"]) == (4, 2)
    row = summary["rows"]["net<1>"]
    assert row["faces_found"] == 3
    assert row["weights_sha256"] == "ab" * 32
    assert row["measures"]["csim"] == {"value": 0.85, "over": 3}
    expected = round(np.sqrt((9 + 16 + 0) / 3), 6)
    assert row["measures"]["prmse"] == {"value": expected, "over": 3}
    assert row["measures"]["l1"] == {"value": 15.75, "over": 4}
    assert "ssim" not in row["measures"]
    assert row["people"]["anna"]["csim"] == {"value": 0.8, "over": 2}
    assert row["people"]["ben"]["csim"] == {"value": 0.95, "over": 1}


def test_a_person_without_a_face():
    lost = [{**r, "csim": None} for r in MEASURED["net<1>"]]
    row = summarize(PAIRS, METHODS[1:], {"net<1>": lost})["rows"]["net<1>"]
    assert row["people"]["ben"]["csim"] == {"value": None, "over": 0}


def test_figures():
    found = figures([{"l1": 2.0}, {}, {"l1": None}], "l1")
    np.testing.assert_array_equal(found, [2.0, np.nan, np.nan])


def test_files(tmp_path):
    results = drawn_results()
    evaluation = Evaluation(tmp_path, "self", PAIRS, None, METHODS, MEASURED, results)
    write_results(evaluation)
    assert json.loads((tmp_path / "results.json").read_text()) == results
    first = (tmp_path / "results.json").read_bytes()
    write_results(evaluation)
    assert (tmp_path / "results.json").read_bytes() == first
    assert "net<1>" in (tmp_path / "table.md").read_text()
    with open(tmp_path / "results.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    lost = rows[6]
    assert (lost["method"], lost["pair"], lost["csim"]) == ("net<1>", "2", "")
    assert (lost["face_found"], lost["l1"]) == ("0", "30.0")
    assert lost["driving"] == "ben/v0/1"


def test_frechet_distance_of_the_pictures(tmp_path):
    rng = np.random.default_rng(0)
    keys = sorted({key for pair in PAIRS for key in (pair.source, pair.driving)})
    pictures = dict(zip(keys, rng.integers(0, 256, (6, 16, 16, 3), dtype=np.uint8)))
    outputs = rng.integers(0, 256, (4, 16, 16, 3), dtype=np.uint8)
    for number, image in enumerate(outputs):
        path = frame_path(tmp_path, "net", number)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_photo(path, image)

    def net(images):
        return images[:, ::8, ::8].reshape(len(images), -1).astype("float32")

    real = types.SimpleNamespace(image=pictures.get)
    found = frechet_distances(
        tmp_path,
        PAIRS,
        real,
        [types.SimpleNamespace(name="net")],
        net,
        4,
        lambda items, total, what: items,
    )
    expected = reference(net(np.stack(list(pictures.values()))), net(outputs))
    assert found == {"net": pytest.approx(expected, rel=1e-3)}

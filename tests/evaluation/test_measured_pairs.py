import json

import numpy as np

from aan_keras.evaluation.measured_pairs import MeasuredPairs, rounded

ORIGIN = {"library": "1", "weights_sha256": None}


def filled(path, origin=ORIGIN):
    records = MeasuredPairs(path, origin)
    values = {"l1": np.array([1.23456789, np.nan]), "csim": np.array([0.5, -0.25])}
    records.add([3, 4], [True, False], values)
    return records


def test_keeps_what_was_measured(tmp_path):
    path = tmp_path / "measures" / "copy.jsonl"
    records = filled(path)
    again = MeasuredPairs(path, ORIGIN)
    for each in (records, again):
        assert 3 in each and 5 not in each
        assert each[3] == {"pair": 3, "face_found": True, "l1": 1.234568, "csim": 0.5}
        assert each[4] == {"pair": 4, "face_found": False, "l1": None, "csim": -0.25}


def test_a_line_cut_off_by_a_kill_is_left_out(tmp_path):
    path = tmp_path / "copy.jsonl"
    filled(path)
    path.write_text(path.read_text()[:-10])
    records = MeasuredPairs(path, ORIGIN)
    assert 3 in records and 4 not in records
    records.add([4], [True], {"l1": [2.0]})
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line.get("pair") for line in lines] == [None, 3, 4]


def test_figures_of_another_origin_are_forgotten(tmp_path):
    path = tmp_path / "copy.jsonl"
    filled(path)
    assert 3 not in MeasuredPairs(path, {**ORIGIN, "weights_sha256": "1"})
    assert 3 not in MeasuredPairs(path, ORIGIN)


def test_forget(tmp_path):
    records = filled(tmp_path / "copy.jsonl")
    records.forget([3, 9])
    assert 3 not in records and 4 in records


def test_rounded():
    assert rounded(np.float32(0.1)) == 0.1
    assert rounded(float("nan")) is None

import types

import numpy as np

from aan_keras.evaluation.frame_files import frame_path
from aan_keras.evaluation.results import Evaluation
from aan_keras.evaluation.sheets import (
    choose,
    labels,
    rank,
    sheet,
    side_by_side,
    write_sheets,
)
from aan_keras.faces import read_photo, write_photo
from tests.evaluation.drawn_results import MEASURED, METHODS, PAIRS, drawn_results

SIZE = 32


def picture(level):
    return np.full((SIZE, SIZE, 3), level, "uint8")


def drawn_evaluation(path, protocol="self"):
    methods = [METHODS[0], types.SimpleNamespace(name="net", weights="1")]
    measured = {"copy": MEASURED["copy"], "net": MEASURED["net<1>"]}
    for m, method in enumerate(methods):
        for number in range(len(PAIRS)):
            file = frame_path(path, method.name, number)
            file.parent.mkdir(parents=True, exist_ok=True)
            write_photo(file, picture(100 + 50 * m + number))
    real = types.SimpleNamespace(
        image_size=SIZE, image=lambda key: picture(10 * key.index)
    )
    results = drawn_results(protocol)
    return Evaluation(path, protocol, PAIRS, real, methods, measured, results)


def test_lost_faces_are_worst(tmp_path):
    evaluation = drawn_evaluation(tmp_path)
    assert rank(evaluation, evaluation.methods[1]).tolist() == [3, 0, 1, 2]
    evaluation = drawn_evaluation(tmp_path, "cross")
    assert rank(evaluation, evaluation.methods[1]).tolist() == [3, 0, 1, 2]


def test_different_clips_first():
    groups = ["a", "a", "a", "b", "b", "c", "c"]
    order = np.array([2, 1, 0, 3, 4, 6, 5])
    chosen = choose(order, groups, 3)
    assert chosen["best"] == [2, 3, 6]
    assert chosen["worst"] == [5, 4, 0]
    assert chosen["median"] == [3, 0, 6]
    assert choose(order, groups, 5)["best"] == [2, 3, 6, 1, 0]
    assert choose(order[:1], groups, 3)["best"] == [2]


def test_a_line_a_pair(tmp_path):
    evaluation = drawn_evaluation(tmp_path)
    image = sheet(evaluation, [1, 3])
    line = side_by_side([picture(0)] * 4).shape[0]
    top = labels(["source"], SIZE).shape[0]
    assert image.shape == (top + 2 * line, 4 * (SIZE + 2), 3)
    for row, number in enumerate((1, 3)):
        middle = image[top + row * line + SIZE // 2, SIZE // 2 :: SIZE + 2, 0]
        driving = 10 * PAIRS[number].driving.index
        assert middle.tolist() == [0, driving, 100 + number, 150 + number]
    assert (image[:top] < 128).any()  # names


def test_files_for_methods_that_learned(tmp_path):
    written = write_sheets(drawn_evaluation(tmp_path), count=2)
    assert set(written) == {("net", kind) for kind in ("best", "median", "worst")}
    worst = read_photo(written["net", "worst"])
    assert worst.shape[1] == 4 * (SIZE + 2)

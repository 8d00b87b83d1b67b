import xml.etree.ElementTree as ElementTree

import pytest

from aan_keras.evaluation.people_plot import people_plot
from tests.evaluation.drawn_results import drawn_results

SVG = "{http://www.w3.org/2000/svg}"


def circles(names):
    root = ElementTree.fromstring(people_plot(drawn_results(), names))
    found = {}
    for circle in root.iter(f"{SVG}circle"):
        title = circle.find(f"{SVG}title")
        if title is not None:
            found[title.text] = float(circle.get("cx")), float(circle.get("cy"))
    return root, found


def test_a_point_for_each_person_and_method():
    root, found = circles(["l1"])
    assert set(found) == {
        "copy, anna: 21.00",
        "copy, ben: 21.00",
        "net<1>, anna: 12.00",
        "net<1>, ben: 19.50",
    }
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert {"anna", "ben", "copy", "net<1>", "L1 ↓"} <= set(words)


def test_height_is_the_figure():
    root, found = circles(["l1"])
    y = {text: place[1] for text, place in found.items()}
    high, low, middle = (
        y[f"{name}"]
        for name in ("copy, anna: 21.00", "net<1>, anna: 12.00", "net<1>, ben: 19.50")
    )
    assert high < middle < low  # y grows downwards
    assert (low - middle) / (low - high) == pytest.approx(7.5 / 9, abs=0.01)
    # Lines at round numbers around the figures.
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert words[words.index("L1 ↓") + 1 :][:6] == ["12", "14", "16", "18", "20", "22"]
    x = {text: place[0] for text, place in found.items()}
    assert x["net<1>, anna: 12.00"] < x["copy, ben: 21.00"]


def test_panels_without_figures_are_left_out():
    with_l1, without = (
        people_plot(drawn_results(), n) for n in (["l1"], ["l1", "ssim"])
    )
    assert with_l1 == without

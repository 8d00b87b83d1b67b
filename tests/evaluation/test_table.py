import re

import pytest

from aan_keras.evaluation import paper
from aan_keras.evaluation.table import (
    further_table,
    main_table,
    markdown_page,
    markdown_table,
    paper_table,
)
from tests.evaluation.drawn_results import drawn_results


def test_main_table_has_the_papers_columns():
    header, rows = main_table(drawn_results())
    assert header == ["method", "CSIM ↑", "PRMSE ↓", "AUCON ↑", "faces found"]
    assert rows[0] == ["copy", "1.000", "7.07", "0.500", "4 of 4"]
    # Over how many stands where some pair has no figure.
    assert rows[1] == ["net<1>", "0.850 (3)", "2.89 (3)", "0.500", "3 of 4"]


def test_further_measures_and_fid():
    results = drawn_results()
    assert further_table(results)[0] == ["method", "L1 ↓"]
    results["rows"]["copy"]["fid"] = 12.345
    header, rows = further_table(results)
    assert header[-1] == "FID ↓"
    assert [row[-1] for row in rows] == ["12.3", "-"]


@pytest.mark.parametrize("protocol", ["self", "cross"])
def test_papers_figures_stand_beside(protocol):
    header, rows = paper_table(protocol)
    assert len(header) == 7
    ours = dict(zip(header[1:], rows[-1][1:]))
    assert rows[-1][0] == "AAN (the paper)"
    expected = {"self": "0.753", "cross": "0.463"}[protocol]
    assert ours["Celeb-DF CSIM ↑"] == expected


def test_paper_rows_are_the_same_in_every_table():
    for tables in (paper.SELF, paper.CROSS):
        assert len({tuple(table) for table in tables.values()}) == 1


def test_markdown():
    text = markdown_table(["a", "b"], [["long", "1"], ["x", "23.4"]])
    assert text.splitlines() == [
        "| a    |    b |",
        "| ---- | ---: |",
        "| long |    1 |",
        "| x    | 23.4 |",
    ]


@pytest.mark.parametrize("protocol", ["self", "cross"])
def test_page(protocol):
    page = markdown_page(drawn_results(protocol))
    assert page.startswith(f"# {protocol.capitalize()}-reenactment")
    assert "4 pairs" in page and "2 people" in page
    assert ("absolute landmarks" in page) == (protocol == "cross")
    assert "FID skipped: no file" in page
    tables = re.findall(r"^\| -+", page, re.MULTILINE)
    assert len(tables) == 3

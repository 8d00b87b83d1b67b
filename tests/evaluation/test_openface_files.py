import pytest

from aan_keras.evaluation.openface_files import replace_by_openface
from aan_keras.faces import InputError
from tests.evaluation.drawn_results import MEASURED, PAIRS

HEADER = "frame,success,pose_Rx,pose_Ry,pose_Rz,AU01_c,AU45_c"


@pytest.fixture
def tables(tmp_path):
    def write(name, rows, header=HEADER):
        lines = [f"{i + 1},{row}" for i, row in enumerate(rows)]
        (tmp_path / f"{name}.csv").write_text("\n".join([header, *lines]) + "\n")

    write("driving", ["1,0,0,0,1,0", "1,0,0.1,0,0,0", "0,0,0,0,0,0", "1,0,0,3.1,0,1"])
    write("copy", ["1,0,0,0,1,0"] * 4)
    write("net<1>", ["1,0.3,0,0,1,1", "1,0,0.1,0,0,0", "1,0,0,0,1,0", "1,0,0,-3.1,0,1"])
    return write


def test_poses_and_units_are_replaced(tables, tmp_path):
    found = replace_by_openface(tmp_path, PAIRS, MEASURED)
    net = found["net<1>"]
    degrees = 57.29577951308232
    wrapped = 360 - 6.2 * degrees
    expected = [0.3 * degrees / 3**0.5, 0, None, wrapped / 3**0.5]
    for record, prmse in zip(net, expected):
        assert record["prmse"] == (
            None if prmse is None else pytest.approx(prmse, abs=1e-4)
        )
    assert [record["aucon"] for record in net] == [0.5, 1, None, 1]
    assert [record["l1"] for record in net] == [10.0, 14.0, 30.0, 9.0]
    assert MEASURED["net<1>"][0]["aucon"] == 0.5 and MEASURED["net<1>"][0]["prmse"] == 3


def test_tables_that_do_not_fit(tables, tmp_path):
    tables("copy", ["1,0,0,0,1,0"] * 3)
    with pytest.raises(InputError, match="has 3 frames, and there are 4 pairs"):
        replace_by_openface(tmp_path, PAIRS, MEASURED)
    tables("copy", ["1,0,0,0,1,0"] * 4, HEADER.replace("AU45", "AU12"))
    with pytest.raises(InputError, match="different action units"):
        replace_by_openface(tmp_path, PAIRS, MEASURED)
    (tmp_path / "copy.csv").unlink()
    with pytest.raises(InputError, match=r"cannot read .*copy\.csv"):
        replace_by_openface(tmp_path, PAIRS, MEASURED)

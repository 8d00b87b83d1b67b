import numpy as np
import pytest

from aan_keras.evaluation import read_openface_csv
from aan_keras.faces import InputError

HEADER = "frame, face_id, confidence, success, pose_Tx, pose_Rx, pose_Ry, pose_Rz"
HEADER += ", AU01_r, AU01_c, AU12_c, AU45_c"
ROWS = [
    "2, 0, 0.98, 1, 5.0, -0.1, 0.2, 0.3, 0.4, 0.00, 1.00, 0.00",
    "1, 0, 0.98, 1, 5.0, 0.1, 0, 3.14159265, 0.4, 1.00, 0.00, 0.00",
    "3, 0, 0.00, 0, 0.0, 0, 0, 0, 0, 0.00, 0.00, 0.00",
]


@pytest.fixture
def write(tmp_path):
    def write(*lines):
        path = tmp_path / "faces.csv"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def test_reads_what_featureextraction_writes(write):
    table = read_openface_csv(write(HEADER, *ROWS))
    none = [np.nan] * 3
    degrees = 180 / np.pi
    expected = [
        [0.1 * degrees, 0, 180],
        [-0.1 * degrees, 0.2 * degrees, 0.3 * degrees],
        none,
    ]
    np.testing.assert_allclose(table.angles, expected, rtol=1e-6)
    np.testing.assert_array_equal(table.units, [[1, 0, 0], [0, 1, 0], none])
    assert table.unit_names == (1, 12, 45)
    assert len(table) == 3


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([HEADER.replace("pose_Rx", "x"), *ROWS], "it lacks pose_Rx"),
        ([HEADER.replace("_c", "_x"), *ROWS], "it lacks AU.._c columns"),
        ([HEADER], "is not a table"),
        ([HEADER, ROWS[0], "3, 0, 0.9, 1, 5.0"], "is damaged"),
    ],
)
def test_other_files_are_one_clear_line(write, lines, message):
    with pytest.raises(InputError, match=message) as raised:
        read_openface_csv(write(*lines))
    assert "faces.csv" in str(raised.value)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        read_openface_csv(tmp_path / "none.csv")

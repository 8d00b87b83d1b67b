"""Head poses and action units that OpenFace has measured."""

import csv
import dataclasses
import pathlib
import re

import numpy as np

from aan_keras.faces.input_error import InputError

_POSE = ("pose_Rx", "pose_Ry", "pose_Rz")
_UNIT = re.compile(r"AU(\d+)_c$")


@dataclasses.dataclass(frozen=True)
class OpenFaceTable:
    """What a `FeatureExtraction` table says, frame by frame.

    Args:
        angles: float64 `[T, 3]`, pitch, yaw and roll in degrees.
        units: float64 `[T, n]`, presence of the action units, 0 or 1.
        unit_names: their n numbers.

    Frames without a face (`success` 0) are NaN in both.
    """

    angles: np.ndarray
    units: np.ndarray
    unit_names: tuple

    def __len__(self):
        return len(self.angles)


def read_openface_csv(path):
    """Reads the table that `FeatureExtraction -fdir FOLDER` writes.

    The columns `success`, `pose_Rx`, `pose_Ry`, `pose_Rz` (radians) and `AU.._c` are
    used, `frame` orders the rows.

    Args:
        path: the `.csv` file.

    Returns:
        `OpenFaceTable`.

    Reference:
        Baltrusaitis et al., "OpenFace 2.0: Facial Behavior Analysis Toolkit", FG 2018.
    """
    path = pathlib.Path(path)
    try:
        with open(path, newline="") as file:
            # OpenFace puts a space after each comma.
            rows = list(csv.DictReader(file, skipinitialspace=True))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise InputError(
            f"cannot read {path}: give a .csv that OpenFace's FeatureExtraction wrote"
        ) from None
    names = list(rows[0]) if rows else []
    units = [name for name in names if _UNIT.match(name or "")]
    missing = [name for name in ("success", *_POSE) if name not in names]
    if missing or not units:
        raise InputError(
            f"{path} is not a table of OpenFace's FeatureExtraction: it lacks "
            f"{', '.join(missing) or 'AU.._c columns'}: run it with -pose -aus"
        )
    try:
        if "frame" in names:
            rows.sort(key=lambda row: int(row["frame"]))
        found = np.array([float(row["success"]) > 0 for row in rows])[:, None]
        angles, presence = (
            np.array([[float(row[name]) for name in columns] for row in rows])
            for columns in (_POSE, units)
        )
    except (TypeError, ValueError):
        raise InputError(
            f"{path} is damaged: a row lacks a number: let OpenFace write it again"
        ) from None
    return OpenFaceTable(
        np.where(found, np.degrees(angles), np.nan),
        np.where(found, presence, np.nan),
        tuple(int(_UNIT.match(name)[1]) for name in units),
    )

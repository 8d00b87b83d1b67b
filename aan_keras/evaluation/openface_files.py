"""Poses and action units of OpenFace in place of our own."""

import pathlib

import numpy as np

from aan_keras.evaluation.frame_files import DRIVING
from aan_keras.evaluation.measured_pairs import rounded
from aan_keras.evaluation.measures import agreement, pose_error
from aan_keras.evaluation.openface_csv import read_openface_csv
from aan_keras.faces.input_error import InputError


def replace_by_openface(folder, pairs, measured):
    """Takes PRMSE and AUCON from OpenFace's tables.

    OpenFace runs on the pictures that an evaluation has written, for the driving
    frames and for each method:

        FeatureExtraction -fdir OUTPUT/frames/driving -out_dir TABLES -of driving
        FeatureExtraction -fdir OUTPUT/frames/aan_128 -out_dir TABLES -of aan_128

    Args:
        folder: with `driving.csv` and one `<method>.csv` for each method.
        pairs: list of `Pair`.
        measured: dict of method name to records, one a pair.

    Returns:
        `measured` with other `prmse` and `aucon`.
    """
    folder = pathlib.Path(folder)
    tables = {}
    for name in (DRIVING, *measured):
        path = folder / f"{name}.csv"
        tables[name] = read_openface_csv(path)
        if len(tables[name]) != len(pairs):
            raise InputError(
                f"{path} has {len(tables[name])} frames, and there are {len(pairs)} "
                f"pairs: run FeatureExtraction on frames/{name} of this evaluation"
            )
    driving = tables.pop(DRIVING)
    replaced = {}
    for name, table in tables.items():
        if table.unit_names != driving.unit_names:
            raise InputError(
                f"{folder / name}.csv and {DRIVING}.csv have different action units: "
                "let one OpenFace write both"
            )
        poses = np.sqrt(pose_error(driving.angles, table.angles))
        agreements = agreement(driving.units, table.units)
        replaced[name] = [
            {**record, "prmse": rounded(pose), "aucon": rounded(agreed)}
            for record, pose, agreed in zip(measured[name], poses, agreements)
        ]
    return replaced

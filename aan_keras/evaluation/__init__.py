"""The paper's evaluation: what is compared, measured, tabled and shown."""

from aan_keras.evaluation.action_units import ACTION_UNITS, action_units
from aan_keras.evaluation.evaluate import evaluate
from aan_keras.evaluation.face_analysis import FaceAnalysis, Faces
from aan_keras.evaluation.openface_csv import OpenFaceTable, read_openface_csv
from aan_keras.evaluation.pairs import Pair, make_pairs, read_pairs, write_pairs
from aan_keras.faces.head_pose import HeadPose, head_pose

__all__ = [
    "ACTION_UNITS",
    "FaceAnalysis",
    "Faces",
    "HeadPose",
    "OpenFaceTable",
    "Pair",
    "action_units",
    "evaluate",
    "head_pose",
    "make_pairs",
    "read_openface_csv",
    "read_pairs",
    "write_pairs",
]

"""Which facial action units are present, from the geometry of landmarks."""

import numpy as np

from aan_keras.faces.head_pose import head_pose

# Millimetres of the mean face, or a share of the neutral opening for the eyes. About
# twice what the measure moves when a real frame is blurred (Gaussian, 1 pixel of 128):
# 0.9 mm at the inner brow, 0.7 at the eye, 1.6 at the lips' gap and at the chin.
BROW_RAISED = 2.0
BROW_LOWERED = 2.0
EYE_WIDENED = 1.2
EYE_CLOSED = 0.6
MOUTH_WIDENED = 3.0
CORNER_RAISED = 1.0
CORNER_LOWERED = 2.0
LIPS_APART = 3.5
JAW_DROPPED = 4.0

MEASURES = (
    "inner_brow",
    "outer_brow",
    "eye_opening",
    "mouth_width",
    "corner_height",
    "corner_rise",
    "lip_gap",
    "chin",
)
ACTION_UNITS = (1, 2, 4, 5, 12, 15, 20, 25, 26, 45)
"""Numbers of the facial action units that `action_units` reads from landmarks."""


def expression_measures(landmarks):
    """Distances that the action units are read from.

    The head's pose is removed first (`HeadPose.frontal`), so that a turn or a tilt is
    not an expression.

    | measure | what it is |
    |---|---|
    | inner_brow | height of the brows' inner ends (21, 22) over the inner eye corners |
    | outer_brow | height of the outer brows (18, 25) over the outer eye corners |
    | eye_opening | distance of the lids, mean of both eyes |
    | mouth_width | distance of the mouth's corners |
    | corner_height | height of the corners over the middle of the lips (51, 57) |
    | corner_rise | height of the corners relative to the nose's base (33) |
    | lip_gap | distance of the inner lips |
    | chin | distance down from the nose's base to the chin (7 to 9) |

    Args:
        landmarks: float `[68, 2]`, in pixels.

    Returns:
        float64 `[8]` in millimetres of the mean face, in the order of `MEASURES`; NaN
        for landmarks that are NaN.
    """
    pose = head_pose(landmarks)
    if pose is None:
        return np.full(len(MEASURES), np.nan)
    points = pose.frontal(landmarks)
    y = points[:, 1]

    def distance(i, j):
        return np.linalg.norm(points[list(i)] - points[list(j)], axis=-1).mean()

    return np.array(
        [
            y[[39, 42]].mean() - y[[21, 22]].mean(),
            y[[36, 45]].mean() - y[[18, 25]].mean(),
            distance((37, 38, 43, 44), (41, 40, 47, 46)),
            distance((48,), (54,)),
            y[[51, 57]].mean() - y[[48, 54]].mean(),
            y[33] - y[[48, 54]].mean(),
            distance((61, 62, 63), (67, 66, 65)),
            y[[7, 8, 9]].mean() - y[33],
        ]
    )


def neutral_measures(landmarks):
    """A person's neutral face: the median of each measure over real frames of them.

    Someone who smiles in every frame has the smile as neutral: the unit is then absent
    on both sides of a comparison, or present on both.

    Args:
        landmarks: `[T, 68, 2]`.

    Returns:
        float64 `[8]`.
    """
    return np.nanmedian([expression_measures(points) for points in landmarks], axis=0)


def action_units(measures, neutral):
    """Presence of ten action units.

    | unit | present when |
    |---|---|
    | 1 inner brow raiser | inner_brow > neutral + 2 mm |
    | 2 outer brow raiser | outer_brow > neutral + 2 mm |
    | 4 brow lowerer | inner_brow < neutral - 2 mm |
    | 5 upper lid raiser | eye_opening > 1.2 neutral |
    | 12 lip corner puller | mouth_width > neutral + 3 mm, corner_rise + 1 mm |
    | 15 lip corner depressor | corner_height < neutral - 2 mm |
    | 20 lip stretcher | mouth_width > neutral + 3 mm, corner_rise not + 1 mm |
    | 25 lips part | lip_gap > 3.5 mm, whatever the neutral face does |
    | 26 jaw drop | chin > neutral + 4 mm |
    | 45 blink | eye_opening < 0.6 neutral |

    Limits: units that show in the skin only (6, 7, 9, 10, 14, 17, 23, 28) are not
    looked for; left and right are not told apart; what the landmark detector does not
    see (a blink that lasts a frame, thin lips at 64 pixels) is absent. Figures compare
    with each other, not with those of OpenFace, whose table can be given instead
    (`read_openface_csv`).

    Args:
        measures: float `[..., 8]` from `expression_measures`.
        neutral: float `[..., 8]` from `neutral_measures`, of the same person.

    Returns:
        float64 `[..., 10]`: 1 present, 0 absent, NaN unknown, in the order of
        `ACTION_UNITS`.

    Reference:
        Ekman and Friesen, "Facial Action Coding System", 1978.
    """
    measures = np.asarray(measures, "float64")
    now = dict(zip(MEASURES, np.moveaxis(measures, -1, 0)))
    rest = dict(zip(MEASURES, np.moveaxis(np.asarray(neutral, "float64"), -1, 0)))
    change = {name: now[name] - rest[name] for name in MEASURES}
    wide = change["mouth_width"] > MOUTH_WIDENED
    raised = change["corner_rise"] > CORNER_RAISED
    present = {
        1: change["inner_brow"] > BROW_RAISED,
        2: change["outer_brow"] > BROW_RAISED,
        4: change["inner_brow"] < -BROW_LOWERED,
        5: now["eye_opening"] > EYE_WIDENED * rest["eye_opening"],
        12: wide & raised,
        15: change["corner_height"] < -CORNER_LOWERED,
        20: wide & ~raised,
        25: now["lip_gap"] > LIPS_APART,
        26: change["chin"] > JAW_DROPPED,
        45: now["eye_opening"] < EYE_CLOSED * rest["eye_opening"],
    }
    table = np.stack([present[unit] for unit in ACTION_UNITS], -1).astype("float64")
    known = np.isfinite(measures + np.asarray(neutral)).all(-1)
    return np.where(known[..., None], table, np.nan)

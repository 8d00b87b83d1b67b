import numpy as np
import pytest

from aan_keras.demo import MOTION
from aan_keras.evaluation.action_units import (
    ACTION_UNITS,
    MEASURES,
    action_units,
    expression_measures,
    neutral_measures,
)
from aan_keras.faces import LandmarkTrack
from aan_keras.faces.face_model import face_model
from aan_keras.metrics import AUCON
from tests.evaluation.rendered_face import render

LIDS = ([37, 38, 43, 44], [41, 40, 47, 46])
CORNERS = [48, 54]


def closed_mouth():
    """The mean face with its lips together."""
    face = face_model()
    face[[61, 62, 63]] = face[[67, 66, 65]] - [0, 1, 0]
    return face


def moved(points, shift):
    """`points` of the mean face moved by (x outwards, y down) millimetres."""
    face = closed_mouth()
    outwards = np.sign(np.round(face[points, 0]))
    face[points] += np.stack(
        [shift[0] * outwards, shift[1] + 0 * outwards, 0 * outwards], -1
    )
    return face


def lids(share):
    face = closed_mouth()
    upper, lower = (face[points] for points in LIDS)
    middle = (upper + lower) / 2
    face[LIDS[0]] = middle + share * (upper - middle)
    face[LIDS[1]] = middle + share * (lower - middle)
    return face


MOVES = {
    (1,): moved([20, 21, 22, 23], (0, -3)),
    (2,): moved([17, 18, 25, 26], (0, -3)),
    (1, 2): moved(list(range(17, 27)), (0, -3)),
    (4,): moved([20, 21, 22, 23], (-1, 3)),
    (5,): lids(1.4),
    (45,): lids(0.4),
    (12,): moved(CORNERS, (4, -3)),
    (20,): moved(CORNERS, (4, 0)),
    (15,): moved(CORNERS, (0, 3)),
    (25,): moved([61, 62, 63], (0, -4)),
    (26,): moved([6, 7, 8, 9, 10], (0, 6)),
    (): closed_mouth(),
}


@pytest.mark.parametrize("pose", [(0, 0, 0), (8, -15, 10)])
@pytest.mark.parametrize("units", MOVES)
def test_one_movement_at_a_time(units, pose):
    neutral = neutral_measures([render((0, 0, 0), model=closed_mouth())])
    measures = expression_measures(render(pose, model=MOVES[units]))
    present = action_units(measures, neutral)
    found = [unit for unit, is_there in zip(ACTION_UNITS, present) if is_there]
    assert found == list(units)


def test_measures_of_the_model_by_hand():
    face = closed_mouth()
    found = dict(zip(MEASURES, expression_measures(render((0, 0, 0), model=face))))
    assert found["mouth_width"] == pytest.approx(face[54, 0] - face[48, 0], abs=0.2)
    assert found["lip_gap"] == pytest.approx(1, abs=0.4)
    rise = face[33, 1] - face[48, 1]
    assert found["corner_rise"] == pytest.approx(rise, abs=0.3)
    brow = face[39, 1] - face[21, 1]
    assert found["inner_brow"] == pytest.approx(brow, abs=0.3)


def test_unknown_stays_unknown():
    neutral = neutral_measures([render((0, 0, 0))])
    lost = expression_measures(np.full((68, 2), np.nan))
    assert np.isnan(action_units(lost, neutral)).all()
    assert np.isnan(action_units(neutral, lost)).all()
    half = action_units(np.stack([neutral, lost]), neutral)
    assert np.isnan(half).all(-1).tolist() == [False, True]


def test_a_clip_agrees_with_itself_and_less_when_shuffled():
    """Real motion: the bundled track."""
    track = LandmarkTrack.load(MOTION).landmarks[::2]
    measures = np.stack([expression_measures(points) for points in track])
    present = action_units(measures, neutral_measures(track))
    same = AUCON().per_sample(present, present)
    np.testing.assert_array_equal(same, 1.0)
    rng = np.random.default_rng(0)
    shuffled = [
        np.mean(AUCON().per_sample(present, present[rng.permutation(len(present))]))
        for _ in range(5)
    ]
    assert max(shuffled) < 0.95

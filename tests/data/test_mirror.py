import numpy as np

from aan_keras.data import MIRROR_PERMUTATION, mirror_landmarks


def test_permutation_is_its_own_inverse_and_keeps_the_midline():
    np.testing.assert_array_equal(MIRROR_PERMUTATION[MIRROR_PERMUTATION], np.arange(68))
    fixed = [i for i in range(68) if MIRROR_PERMUTATION[i] == i]
    assert fixed == [8, 27, 28, 29, 30, 33, 51, 57, 62, 66]


def test_permutation_of_a_symmetric_face_gives_the_same_face():
    # A face by iBUG's numbering, left to right, written down independently: every
    # group is listed in the order of its numbers.
    half = {
        "jaw": [(-8 + i, (8 - abs(-8 + i)) * 1.5) for i in range(17)],
        "brows": [(-6, 2), (-5, 1), (-4, 0), (-3, 1), (-2, 2)]
        + [(2, 2), (3, 1), (4, 0), (5, 1), (6, 2)],
        "nose": [(0, 3), (0, 4), (0, 5), (0, 6)]
        + [(-2, 7), (-1, 7.5), (0, 8), (1, 7.5), (2, 7)],
        "eyes": [(-5, 3), (-4, 2.5), (-3, 2.5), (-2, 3), (-3, 3.5), (-4, 3.5)]
        + [(2, 3), (3, 2.5), (4, 2.5), (5, 3), (4, 3.5), (3, 3.5)],
        "outer": [(-3, 9), (-2, 8.5), (-1, 8.2), (0, 8.3), (1, 8.2), (2, 8.5), (3, 9)]
        + [(2, 10), (1, 10.5), (0, 10.7), (-1, 10.5), (-2, 10)],
        "inner": [(-2.5, 9), (-1, 8.8), (0, 8.9), (1, 8.8), (2.5, 9)]
        + [(1, 9.4), (0, 9.5), (-1, 9.4)],
    }
    face = np.concatenate([np.array(group, "float64") for group in half.values()])
    assert face.shape == (68, 2)
    face = face * 5 + [63.5, 30]
    np.testing.assert_allclose(mirror_landmarks(face, 128), face, atol=1e-12)


def test_mirror_does_not_change_its_argument():
    face = np.random.default_rng(0).uniform(0, 128, (3, 68, 2))
    copy = face.copy()
    twice = mirror_landmarks(mirror_landmarks(face, 128), 128)
    np.testing.assert_array_equal(face, copy)
    np.testing.assert_allclose(twice, face, atol=1e-12)

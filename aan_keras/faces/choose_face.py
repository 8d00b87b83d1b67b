"""Which of the faces in a photo is meant."""

import numpy as np

from aan_keras.faces.face import Face
from aan_keras.faces.input_error import InputError


def as_faces(found):
    """What a landmarker returned, as a list of `Face`, largest first.

    Args:
        found: list of `Face` or of `[68, 2]` arrays, or an array `[N, 68, 2]`.
    """
    faces = [
        face if isinstance(face, Face) else Face(np.asarray(face)) for face in found
    ]
    return sorted(faces, key=lambda face: face.width, reverse=True)


def choose_face(faces, number=None, name="the photo", report=None):
    """The largest face, or the one with the given number.

    Args:
        faces: list of `Face`, largest first.
        number: 1 is the largest, 2 the next, and so on; None: the largest.
        name: what messages call the photo or clip.
        report: callable that takes a line of text: which of several faces is used.

    Returns:
        `Face`.
    """
    if not faces:
        raise InputError(
            f"no face found in {name}: use one with a large, well-lit face that is "
            "seen from the front"
        )
    chosen = 1 if number is None else number
    if not 1 <= chosen <= len(faces):
        count = f"{len(faces)} face{'s' if len(faces) > 1 else ''}"
        raise InputError(
            f"there is no face {chosen} in {name}: it has {count}, "
            "numbered from 1, the largest first"
        )
    if report is not None and len(faces) > 1:
        others = "; ".join(
            f"{n}: {face}" for n, face in enumerate(faces, 1) if n != chosen
        )
        report(
            f"{len(faces)} faces in {name}: using face {chosen}, "
            f"{faces[chosen - 1]}; others: {others}"
        )
    return faces[chosen - 1]

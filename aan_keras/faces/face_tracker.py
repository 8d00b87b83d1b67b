"""One face through the frames of a video."""

import numpy as np

from aan_keras.faces.choose_face import as_faces


class FaceTracker:
    """Follows one face, frame by frame.

    The face is detected once; then its landmarks give the box for the next frame, which
    is faster than detecting and doesn't jump. When the face is lost, the whole frame
    is searched again.

    Args:
        landmarker: callable from a uint8 RGB image to a list of `Face` or `[68, 2]`
            arrays. If it has a `follow(image, face)` method, as `DlibLandmarker` has,
            that is used between detections.
        choose: callable from a list of faces (largest first, not empty) to one of
            them, for the first detection; None: the largest.
        max_gap: for how many frames the last landmarks stay when no face is found.

    Attributes:
        is_held: whether the last result was such a repeated one.

    Example:

    >>> tracker = FaceTracker(DlibLandmarker(), max_gap=12)
    >>> for index, image in VideoReader("clip.mp4"):
    ...     face = tracker.update(image)  # None: no face for more than max_gap frames
    """

    def __init__(self, landmarker, choose=None, max_gap=12):
        self.landmarker = landmarker
        self.choose = choose or (lambda faces: faces[0])
        self.max_gap = max_gap
        self.is_held = False
        self._last = None
        self._gap = 0

    def update(self, image):
        """The face in the next frame.

        Args:
            image: uint8 RGB, of the same size every time.

        Returns:
            `Face`, or None when there is none, nor was there in the last `max_gap`
            frames.
        """
        face = self._find(image)
        if face is not None:
            self._last, self._gap, self.is_held = face, 0, False
            return face
        self._gap += 1
        self.is_held = self._last is not None and self._gap <= self.max_gap
        return self._last if self.is_held else None

    def _find(self, image):
        follow = getattr(self.landmarker, "follow", None)
        if follow is not None and self._last is not None and not self._gap:
            face = follow(image, self._last)
            if face is not None:
                return face
        faces = as_faces(self.landmarker(image))
        if not faces:
            return None
        return self.choose(faces) if self._last is None else self._nearest(faces)

    def _nearest(self, faces):
        """The face most like the last one in place and size, not the largest."""
        last = self._last

        def distance(face):
            moved = np.subtract(face.centre, last.centre)
            return np.hypot(*moved) / last.width + abs(np.log(face.width / last.width))

        return min(faces, key=distance)

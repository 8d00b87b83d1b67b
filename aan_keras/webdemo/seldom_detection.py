"""A landmarker that is quick enough for a live camera."""


class SeldomDetection:
    """Predicts landmarks from the last box, and asks the detector now and then.

    For `FaceTracker`. `DlibLandmarker.follow` asks its detector at every frame, which
    is most of its time.

    Args:
        landmarker: `DlibLandmarker`.
        check_every: at every n-th frame the detector confirms the face.
        search_every: while there is no face, every n-th frame is searched for one.
    """

    def __init__(self, landmarker, check_every=6, search_every=3):
        self._landmarker = landmarker
        self._check_every = check_every
        self._search_every = search_every
        self._unchecked = self._unsearched = 0

    def __call__(self, image):
        """Faces of a uint8 RGB image, largest first."""
        self._unsearched -= 1
        if self._unsearched > 0:
            return []
        faces = self._landmarker(image)
        self._unsearched = 0 if faces else self._search_every
        self._unchecked = 0
        return faces

    def follow(self, image, face):
        """The same face in the next frame, or None when it's gone."""
        self._unchecked += 1
        if self._unchecked < self._check_every:
            return self._landmarker.refit(image, face)
        self._unchecked = 0
        return self._landmarker.follow(image, face)

"""One visitor's photo, moved by that visitor's camera."""

import dataclasses
import threading
import time

import numpy as np

from aan_keras.complete_photo import complete_photo, turns_back
from aan_keras.faces import DlibLandmarker, FaceCrop, FaceTracker, LargeCrop, PasteBack
from aan_keras.faces.frontal_landmarks import frontal_landmarks
from aan_keras.webdemo.live_motion import LiveMotion
from aan_keras.webdemo.seldom_detection import SeldomDetection
from aan_keras.webdemo.source_photo import fit_within

# The whole photo goes over the wire with each frame.
_LONGEST_PASTED = 640
_MAX_GAP = 5


@dataclasses.dataclass(frozen=True)
class LiveFrame:
    """What comes back for a camera frame.

    Args:
        image: uint8 RGB, `[S, S, 3]`, or of another `size`, or the photo's size when
            pasting back.
        has_face: False when the camera shows none; the image is then the last one.
        milliseconds: dict, what took how long.
    """

    image: np.ndarray
    has_face: bool
    milliseconds: dict


class LiveSession:
    """Takes camera frames, gives frames of the photo.

    The source is encoded once; before, it is completed where it shows the face from the
    side (`complete_photo`), as visitors look into the camera. A session belongs to one
    visitor and works on one frame at a time.

    Args:
        models: `DemoModels`.
        photo: `SourcePhoto`.
        face: number of the face in it.
        mode: see `Reenactment`.
        smooth: take the jitter out of the landmarks.
        paste_back: give the whole photo.
        size: side of the images without it, see `Reenactment`.
        landmarker: callable that finds faces in camera frames, see `FaceTracker`; None:
            dlib, which detects seldom.

    Example:

    >>> session = LiveSession(models, SourcePhoto("photo.jpg"))
    >>> session.step(camera_image).image
    """

    def __init__(
        self,
        models,
        photo,
        *,
        face=1,
        mode="transform",
        smooth=True,
        paste_back=False,
        size=None,
        landmarker=None,
    ):
        found = photo.face(face)
        crop = FaceCrop.around(found.box, photo.image.shape)
        source = crop.cut(photo.image, models.image_size)
        points = crop.to_crop(found.landmarks, models.image_size)
        self._models = models
        self._motion = LiveMotion(models, source, points, mode, smooth)
        image, landmarks = photo.image, found.landmarks
        # Relative motion keeps the turn of the photo.
        if mode != "relative" and turns_back(points, frontal_landmarks(points)[None]):
            image, landmarks = complete_photo(models.reenactor, image, crop, landmarks)
        self._code = models.encode(
            crop.cut(image, models.image_size),
            crop.to_crop(landmarks, models.image_size),
        )
        self._finish = None
        self._image = source
        size = size or models.image_size
        if paste_back:
            self._image = fit_within(photo.image, _LONGEST_PASTED)
            small = fit_within(image, _LONGEST_PASTED)
            ratio = len(small) / len(image)
            self._finish = PasteBack(
                small,
                FaceCrop(
                    round(crop.x * ratio),
                    round(crop.y * ratio),
                    round(crop.side * ratio),
                ),
            )
        elif LargeCrop.is_needed(image, crop, size, models.image_size):
            self._image = crop.cut(photo.image, size)
            self._finish = LargeCrop(image, crop, size)
        landmarker = landmarker or SeldomDetection(DlibLandmarker())
        self._tracker = FaceTracker(landmarker, max_gap=_MAX_GAP)
        self._lock = threading.Lock()
        self._last = 0.0

    def recentre(self):
        """The face as it is now is the photo's rest position."""
        with self._lock:
            self._motion.recentre()

    def step(self, image, seconds=None):
        """The photo as the face in a camera frame looks.

        Args:
            image: uint8 RGB, of the same size every time.
            seconds: when it was taken; None: now.

        Returns:
            `LiveFrame`; None while another thread's frame is in work.
        """
        if not self._lock.acquire(blocking=False):
            return None
        try:
            return self._step(image, time.monotonic() if seconds is None else seconds)
        finally:
            self._lock.release()

    def _step(self, image, seconds):
        # Two frames may arrive within the clock's resolution.
        self._last = seconds = max(seconds, self._last + 1e-4)
        times = [time.perf_counter()]
        face = self._tracker.update(image)
        times.append(time.perf_counter())
        if face is not None:
            landmarks = self._motion(face.landmarks, seconds)
            times.append(time.perf_counter())
            frame, *motion = self._models.drive(self._code, landmarks)
            times.append(time.perf_counter())
            if self._finish is not None:
                frame = self._finish(frame, *motion)
            self._image = frame
        times.append(time.perf_counter())
        names = ("track", "transfer", "drive", "paste")
        milliseconds = dict(zip(names, 1e3 * np.diff(times)))
        return LiveFrame(self._image, face is not None, milliseconds)

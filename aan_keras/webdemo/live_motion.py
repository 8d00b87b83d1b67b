"""Driving landmarks that arrive one by one, in the source's crop."""

import numpy as np

from aan_keras.faces.face import box_around
from aan_keras.faces.landmark_smoothing import steady_landmarks
from aan_keras.faces.motion_transfer import nearest_frame, transfer_motion

# How many frames decide which one is laid over the photo, and what is the face's own
# shape: one or two seconds of a webcam. Afterwards nothing shifts any more.
CALIBRATION_FRAMES = 30


class LiveMotion:
    """What `Reenactment` does to a whole clip, frame by frame.

    A clip is known before it starts: its frame nearest to the photo is laid over the
    photo, and its mean shows the driver's face shape. Here both are taken from the
    first frames, and then kept.

    Args:
        models: `DemoModels`.
        image: uint8 RGB `[S, S, 3]`, the photo's crop.
        landmarks: float32 `[68, 2]`, in it.
        mode: `"transform"`, `"relative"` or `"absolute"`, see `Reenactment`.
        smooth: take the jitter out, with the filter of `smooth_track`.
        calibration_frames: how many frames are the first ones.

    Example:

    >>> motion = LiveMotion(models, image, landmarks)
    >>> driving = motion(face.landmarks, seconds=0.04)  # float32 [68, 2]
    """

    def __init__(
        self,
        models,
        image,
        landmarks,
        mode="transform",
        smooth=True,
        calibration_frames=CALIBRATION_FRAMES,
    ):
        self._models = models
        self._landmarks = landmarks
        self._mode = mode
        self._smooth = smooth
        self._calibration_frames = calibration_frames
        if mode == "transform":
            self._source_identity = models.source_identity(image, landmarks)
        self.recentre()

    def recentre(self):
        """The next frames are the first ones again."""
        self._seen = []
        self._reference = self._driving_identity = self._width = None
        self._steady = steady_landmarks()

    def __call__(self, landmarks, seconds):
        """The next frame.

        Args:
            landmarks: `[68, 2]` of the driving face, in pixels of the camera's image.
            seconds: when it was seen; more than the last time.

        Returns:
            float32 `[68, 2]`, in pixels of the source's crop.
        """
        landmarks = np.asarray(landmarks, "float32")
        if self._smooth:
            if self._width is None:
                left, _, right, _ = box_around(landmarks)
                self._width = right - left
            steady = self._steady(landmarks / self._width, seconds) * self._width
            landmarks = steady.astype("float32")
        if len(self._seen) < self._calibration_frames:
            self._calibrate(landmarks)
        pair = self._on_source_shape(np.stack([self._reference, landmarks]))
        relative = self._mode == "relative"
        return transfer_motion(self._landmarks, pair, relative, reference=0)[1]

    def _calibrate(self, landmarks):
        self._seen.append(landmarks)
        seen = np.stack(self._seen)
        if self._mode == "transform":
            self._driving_identity = self._models.clip_identity(seen)
        best = nearest_frame(self._landmarks, self._on_source_shape(seen))
        self._reference = seen[best]

    def _on_source_shape(self, landmarks):
        if self._mode != "transform":
            return landmarks
        return self._models.transform(
            landmarks, self._source_identity, self._driving_identity
        )

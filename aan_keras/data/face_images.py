"""Single faces with their person, for what is learned from one image at a time."""

import dataclasses
import warnings

import cv2
import numpy as np

from aan_keras.data.clips import decode_frame
from aan_keras.data.mirror import mirror_landmarks


@dataclasses.dataclass
class FaceImages:
    """The frames of all clips as one list, long clips thinned out.

    Args:
        clips: list of `Clip`.
        image_size: side of the images in pixels; landmarks are scaled to it.
        frames_per_clip: of a longer clip, so many frames at equal distances.

    Attributes:
        landmarks: float64 `[N, 68, 2]`, (x, y) in pixels.
        people: int `[N]`, number of the person.
        takes: int `[N]`, number of the clip.
        is_video: bool `[N]`.
        weights: float64 `[N]`, mean 1: a person with n images has weight sqrt(n), since
            more images say more of a person, but not in proportion.
    """

    clips: list
    image_size: int = 128
    frames_per_clip: int = 64

    def __post_init__(self):
        landmarks, self._places = [], []
        for number, clip in enumerate(self.clips):
            count = min(len(clip.frames), self.frames_per_clip)
            chosen = np.linspace(0, len(clip.frames) - 1, count).round().astype(int)
            scale = self.image_size / clip.image_size
            points = np.asarray(clip.landmarks[chosen], "float64")
            landmarks.append((points + 0.5) * scale - 0.5)
            self._places += [(number, int(i)) for i in chosen]
        self.landmarks = np.concatenate(landmarks)
        self.takes = np.array([number for number, _ in self._places])
        names = np.array([clip.identity for clip in self.clips])[self.takes]
        self.people = np.unique(names, return_inverse=True)[1]
        self.is_video = ~np.array([c.is_photo_set for c in self.clips])[self.takes]
        weights = np.bincount(self.people)[self.people] ** -0.5
        self.weights = weights / weights.mean()

    def __len__(self):
        return len(self.landmarks)

    def image(self, index, mirror=False):
        """float32 `[S, S, 3]` in [-1, 1], and its landmarks `[68, 2]`.

        A damaged frame is named in a warning, and grey.
        """
        size = self.image_size
        clip, frame = self._places[index]
        clip = self.clips[clip]
        image = decode_frame(clip.frames[frame])
        if image is None:
            where = f"frame {frame} of {clip.identity}/{clip.name}"
            warnings.warn(f"{where} is not a readable image", stacklevel=2)
            image = np.full((size, size, 3), 128, np.uint8)
        if image.shape[0] != size:
            shrinks = image.shape[0] > size
            method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
            image = cv2.resize(image, (size, size), interpolation=method)
        landmarks = self.landmarks[index]
        if mirror:
            image, landmarks = image[:, ::-1], mirror_landmarks(landmarks, size)
        return image.astype("float32") / 127.5 - 1, landmarks.astype("float32")

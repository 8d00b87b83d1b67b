"""How well people are reenacted who are not trained on."""

import functools

import cv2
import numpy as np

from aan_keras.data.clips import decode_frame

_APART = 3


class HeldOut:
    """Fixed pairs of held-out clips, and the mean of image measures over them.

    Of each clip the first frame is the source, and the driving frames are those whose
    landmarks are farthest from it and more than three frames from each other: the
    hardest that the clip has.

    Args:
        clips: list of `aan_keras.data.Clip`, videos only.
        image_size: side of the images in pixels.
        pairs_per_clip: driving frames of each clip.
    """

    def __init__(self, clips, image_size, pairs_per_clip=6):
        pairs = {name: [] for name in ("source", "source_landmarks")}
        pairs |= {name: [] for name in ("driving", "driving_landmarks")}
        for clip in clips:
            scale = image_size / clip.image_size
            landmarks = (clip.landmarks + 0.5) * scale - 0.5
            for frame in _farthest(clip.landmarks, pairs_per_clip):
                for name, index in (("source", 0), ("driving", frame)):
                    pairs[name].append(_image(clip.frames[index], image_size))
                    pairs[f"{name}_landmarks"].append(landmarks[index])
        self.pairs = {
            name: np.stack(values).astype("float32") for name, values in pairs.items()
        }

    @property
    def inputs(self):
        """dict of the model's inputs, all pairs as one batch."""
        return {name: v for name, v in self.pairs.items() if name != "driving"}

    def measure(self, images):
        """Compares outputs with the driving frames.

        Args:
            images: float32 `[N, S, S, 3]` in [-1, 1], the output for `inputs`.

        Returns:
            dict of means: `l1`, `face_l1` and `mouth_l1` (0..255; of the box about all
            landmarks and about those of the mouth, with a margin of a thirty-second of
            the image), `ssim` and `sharpness` (see `SharpnessRatio`).
        """
        from aan_keras.metrics import SSIM, SharpnessRatio

        images, truth = np.asarray(images, "float32"), self.pairs["driving"]
        difference = np.abs(np.clip(images, -1, 1) - truth).mean(-1) * 127.5
        values = {"l1": difference.mean()}
        landmarks = self.pairs["driving_landmarks"]
        for name, part in (("face_l1", landmarks), ("mouth_l1", landmarks[:, 48:])):
            boxes = [_box(points, images.shape[1]) for points in part]
            values[name] = np.mean([d[box].mean() for d, box in zip(difference, boxes)])
        for name, metric in (("ssim", SSIM()), ("sharpness", SharpnessRatio())):
            values[name] = np.mean(metric.per_sample(truth, images))
        return {name: float(value) for name, value in values.items()}


def _farthest(landmarks, count):
    distance = np.abs(landmarks - landmarks[0]).mean((1, 2))
    chosen = []
    for frame in np.argsort(-distance):
        if len(chosen) < count and all(abs(frame - c) > _APART for c in chosen):
            chosen.append(int(frame))
    return chosen


@functools.lru_cache(maxsize=256)
def _image(encoded, size):
    image = decode_frame(encoded)
    if image.shape[0] != size:
        method = cv2.INTER_AREA if size < image.shape[0] else cv2.INTER_CUBIC
        image = cv2.resize(image, (size, size), interpolation=method)
    return image.astype("float32") / 127.5 - 1


def _box(points, size):
    margin = size / 32
    low = np.clip(np.floor(points.min(0) - margin), 0, size - 2).astype(int)
    high = np.clip(np.ceil(points.max(0) + margin), 1, size - 1).astype(int)
    return slice(low[1], high[1] + 1), slice(low[0], high[0] + 1)

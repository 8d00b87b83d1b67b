"""How well people are reenacted who are not trained on."""

import warnings

import cv2
import numpy as np

from aan_keras.data.clips import decode_frame

_APART = 3


class HeldOut:
    """Fixed pairs of held-out clips, and the mean of image measures over them.

    Of each clip the first frame is the source, and the driving frames are those whose
    landmarks are farthest from it and more than three frames from each other: the
    hardest that the clip has. All pairs are one batch, and so there are at most
    `most_pairs`, the same ones whenever the clips are: of each person as many as of any
    other, of each of their clips as many as of any other, as far as that goes. A pair
    with a damaged frame is left out, which is named in a warning.

    Args:
        clips: list of `aan_keras.data.Clip`, videos only.
        image_size: side of the images in pixels.
        pairs_per_clip: driving frames of each clip.
        most_pairs: pairs of all clips together.

    Raises:
        ValueError: no pair can be read.
    """

    def __init__(self, clips, image_size, pairs_per_clip=6, most_pairs=64):
        pairs = {name: [] for name in ("source", "source_landmarks")}
        pairs |= {name: [] for name in ("driving", "driving_landmarks")}
        for clip, frames in zip(clips, _choose(clips, pairs_per_clip, most_pairs)):
            if not frames:
                continue
            images = [_image(clip, frame, image_size) for frame in (0, *frames)]
            scale = image_size / clip.image_size
            landmarks = (clip.landmarks + 0.5) * scale - 0.5
            for frame, image in zip(frames, images[1:]):
                if images[0] is None or image is None:
                    continue
                pairs["source"].append(images[0])
                pairs["source_landmarks"].append(landmarks[0])
                pairs["driving"].append(image)
                pairs["driving_landmarks"].append(landmarks[frame])
        if not pairs["source"]:
            raise ValueError(
                "No pair of held-out clips can be read: check the files. Received: "
                f"{len(clips)} clips"
            )
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


def _choose(clips, per_clip, most):
    """Of each clip the list of its driving frames, the farthest first, or no frame."""
    frames = [_farthest(clip.landmarks, per_clip) for clip in clips]
    people = {}
    for number, clip in enumerate(clips):
        people.setdefault(clip.identity, []).append(number)
    counts = [sum(len(frames[n]) for n in numbers) for numbers in people.values()]
    for numbers, share in zip(people.values(), _shares(counts, most)):
        parts = _shares([len(frames[n]) for n in numbers], share)
        for number, part in zip(numbers, parts):
            frames[number] = frames[number][:part]
    return frames


def _shares(counts, most):
    """Parts of `counts`, `most` together and as equal as they can be, as integers."""
    shares = np.zeros(len(counts), int)
    while most > 0 and (shares < counts).any():
        takers = np.flatnonzero(shares < counts)
        if len(takers) > most:
            takers = takers[np.linspace(0, len(takers) - 1, most).round().astype(int)]
        shares[takers] += 1
        most -= len(takers)
    return shares


def _farthest(landmarks, count):
    """Frames far from the first, which is not among them."""
    distance = np.abs(landmarks - landmarks[0]).mean((1, 2))
    chosen = []
    for frame in 1 + np.argsort(-distance[1:]):
        if len(chosen) < count and all(abs(frame - c) > _APART for c in chosen):
            chosen.append(int(frame))
    return chosen


def _image(clip, frame, size):
    image = decode_frame(clip.frames[frame])
    if image is None:
        where = f"frame {frame} of {clip.identity}/{clip.name}"
        warnings.warn(f"Skipped damaged {where}", stacklevel=3)
        return None
    if image.shape[0] != size:
        method = cv2.INTER_AREA if size < image.shape[0] else cv2.INTER_CUBIC
        image = cv2.resize(image, (size, size), interpolation=method)
    return image.astype("float32") / 127.5 - 1


def _box(points, size):
    margin = size / 32
    low = np.clip(np.floor(points.min(0) - margin), 0, size - 2).astype(int)
    high = np.clip(np.ceil(points.max(0) + margin), 1, size - 1).astype(int)
    return slice(low[1], high[1] + 1), slice(low[0], high[0] + 1)

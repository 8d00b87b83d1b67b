"""What `--smooth` does to a still face with noisy landmarks, and to a blink.

A clip of one repeated frame, its landmarks with noise of `--noise` pixels (of the
network's crop) in each coordinate, drives the bundled portrait with and without
smoothing. In the rows of the output, the change is the mean absolute difference of
consecutive frames, 0-255; in those of the landmarks, their mean distance in pixels. The
first half second is left out: the filter has seen nothing then.

The blink shuts within 100 ms, stays shut for 50 and opens within 150. Its delay, in
frames, is how much later the smoothed clip passes half of it: of the lids' distance in
the landmarks, and of how far the eyes of the output differ from open ones. The depth is
how much of the blink is left.

Example: python benchmarks/jitter.py
"""

import argparse

import numpy as np
from report import report

from aan_keras import Reenactor
from aan_keras.demo import MOTION, PORTRAIT
from aan_keras.faces import LandmarkTrack
from aan_keras.layers.face_regions import REGION_LANDMARKS
from aan_keras.reenactment import MODES, Reenactment

# Upper and lower lid points of both eyes, which meet in a blink.
LIDS = ((37, 41), (38, 40), (43, 47), (44, 46))


def drive(reenactor, landmarks, crop_size, fps, mode, smooth):
    """The landmarks that drive the network, and its frames as float32."""
    track = LandmarkTrack(landmarks, crop_size, fps)
    reenactment = Reenactment(reenactor, PORTRAIT, track, mode=mode, smooth=smooth)
    return reenactment.landmarks, np.stack([*reenactment.frames()]).astype("float32")


def change(values):
    """Mean absolute difference of consecutive frames."""
    return float(np.mean([np.abs(b - a).mean() for a, b in zip(values, values[1:])]))


def blink(landmarks, fps):
    """The lids of a still face meet and part."""
    seconds = np.arange(len(landmarks)) / fps
    shut = np.interp(seconds, [1, 1.1, 1.15, 1.3], [0, 0.9, 0.9, 0])
    moved = landmarks.copy()
    for upper, lower in LIDS:
        way = landmarks[:, lower] - landmarks[:, upper]
        moved[:, upper] += shut[:, None] * way
    return moved


def lids_apart(landmarks):
    return np.mean([landmarks[:, b, 1] - landmarks[:, a, 1] for a, b in LIDS], axis=0)


def eyes_changed(landmarks, frames):
    """How far the eyes of each frame differ from those of the first, 0-255."""
    boxes = [
        landmarks[0][list(REGION_LANDMARKS[eye])] for eye in ("right_eye", "left_eye")
    ]
    total = 0
    for points in boxes:
        left, top = points.min(0).astype(int) - 2
        right, bottom = points.max(0).astype(int) + 3
        eyes = frames[:, top:bottom, left:right]
        total = total + np.abs(eyes - eyes[0]).mean((1, 2, 3))
    return total / 2


def passes(values, level, frames):
    """When `values` first pass `level`, between two of `frames`."""
    for t in frames:
        before, after = values[t] - level, values[t + 1] - level
        if before * after <= 0 and before != after:
            return t + before / (before - after)
    return float("nan")


def delays(plain, smooth, fps):
    """Frames by which shutting and opening come later, and the share that is left."""
    plain, smooth = (np.abs(values - values[0]) for values in (plain, smooth))
    half, end = plain.max() / 2, len(plain) - 1
    late = []
    for first in (lambda values: fps - 1, lambda values: int(values.argmax())):
        times = [passes(v, half, range(first(v), end)) for v in (smooth, plain)]
        late.append(times[0] - times[1])
    return [float(x) for x in (*late, smooth.max() / plain.max())]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="aan_128")
    parser.add_argument("--mode", choices=MODES, default=MODES[0])
    parser.add_argument("--noise", type=float, default=0.5, metavar="PIXELS")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--fps", type=int, default=25)
    arguments = parser.parse_args()
    reenactor = Reenactor.from_preset(arguments.preset)
    bundled = LandmarkTrack.load(MOTION)
    still = np.repeat(bundled.landmarks[:1].astype("float64"), arguments.frames, 0)
    unit = bundled.crop_size / reenactor.image_size
    noise = np.random.default_rng(0).normal(
        scale=arguments.noise * unit, size=still.shape
    )
    common = (bundled.crop_size, arguments.fps, arguments.mode)

    settled = slice(arguments.fps // 2, None)
    changes = {}
    for smooth in (False, True):
        landmarks, frames = drive(reenactor, still + noise, *common, smooth)
        for what, values in (("landmarks", landmarks), ("output", frames)):
            changes[what, smooth] = change(values[settled])
    rows = []
    for what in ("landmarks", "output"):
        before, after = changes[what, False], changes[what, True]
        rows.append(
            {
                "still face": what,
                "change": before,
                "smoothed": after,
                "less by %": 100 * (1 - after / before),
            }
        )
    context = {"preset": arguments.preset, "mode": arguments.mode}
    context.update(noise=arguments.noise, fps=arguments.fps)
    report("jitter_still", rows, **context)

    # Without noise, so that only the filter moves the time.
    plain, smooth = (
        drive(reenactor, blink(still, arguments.fps), *common, smooth)
        for smooth in (False, True)
    )
    measures = {
        "landmarks": lambda landmarks, frames: lids_apart(landmarks),
        "output": eyes_changed,
    }
    rows = []
    for what, measure in measures.items():
        shut, opened, depth = delays(measure(*plain), measure(*smooth), arguments.fps)
        rows.append(
            {
                "blink": what,
                "shuts later, frames": shut,
                "opens later, frames": opened,
                "depth left %": 100 * depth,
            }
        )
    report("jitter_blink", rows, **context)


if __name__ == "__main__":
    main()

"""Image quality on people held out of training, on three lists of pairs of frames.

Of each video clip of the validation identities: `far`, the first frame driven by the
six that move most, no neighbours of each other; `near`, sixteen pairs drawn by chance
whose landmarks move by 4 to 25 % of the distance of the eyes; `spread`, four sources
and eight driving frames at equal distances. For the preset and for a piecewise-affine
warp of the source by the landmarks, which learned nothing: L1 on 0-255 of the whole
image, in the box of the face and in that of the mouth, SSIM, and the variance of the
Laplacian over that of the real frame; and L1 of the preset in percent of the warp's.

Example: python benchmarks/held_out_pairs.py --data faces/train
"""

import argparse

import cv2
import numpy as np
from photo_detail import box, sharpness
from report import report
from scipy.interpolate import LinearNDInterpolator
from skimage.metrics import structural_similarity

from aan_keras.compiled_reenactor import CompiledReenactor
from aan_keras.data import read_clips, split_identities
from aan_keras.data.clips import decode_frame
from aan_keras.models import Reenactor

MOST, APART = 6, 3
NEAR, MOVES = 16, (0.04, 0.25)
SOURCES, DRIVING = 4, 8
BORDER = np.array([[0, 0], [1, 0], [2, 0], [2, 1], [2, 2], [1, 2], [0, 2], [0, 1]]) / 2


def far(landmarks, generator):
    moved = np.abs(landmarks - landmarks[0]).mean((1, 2))
    picked = []
    for row in np.argsort(moved)[::-1]:
        if all(abs(row - other) > APART for other in picked):
            picked.append(row)
    return [(0, row) for row in picked[:MOST]]


def near(landmarks, generator):
    eyes = np.linalg.norm(landmarks[:, 36] - landmarks[:, 45], axis=-1)
    distance = np.linalg.norm(landmarks[:, None] - landmarks[None], axis=-1).mean(-1)
    moved = distance / eyes[:, None]
    fit = (MOVES[0] <= moved) & (moved <= MOVES[1])
    np.fill_diagonal(fit, False)
    pairs = np.argwhere(fit)
    return pairs[generator.choice(len(pairs), min(NEAR, len(pairs)), replace=False)]


def spread(landmarks, generator):
    last = len(landmarks) - 1
    sources = np.linspace(0, last, SOURCES + 1).astype(int)[:-1]
    return [(i, j) for i in sources for j in np.linspace(0, last, DRIVING).astype(int)]


def warped(source, points, driving):
    """The source under a piecewise-affine warp that moves its landmarks."""
    size = source.shape[0]
    border = BORDER * (size - 1)
    # From the driving frame's places to the source's.
    places = LinearNDInterpolator(
        np.vstack([driving, border]), np.vstack([points, border])
    )
    x, y = np.meshgrid(np.arange(size), np.arange(size))
    x, y = np.moveaxis(places(x, y), -1, 0).astype("float32")
    return cv2.remap(source, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def measures(image, real, driving):
    error = np.abs(image.astype("float64") - real)
    size = real.shape[0]
    return {
        "L1": error.mean(),
        "face L1": error[box(driving, size)].mean(),
        "mouth L1": error[box(driving[48:], size, margin=3)].mean(),
        "SSIM": structural_similarity(image, real, channel_axis=2),
        "sharpness": sharpness(image) / sharpness(real),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--preset", default="aan_128")
    parser.add_argument("--validation", nargs=2, type=int, default=(6, 12))
    arguments = parser.parse_args()
    reenactor = Reenactor.from_preset(arguments.preset)
    size, runner = reenactor.image_size, CompiledReenactor(reenactor)
    _, held_out = split_identities(arguments.data, tuple(arguments.validation))
    rows = []
    clips = [c for c in read_clips(arguments.data, held_out) if not c.is_photo_set]
    for choose in (far, near, spread):
        generator, found = np.random.default_rng(0), {"warp": [], "preset": []}
        for clip in clips:
            landmarks = (clip.landmarks + 0.5) * (size / clip.image_size) - 0.5
            landmarks = landmarks.astype("float32")
            for i, j in choose(landmarks, generator):
                source, real = (
                    cv2.resize(
                        decode_frame(clip.frames[k]),
                        (size, size),
                        interpolation=cv2.INTER_AREA,
                    )
                    for k in (i, j)
                )
                code = runner.encode_source(source, landmarks[i])
                frame, *_ = runner.drive(code, landmarks[j])
                floor = warped(source, landmarks[i], landmarks[j])
                for name, image in (("warp", floor), ("preset", frame)):
                    found[name].append(measures(image, real, landmarks[j]))
        count = len(found["preset"])
        means = {
            name: {key: np.mean([v[key] for v in values]) for key in values[0]}
            for name, values in found.items()
        }
        for name, figures in means.items():
            row = {"pairs": f"{choose.__name__} ({count})", "method": name, **figures}
            for key in ("L1", "face L1", "mouth L1"):
                row[f"{key} %"] = 100 * (figures[key] / means["warp"][key] - 1)
            rows.append(row)
    report("held_out_pairs", rows, preset=arguments.preset, image_size=size)


if __name__ == "__main__":
    main()

"""What insides of mouths look like on average: the table in `MouthInside`.

Of each video clip of the people trained on, frames with an open mouth. By least
squares, the logarithm of the light inside as a share of that on the face, linear
between the places and openings that the layer knows; neighbours are held together, as
corners of mouths have few pixels. A clip counts as the root of its open mouths.

Example: python benchmarks/usual_mouth.py --data faces/train
"""

import argparse

import cv2
import keras
import numpy as np
from report import report

from aan_keras.data import read_clips, split_identities
from aan_keras.data.clips import decode_frame
from aan_keras.layers import MouthInside
from aan_keras.layers.lip_change import lip_opening
from aan_keras.layers.mouth_inside import (
    ACROSS,
    OPENINGS,
    OUT,
    mouth_places,
    opening_shares,
)

OPEN = 0.02
FRAMES = 16
# Of the squared differences of neighbours, beside one a pixel of weight 1.
SMOOTH = 0.05
SHAPE = OPENINGS, ACROSS, OUT


def open_frames(clip, size):
    """Images in [-1, 1] and landmarks of the frames whose mouth is open."""
    landmarks = (clip.landmarks + 0.5) * (size / clip.image_size) - 0.5
    landmarks = landmarks.astype("float32")
    opening = keras.ops.convert_to_numpy(lip_opening(landmarks))
    rows = np.flatnonzero(opening > OPEN)
    if len(rows) > FRAMES:
        rows = rows[np.linspace(0, len(rows) - 1, FRAMES).astype(int)]
    images = [
        cv2.resize(
            decode_frame(clip.frames[i]), (size, size), interpolation=cv2.INTER_AREA
        )
        for i in rows
    ]
    return [image.astype("float32") / 127.5 - 1 for image in images], landmarks[rows]


def samples(layer, image, landmarks):
    """Shares of the openings, and of each pixel inside its shares of the places and
    the logarithm of its light; None without pixels."""
    image, landmarks = image[None], landmarks[None]
    along, above, below = layer.inner.curves(landmarks)
    inside = np.asarray(layer.inner.between(above, below)).ravel() > 0.9
    if inside.sum() < 4:
        return None
    places = np.asarray(mouth_places(along, above, below))[0, inside]
    openings = np.asarray(opening_shares(lip_opening(landmarks)))[0]
    light = np.asarray(layer.light(image, landmarks)).reshape(3)
    return openings, places, np.log((image.reshape(-1, 3)[inside] + 1.02) / light)


def fit(clips):
    """`[OPENINGS, ACROSS, OUT, 3]` of a list of clips, each a list of samples."""
    normal = np.zeros((np.prod(SHAPE), np.prod(SHAPE)))
    right = np.zeros((np.prod(SHAPE), 3))
    for clip in clips:
        total = sum(openings for openings, _, _ in clip)
        for openings, places, values in clip:
            weight = np.sum(openings / np.sqrt(total + 1)) / len(places)
            known = (openings[:, None] * places[:, None]).reshape(len(places), -1)
            normal += weight * known.T @ known
            right += weight * known.T @ values
    numbers = np.arange(np.prod(SHAPE)).reshape(SHAPE)
    for axis in range(len(SHAPE)):
        pairs = np.stack([np.delete(numbers, i, axis).ravel() for i in (-1, 0)])
        for pair in pairs.T:
            normal[np.ix_(pair, pair)] += SMOOTH * np.array([[1, -1], [-1, 1]])
    return np.linalg.solve(normal, right).reshape(*SHAPE, 3)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--validation", nargs=2, type=int, default=(6, 12))
    arguments = parser.parse_args()
    layer = MouthInside(arguments.size)
    names, _ = split_identities(arguments.data, tuple(arguments.validation))
    clips = []
    for clip in read_clips(arguments.data, names):
        if clip.is_photo_set:
            continue
        frames = zip(*open_frames(clip, arguments.size))
        found = [samples(layer, *frame) for frame in frames]
        clips.append([sample for sample in found if sample is not None])
    table = fit(clips)
    rows = [
        {"opening": i, "height": j}
        | {
            f"{place} {colour}": float(table[i, j, k, c])
            for k, place in enumerate(("middle", "corner"))
            for c, colour in enumerate("RGB")
        }
        for i in range(OPENINGS)
        for j in range(ACROSS)
    ]
    counts = [len(clip) for clip in clips if clip]
    report("usual_mouth", rows, clips=len(counts), frames=sum(counts))


if __name__ == "__main__":
    main()

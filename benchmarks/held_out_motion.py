"""How mouths and eyes of people held out of training follow the driving face.

Each video clip of the validation identities is reenacted from one of its own frames:
for the mouth from the one with the most closed mouth, for the eyes from the one with
the widest eyes. The landmarks of every output are found anew by dlib and set beside
dlib's of the real frame: Pearson correlation over the clip of mouth and eye opening,
for clips in which they move. Of each widest mouth, what lies between the inner lips in
the real frame and in the output: luminance of the darkest fifth, mean, brightest fifth,
and red less green, on 0-255. A picture sheet shows source, real frame and output, in
close-up, where mouth or eyes differ most from the source.

Example: python benchmarks/held_out_motion.py --data faces/train --sheet motion.png
"""

import argparse

import cv2
import numpy as np
from demo_motion import mouth_opening
from report import report

from aan_keras import Reenactor
from aan_keras.compiled_reenactor import CompiledReenactor
from aan_keras.data import read_clips, split_identities
from aan_keras.data.clips import decode_frame
from aan_keras.faces import DlibLandmarker, write_photo
from aan_keras.layers import MouthInside

# Openings in units of the face's height: less than this is landmark noise.
MOVES = {"mouth": 0.04, "eyes": 0.025}
CLOSE_UP = {"mouth": range(48, 68), "eyes": range(36, 48)}


def eye_opening(points):
    upper, lower = [37, 38, 43, 44], [41, 40, 47, 46]
    gap = np.linalg.norm(points[:, upper] - points[:, lower], axis=-1).mean(1)
    return gap / np.linalg.norm(points[:, 8] - points[:, 27], axis=-1)


MEASURES = {"mouth": mouth_opening, "eyes": eye_opening}


def drive_clip(runner, frames, landmarks, source):
    """All frames of a clip from one of them: uint8 `[T, S, S, 3]`."""
    code = runner.encode_source(frames[source], landmarks[source])
    return np.stack([runner.drive(code, points)[0] for points in landmarks])


def found_landmarks(landmarker, frames):
    """dlib's landmarks `[T, 68, 2]`, NaN where it finds no face."""
    rows = []
    for frame in frames:
        large = cv2.resize(frame, (256, 256), interpolation=cv2.INTER_CUBIC)
        faces = landmarker(large)
        rows.append(faces[0].landmarks if faces else np.full((68, 2), np.nan))
    return np.stack(rows).astype("float64")


def close_up(image, landmarks, part, size=96):
    points = landmarks[list(CLOSE_UP[part])]
    centre, radius = points.mean(0), np.ptp(points[:, 0]) * 0.7 + 4
    low = np.maximum(np.floor(centre - radius), 0).astype(int)
    high = np.ceil(centre + radius).astype(int)
    piece = image[low[1] : high[1], low[0] : high[0]]
    return cv2.resize(piece, (size, size), interpolation=cv2.INTER_CUBIC)


def inside_mouth(image, landmarks):
    """What lies between the inner lips, on 0-255."""
    mask = np.asarray(MouthInside(image.shape[0]).inner(landmarks[None]))[0, ..., 0]
    inside = image[mask > 0.5].astype("float64")
    grey = np.sort(inside @ [0.299, 0.587, 0.114])
    fifth = max(len(grey) // 5, 1)
    return {
        "darkest": grey[:fifth].mean(),
        "mean": grey.mean(),
        "brightest": grey[-fifth:].mean(),
        "red-green": (inside[:, 0] - inside[:, 1]).mean(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--preset", default="aan_128")
    parser.add_argument("--validation", nargs=2, type=int, default=(6, 12))
    parser.add_argument("--sheet", help="PNG to write")
    arguments = parser.parse_args()
    reenactor = Reenactor.from_preset(arguments.preset)
    size, runner = reenactor.image_size, CompiledReenactor(reenactor)
    landmarker = DlibLandmarker()
    _, held_out = split_identities(arguments.data, tuple(arguments.validation))
    rows, sheet, insides = [], [], []
    for clip in read_clips(arguments.data, held_out):
        if clip.is_photo_set:
            continue
        frames = [
            cv2.resize(decode_frame(f), (size, size), interpolation=cv2.INTER_AREA)
            for f in clip.frames
        ]
        landmarks = (clip.landmarks + 0.5) * (size / clip.image_size) - 0.5
        landmarks = landmarks.astype("float32")
        real = found_landmarks(landmarker, frames)
        for part, measure in MEASURES.items():
            opening = measure(landmarks)
            if np.ptp(opening) < MOVES[part]:
                continue
            source = np.argmin(opening) if part == "mouth" else np.argmax(opening)
            outputs = drive_clip(runner, frames, landmarks, source)
            found = found_landmarks(landmarker, outputs)
            seen = np.isfinite(found + real).all((1, 2))
            pair = measure(found[seen]), measure(real[seen])
            rows.append(
                {
                    "identity": clip.identity,
                    "part": part,
                    "correlation": float(np.corrcoef(*pair)[0, 1]),
                    "range": float(np.ptp(pair[0]) / np.ptp(pair[1])),
                    "faces": float(np.isfinite(found).all((1, 2)).mean()),
                }
            )
            farthest = np.argmax(np.abs(opening - opening[source]))
            views = (
                (frames[source], landmarks[source]),
                (frames[farthest], landmarks[farthest]),
                (outputs[farthest], landmarks[farthest]),
            )
            sheet.append(np.hstack([close_up(*view, part) for view in views]))
            if part == "mouth":
                insides += [
                    {"identity": clip.identity, "frame": name, **inside_mouth(*view)}
                    for name, view in zip(("real", "output"), views[1:])
                ]
    for part in MEASURES:
        values = [row["correlation"] for row in rows if row["part"] == part]
        mean = {"identity": "mean", "part": part, "correlation": float(np.mean(values))}
        rows.append({**mean, "range": np.nan, "faces": np.nan})
    for name in ("real", "output"):
        found = [row for row in insides if row["frame"] == name]
        mean = {key: np.mean([row[key] for row in found]) for key in list(found[0])[2:]}
        insides.append({"identity": "mean", "frame": name, **mean})
    context = {"preset": arguments.preset, "image_size": size}
    report("held_out_motion", rows, **context)
    report("held_out_mouths", insides, **context)
    if arguments.sheet:
        columns = 3
        blank = np.zeros_like(sheet[0])
        sheet += [blank] * (-len(sheet) % columns)
        lines = [
            np.hstack(sheet[i : i + columns]) for i in range(0, len(sheet), columns)
        ]
        write_photo(arguments.sheet, np.vstack(lines))


if __name__ == "__main__":
    main()

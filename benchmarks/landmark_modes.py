"""What the landmark transformer does for identity and expression between people.

Every held-out person's first frame is animated by the clips of two others, with the
driving landmarks as they are (`absolute`) and on the source's face shape (`transform`).
Printed for each way:

- shape: mean distance of the applied landmarks to the source's own in what does not
  move with expression (outline without the chin, nose, eye corners), both turned to the
  front by their head poses and laid over each other; % of the distance of the eyes.
- identity: Euclidean distance of dlib's descriptors of source and output (under 0.6 is
  one person), and the angle between them in degrees.
- mouth, eyes, brows: Pearson correlation over a clip of the openings, and of the brows'
  height, found by dlib in the output and in the driving frame, for clips in which they
  move.
- aucon: share of ten action units whose presence agrees (`AUCON`), by dlib's landmarks
  of output and driving frame, each against its own person's neutral face.

The last line is the difference of both ways, and how far it may be off: the standard
error of its mean over the pairs.

A picture sheet shows source, driving frame, absolute and transform for the frame of
each pair whose mouth opens farthest.

Example: python benchmarks/landmark_modes.py --data faces/train --sheet modes.png
"""

import argparse

import cv2
import numpy as np
from held_out_motion import eye_opening, found_landmarks
from report import report

from aan_keras import Reenactor
from aan_keras.data import read_clips, split_identities
from aan_keras.data.clips import decode_frame
from aan_keras.evaluation.action_units import (
    action_units,
    expression_measures,
    neutral_measures,
)
from aan_keras.faces import DlibLandmarker, write_photo
from aan_keras.faces.head_pose import head_pose
from aan_keras.faces.motion_transfer import transfer_motion
from aan_keras.layers import FaceChip
from aan_keras.metrics import AUCON
from aan_keras.models import IdentityNet, LandmarkTransformer

MODES = ("absolute", "transform")
# The outline without the chin, which falls with the jaw; the nose; the eye corners.
STEADY = [*range(0, 5), *range(12, 17), *range(27, 36), 36, 39, 42, 45]
MOVES = {"mouth": 0.04, "eyes": 0.025, "brows": 0.02}


def mouth_gap(points):
    gap = np.linalg.norm(points[:, 62] - points[:, 66], axis=-1)
    return gap / face_height(points)


def brow_height(points):
    brows, lids = points[:, 17:27].mean(1), points[:, 36:48].mean(1)
    return np.linalg.norm(brows - lids, axis=-1) / face_height(points)


def face_height(points):
    return np.linalg.norm(points[:, 8] - points[:, 27], axis=-1)


MEASURES = {"mouth": mouth_gap, "eyes": eye_opening, "brows": brow_height}


def steady_shape(points):
    """Frontal, centred, as complex numbers: `[68, 2]` to `[len(STEADY)]`."""
    shape = head_pose(points).frontal(points)[STEADY]
    return (shape - shape.mean(0)) @ [1, 1j]


def shape_distance(points, source):
    """Of landmarks `[T, 68, 2]` to the source's `[68, 2]`: `[T]`, in %."""
    goal = steady_shape(source)
    eyes = np.abs(goal[STEADY.index(36)] - goal[STEADY.index(45)])
    distances = []
    for shape in map(steady_shape, points):
        fit = np.vdot(shape, goal) / np.vdot(shape, shape)
        distances.append(np.abs(fit * shape - goal).mean() / eyes)
    return 100 * np.array(distances)


def descriptors(net, chip, images, landmarks):
    images = images.astype("float32") / 127.5 - 1
    return np.asarray(net(chip(images, landmarks.astype("float32"))))


def agreement(found, neutral, real, real_neutral):
    """AUCON of landmarks `[T, 68, 2]`, each with its person's neutral measures."""
    units = [
        action_units([expression_measures(p) for p in points], rest)
        for points, rest in ((real, real_neutral), (found, neutral))
    ]
    return float(np.nanmean(AUCON().per_sample(*units)))


def compare(values):
    """Each measure's mean over the pairs by mode, and that of the difference.

    Args:
        values: dict by mode of dicts by measure of lists, NaN where not measured.
    """
    rows = [{"mode": mode} for mode in (*MODES, "difference", "standard error")]
    for name in values[MODES[0]]:
        figures = np.array([values[mode][name] for mode in MODES], "float64")
        figures = figures[:, np.isfinite(figures).all(0)]
        change = figures[1] - figures[0]
        error = change.std(ddof=1) / np.sqrt(len(change))
        for row, value in zip(rows, (*figures.mean(1), change.mean(), error)):
            row[name] = float(value)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--preset", default="aan_128")
    parser.add_argument("--landmark-preset", default="landmarks")
    parser.add_argument("--validation", nargs=2, type=int, default=(6, 12))
    parser.add_argument("--frames", type=int, default=24, help="of each driving clip")
    parser.add_argument("--sheet", help="PNG to write")
    arguments = parser.parse_args()
    reenactor = Reenactor.from_preset(arguments.preset)
    transformer = LandmarkTransformer.from_preset(arguments.landmark_preset)
    size, net, chip = reenactor.image_size, IdentityNet(), FaceChip()
    landmarker = DlibLandmarker()
    _, held_out = split_identities(arguments.data, tuple(arguments.validation))
    clips = []
    for clip in read_clips(arguments.data, held_out):
        if not clip.is_photo_set:
            count = min(arguments.frames, len(clip.frames))
            chosen = np.linspace(0, len(clip.frames) - 1, count).round().astype(int)
            frames = np.stack(
                [cv2.resize(decode_frame(clip.frames[i]), (size, size)) for i in chosen]
            )
            points = (clip.landmarks[chosen] + 0.5) * (size / clip.image_size) - 0.5
            real = found_landmarks(landmarker, frames)
            clips.append((frames, points, real, neutral_measures(real)))
    values = {mode: {} for mode in MODES}
    sheet = []
    for i, (frames, points, _, neutral) in enumerate(clips):
        source, source_points = frames[0], points[0]
        unit = source[None].astype("float32") / 127.5 - 1
        code = reenactor.encode_source(unit, source_points[None].astype("float32"))
        own = descriptors(net, chip, source[None], source_points[None])
        for offset in (1, 4):
            driving_frames, driving, real, rest = clips[(i + offset) % len(clips)]
            pictures = [source, None]
            for mode in MODES:
                applied = driving
                if mode == "transform":
                    applied = transformer.put_on(driving, source_points, unit[0])
                applied = transfer_motion(source_points, applied)
                images = np.concatenate(
                    [np.asarray(reenactor.drive(code, p[None])) for p in applied]
                )
                images = np.round((images + 1) * 127.5).astype("uint8")
                found = found_landmarks(landmarker, images)
                seen = np.isfinite(found + real).all((1, 2))
                # dlib's were found at 256 px.
                places = (found[seen] + 0.5) * (size / 256) - 0.5
                vectors = descriptors(net, chip, images[seen], places)
                cosine = vectors @ own[0] / np.linalg.norm(vectors, axis=1)
                cosine = cosine / np.linalg.norm(own[0])
                rows = {
                    "shape": shape_distance(applied, source_points).mean(),
                    "identity": np.linalg.norm(vectors - own, axis=1).mean(),
                    "angle": np.degrees(np.arccos(np.clip(cosine, -1, 1))).mean(),
                    "faces": np.isfinite(found).all((1, 2)).mean(),
                }
                for part, measure in MEASURES.items():
                    truth = measure(real[seen])
                    rows[part] = np.nan
                    if np.ptp(truth) >= MOVES[part]:
                        pair = measure(found[seen]), truth
                        rows[part] = np.corrcoef(*pair)[0, 1]
                rows["aucon"] = agreement(found[seen], neutral, real[seen], rest)
                for name, value in rows.items():
                    values[mode].setdefault(name, []).append(float(value))
                widest = int(np.nanargmax(mouth_gap(driving)))
                pictures[1] = driving_frames[widest]
                pictures.append(images[widest])
            sheet.append(np.hstack(pictures))
    report("landmark_modes", compare(values), preset=arguments.preset, pairs=len(sheet))
    if arguments.sheet:
        half = len(sheet) // 2
        columns = [np.vstack(sheet[:half]), np.vstack(sheet[half : 2 * half])]
        write_photo(arguments.sheet, np.hstack(columns))


if __name__ == "__main__":
    main()

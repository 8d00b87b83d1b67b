"""Whether the metrics measure what they say, on real faces.

- CSIM, AED, texture: for two photos of one person and one of another, how often the two
  are the more similar ones.
- AUCON: of videos with themselves, with themselves shuffled, and with a copy that was
  blurred (Gaussian, 1 pixel), which shows what detection alone costs.
- PRMSE: of known rotations of the 3-D model, seen by cameras at several distances, and
  of real frames against blurred ones.

Example: python benchmarks/metric_validity.py --data faces/train
"""

import argparse

import cv2
import numpy as np
from report import report

from aan_keras import metrics
from aan_keras.data import read_clips
from aan_keras.data.clips import decode_frame
from aan_keras.evaluation import FaceAnalysis, Faces, action_units, head_pose
from aan_keras.evaluation.face_texture import texture_similarity
from aan_keras.evaluation.resize import resize_image
from aan_keras.faces.face_model import face_model

SIZE = 128


def analyse(images, analysis, batch_size=16):
    parts = [
        analysis(np.stack(images[start : start + batch_size]))
        for start in range(0, len(images), batch_size)
    ]
    return Faces.concatenate(parts)


def identity_rows(clips, analysis, count, generator):
    """Triples of a person's two photos and another person's."""
    photos = {}
    for clip in clips:
        if clip.is_photo_set:
            photos.setdefault(clip.identity, []).extend(
                decode_frame(frame) for frame in clip.frames
            )
    people = sorted(name for name, images in photos.items() if len(images) > 1)
    triples = []
    for number in range(count):
        person = people[number % len(people)]
        first, second = generator.choice(len(photos[person]), 2, replace=False)
        other = people[(number + 1 + generator.integers(len(people) - 1)) % len(people)]
        third = generator.integers(len(photos[other]))
        triples.append(
            (photos[person][first], photos[person][second], photos[other][third])
        )
    a, b, c = (
        analyse([resize_image(image, SIZE) for image in images], analysis)
        for images in zip(*triples)
    )
    found = a.found & b.found & c.found
    rows = []
    for name, same, other in (
        (
            "CSIM",
            metrics.CSIM.from_descriptors(a.identity, b.identity),
            metrics.CSIM.from_descriptors(a.identity, c.identity),
        ),
        (
            "AED, negated",
            -np.asarray(metrics.AED.from_descriptors(a.identity, b.identity)),
            -np.asarray(metrics.AED.from_descriptors(a.identity, c.identity)),
        ),
        (
            "texture",
            texture_similarity(a.texture, b.texture),
            texture_similarity(a.texture, c.texture),
        ),
    ):
        same, other = np.asarray(same)[found], np.asarray(other)[found]
        rows.append(
            {
                "what": f"{name}: share of triples in order",
                "over": len(same),
                "value": float((same > other).mean()),
            }
        )
        rows.append(
            {
                "what": f"{name}: mean of one person",
                "over": len(same),
                "value": float(same.mean()),
            }
        )
        rows.append(
            {
                "what": f"{name}: mean of two people",
                "over": len(same),
                "value": float(other.mean()),
            }
        )
    return rows


def expression_rows(clips, analysis, count, generator):
    """AUCON and PRMSE of videos with themselves, shuffled and blurred."""
    videos = [clip for clip in clips if not clip.is_photo_set][::1]
    order = generator.permutation(len(videos))[:count]
    agree = {"itself": [], "itself, blurred": [], "itself, shuffled": []}
    squares = {"itself, blurred": [], "itself, shuffled": []}
    for number in sorted(order):
        clip = videos[number]
        images = [resize_image(decode_frame(frame), SIZE) for frame in clip.frames[::4]]
        faces = analyse(images, analysis)
        blurred = analyse([cv2.GaussianBlur(i, (0, 0), 1) for i in images], analysis)
        rest = np.nanmedian(faces.expression, 0)
        units = action_units(faces.expression, rest)
        shuffled = generator.permutation(len(units))
        for name, other, pose in (
            ("itself", units, None),
            ("itself, blurred", action_units(blurred.expression, rest), blurred.angles),
            ("itself, shuffled", units[shuffled], faces.angles[shuffled]),
        ):
            agree[name].append(metrics.AUCON().per_sample(units, other))
            if pose is not None:
                squares[name].append(metrics.PRMSE().per_sample(faces.angles, pose))
    rows = []
    for name, values in agree.items():
        values = np.concatenate(values)
        rows.append(
            {
                "what": f"AUCON of a clip with {name}",
                "over": int(np.isfinite(values).sum()),
                "value": float(np.nanmean(values)),
            }
        )
    for name, values in squares.items():
        values = np.concatenate(values)
        rows.append(
            {
                "what": f"PRMSE of a clip with {name}",
                "over": int(np.isfinite(values).sum()),
                "value": float(np.sqrt(np.nanmean(values))),
            }
        )
    return rows


def rotation(pitch, yaw, roll):
    x, y, z = (
        cv2.Rodrigues(np.radians(a) * np.eye(3)[i])[0]
        for i, a in enumerate((pitch, yaw, roll))
    )
    return x @ y @ z


def rotation_rows(count, generator):
    rows = []
    for distance in (600.0, 1000.0, 3000.0, np.inf):
        poses = generator.uniform((-25, -40, -30), (25, 40, 30), (count, 3))
        found = []
        for pose in poses:
            points = face_model() @ rotation(*pose).T
            depth = 1 + points[:, 2:] / distance
            landmarks = points[:, :2] / depth * 0.43 + SIZE / 2
            landmarks += generator.normal(0, 0.2, landmarks.shape)
            found.append(head_pose(landmarks).angles)
        squares = metrics.PRMSE().per_sample(poses, np.array(found))
        rows.append(
            {
                "what": f"PRMSE of known rotations, camera at {distance:g} mm",
                "over": count,
                "value": float(np.sqrt(np.mean(squares))),
            }
        )
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="<identity>/<clip>/ folders")
    parser.add_argument("--triples", type=int, default=300)
    parser.add_argument("--videos", type=int, default=20)
    arguments = parser.parse_args()
    generator = np.random.default_rng(0)
    clips = read_clips(arguments.data)
    analysis = FaceAnalysis()
    rows = identity_rows(clips, analysis, arguments.triples, generator)
    rows += expression_rows(clips, analysis, arguments.videos, generator)
    rows += rotation_rows(200, generator)
    report("metric_validity", rows, size=SIZE)


if __name__ == "__main__":
    main()

"""How well the demo's output follows its driving track.

The landmarks of every output frame are found anew by dlib and set beside the driving
track: share of frames with a face, and Pearson correlation over the track of

- mouth opening: mean distance of the inner lips over the face's height (nose bridge to
  chin),
- yaw: place of the nose tip between the two ends of the jaw, -1 to 1,
- roll: angle of the line between the eye centres, degrees.

Example: python benchmarks/demo_motion.py --preset aan_128
"""

import argparse

import numpy as np
from report import report

from aan_keras import Reenactor, reenact
from aan_keras.demo import MOTION, PORTRAIT
from aan_keras.faces import DlibLandmarker, LandmarkTrack


def mouth_opening(points):
    gap = np.linalg.norm(points[:, 61:64] - points[:, [67, 66, 65]], axis=-1).mean(1)
    return gap / np.linalg.norm(points[:, 8] - points[:, 27], axis=-1)


def yaw(points):
    nose = points[:, 30]
    right = np.linalg.norm(nose - points[:, 0:3].mean(1), axis=-1)
    left = np.linalg.norm(nose - points[:, 14:17].mean(1), axis=-1)
    return (right - left) / (right + left)


def roll(points):
    axis = points[:, 42:48].mean(1) - points[:, 36:42].mean(1)
    return np.degrees(np.arctan2(axis[:, 1], axis[:, 0]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="aan_128")
    parser.add_argument("--source", default=str(PORTRAIT))
    parser.add_argument("--driving", default=str(MOTION), help="landmark track (.npz)")
    parser.add_argument("--absolute", action="store_true")
    arguments = parser.parse_args()
    reenactor = Reenactor.from_preset(arguments.preset)
    track = LandmarkTrack.load(arguments.driving)
    frames = reenact(
        reenactor,
        arguments.source,
        arguments.driving,
        relative=not arguments.absolute,
    )
    landmarker = DlibLandmarker()
    found, kept = [], []
    total = 0
    for t, frame in enumerate(frames):
        total += 1
        faces = landmarker(frame)
        if faces:
            found.append(faces[0].landmarks)
            kept.append(t)
    output = np.asarray(found, "float64")
    driving = track.landmarks[kept].astype("float64")
    rows = [{"what": "faces found", "value": len(kept) / total}]
    for measure in (mouth_opening, yaw, roll):
        correlation = np.corrcoef(measure(output), measure(driving))[0, 1]
        name = f"{measure.__name__.replace('_', ' ')} correlation"
        rows.append({"what": name, "value": round(float(correlation), 3)})
    report("demo_motion", rows, frames=total, preset=arguments.preset)


if __name__ == "__main__":
    main()

"""What `complete_photo` brings where a photo shows a face from the side.

Of each person, a photo or frame that is turned by more than 10 degrees is driven by the
landmarks of others of the same clip or photo set that are turned back by at least 18:
as it is (what it hides is drawn out), and completed first. Against the real image, of
photos turned by less than 20 degrees and of the others: L1 on 0-255 in the box of the
face; in how many dlib finds a face; the distance of dlib's landmarks in percent of the
eyes' (of the images where both have a face); and the distance of its face descriptors,
under 0.6 being the same person.

Example: python benchmarks/turned_photos.py --data faces/train --sheet turned.png
"""

import argparse

import numpy as np
from report import report

from aan_keras import Reenactor
from aan_keras.complete_photo import complete_photo, turns_back
from aan_keras.data import read_clips
from aan_keras.data.clips import decode_frame
from aan_keras.driven_frames import driven_frames
from aan_keras.faces import DlibLandmarker, FaceCrop, write_photo
from aan_keras.faces.head_pose import head_pose
from aan_keras.layers import FaceChip
from aan_keras.models import IdentityNet

ROWS = ("drawn out", "completed")
DRIVING = 4
FAR = 20.0


def yaws(landmarks):
    poses = map(head_pose, landmarks)
    return np.array([np.nan if pose is None else pose.angles[1] for pose in poses])


def pairs_of(clip, generator):
    """Source, and driving frames that it is turned back to; None without any."""
    count = len(clip.landmarks)
    for source in generator.permutation(count):
        back = [
            i
            for i in range(count)
            if turns_back(clip.landmarks[source], clip.landmarks[i : i + 1])
        ]
        if back:
            return source, back[:: -(-len(back) // DRIVING)]
    return None


def run_clip(reenactor, clip, source, driving):
    """uint8 `[2, T, S, S, 3]`: frames as the model makes them, and completed."""
    size = clip.image_size
    photo, landmarks = decode_frame(clip.frames[source]), clip.landmarks[source]
    crop = FaceCrop(0, 0, size)
    made = []
    for source_photo, points in (
        (photo, landmarks),
        complete_photo(reenactor, photo, crop, landmarks),
    ):
        frames = driven_frames(reenactor, source_photo, points, clip.landmarks[driving])
        made.append([image for image, *_ in frames])
    return np.array(made)


class Measures:
    def __init__(self):
        self._landmarker = DlibLandmarker()
        self._chip, self._net = FaceChip(), IdentityNet()

    def __call__(self, image, real, landmarks):
        low = np.floor(landmarks.min(0)).astype(int).clip(0)
        high = np.ceil(landmarks.max(0)).astype(int)
        box = slice(low[1], high[1]), slice(low[0], high[0])
        error = np.abs(image.astype("float64") - real)[box].mean()
        points = [self._found(x) for x in (image, real)]
        row = {"face_l1": error, "found": float(points[0] is not None)}
        row |= {"nme": np.nan, "identity": np.nan}
        if all(x is not None for x in points):
            eyes = np.linalg.norm(points[1][36] - points[1][45])
            apart = np.linalg.norm(points[0] - points[1], axis=-1).mean()
            one, other = (self._descriptor(*x) for x in zip((image, real), points))
            row |= {"nme": 100 * apart / eyes}
            row |= {"identity": np.linalg.norm(one - other)}
        return row

    def _found(self, image):
        faces = self._landmarker(np.repeat(np.repeat(image, 2, 0), 2, 1))
        return (faces[0].landmarks - 0.5) / 2 if faces else None

    def _descriptor(self, image, points):
        pixels = image[None].astype("float32") / 127.5 - 1
        chip = self._chip(pixels, points[None].astype("float32"))
        return np.array(self._net(chip))[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="<identity>/<clip> folders")
    parser.add_argument("--preset", default="aan_128")
    parser.add_argument("--people", type=int, default=150, help="at most")
    parser.add_argument("--sheet", help="PNG: photo, real frame, drawn out, completed")
    arguments = parser.parse_args()
    reenactor, measures = Reenactor.from_preset(arguments.preset), Measures()
    generator = np.random.default_rng(0)
    groups = [(name, far) for far in (False, True) for name in ROWS]
    rows, sheet, people = {group: [] for group in groups}, [], set()
    for clip in read_clips(arguments.data):
        found = None if clip.identity in people else pairs_of(clip, generator)
        if found is None or len(people) == arguments.people:
            continue
        people.add(clip.identity)
        source, driving = found
        made = run_clip(reenactor, clip, source, driving)
        real = np.array([decode_frame(clip.frames[i]) for i in driving])
        far = bool(abs(yaws(clip.landmarks[[source]])[0]) >= FAR)
        for name, frames in zip(ROWS, made):
            both = zip(frames, real, clip.landmarks[driving])
            rows[name, far] += [measures(*x) for x in both]
        photo = decode_frame(clip.frames[source])
        sheet.append(np.hstack([photo, real[0], *made[:, 0]]))
    table = [
        {"turned": "20 or more" if far else "10 to 20", "frames": name}
        | {"pairs": len(found)}
        | {key: float(np.nanmean([row[key] for row in found])) for key in found[0]}
        for (name, far), found in rows.items()
        if found
    ]
    report("turned_photos", table, preset=arguments.preset, people=len(people))
    if arguments.sheet:
        sheet = sheet[: len(sheet) // 3 * 3]
        parts = [np.hstack(sheet[i : i + 3]) for i in range(0, len(sheet), 3)]
        write_photo(arguments.sheet, np.vstack(parts))


if __name__ == "__main__":
    main()

"""What the photo's own detail brings to frames that are larger than the model's.

The first frame of each clip that has a face is the photo; it is driven by the landmarks
of others, with its own crop, and the frames come at that crop's own size: enlarged, and
with the photo's detail (`--size`). Against the real frames: L1 on 0-255, in the whole
crop and in the box of the face; of that box, SSIM and the variance of the Laplacian
over that of the real frame. And the milliseconds of a frame beside the model's.

Example: python benchmarks/photo_detail.py clip.mp4 --sheet detail.png
"""

import argparse
import time

import cv2
import numpy as np
from report import report
from skimage.metrics import structural_similarity

from aan_keras import Reenactor
from aan_keras.compiled_reenactor import CompiledReenactor
from aan_keras.faces import (
    DlibLandmarker,
    FaceCrop,
    LargeCrop,
    VideoReader,
    write_photo,
)

SHOWN = 384


def box(landmarks, side, margin=4):
    low = np.floor(landmarks.min(0) - margin).astype(int).clip(0, side - 2)
    high = np.ceil(landmarks.max(0) + margin).astype(int).clip(1, side)
    return slice(low[1], high[1]), slice(low[0], high[0])


def sharpness(image):
    return cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var()


def measures(result, real, face):
    error = np.abs(result.astype("float64") - real)
    return {
        "l1": error.mean(),
        "face_l1": error[face].mean(),
        "face_ssim": structural_similarity(result[face], real[face], channel_axis=2),
        "face_sharpness": sharpness(result[face]) / sharpness(real[face]),
    }


def frames_with_a_face(path, every, most):
    """Pairs of frame and landmarks, the first face of each."""
    landmarker, found = DlibLandmarker(), []
    for index, frame in VideoReader(path).between(0, 10**9):
        if index % every == 0:
            faces = landmarker(frame)
            if faces:
                found.append((frame, faces[0]))
        if len(found) == most:
            break
    return found


def run_clip(model, size, path, every, most):
    (photo, face), *rest = frames_with_a_face(path, every, most)
    crop = FaceCrop.around(face.box, photo.shape)
    side = int(crop.side)
    large = LargeCrop(photo, crop, side)
    code = model.encode_source(
        crop.cut(photo, size), crop.to_crop(face.landmarks, size)
    )
    rows, views = {"enlarged": [], "with detail": []}, []
    for frame, found in rest:
        real = crop.cut(frame, side)
        part = box(crop.to_crop(found.landmarks, side), side)
        motion = model.drive(code, crop.to_crop(found.landmarks, size))
        view = [real]
        for name, given in (("enlarged", motion[:1]), ("with detail", motion)):
            start = time.perf_counter()
            result = large(*given)
            spent = 1e3 * (time.perf_counter() - start)
            rows[name].append({**measures(result, real, part), "ms": spent})
            view.append(result)
        views.append(np.hstack([cv2.resize(x, (SHOWN, SHOWN)) for x in view]))
    table = [
        {
            "clip": f"{path} ({side} px)",
            "frames": name,
            **{key: float(np.mean([row[key] for row in found])) for key in found[0]},
        }
        for name, found in rows.items()
    ]
    return table, views


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--preset", default="aan_128")
    parser.add_argument("--every", type=int, default=12, help="n-th frame")
    parser.add_argument("--frames", type=int, default=24, help="of a clip, at most")
    parser.add_argument("--sheet", help="PNG: real frame, enlarged, with detail")
    arguments = parser.parse_args()
    reenactor = Reenactor.from_preset(arguments.preset)
    model, rows, sheet = CompiledReenactor(reenactor), [], []
    for path in arguments.clips:
        table, views = run_clip(
            model, reenactor.image_size, path, arguments.every, arguments.frames
        )
        rows += table
        sheet += views[:: max(len(views) // 4, 1)][:4]
    report("photo_detail", rows, preset=arguments.preset)
    if arguments.sheet:
        write_photo(arguments.sheet, np.vstack(sheet))


if __name__ == "__main__":
    main()

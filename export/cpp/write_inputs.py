"""Photo and clip to the files that `aan animate` reads.

Finding faces is not part of the exported model, so this is done beforehand, by the code
that `aan-keras reenact` uses. It writes `source.ppm`, `source_landmarks.npy` and
`driving_landmarks.npy`.

Example: python write_inputs.py --source photo.jpg --driving clip.mp4 \
    --image-size 128 --output inputs
"""

import argparse
import pathlib
import types

import cv2
import numpy as np

from aan_keras.reenactment import MODES, Reenactment


def write_inputs(source, driving, image_size, output, mode=MODES[0]):
    """Writes the three files.

    Args:
        source: path of the photo.
        driving: path of a clip or of an `.npz` landmark track.
        image_size: side S of the exported model's crops.
        output: folder; created if missing.
        mode: how the motion fits the source's face, see `aan_keras.reenact`.

    Returns:
        `(source, source_landmarks, driving_landmarks)`: uint8 `[S, S, 3]`, float32
        `[68, 2]` and `[T, 68, 2]`.
    """
    # Only the size of the crops is asked of the model here.
    model = types.SimpleNamespace(image_size=image_size)
    made = Reenactment(model, source, driving, mode=mode)
    output = pathlib.Path(output)
    output.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(output / "source.ppm"), made.source_image[..., ::-1])
    for name, value in (
        ("source_landmarks", made.source_landmarks),
        ("driving_landmarks", made.landmarks),
    ):
        np.save(output / f"{name}.npy", np.ascontiguousarray(value, "<f4"))
    return made.source_image, made.source_landmarks, made.landmarks


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", required=True)
    parser.add_argument("--driving", required=True)
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--landmarks", choices=MODES, default=MODES[0])
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    _, _, driving = write_inputs(
        arguments.source,
        arguments.driving,
        arguments.image_size,
        arguments.output,
        arguments.landmarks,
    )
    print(f"{len(driving)} frames of landmarks in {arguments.output}")


if __name__ == "__main__":
    main()

"""Animates a photo by a TFLite export: LiteRT and NumPy, no TensorFlow, no aan_keras.

The input files are those of `export/cpp`, and `export/cpp/write_inputs.py` makes them.
Frames are written as PPM pictures.

Example: python animate.py --model aan.tflite --source source.ppm \
    --source-landmarks source_landmarks.npy \
    --driving-landmarks driving_landmarks.npy --output frames
"""

import argparse
import pathlib
import re

import numpy as np
from ai_edge_litert.interpreter import Interpreter


class Animator:
    """The two signatures of an export, tensors by name.

    Args:
        path: the `.tflite` file.
        num_threads: of the interpreter.
    """

    def __init__(self, path, num_threads=1):
        self._interpreter = Interpreter(model_path=str(path), num_threads=num_threads)
        self._interpreter.allocate_tensors()
        # The file's first graph: its inputs keep what was put there. Signature runners
        # would put the code there for each frame, and none may be held beside `invoke`.
        drive = self._interpreter.get_signature_runner("drive")
        details = drive.get_input_details()
        self._inputs = {name: entry["index"] for name, entry in details.items()}
        self._image = drive.get_output_details()["image"]
        self._code = None

    @property
    def image_size(self):
        """Side S of the crops."""
        return int(self._image["shape"][1])

    def encode_source(self, source, source_landmarks):
        """Once a photo.

        Args:
            source: uint8 `[1, S, S, 3]`, RGB.
            source_landmarks: float32 `[1, 68, 2]`, (x, y) in pixels of the crop.

        Returns:
            dict of arrays, the code; not to be changed.
        """
        encode = self._interpreter.get_signature_runner("encode_source")
        return encode(source=source, source_landmarks=source_landmarks)

    def drive(self, code, driving_landmarks):
        """Once a frame: uint8 `[1, S, S, 3]`.

        Args:
            code: of `encode_source`.
            driving_landmarks: float32 `[1, 68, 2]`.
        """
        if code is not self._code:  # Megabytes, once a photo.
            for name, value in code.items():
                self._interpreter.set_tensor(self._inputs[name], value)
            self._code = code
        place = self._inputs["driving_landmarks"]
        self._interpreter.set_tensor(place, driving_landmarks)
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._image["index"])


def read_ppm(path):
    """uint8 `[height, width, 3]` of a PPM file (P6, 8 bits, no comments)."""
    data = pathlib.Path(path).read_bytes()
    header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    width, height = map(int, header.groups())
    pixels = np.frombuffer(data, "uint8", width * height * 3, header.end())
    return pixels.reshape(height, width, 3)


def write_ppm(path, image):
    header = f"P6\n{image.shape[1]} {image.shape[0]}\n255\n".encode()
    pathlib.Path(path).write_bytes(header + image.tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("model", "source", "source-landmarks", "driving-landmarks", "output"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    animator = Animator(arguments.model, arguments.threads)
    output = pathlib.Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    code = animator.encode_source(
        read_ppm(arguments.source)[None], np.load(arguments.source_landmarks)[None]
    )
    driving = np.load(arguments.driving_landmarks)
    for t, landmarks in enumerate(driving):
        write_ppm(output / f"{t:06d}.ppm", animator.drive(code, landmarks[None])[0])
    print(f"{len(driving)} frames in {output}")


if __name__ == "__main__":
    main()

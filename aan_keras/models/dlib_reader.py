"""Reads the convolutions of dlib's face recognition network from its `.dat` file."""

import importlib.util
import os

import numpy as np

FILE_NAME = "dlib_face_recognition_resnet_model_v1.dat"


def find_dlib_file(name=FILE_NAME):
    """Path of a model file inside the installed `face-recognition-models` package.

    The package is located, not imported: its `__init__` needs `pkg_resources`, which
    recent setuptools no longer have.
    """
    spec = importlib.util.find_spec("face_recognition_models")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = os.path.join(folder, "models", name)
        if os.path.isfile(path):
            return path
    raise FileNotFoundError(
        f"{name} not found: run `pip install face-recognition-models`, or pass the "
        "path of the file."
    )


def read_dlib_resnet(path):
    """Reads all convolutions, with their affine layers folded in, and the last matrix.

    dlib follows each convolution by a per-channel affine layer (what is left of batch
    normalization after training). Both are linear, so
    `gamma * (W x + b) + beta = (gamma W) x + (gamma b + beta)` exactly.

    Args:
        path: a `dlib_face_recognition_resnet_model_v1.dat`.

    Returns:
        `(convolutions, matrix)`: a list of `(kernel, bias, stride)` in order of data
        flow, kernels float32 `[kh, kw, in, out]`, and float32 `[256, 128]`.

    Reference:
        King, "dlib face recognition", 2017; the layout of dlib's `serialize`.
    """
    with open(path, "rb") as file:
        reader = _Reader(file.read())
    convolutions, matrix = [], None
    try:
        while reader.seek(b"con_4"):
            values = reader.tensor()
            filters, height, width, stride = (reader.integer() for _ in range(4))
            bias = values[-filters:].astype("float64")
            kernel = values[:-filters].astype("float64")
            kernel = kernel.reshape(filters, -1, height, width).transpose(2, 3, 1, 0)
            if not reader.seek(b"affine_"):
                raise ValueError("a convolution has no affine layer")
            gamma, beta = reader.tensor().astype("float64").reshape(2, filters)
            convolutions.append(
                (
                    (kernel * gamma).astype("float32"),
                    (bias * gamma + beta).astype("float32"),
                    stride,
                )
            )
        if reader.seek(b"fc_2"):
            outputs, _ = reader.integer(), reader.integer()
            matrix = reader.tensor().reshape(-1, outputs)
    except (ValueError, IndexError) as error:
        raise ValueError(
            f"{path} is damaged or not a dlib face network ({error})."
        ) from error
    if len(convolutions) != 29 or matrix is None:
        raise ValueError(
            f"{path} is not dlib's face recognition network. Expected 29 convolutions "
            f"and a matrix. Received: {len(convolutions)} convolutions, "
            f"{'no' if matrix is None else 'a'} matrix."
        )
    return convolutions, matrix


class _Reader:
    """A position in a buffer of dlib's serialization format."""

    def __init__(self, data):
        self.data = data
        self.position = 0

    def seek(self, tag):
        """Moves behind the next `tag`; False, without moving, if there is none."""
        found = self.data.find(tag, self.position)
        if found < 0:
            return False
        self.position = found + len(tag)
        return True

    def integer(self):
        """An integer: a byte with size and sign, then that many little-endian bytes."""
        head = self.data[self.position]
        size = head & 0x0F
        start = self.position + 1
        self.position = start + size
        value = int.from_bytes(self.data[start : start + size], "little")
        return -value if head & 0x80 else value

    def tensor(self):
        """A tensor: version, four dimensions, then float32 values; returned flat."""
        version = self.integer()
        if version != 2:
            raise ValueError(f"tensor version {version} instead of 2")
        count = 1
        for _ in range(4):
            count *= self.integer()
        values = np.frombuffer(self.data, "<f4", count, self.position)
        self.position += 4 * count
        return values

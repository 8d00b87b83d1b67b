"""Networks that others trained, from ONNX files on disk."""

import pathlib

import numpy as np

from aan_keras.faces.input_error import InputError

# Eye centres, nose tip and mouth corners in a chip of 112 pixels: where ArcFace's
# authors put them.
ARCFACE_POINTS = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)


class OnnxNetwork:
    """Runs an ONNX file on the processor.

    Args:
        path: the `.onnx` file.

    Call arguments:
        One float32 array for each of the file's inputs. A file whose batch is fixed
        at 1 is run image by image.
    """

    def __init__(self, path):
        try:
            import onnxruntime
        except ImportError:
            raise InputError(
                f"{path} needs onnxruntime: pip install 'aan_keras[onnx]'"
            ) from None
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            reason = " ".join(str(error).split())[:120]
            raise InputError(f"cannot read the network {path}: {reason}") from None
        self.path = pathlib.Path(path)
        self.inputs = [entry.name for entry in self._session.get_inputs()]
        self._single = self._session.get_inputs()[0].shape[0] == 1

    def __call__(self, *arrays):
        if len(arrays) != len(self.inputs):
            raise InputError(
                f"{self.path} has {len(self.inputs)} inputs, where {len(arrays)} are "
                "expected: it is not the network that its name says"
            )
        if self._single and len(arrays[0]) != 1:
            rows = [
                self(*(a[i : i + 1] for a in arrays)) for i in range(len(arrays[0]))
            ]
            return np.concatenate(rows)
        return self._session.run(None, dict(zip(self.inputs, arrays)))[0]


class ArcFace:
    """Identity vectors of ArcFace, the network of the paper's CSIM.

    Args:
        path: an `.onnx` file with one input `[B, 3, 112, 112]`, RGB in [-1, 1], as
            InsightFace publishes them (`w600k_r50.onnx`, for instance).

    Reference:
        Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face
        Recognition", CVPR 2019.
    """

    def __init__(self, path):
        self._network = OnnxNetwork(path)

    def __call__(self, images, landmarks):
        """Vectors float32 `[B, n]`.

        Args:
            images: uint8 `[B, h, w, 3]`, RGB.
            landmarks: `[B, 68, 2]` in their pixels.
        """
        chips = np.stack([arcface_chip(*pair) for pair in zip(images, landmarks)])
        chips = chips.transpose(0, 3, 1, 2).astype("float32") / 127.5 - 1.0
        return self._network(np.ascontiguousarray(chips))


def arcface_chip(image, landmarks):
    """uint8 `[112, 112, 3]`: eyes, nose and mouth on `ARCFACE_POINTS`, best fit."""
    import cv2

    points = np.asarray(landmarks, "float64")
    five = np.stack(
        [
            points[36:42].mean(0),
            points[42:48].mean(0),
            points[30],
            points[48],
            points[54],
        ]
    )
    # As complex numbers a similarity transform is z -> a z + b.
    source, target = (np.asarray(p) @ [1, 1j] for p in (five, ARCFACE_POINTS))
    centred = source - source.mean()
    a = (centred.conj() * (target - target.mean())).sum() / (abs(centred) ** 2).sum()
    b = target.mean() - a * source.mean()
    matrix = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
    return cv2.warpAffine(image, matrix, (112, 112), flags=cv2.INTER_LINEAR)


class LPIPS:
    """Learned perceptual image patch similarity, from a local file.

    Args:
        path: an `.onnx` file with two inputs `[B, 3, h, w]`, RGB in [-1, 1], and a
            distance for each pair, as an export of the authors' network has.

    Reference:
        Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual
        Metric", CVPR 2018.
    """

    def __init__(self, path):
        self._network = OnnxNetwork(path)

    def __call__(self, true, pred):
        """Distances float32 `[B]` of uint8 images `[B, h, w, 3]`."""
        arrays = [
            np.ascontiguousarray(images.transpose(0, 3, 1, 2).astype("float32") / 127.5)
            - 1.0
            for images in (true, pred)
        ]
        return np.reshape(self._network(*arrays), (len(true), -1)).mean(1)

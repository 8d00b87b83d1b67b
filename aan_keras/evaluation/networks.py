"""The networks that an evaluation may use if their weights are on disk."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable

from aan_keras.faces.input_error import InputError

ARCFACE_FILE = "arcface.onnx"
LPIPS_FILE = "lpips.onnx"
INCEPTION_FILE = "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"


@dataclasses.dataclass(frozen=True)
class Networks:
    """What was found on disk.

    Args:
        arcface: `ArcFace`, or None.
        lpips: `LPIPS`, or None.
        inception: callable from images to features for `FID`, or None.
        skipped: a line for each measure that is left out, with the reason.
    """

    arcface: Callable = None
    lpips: Callable = None
    inception: Callable = None
    skipped: tuple = ()


def find_networks(folder=None):
    """Looks for weights; nothing is downloaded, nothing made up.

    | file | measure |
    |---|---|
    | `arcface.onnx` | CSIM (ArcFace), see `ArcFace` |
    | `lpips.onnx` | LPIPS, see `LPIPS` |
    | Keras's `inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5` | FID |

    The last one is also found in Keras's own cache.

    Args:
        folder: where the files are, or None.

    Returns:
        `Networks`.
    """
    from aan_keras.evaluation.onnx_network import LPIPS, ArcFace

    folders = []
    if folder is not None:
        if not pathlib.Path(folder).is_dir():
            raise InputError(f"there is no folder {folder}: give the networks' folder")
        folders.append(pathlib.Path(folder))
    cache = pathlib.Path.home() / ".keras" / "models"
    found, skipped = {}, []
    for name, measure, file, places, make in (
        ("arcface", "CSIM (ArcFace)", ARCFACE_FILE, folders, ArcFace),
        ("lpips", "LPIPS", LPIPS_FILE, folders, LPIPS),
        ("inception", "FID", INCEPTION_FILE, [*folders, cache], inception),
    ):
        paths = [place / file for place in places if (place / file).is_file()]
        if paths:
            found[name] = make(paths[0])
        else:
            skipped.append(f"{measure} skipped: {file} is not on disk")
    return Networks(**found, skipped=tuple(skipped))


def inception(path):
    """InceptionV3's pooled features, 2048 numbers an image.

    Args:
        path: Keras's ImageNet weights of InceptionV3 without top.

    Returns:
        Callable from uint8 images `[B, h, w, 3]` to float32 `[B, 2048]`.
    """
    return _Inception(path)


class _Inception:
    def __init__(self, path):
        self.path = path

    @functools.cached_property
    def _model(self):
        import keras

        model = keras.applications.InceptionV3(
            include_top=False, pooling="avg", weights=None, input_shape=(299, 299, 3)
        )
        try:
            model.load_weights(self.path)
        except (ValueError, OSError) as error:
            reason = " ".join(str(error).split())[:120]
            raise InputError(f"cannot read the network {self.path}: {reason}") from None
        return model

    def __call__(self, images):
        import keras

        images = keras.ops.cast(images, "float32") / 127.5 - 1.0
        images = keras.ops.image.resize(images, (299, 299), interpolation="bilinear")
        return keras.ops.convert_to_numpy(self._model(images, training=False))

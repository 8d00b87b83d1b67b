"""How close each export is to the model in Keras, on photos of held-out people.

Every signature of the SavedModel is called by TensorFlow, by other TensorFlow versions
(--python) and by the C++ program (--cpp), on pairs of one clip: the largest difference
of any pixel to Keras, compiled layer by layer, in levels of 255. JPEG files are
compared with files of the frames that `aan_keras.reenact` makes, decoded. Each TFLite
file, and ONNX Runtime, make all pairs: the largest difference to Keras, the PSNR to the
float32 TFLite file (of all pixels, and of the worst picture), and of the TFLite files
the figures of `aan-keras evaluate` beside those of the float32 one, with the standard
error that the choice of pairs leaves in each change: the pose of an output is found
anew from its landmarks, and some of them fall out differently for any change of the
pixels, however small.
Without --data only signatures are compared, on the bundled portrait and motion.

Example: python benchmarks/export_parity.py --data faces/held_out \
    --calibration faces/train --cpp export/cpp/aan
"""

import argparse
import dataclasses
import pathlib
import tempfile

import cv2
import numpy as np
from exported_runtimes import (
    KerasRuntime,
    OnnxRuntime,
    litert_runtime,
)
from report import report
from saved_model_callers import InProcess, OtherPython, Program

from aan_keras import Reenactor
from aan_keras.compiled_reenactor import CompiledReenactor
from aan_keras.data import open_clips
from aan_keras.evaluation.face_analysis import FaceAnalysis
from aan_keras.evaluation.measures import MEASURES, measure_pairs, overall
from aan_keras.evaluation.pairs import Pair, make_pairs
from aan_keras.evaluation.real_frames import RealFrames
from aan_keras.exporting import export_onnx, export_saved_model, export_tflite
from aan_keras.exporting.bundled_example import bundled_example
from aan_keras.exporting.image_bytes import encode_jpeg

QUANTIZATIONS = ("none", "float16", "dynamic", "int8")
BATCH = 16
# Frames of the pairs that the SavedModel is called with: other TensorFlows and the C++
# program load the model anew for each call.
SIGNATURE_FRAMES = 4


def animated(runtime, batches):
    """One frame a row; rows with the same source follow each other."""
    images, source, code = [], None, None
    for batch in batches:
        for row in range(len(batch["source"])):
            inputs = {name: value[row : row + 1] for name, value in batch.items()}
            if source is None or (inputs["source"] != source).any():
                source = inputs["source"]
                code = runtime.encode_source(source, inputs["source_landmarks"])
            images.append(runtime.drive(code, inputs["driving_landmarks"])[0].copy())
    return np.stack(images)


def most_different(found, wanted):
    return int(np.abs(found.astype(int) - wanted).max())


def psnr(found, wanted):
    error = np.mean((found.astype("float64") - wanted) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


def signature_differences(call, arrays, wanted, reenacted):
    """Largest difference by signature.

    Args:
        call: `call(signature, inputs)` gives outputs.
        arrays: inputs of `serving_default`, all rows of one source.
        wanted: uint8, Keras' images of these rows.
        reenacted: uint8, the frames of `aan_keras.reenact` for these rows.
    """
    driving = arrays["driving_landmarks"]
    one = {name: value[:1] for name, value in arrays.items()}
    source = {name: one[name] for name in ("source", "source_landmarks")}
    png = cv2.imencode(".png", one["source"][0, ..., ::-1])[1].tobytes()
    file = {
        "source_bytes": np.array([png]),
        "source_landmarks": one["source_landmarks"],
    }
    clip = {"driving_landmarks": driving[None]}
    frame = {"driving_landmarks": driving[:1]}
    driven = {**call("encode_source", source), **frame}
    found = {
        "serving_default": call("serving_default", arrays)["image"],
        "reenact_clip": call("reenact_clip", {**source, **clip})["image"][0],
        "encode_source, drive": call("drive", driven)["image"],
        "drive_motion": call("drive_motion", driven)["image"],
    }
    differences = {n: most_different(v, wanted[: len(v)]) for n, v in found.items()}
    # JPEG rounds what it keeps of 64 pixels: one that is off by a level before may be
    # the reason that many are by several.
    files_of = {"reenact_jpeg": frame, "reenact_clip_jpeg": clip}
    files_of["reenact_clip_jpeg_motion"] = clip
    for name, inputs in files_of.items():
        files = call(name, {**file, **inputs})["image_bytes"].ravel()
        differences[name] = most_different_files(files, reenacted)
    return differences


def most_different_files(files, images):
    """After decoding, to files of the images."""
    made = [encode_jpeg(image).numpy() for image in images[: len(files)]]
    return max(
        most_different(decoded(file), decoded(wanted))
        for file, wanted in zip(files, made)
    )


def decoded(data):
    image = cv2.imdecode(np.frombuffer(data, "uint8"), cv2.IMREAD_COLOR)
    return image[..., ::-1]


class HeldOutFigures:
    """The figures of `aan-keras evaluate` for any images of the pairs."""

    def __init__(self, pairs, real):
        self._pairs, self._real = pairs, real
        self._analysis = FaceAnalysis()
        real.analyse(pairs, self._analysis, BATCH, lambda items, total, what: items)

    def __call__(self, images):
        """Dict of arrays, a figure a pair."""
        parts = []
        for start in range(0, len(images), BATCH):
            rows = slice(start, start + BATCH)
            known = self._real.known(self._pairs[rows])
            faces = self._analysis(images[rows])
            parts.append(measure_pairs("self", images[rows], faces, known))
        return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


def changes(found, wanted):
    """Change of each figure in %, over the pairs that both have it for.

    Returns:
        Two dicts by the figure's label: the change, and its standard error by the
        jackknife over pairs.
    """
    result, errors = {}, {}
    for measure in MEASURES:
        if measure.name in wanted:
            pair = np.stack([found[measure.name], wanted[measure.name]])
            pair = pair[:, ~np.isnan(pair).any(0)]
            result[measure.label] = change(measure.name, pair)
            count = pair.shape[1]
            others = [
                change(measure.name, np.delete(pair, i, axis=1)) for i in range(count)
            ]
            errors[measure.label] = float(np.std(others)) * (count - 1) ** 0.5
    return result, errors


def change(name, pair):
    new, old = (overall(name, values)[0] for values in pair)
    return 100 * (new / old - 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="frame folders or shards")
    parser.add_argument("--preset", default="aan_128")
    parser.add_argument("--frames", type=int, default=16, help="pairs of each source")
    parser.add_argument("--sources", type=int, default=1, help="sources of each clip")
    parser.add_argument("--calibration", help="frame folders for the ranges of int8")
    parser.add_argument("--cpp", help="the program of export/cpp")
    parser.add_argument("--python", nargs="*", default=[], help="other interpreters")
    arguments = parser.parse_args()
    model = Reenactor.from_preset(arguments.preset)
    pairs, real, batches = [], None, [bundled_batch(model.image_size)]
    if arguments.data:
        clips = open_clips(arguments.data)
        pairs = more_sources(
            make_pairs(clips, "self", arguments.frames), clips, arguments.sources
        )
        real = RealFrames(clips, model.image_size)
        starts = range(0, len(pairs), BATCH)
        batches = [real.batch(pairs[i : i + BATCH]) for i in starts]
    wanted = animated(KerasRuntime(arguments.preset), batches)
    context = {"preset": arguments.preset, "images": len(wanted)}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        compare_signatures(model, folder, batches[0], wanted, arguments, context)
        if arguments.data:
            figures = HeldOutFigures(pairs, real)
            compare_files(
                model, folder, batches, wanted, figures, arguments.calibration, context
            )


def more_sources(pairs, clips, count):
    """The same driving frames for sources spread over each clip, the first among them.

    For figures that vary more with the pictures than with what is compared.
    """
    lengths = {(clip.identity, clip.name): len(clip.frames) for clip in clips}
    result = []
    for number in range(count):
        for pair in pairs:
            length = lengths[pair.source.identity, pair.source.clip]
            index = number * length // count
            source = dataclasses.replace(pair.source, index=index)
            if source != pair.driving:
                result.append(Pair(source, pair.driving))
    return result


def bundled_batch(size):
    """The portrait under a few frames of the demo motion."""
    source, landmarks, driving = bundled_example(size)
    driving = driving[:: len(driving) // SIGNATURE_FRAMES][:SIGNATURE_FRAMES]
    count = len(driving)
    return {
        "source": np.repeat(source[None], count, 0),
        "source_landmarks": np.repeat(landmarks[None], count, 0),
        "driving_landmarks": driving,
    }


def compare_signatures(model, folder, batch, wanted, arguments, context):
    path = folder / "saved_model"
    export_saved_model(model, path, warm_up=False)
    here = InProcess(path)
    callers = {f"TensorFlow {here.version()}": here}
    for python in arguments.python:
        caller = OtherPython(path, python)
        callers[f"TensorFlow {caller.version()}"] = caller
    if arguments.cpp:
        callers["C++"] = Program(path, arguments.cpp)
    # A clip has one source: with few frames of each, a batch holds several people.
    same = (batch["source"] == batch["source"][:1]).all((1, 2, 3))
    count = min(SIGNATURE_FRAMES, int(np.argmin([*same, False])))
    arrays = {name: value[:count] for name, value in batch.items()}
    keras = CompiledReenactor(model)
    code = keras.encode_source(arrays["source"][0], arrays["source_landmarks"][0])
    driving = arrays["driving_landmarks"]
    reenacted = np.stack([keras.drive(code, points)[0] for points in driving])
    rows = [
        {"called by": name, **signature_differences(call, arrays, wanted, reenacted)}
        for name, call in callers.items()
    ]
    print("largest difference to Keras in levels of 255:")
    report("export_signatures", rows, **context)


def compare_files(model, folder, batches, wanted, figures, calibration, context):
    images, rows, compared = {}, [], []
    for name in QUANTIZATIONS:
        path = folder / f"{name}.tflite"
        data = calibration if name == "int8" else None
        quantization = None if name == "none" else name
        export_tflite(model, path, quantization, data=data, report=print)
        images[name] = found = animated(litert_runtime(path, 1), batches)
        pictures = [psnr(*pair) for pair in zip(found, images["none"])]
        rows.append(
            {
                "form": f"LiteRT {name}",
                "most different": most_different(found, wanted),
                "PSNR dB": psnr(found, images["none"]),
                "worst picture dB": min(pictures),
            }
        )
    export_onnx(model, folder / "onnx")
    found = animated(OnnxRuntime(folder / "onnx", 1), batches)
    rows.append(
        {
            "form": "ONNX",
            "most different": most_different(found, wanted),
            "PSNR dB": psnr(found, images["none"]),
            "worst picture dB": min(map(psnr, found, images["none"])),
        }
    )
    values = {name: figures(made) for name, made in images.items()}
    labels = {m.name: m.label for m in MEASURES if m.name in values["none"]}
    first = {labels[n]: overall(n, values["none"][n])[0] for n in labels}
    compared.append({"form": "LiteRT none", **first})
    for name in QUANTIZATIONS[1:]:
        row, errors = changes(values[name], values["none"])
        compared.append({"form": f"{name}, change %", **row})
        compared.append({"form": f"{name}, standard error %", **errors})
    report("export_parity", rows, **context, calibration=calibration or "bundled")
    report("export_held_out", compared, **context)


if __name__ == "__main__":
    main()

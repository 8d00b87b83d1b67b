"""Speed, memory, size and closeness of each form that a model is exported to.

Keras, SavedModel, ONNX and LiteRT in its four quantizations, each in a process of its
own, on one core. They take turns, so that what else the machine does falls on all
alike; milliseconds are medians of processor time, which other processes do not
lengthen. PSNR is against the float32 TFLite file, over the frames of one clip: the
bundled portrait and motion, or with --data the first clip there.

Example: taskset -c 0 python benchmarks/export_speed.py --image-sizes 128 256
"""

import argparse
import pathlib
import tempfile

import numpy as np
from exported_runtimes import litert_runtime
from report import report
from runtime_process import RuntimeProcess

from aan_keras import Reenactor
from aan_keras.exporting import export_onnx, export_saved_model, export_tflite
from aan_keras.exporting.bundled_example import bundled_example
from aan_keras.models.preset import load_preset

QUANTIZATIONS = ("none", "float16", "dynamic", "int8")
CLIP_FRAMES = 32


def example_of(size, data=None):
    """Arrays of one photo and a clip of 32 frames, by input name."""
    if data is None:
        source, landmarks, driving = bundled_example(size)
    else:
        from aan_keras.data import open_clips
        from aan_keras.data.clips import decode_frame
        from aan_keras.evaluation.resize import resize_image, resize_landmarks

        clip = open_clips(data)[0]
        driving = resize_landmarks(clip.landmarks, clip.image_size, size)
        source = resize_image(decode_frame(clip.frames[0]), size)
        landmarks = driving[0]
    places = np.linspace(0, len(driving) - 1, CLIP_FRAMES).astype(int)
    return {
        "source": source[None],
        "source_landmarks": landmarks[None].astype("float32"),
        "driving_landmarks": driving[places].astype("float32"),
    }


def export_all(model, folder, data=None):
    """Paths by the name of the form."""
    paths = {"SavedModel": folder / "saved_model"}
    export_saved_model(model, paths["SavedModel"], warm_up=False)
    paths["ONNX"] = folder / "onnx"
    export_onnx(model, paths["ONNX"])
    for name in QUANTIZATIONS:
        path = paths[f"LiteRT {name}"] = folder / f"{name}.tflite"
        quantization = None if name == "none" else name
        calibration = data if name == "int8" else None
        export_tflite(model, path, quantization, data=calibration)
    return paths


def megabytes(path):
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file()) / 2**20


def frames_of(path, example):
    model = litert_runtime(path, 1)
    code = model.encode_source(example["source"], example["source_landmarks"])
    frames = [
        model.drive(code, x[None])[0].copy() for x in example["driving_landmarks"]
    ]
    return np.stack(frames)


def psnr(found, wanted):
    error = np.mean((found.astype("float64") - wanted) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


def median_ms(times):
    """Of processor time, warm-up left out."""
    return float(np.median(np.concatenate(times[1:])[:, 1]) * 1e3)


def measure(preset, image_size, folder, arguments):
    model = load_preset(Reenactor, preset, image_size=image_size)
    example = example_of(image_size, arguments.data)
    example_path = folder / "example.npz"
    np.savez(example_path, **example)
    paths = export_all(model, folder, arguments.calibration)
    float32 = frames_of(paths["LiteRT none"], example)
    processes = {"Keras": RuntimeProcess("keras", preset, example_path, 1, image_size)}
    for name, path in paths.items():
        kind = {"SavedModel": "saved_model", "ONNX": "onnx"}.get(name, "litert")
        processes[name] = RuntimeProcess(kind, path, example_path)
    times = {name: {"encode_source": [], "drive": []} for name in processes}
    clips = {"reenact_clip": [], "reenact_singly": []}
    for _ in range(arguments.rounds + 1):
        for name, process in processes.items():
            times[name]["encode_source"].append(process.time("encode_source", 3))
            times[name]["drive"].append(process.time("drive", arguments.frames))
    rows = []
    for name, process in processes.items():
        drive = median_ms(times[name]["drive"])
        path, close = paths.get(name), float("nan")
        if name.startswith("LiteRT") and name != "LiteRT none":
            close = psnr(frames_of(path, example), float32)
        rows.append(
            {
                "form": name,
                "px": image_size,
                "encode_source ms": median_ms(times[name]["encode_source"]),
                "drive ms": drive,
                "frames/s": 1e3 / drive,
                "to Keras": median_ms(times["Keras"]["drive"]) / drive,
                "peak MB": process.peak_memory(),
                "file MB": float("nan") if path is None else megabytes(path),
                "PSNR dB": close,
            }
        )
    # Apart from the table: the long calls take memory of their own.
    for _ in range(arguments.rounds + 1):
        for method, found in clips.items():
            found.append(processes["SavedModel"].time(method, 1))
    for process in processes.values():
        process.close()
    together, singly = map(median_ms, clips.values())
    clip = {
        "px": image_size,
        f"reenact_clip of {CLIP_FRAMES} ms": together,
        f"{CLIP_FRAMES} serving_default ms": singly,
        "ratio": singly / together,
    }
    return rows, clip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="aan_128")
    parser.add_argument("--image-sizes", nargs="+", type=int, default=(128, 256))
    parser.add_argument("--data", help="frame folders or shards: the clip is from here")
    parser.add_argument("--calibration", help="frame folders for the ranges of int8")
    parser.add_argument("--frames", type=int, default=20, help="drive calls a round")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rows, clips = [], []
    for size in arguments.image_sizes:
        with tempfile.TemporaryDirectory() as folder:
            found = measure(arguments.preset, size, pathlib.Path(folder), arguments)
        rows += found[0]
        clips.append(found[1])
    report("export_speed", rows, preset=arguments.preset, threads=1)
    report("export_clip_speed", clips, preset=arguments.preset, threads=1)


if __name__ == "__main__":
    main()

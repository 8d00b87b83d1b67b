"""Seconds that each metric takes over 1,000 pairs of real frames at 128 px.

Decoding and generating are not counted. Faces are found in source, driving and output
of every pair, as if no frame were seen twice. CPU seconds are all cores' work, which
other programs on the machine don't change.

Example: python benchmarks/metric_speed.py --data faces/train --threads 2
"""

import argparse
import time

import numpy as np
import tensorflow as tf
from report import report

from aan_keras import metrics
from aan_keras.data import read_clips
from aan_keras.data.clips import decode_frame
from aan_keras.evaluation import FaceAnalysis
from aan_keras.evaluation.action_units import action_units, expression_measures
from aan_keras.evaluation.face_texture import texture_descriptor, texture_similarity
from aan_keras.evaluation.methods import to_unit
from aan_keras.evaluation.resize import resize_image
from aan_keras.faces.head_pose import head_pose

SIZE = 128


class Stopwatch:
    """Sums of seconds by name, of the clock and of all cores' work."""

    def __init__(self):
        self.seconds = {}

    def __call__(self, name, function, *arguments):
        before = time.perf_counter(), time.process_time()
        result = function(*arguments)
        result = tf.nest.map_structure(np.asarray, result)  # waits for it
        after = time.perf_counter(), time.process_time()
        entry = self.seconds.setdefault(name, [0.0, 0.0])
        for i in range(2):
            entry[i] += after[i] - before[i]
        return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="<identity>/<clip>/ folders")
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    frames = [
        (clip, frame) for clip in read_clips(arguments.data) for frame in clip.frames
    ]
    chosen = np.random.default_rng(0).integers(len(frames), size=(3, arguments.pairs))
    analysis = FaceAnalysis()
    pixels = {
        m.__name__: m()
        for m in (metrics.L1, metrics.PSNR, metrics.SSIM, metrics.SharpnessRatio)
    }
    watch, warm_up = Stopwatch(), Stopwatch()
    found = 0
    for start in range(-arguments.batch_size, arguments.pairs, arguments.batch_size):
        run = warm_up if start < 0 else watch  # The first batch builds what is built.
        first = max(start, 0)
        images = [
            np.stack(
                [
                    resize_image(decode_frame(frames[i][1]), SIZE)
                    for i in row[first : first + arguments.batch_size]
                ]
            )
            for row in chosen
        ]
        unit = [to_unit(image) for image in images]
        for name, metric in pixels.items():
            run(name, metric.per_sample, unit[1], unit[2])
        landmarks = [
            run("finding faces (3 a pair)", analysis.find_landmarks, i) for i in images
        ]
        seen = [np.isfinite(points[:, 0, 0]) for points in landmarks]
        found += sum(int(s.sum()) for s in seen) * (run is watch)
        chips = [
            run("CSIM and AED: chips (3 a pair)", analysis.chip, u[s], p[s])
            for u, s, p in zip(unit, seen, landmarks)
        ]
        vectors = [
            run("CSIM and AED: network (3 a pair)", analysis.identity_net, c)
            for c in chips
        ]
        count = min(map(len, vectors))
        for kind in (metrics.CSIM, metrics.AED):
            run(
                "CSIM and AED: vectors",
                kind.from_descriptors,
                vectors[1][:count],
                vectors[2][:count],
            )
        levels = [np.round((c + 1) * 127.5).astype("uint8") for c in chips]
        textures = [
            run(
                "texture",
                lambda c: np.stack(list(map(texture_descriptor, c))),
                levels[i],
            )
            for i in (0, 2)
        ]
        count = min(map(len, textures))
        run("texture", texture_similarity, textures[0][:count], textures[1][:count])
        angles = [
            run("PRMSE", lambda p: np.stack([head_pose(x).angles for x in p]), p[s])
            for p, s in zip(landmarks[1:], seen[1:])
        ]
        count = min(map(len, angles))
        run("PRMSE", metrics.PRMSE().per_sample, angles[0][:count], angles[1][:count])
        units = []
        for points in landmarks[1:]:
            measures = run(
                "AUCON", lambda p: np.stack(list(map(expression_measures, p))), points
            )
            units.append(run("AUCON", action_units, measures, measures[:1]))
        run("AUCON", metrics.AUCON().per_sample, *units)
        for kind in (metrics.AKD, metrics.NME):
            run("AKD and NME", kind().per_sample, *landmarks[1:])
    total = np.sum(list(watch.seconds.values()), axis=0)
    rows = [
        {"what": name, "seconds": round(clock, 2), "CPU seconds": round(work, 2)}
        for name, (clock, work) in [*watch.seconds.items(), ("all", total)]
    ]
    report(
        "metric_speed",
        rows,
        pairs=arguments.pairs,
        size=SIZE,
        faces=found,
        threads=arguments.threads,
    )


if __name__ == "__main__":
    main()

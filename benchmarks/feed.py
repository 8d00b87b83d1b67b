"""Training pairs per second of `load_dataset`, from folders of frames and from shards.

Run it on one core (taskset -c 0, for instance) to have figures of one core. Pairs/s is
measured through `tf.data`, wall time; the stages are called by themselves, processor
time: read (of two JPEG files), decode, augment (geometry, colour, resizing), match
(colours of the two faces of a photo pair, coarseness of the source), and batch (the
rest: drawing the pair, stacking, `tf.data`). Memory is the resident size of the process
after a tenth, a half and all of the batches: it is bounded when it no longer grows.
Without --data, both kinds hold the same crops of the bundled portrait.

Example: taskset -c 0 python benchmarks/feed.py --image-size 128
"""

import argparse
import itertools
import resource
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from report import report, resident_megabytes

from aan_keras.data import PairAugmentation, PairSampler, load_dataset, open_clips
from aan_keras.data.clips import decode_frame
from aan_keras.data.dataset_file import is_shard_folder
from aan_keras.data.face_colour import match_face_colour
from aan_keras.demo import MOTION, PORTRAIT
from aan_keras.faces import FaceCrop, LandmarkTrack, read_photo
from aan_keras.preparation.clip_options import ClipOptions
from aan_keras.preparation.prepare_dataset import prepare_dataset


def write_folders(path, people, size):
    """Crops of the portrait, shaken, with the demo motion's landmarks."""
    photo = read_photo(PORTRAIT)
    track = LandmarkTrack.load(MOTION).landmarks[:32]
    generator = np.random.default_rng(0)
    for person in range(people):
        folder = path / f"person{person:03d}" / "v0"
        folder.mkdir(parents=True)
        for i in range(len(track)):
            x, y = generator.integers(-12, 13, 2)
            crop = FaceCrop(224 - 128 + x, 124 - 100 + y, 256)
            quality = [cv2.IMWRITE_JPEG_QUALITY, 95]
            image = crop.cut(photo, size)[..., ::-1]
            cv2.imwrite(str(folder / f"{i:04d}.jpg"), image, quality)
        landmarks = (track + 0.5) * (size / 256) - 0.5
        np.save(folder / "landmarks.npy", landmarks.astype("float32"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="*", help="folders of frames or of shards")
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--stored-size", type=int, default=256, help="without --data")
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--batches", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = arguments.data or make_both_kinds(Path(folder), arguments.stored_size)
        rows = [measure(Path(path), arguments) for path in paths]
    report(
        "feed",
        rows,
        image_size=arguments.image_size,
        batch_size=arguments.batch_size,
        **{
            "peak memory MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        },
    )


def make_both_kinds(folder, size):
    frames, shards = folder / "frames", folder / "shards"
    write_folders(frames, people=8, size=size)
    # Blur and duplicates are as they are: both kinds shall hold the same frames.
    options = ClipOptions(image_size=size, blur=0, motion_blur=0, duplicate=0)
    prepare_dataset("folders", frames, shards, options, workers=0)
    return [frames, shards]


def measure(path, arguments):
    dataset = load_dataset(path, arguments.image_size, arguments.batch_size)
    batches = iter(dataset)
    for _ in itertools.islice(batches, 5):
        pass
    memory = []
    wall, processor = time.perf_counter(), time.process_time()
    for _ in itertools.islice(batches, arguments.batches):
        memory.append(resident_megabytes())
    wall = time.perf_counter() - wall
    pairs = arguments.batches * arguments.batch_size
    whole = (time.process_time() - processor) / pairs
    del batches
    stages = time_stages(open_clips(path), arguments.image_size, pairs)
    return {
        "kind": "shards" if is_shard_folder(path) else "frames",
        "pairs/s": pairs / wall,
        "pairs/s of processor time": 1 / whole,
        **{f"{stage} ms": 1000 * seconds for stage, seconds in stages.items()},
        "batch ms": 1000 * max(whole - sum(stages.values()), 0.0),
        **{
            f"MB at {name}": round(memory[max(int(share * len(memory)) - 1, 0)])
            for name, share in (("a tenth", 0.1), ("half", 0.5), ("end", 1.0))
        },
    }


def time_stages(clips, image_size, pairs):
    """Processor seconds a pair."""
    sampler, augmentation = PairSampler(clips), PairAugmentation()
    seconds = dict.fromkeys(("read", "decode", "augment", "match"), 0.0)
    for i in range(pairs):
        generator = np.random.default_rng((0, i))
        number, *frames = sampler(generator)
        parameters = augmentation.draw(generator)
        clip = clips[number]
        times = [time.process_time()]
        encoded = [clip.frames[frame] for frame in frames]
        times.append(time.process_time())
        images = [decode_frame(data) for data in encoded]
        times.append(time.process_time())
        sample = []
        for frame, image in zip(frames, images):
            landmarks = clip.landmarks[frame]
            sample += augmentation.apply(image, landmarks, parameters, image_size)
        times.append(time.process_time())
        if clip.is_photo_set:
            match_face_colour(sample[2], sample[3], *sample[:2])
        augmentation.degrade(sample[0], parameters)
        times.append(time.process_time())
        for stage, start, end in zip(seconds, times, times[1:]):
            seconds[stage] += (end - start) / pairs
    return seconds


if __name__ == "__main__":
    main()

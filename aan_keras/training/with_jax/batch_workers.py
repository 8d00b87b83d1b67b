"""Batches of training pairs, made by processes."""

import multiprocessing

import numpy as np

_SLOTS_PER_PROCESS = 3


class BatchWorkers:
    """Makes the batches of `load_dataset` by processes, without TensorFlow.

    Sample number i depends on `seed` and i alone, as there: the batches are the same
    whatever the number of processes, and a run that stopped after k steps goes on with
    `start_step=k`. Images travel through shared memory as float16, whose largest error
    in [-1, 1] is a thirty-second of a grey level.

    Args:
        clips: list of `aan_keras.data.Clip`.
        sampler: `PairSampler` of these clips.
        augmentation: `PairAugmentation`, or None.
        image_size: side of the images in pixels.
        batch_size: pairs a batch.
        seed: integer that decides all pairs and augmentations.
        start_step: number of batches to leave out.
        processes: number of worker processes.

    Example:

    >>> with BatchWorkers(clips, PairSampler(clips), None, 128, 32) as batches:
    ...     batch = next(batches)
    """

    def __init__(
        self,
        clips,
        sampler,
        augmentation,
        image_size,
        batch_size,
        seed=0,
        start_step=0,
        processes=1,
    ):
        self.step = self._first_step = start_step
        # Not forked: the threads of JAX may hold locks that a fork would copy.
        context = multiprocessing.get_context("spawn")
        slots = processes * _SLOTS_PER_PROCESS
        self._shapes = _batch_shapes(batch_size, image_size)
        self._memory = [
            {
                name: context.RawArray("b", _bytes(*shape))
                for name, shape in self._shapes.items()
            }
            for _ in range(slots)
        ]
        # Slot s holds the batches s, s + slots, s + 2 * slots ... from the first on.
        # As many slots belong to each process, so that it alone fills a slot.
        self._ready = [context.Semaphore(0) for _ in range(slots)]
        self._free = [context.Semaphore(1) for _ in range(slots)]
        self._failures = context.SimpleQueue()
        sample = (clips, sampler, augmentation, image_size, seed)
        shared = (self._memory, self._ready, self._free, self._failures)
        self._processes = [
            context.Process(
                target=_fill,
                args=(sample, shared, self._shapes, number, processes, start_step),
                name="aan-keras worker",
                daemon=True,
            )
            for number in range(processes)
        ]
        for process in self._processes:
            process.start()

    def __iter__(self):
        return self

    def __next__(self):
        """The next batch: dict of arrays of its own."""
        slot = (self.step - self._first_step) % len(self._memory)
        while not self._ready[slot].acquire(timeout=2):
            if not self._failures.empty():
                raise RuntimeError(f"A data process failed: {self._failures.get()}")
            if not all(process.is_alive() for process in self._processes):
                raise RuntimeError("A data process was killed: is memory short?")
        arrays = _arrays(self._memory[slot], self._shapes)
        batch = {name: array.copy() for name, array in arrays.items()}
        self._free[slot].release()
        self.step += 1
        return batch

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        """Ends the processes."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()


def _fill(sample, shared, shapes, number, processes, start_step):
    """What a process does: its share of the batches, until it is ended."""
    memory, ready, free, failures = shared
    try:
        import cv2

        from aan_keras.data.pair_sample import make_sample

        cv2.setNumThreads(1)
        slots = [list(_arrays(slot, shapes).values()) for slot in memory]
        batch_size = len(slots[0][0])
        step = start_step + number
        while True:
            slot = (step - start_step) % len(slots)
            free[slot].acquire()
            for row in range(batch_size):
                values = make_sample(*sample, step * batch_size + row)
                for array, value in zip(slots[slot], values):
                    array[row] = value
            ready[slot].release()
            step += processes
    except Exception as error:  # Told to the process that waits for the batch.
        failures.put(repr(error))


def _batch_shapes(batch_size, image_size):
    image = ("float16", (batch_size, image_size, image_size, 3))
    landmarks = ("float32", (batch_size, 68, 2))
    return {
        "source": image,
        "source_landmarks": landmarks,
        "driving": image,
        "driving_landmarks": landmarks,
        "photo_pair": ("float32", (batch_size,)),
    }


def _bytes(dtype, shape):
    return int(np.prod(shape)) * np.dtype(dtype).itemsize


def _arrays(memory, shapes):
    return {
        name: np.frombuffer(memory[name], dtype).reshape(shape)
        for name, (dtype, shape) in shapes.items()
    }

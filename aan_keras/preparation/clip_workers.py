"""Processes that prepare clips side by side."""

import collections
import contextlib
import multiprocessing
import multiprocessing.connection
import signal

from aan_keras.faces.dlib_landmarker import DlibLandmarker
from aan_keras.preparation.clip_record import ClipStatistics
from aan_keras.preparation.prepare_clip import prepare_clip

# `import aan_keras` stays light in processes of this name.
PROCESS_NAME = "aan-keras worker"


def prepare_and_save(clip, options, folder, landmarker):
    """Prepares one clip; what is wrong with it goes into its statistics.

    Args:
        clip: `RawClip`.
        options: `ClipOptions`.
        folder: `WorkFolder`.
        landmarker: see `prepare_clip`.
    """
    try:
        record, statistics = prepare_clip(clip, options, landmarker)
    except Exception as error:  # Whatever a damaged file does to its decoder.
        text = " ".join(str(error).split())
        if not isinstance(error, ValueError):
            text = f"{type(error).__name__}: {text}"
        record, statistics = None, _failed(clip, text)
    folder.save(clip, record, statistics)


def run_workers(clips, options, folder, workers):
    """Prepares clips in `workers` processes, which load neither Keras nor TensorFlow.

    A clip whose decoder takes its process down with it is tried once more, then left
    out like any other damaged clip.

    Args:
        clips: list of `RawClip`.
        options: `ClipOptions`.
        folder: `WorkFolder` that takes the results.
        workers: number of processes; 0 works in this one.

    Yields:
        Each `RawClip` when it is finished, in any order.
    """
    if not workers:
        landmarker = DlibLandmarker(refine=True)
        for clip in clips:
            prepare_and_save(clip, options, folder, landmarker)
            yield clip
        return
    waiting = collections.deque(clips)
    deaths = collections.Counter()
    running = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                worker = _Worker(options, folder)
                running[worker.connection] = worker
                worker.give(waiting.popleft())
            for connection in multiprocessing.connection.wait(list(running)):
                worker = running[connection]
                clip = worker.clip
                if worker.is_finished():
                    yield clip
                else:
                    del running[connection]
                    deaths[clip] += 1
                    if deaths[clip] == 1:
                        waiting.appendleft(clip)
                        continue
                    code = worker.process.exitcode
                    text = f"its decoder crashed twice (exit code {code})"
                    folder.save(clip, None, _failed(clip, text))
                    yield clip
                    continue
                if waiting:
                    worker.give(waiting.popleft())
                else:
                    del running[connection]
                    worker.dismiss()
    finally:
        for worker in running.values():
            worker.process.terminate()
        for worker in running.values():
            worker.process.join()


def _failed(clip, error):
    path = str(clip.path)
    return ClipStatistics(
        clip.identity, clip.name, clip.split, clip.kind, path, error=error
    )


class _Worker:
    """One process and the clip that it is at."""

    def __init__(self, options, folder):
        # Not forked: a fork of a process with TensorFlow's threads may hang.
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(
            target=_work, args=(other, options, folder), name=PROCESS_NAME, daemon=True
        )
        with _interrupts_ignored():
            self.process.start()
        other.close()
        self.clip = None
        self._is_ready = False

    def give(self, clip):
        self.clip = clip
        # A process that just died is noticed when its answer is awaited.
        with contextlib.suppress(BrokenPipeError):
            self.connection.send(clip)

    def is_finished(self):
        """True when the clip is done, False when the process died over it."""
        try:
            if not self._is_ready:
                self._receive()
                self._is_ready = True
            self._receive()
        except (EOFError, ConnectionResetError):
            self.process.join()
            if not self._is_ready:
                raise RuntimeError(
                    "worker processes cannot start (a script that prepares clips "
                    'needs `if __name__ == "__main__":`)'
                ) from None
            return False
        return True

    def _receive(self):
        answer = self.connection.recv()
        if isinstance(answer, Exception):
            raise answer

    def dismiss(self):
        self.connection.close()
        self.process.join()


@contextlib.contextmanager
def _interrupts_ignored():
    """Ctrl-C reaches the whole group, but the parent ends its workers."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # Not in the main thread.
        yield
        return
    try:
        yield  # A process that starts now inherits it.
    finally:
        signal.signal(signal.SIGINT, before)


def _work(connection, options, folder):
    import cv2

    cv2.setNumThreads(1)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            landmarker = DlibLandmarker(refine=True)
            connection.send(None)
            while True:
                clip = connection.recv()
                prepare_and_save(clip, options, folder, landmarker)
                connection.send(None)
        except (ValueError, OSError) as error:
            # No predictor, or no space for the results: not the fault of a clip.
            connection.send(error)

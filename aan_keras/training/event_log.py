"""TensorBoard event files that survive a resumed run."""

import time

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter


class EventLog:
    """Writes scalars and images for TensorBoard.

    Written without `tf.summary`, because that has no way to tell TensorBoard that a
    run starts again at an earlier step, and the steps between would be shown twice.

    Args:
        directory: folder of the event files.
        first_step: steps done before this session; events of later steps in older
            files are void.
    """

    def __init__(self, directory, first_step=0):
        self._writer = EventFileWriter(str(directory))
        start = SessionLog(status=SessionLog.START)
        self._add(first_step + 1, session_log=start)

    def scalars(self, step, values):
        """Writes a dict of numbers."""
        values = [Summary.Value(tag=k, simple_value=v) for k, v in values.items()]
        self._add(step, summary=Summary(value=values))

    def image(self, step, tag, image):
        """Writes a uint8 RGB image; returns its PNG bytes."""
        import tensorflow as tf

        encoded = tf.io.encode_png(np.ascontiguousarray(image)).numpy()
        value = Summary.Image(
            height=image.shape[0],
            width=image.shape[1],
            colorspace=3,
            encoded_image_string=encoded,
        )
        value = Summary.Value(tag=tag, image=value)
        self._add(step, summary=Summary(value=[value]))
        return encoded

    def close(self):
        self._writer.close()

    def _add(self, step, **content):
        self._writer.add_event(Event(wall_time=time.time(), step=step, **content))
        self._writer.flush()

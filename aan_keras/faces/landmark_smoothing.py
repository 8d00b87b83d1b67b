"""Landmark tracks without jitter."""

import dataclasses

import numpy as np

from aan_keras.faces.face import box_around
from aan_keras.faces.one_euro_filter import OneEuroFilter

# In face widths and seconds. Noise of 0.8 % of the face's width (half a pixel in a crop
# of 128) comes out 60 % smaller from frame to frame, and a blink of a third of a second
# shuts and opens less than a frame late, at 25 and at 30 frames a second.
_FILTER = {"min_cutoff": 0.5, "beta": 20.0, "velocity_cutoff": 4.0}


def steady_landmarks():
    """`OneEuroFilter` for landmarks in units of the face's width."""
    return OneEuroFilter(**_FILTER)


def smooth_track(track):
    """Takes the jitter out of a track, with `OneEuroFilter`.

    Args:
        track: `LandmarkTrack`. A frame's result depends on it and on earlier frames
            only.

    Returns:
        `LandmarkTrack` with the same frames.
    """
    left, _, right, _ = box_around(track.landmarks[0])
    width = right - left
    steady = steady_landmarks()
    seconds = track.frame_index / float(track.fps)
    landmarks = [steady(x, t) for x, t in zip(track.landmarks / width, seconds)]
    return dataclasses.replace(track, landmarks=np.stack(landmarks) * width)

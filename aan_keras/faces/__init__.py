"""The outside world's pixels: photos, clips, faces and their landmarks."""

from aan_keras.faces.choose_face import choose_face
from aan_keras.faces.clip_range import ClipRange
from aan_keras.faces.dlib_landmarker import DlibLandmarker
from aan_keras.faces.face import Face
from aan_keras.faces.face_crop import FaceCrop
from aan_keras.faces.face_tracker import FaceTracker
from aan_keras.faces.input_error import InputError
from aan_keras.faces.landmark_track import LandmarkTrack
from aan_keras.faces.large_crop import LargeCrop
from aan_keras.faces.one_euro_filter import OneEuroFilter
from aan_keras.faces.paste_back import PasteBack
from aan_keras.faces.photo import read_photo, write_photo
from aan_keras.faces.track_video import track_video
from aan_keras.faces.video_reader import VideoReader
from aan_keras.faces.video_writer import VideoWriter

__all__ = [
    "ClipRange",
    "DlibLandmarker",
    "Face",
    "FaceCrop",
    "FaceTracker",
    "InputError",
    "LandmarkTrack",
    "LargeCrop",
    "OneEuroFilter",
    "PasteBack",
    "VideoReader",
    "VideoWriter",
    "choose_face",
    "read_photo",
    "track_video",
    "write_photo",
]

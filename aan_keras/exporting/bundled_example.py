"""The bundled portrait and motion as a model's inputs."""

import pathlib

from aan_keras.faces import DlibLandmarker, FaceCrop, LandmarkTrack, read_photo
from aan_keras.faces.motion_transfer import transfer_motion

_ASSETS = pathlib.Path(__file__).resolve().parent.parent / "assets"


def bundled_example(size):
    """A real face and a real motion for warm-up, calibration and trials.

    Args:
        size: side S of the crop.

    Returns:
        `(source, source_landmarks, driving_landmarks)`: uint8 `[S, S, 3]`, float32
        `[68, 2]` and `[T, 68, 2]`.
    """
    photo = read_photo(_ASSETS / "portrait.jpg")
    face = max(DlibLandmarker()(photo), key=lambda found: found.width)
    crop = FaceCrop.around(face.box, photo.shape)
    landmarks = crop.to_crop(face.landmarks, size)
    track = LandmarkTrack.load(_ASSETS / "motion.npz")
    driving = transfer_motion(landmarks, track.landmarks, relative=True)
    return crop.cut(photo, size), landmarks, driving

"""Clips to try the commands with, where there are none of one's own."""

import pathlib

import numpy as np

from aan_keras.demo import MOTION, PORTRAIT
from aan_keras.faces import LandmarkTrack, VideoWriter, read_photo
from aan_keras.reenactment import Reenactment

# Mirrored or not, and the strength of red, green and blue.
_PEOPLE = {
    "ada": (False, (1.0, 1.0, 1.0)),
    "ben": (True, (1.0, 0.82, 0.68)),
    "cleo": (False, (0.72, 0.86, 1.0)),
    "dan": (True, (0.9, 1.0, 0.8)),
}
MOST_PEOPLE = len(_PEOPLE)


def write_sample_clips(reenactor, folder, people=3, clips=2, frames=75, progress=None):
    """Writes `<folder>/<person>/<clip>.mp4`: the bundled portrait, animated.

    The "people" are one portrait, mirrored or tinted, and the motion is parts of the
    bundled track. `aan-keras prepare --layout folders` takes the folder. It shows how
    commands are used; figures measured on it mean nothing, and a model that is trained
    on it learns one face.

    Args:
        reenactor: `aan_keras.Reenactor`.
        folder: where to write.
        people: 1 to 4.
        clips: of each of them; the track is divided among them.
        frames: of each clip at most.
        progress: callable `(iterable, total, what)` that returns an iterable.

    Returns:
        List of `pathlib.Path`.
    """
    if not 1 <= people <= MOST_PEOPLE or clips < 1 or frames < 1:
        raise ValueError(
            f"`people` must be in [1, {MOST_PEOPLE}], `clips` and `frames` must be "
            f"positive. Received: people={people}, clips={clips}, frames={frames}"
        )
    photo, track = read_photo(PORTRAIT), LandmarkTrack.load(MOTION)
    written = []
    for person in list(_PEOPLE)[:people]:
        mirrored, colour = _PEOPLE[person]
        source = photo[:, ::-1] if mirrored else photo
        source = np.round(source * np.array(colour)).astype("uint8")
        for clip, landmarks in enumerate(np.array_split(track.landmarks, clips)):
            part = LandmarkTrack(landmarks[:frames], track.crop_size, track.fps)
            reenactment = Reenactment(reenactor, source, part, paste_back=True)
            images = reenactment.frames()
            if progress is not None:
                images = progress(images, len(part), f"{person}/{clip}")
            path = pathlib.Path(folder) / person / f"{clip}.mp4"
            path.parent.mkdir(parents=True, exist_ok=True)
            with VideoWriter(path, part.fps) as video:
                for image in images:
                    video.write(image)
            written.append(path)
    return written

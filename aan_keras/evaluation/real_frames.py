"""The data's own frames, as the pairs need them."""

import numpy as np

from aan_keras.data.clips import decode_frame
from aan_keras.evaluation.action_units import neutral_measures
from aan_keras.evaluation.resize import resize_image, resize_landmarks
from aan_keras.faces.input_error import InputError
from aan_keras.faces.motion_transfer import transfer_motion
from aan_keras.models.landmark_transformer import LandmarkTransformer

# How the driver's landmarks become landmarks in the source's crop, across identities.
LANDMARK_MODES = ("absolute", "relative", "transform")
# The neutral face of a person is a median: more frames do not change it.
_NEUTRAL_FRAMES = 64


class RealFrames:
    """Pictures, landmarks and neutral faces by frame.

    Args:
        clips: list of `aan_keras.data.Clip`.
        image_size: side of the pictures; clips of another size are resized.
        landmark_mode: one of `LANDMARK_MODES`, for pairs of two people.
    """

    def __init__(self, clips, image_size, landmark_mode="absolute"):
        if landmark_mode not in LANDMARK_MODES:
            raise ValueError(
                f"`landmark_mode` must be one of {sorted(LANDMARK_MODES)}. "
                f"Received: {landmark_mode}"
            )
        self.image_size = image_size
        self._clips = {(clip.identity, clip.name): clip for clip in clips}
        self._landmarks = {
            name: resize_landmarks(clip.landmarks, clip.image_size, image_size)
            for name, clip in self._clips.items()
        }
        self._mode, self._transformer = landmark_mode, None
        self._placed, self._neutral = {}, {}
        self._faces, self._rows = None, {}

    def image(self, key):
        """uint8 `[S, S, 3]`."""
        clip = self._clips[key.identity, key.clip]
        image = decode_frame(clip.frames[key.index])
        if image is None:
            raise InputError(
                f"the data's frame {key} can't be read: copy or prepare the data again"
            )
        return resize_image(image, self.image_size)

    def landmarks(self, key):
        """float32 `[68, 2]`, as the data have them."""
        return self._landmarks[key.identity, key.clip][key.index]

    def clip_length(self, key):
        """Number of frames of the clip that `key` is in."""
        return len(self._clips[key.identity, key.clip].frames)

    def driving_landmarks(self, pair):
        """float32 `[68, 2]` that shall drive the pair's source."""
        source, driving = pair.source, pair.driving
        if source.identity == driving.identity:
            return self.landmarks(driving)
        name = (source, driving.identity, driving.clip)
        if name not in self._placed:
            track = self._landmarks[driving.identity, driving.clip]
            self._placed[name] = self._place(source, track)
        return self._placed[name][driving.index]

    def _place(self, source, track):
        landmarks = self.landmarks(source)
        if self._mode == "transform":
            if self._transformer is None:
                self._transformer = LandmarkTransformer.from_preset()
            image = self.image(source).astype("float32") / 127.5 - 1
            track = self._transformer.put_on(track, landmarks, image)
        return transfer_motion(landmarks, track, self._mode == "relative")

    def batch(self, pairs):
        """What a method takes: `source`, `source_landmarks`, `driving_landmarks`."""
        return {
            "source": np.stack([self.image(pair.source) for pair in pairs]),
            "source_landmarks": np.stack([self.landmarks(p.source) for p in pairs]),
            "driving_landmarks": np.stack([self.driving_landmarks(p) for p in pairs]),
        }

    def neutral(self, identity):
        """float64 `[8]`, see `neutral_measures`, over all of a person's clips."""
        if identity not in self._neutral:
            track = np.concatenate(
                [
                    x
                    for (name, _), x in sorted(self._landmarks.items())
                    if name == identity
                ]
            )
            count = min(len(track), _NEUTRAL_FRAMES)
            chosen = np.linspace(0, len(track) - 1, count).round().astype(int)
            self._neutral[identity] = neutral_measures(track[chosen])
        return self._neutral[identity]

    def analyse(self, pairs, analysis, batch_size, progress):
        """Finds and measures the faces of all frames in `pairs`, each once."""
        keys = sorted({key for pair in pairs for key in (pair.source, pair.driving)})
        starts = range(0, len(keys), batch_size)
        parts = [
            analysis(
                np.stack([self.image(k) for k in keys[start : start + batch_size]])
            )
            for start in progress(starts, len(starts), "real frames")
        ]
        self._faces = type(parts[0]).concatenate(parts)
        self._rows = {key: row for row, key in enumerate(keys)}

    def faces(self, keys):
        """`Faces` of analysed frames."""
        return self._faces.take([self._rows[key] for key in keys])

    def known(self, pairs):
        """What `measure_pairs` needs to know of the real side of the pairs."""
        sources, drivings = zip(*((pair.source, pair.driving) for pair in pairs))
        known = {}
        for name, keys in (("source", sources), ("driving", drivings)):
            known[name] = np.stack([self.image(key) for key in keys])
            known[f"{name}_faces"] = self.faces(keys)
            known[f"{name}_neutral"] = np.stack(
                [self.neutral(key.identity) for key in keys]
            )
        return known

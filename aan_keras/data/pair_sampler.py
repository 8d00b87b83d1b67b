"""Choice of the two frames that make a training pair."""

import numpy as np


def eye_distance(landmarks):
    """Median distance between the outer eye corners of `[n, 68, 2]` landmarks."""
    # One unit for the whole clip: a turn of the head shortens the distance between
    # the eyes, and that must count as motion instead of being divided away.
    points = np.asarray(landmarks, "float32")
    distance = np.linalg.norm(points[:, 36] - points[:, 45], axis=-1)
    return max(float(np.median(distance)), 1e-3)


def landmark_features(landmarks, unit=None):
    """Measures what a pair should differ in, free of the face's size.

    Args:
        landmarks: array `[n, 68, 2]`.
        unit: `eye_distance` of the clip that they are from; None: theirs.

    Returns:
        Dict of arrays `[n, k]`: "shape", all landmarks in inter-ocular distances;
        "mouth", the opening of the inner lips; "eyes", the opening of both eyes.
    """
    points = np.asarray(landmarks, "float32")

    def distance(i, j):
        return np.linalg.norm(points[:, i] - points[:, j], axis=-1)

    unit = eye_distance(points) if unit is None else unit
    mouth = (distance(61, 67) + distance(62, 66) + distance(63, 65)) / 3
    left = (distance(37, 41) + distance(38, 40)) / 2
    right = (distance(43, 47) + distance(44, 46)) / 2
    return {
        "shape": points.reshape(len(points), -1) / (unit * np.sqrt(68)),
        "mouth": mouth[:, None] / unit,
        "eyes": np.stack([left, right], -1) / unit,
    }


class PairSampler:
    """Draws (clip, source frame, driving frame), a pure function of a generator.

    First it is drawn whether the pair comes from an animated photo: then its source is
    a frame that a model made of the photo, and driving is the photo itself. If not, it
    is drawn whether it comes from a photo set, then an identity, then one of its clips,
    then the source frame and `candidates` driving frames. A
    criterion decides which candidate is taken: "shape", "mouth" or "eyes" take the
    one that differs most from the source frame, "uniform" takes the first. At last
    source and driving change places in half of the pairs.

    Args:
        clips: list of `aan_keras.data.Clip`.
        photo_fraction: share of pairs from photo sets, whose light differs between
            source and driving. Ignored where only one kind exists.
        clip_exponent: an identity with n clips is drawn with weight
            n ** clip_exponent.
        motion_exponent: a video is drawn with weight m ** motion_exponent, m the
            spread of its landmarks, and an identity with the mean of its videos;
            0 draws heads that hardly move as often as others.
        candidates: number of driving frames that the criterion chooses from.
        criteria: dict of criterion to relative weight. Photo sets always use
            "uniform".
        animated_fraction: share of pairs from animated photos (see `Clip`); 0 where
            there are none.
    """

    def __init__(
        self,
        clips,
        photo_fraction=0.35,
        clip_exponent=0.5,
        motion_exponent=0.5,
        candidates=5,
        criteria=None,
        animated_fraction=0.0,
    ):
        if not clips:
            raise ValueError("`clips` must not be empty. Received: []")
        if not 0 <= photo_fraction <= 1:
            raise ValueError(
                f"`photo_fraction` must be in [0, 1]. Received: {photo_fraction}"
            )
        if not 0 <= animated_fraction <= 1:
            raise ValueError(
                f"`animated_fraction` must be in [0, 1]. Received: {animated_fraction}"
            )
        if candidates < 1:
            raise ValueError(f"`candidates` must be positive. Received: {candidates}")
        if criteria is None:
            criteria = {"shape": 0.4, "mouth": 0.25, "eyes": 0.15, "uniform": 0.2}
        unknown = set(criteria) - {"shape", "mouth", "eyes", "uniform"}
        if unknown or sum(criteria.values()) <= 0:
            raise ValueError(
                "`criteria` must map 'shape', 'mouth', 'eyes' and 'uniform' to "
                f"weights. Received: {criteria}"
            )
        self.clips = clips
        self.candidates = candidates
        self._criteria = list(criteria)
        self._criteria_cdf = _cdf(list(criteria.values()))
        # Features are made when a pair is drawn: kept for all clips they would take
        # as much memory as the landmarks.
        self._units = [eye_distance(clip.landmarks) for clip in clips]
        self._pools = {
            kind: self._make_pool(kind, clip_exponent, motion_exponent)
            for kind in ("video", "photos", "animated")
        }
        if not self._pools["video"]:
            photo_fraction = 1.0
        elif not self._pools["photos"]:
            photo_fraction = 0.0
        self.photo_fraction = photo_fraction
        self.animated_fraction = animated_fraction if self._pools["animated"] else 0.0
        if self.animated_fraction < 1 and not any(
            self._pools[kind] for kind in ("video", "photos")
        ):
            raise ValueError(
                "`clips` has animated photos only: `animated_fraction` must be 1. "
                f"Received: {animated_fraction}"
            )

    def _make_pool(self, kind, clip_exponent, motion_exponent):
        members = {}
        for i, clip in enumerate(self.clips):
            if _kind(clip) == kind:
                members.setdefault(clip.identity, []).append(i)
        if not members:
            return None
        weights, pool = [], []
        for _, clips in sorted(members.items()):
            motion = np.ones(len(clips))
            if kind == "video":
                spread = [self._features(i)["shape"].std(0) for i in clips]
                motion = np.linalg.norm(spread, axis=-1)
            # The floor keeps a still clip possible, and its weight positive.
            motion = np.maximum(motion, 0.01) ** motion_exponent
            weights.append(len(clips) ** clip_exponent * motion.mean())
            pool.append((clips, _cdf(motion)))
        return pool, _cdf(weights)

    def _features(self, clip, frames=slice(None)):
        landmarks = self.clips[clip].landmarks[frames]
        return landmark_features(landmarks, self._units[clip])

    def __call__(self, generator):
        """Returns (clip index, source frame, driving frame)."""
        # Nothing is drawn where there is no choice: pairs stay what they were.
        if self.animated_fraction and generator.random() < self.animated_fraction:
            clip = self._draw_clip("animated", generator)
            # The photo is the first frame, and only what is real is worth painting.
            return clip, int(generator.integers(1, len(self.clips[clip].frames))), 0
        is_photo_set = generator.random() < self.photo_fraction
        clip = self._draw_clip("photos" if is_photo_set else "video", generator)
        frames = len(self.clips[clip].frames)
        source = int(generator.integers(frames))
        # Any frame but the source.
        others = generator.integers(frames - 1, size=self.candidates)
        others = others + (others >= source)
        criterion = self._criteria[_pick(self._criteria_cdf, generator)]
        if is_photo_set:
            criterion = "uniform"
        driving = int(others[0])
        if criterion != "uniform":
            feature = self._features(clip, [source, *others])[criterion]
            difference = np.linalg.norm(feature[1:] - feature[0], axis=-1)
            driving = int(others[np.argmax(difference)])
        if generator.random() < 0.5:
            source, driving = driving, source
        return clip, source, driving

    def _draw_clip(self, kind, generator):
        pool, cdf = self._pools[kind]
        clips, clip_cdf = pool[_pick(cdf, generator)]
        return clips[_pick(clip_cdf, generator)]


def _kind(clip):
    if clip.is_animated:
        return "animated"
    return "photos" if clip.is_photo_set else "video"


def _cdf(weights):
    cdf = np.cumsum(np.asarray(weights, "float64"))
    cdf /= cdf[-1]
    # The last step may round to less than 1, and a draw must never fall behind it.
    cdf[-1] = 1.0
    return cdf


def _pick(cdf, generator):
    return int(np.searchsorted(cdf, generator.random(), side="right"))

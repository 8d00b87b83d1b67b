"""From one raw clip to one clip record."""

import collections
import contextlib
import time

import numpy as np

from aan_keras.faces.choose_face import as_faces
from aan_keras.faces.dlib_landmarker import DlibLandmarker
from aan_keras.faces.face import box_around
from aan_keras.faces.face_crop import FaceCrop
from aan_keras.faces.face_tracker import FaceTracker
from aan_keras.preparation.clip_options import ClipOptions
from aan_keras.preparation.clip_record import ClipRecord, ClipStatistics
from aan_keras.preparation.frame_filters import (
    face_colours,
    grey_view,
    is_duplicate,
    one_scene,
    sharpness,
    steady_frames,
)
from aan_keras.preparation.raw_frames import RawFrames

# How far landmarks may lie outside of the crop, as a share of its side.
_OVERHANG = 0.05
# In a photo of two faces of about one size, nobody can tell whose name it bears.
_RIVAL = 0.7


def prepare_clip(raw_clip, options=None, landmarker=None):
    """Cuts one face out of a clip, with its landmarks, and leaves bad frames out.

    A video has ONE crop, from the median box of its frames, as a driving clip has in
    `aan_keras.reenact`: the head moves inside it, which is the motion to be learnt. A
    crop a frame would take that motion away, and training pairs would not look like
    what the network is given later. Each photo of a photo set has its own crop, as a
    source photo has. The rule is `FaceCrop`'s, side 2.1 x the face box.

    A video is therefore read twice, once for the landmarks and once for the pixels;
    memory does not grow with its length.

    Args:
        raw_clip: `RawClip`.
        options: `ClipOptions`; None: the defaults.
        landmarker: see `FaceTracker`; None:
            `DlibLandmarker(refine=True)`.

    Returns:
        `(record, statistics)`: a `ClipRecord`, or None when fewer than
        `options.min_frames` frames are left, and `ClipStatistics`. Its `dropped`
        counts frames by reason: "unreadable", "other size", "no face", "several
        faces" (photos only), "too small", "landmark jump", "other scene", "outside
        the crop", "blur", "duplicate", and "too few" for the usable frames of a clip
        that has not enough of them.

    Raises:
        InputError: the clip is damaged, or empty.

    Example:

    >>> clip = find_clips("folders", "faces")[0]
    >>> record, statistics = prepare_clip(clip, ClipOptions(image_size=128))
    >>> len(record.frames), record.landmarks.shape, statistics.dropped
    (64, (64, 68, 2), {})
    """
    options = options or ClipOptions()
    landmarker = landmarker or DlibLandmarker(refine=True)
    statistics = ClipStatistics(
        raw_clip.identity,
        raw_clip.name,
        raw_clip.split,
        raw_clip.kind,
        str(raw_clip.path),
    )
    frames = RawFrames(raw_clip, options.max_frames)
    clock = _Clock()
    find = _photo_crops if raw_clip.kind == "photos" else _video_crops
    kept = _Kept(options, statistics, clock, is_video=raw_clip.kind != "photos")
    for number, image, landmarks, crop in find(
        frames, options, landmarker, statistics, clock
    ):
        kept.add(number, image, landmarks, crop)
    record = kept.record(raw_clip)
    statistics.seconds = dict(clock.seconds)
    return record, statistics


class _Clock:
    """Adds up the processor time of each stage, that of decoder threads too."""

    def __init__(self):
        self.seconds = collections.defaultdict(float)

    @contextlib.contextmanager
    def measure(self, stage):
        start = time.process_time()
        try:
            yield
        finally:
            self.seconds[stage] += time.process_time() - start

    def each(self, frames, stage):
        """The same frames; making them counts as `stage`."""
        frames = iter(frames)
        while True:
            with self.measure(stage):
                item = next(frames, None)
            if item is None:
                return
            yield item


def _photo_crops(frames, options, landmarker, statistics, clock):
    for number, image in clock.each(frames, "decode"):
        statistics.read += 1
        if image is None:
            statistics.drop("unreadable")
            continue
        with clock.measure("detect and landmarks"):
            faces = as_faces(landmarker(image))
        if not faces:
            statistics.drop("no face")
        elif len(faces) > 1 and faces[1].width > _RIVAL * faces[0].width:
            statistics.drop("several faces")
        elif _width(faces[0].landmarks) < options.min_face:
            statistics.drop("too small")
        else:
            crop = FaceCrop.around(faces[0].box, image.shape)
            yield number, image, faces[0].landmarks, crop


def _video_crops(frames, options, landmarker, statistics, clock):
    tracker = FaceTracker(landmarker, max_gap=0)
    numbers, landmarks, colours, shape = [], [], [], None
    for number, image in clock.each(frames, "decode"):
        statistics.read += 1
        shape = shape or (None if image is None else image.shape)
        if image is None:
            statistics.drop("unreadable")
            continue
        if image.shape != shape:
            statistics.drop("other size")
            continue
        with clock.measure("detect and landmarks"):
            face = tracker.update(image)
        if face is None:
            statistics.drop("no face")
        elif _width(face.landmarks) < options.min_face:
            statistics.drop("too small")
        else:
            numbers.append(number)
            landmarks.append(face.landmarks)
            with clock.measure("crop and filters"):
                colours.append(face_colours(image, face.landmarks))
    if not numbers:
        return
    numbers, landmarks, colours = map(np.array, (numbers, landmarks, colours))
    steady = steady_frames(landmarks, options.jump)
    statistics.drop("landmark jump", (~steady).sum())
    numbers, landmarks, colours = numbers[steady], landmarks[steady], colours[steady]
    same = one_scene(colours, options.scene)
    statistics.drop("other scene", (~same).sum())
    numbers, landmarks = numbers[same], landmarks[same]
    crop = FaceCrop.around(np.median(box_around(landmarks), axis=0), shape)
    found = dict(zip(numbers.tolist(), landmarks))
    for number, image in clock.each(frames, "decode"):
        if number in found:
            yield number, image, found[number], crop


def _width(landmarks):
    left, _, right, _ = box_around(landmarks)
    return right - left


class _Kept:
    """Collects the frames of a record, and drops what does not look right."""

    def __init__(self, options, statistics, clock, is_video):
        self.options = options
        self.statistics = statistics
        self.clock = clock
        self.is_video = is_video
        self.frames, self.landmarks, self.numbers = [], [], []
        self.sharpness, self.widths = [], []
        self._last_view = None

    def add(self, number, image, landmarks, crop):
        import cv2

        options = self.options
        points = crop.to_crop(landmarks, options.image_size)
        place = (points + 0.5) / options.image_size
        if place.min() < -_OVERHANG or place.max() > 1 + _OVERHANG:
            self.statistics.drop("outside the crop")
            return
        with self.clock.measure("crop and filters"):
            pixels = crop.cut(image, options.image_size)
            view = grey_view(pixels)
            sharp = sharpness(view)
        if sharp < options.blur:
            self.statistics.drop("blur")
            return
        if self.is_video:
            last, self._last_view = self._last_view, view
            if last is not None and is_duplicate(view, last, options.duplicate):
                self._last_view = last
                self.statistics.drop("duplicate")
                return
        with self.clock.measure("encode"):
            quality = [cv2.IMWRITE_JPEG_QUALITY, options.jpeg_quality]
            _, data = cv2.imencode(".jpg", pixels[..., ::-1], quality)
        self.frames.append(data.tobytes())
        self.landmarks.append(points)
        self.numbers.append(number)
        self.sharpness.append(sharp)
        self.widths.append(_width(landmarks))

    def _too_few(self, usable):
        """Says what is wrong with a clip, and why its frames cannot be used."""
        frame = "frame" if self.is_video else "photo"
        if usable:
            found = f"only {usable} usable {frame}{'s' if usable > 1 else ''}"
        else:
            found = f"no usable {frame}"
        reasons = ", ".join(f"{n} {why}" for why, n in self.statistics.dropped.items())
        reasons = f" ({reasons})" if reasons else ""
        least = self.options.min_frames
        return f"{found} of {self.statistics.read}{reasons}: a clip needs {least}"

    def record(self, raw_clip):
        """The `ClipRecord`, or None when too little is left."""
        keep = np.ones(len(self.frames), bool)
        if self.is_video and self.frames:
            limit = self.options.motion_blur * np.median(self.sharpness)
            keep = np.array(self.sharpness) >= limit
            self.statistics.drop("blur", (~keep).sum())
        places = np.flatnonzero(keep)
        if len(places) < self.options.min_frames:
            self.statistics.error = self._too_few(len(places))
            self.statistics.drop("too few", len(places))
            return None
        landmarks = np.stack([self.landmarks[i] for i in places]).astype("float32")
        record = ClipRecord(
            identity=raw_clip.identity,
            clip=raw_clip.name,
            frames=[self.frames[i] for i in places],
            landmarks=landmarks,
            size=self.options.image_size,
            is_photo_set=not self.is_video,
            frame_index=np.array([self.numbers[i] for i in places]),
        )
        statistics = self.statistics
        statistics.kept = len(places)
        statistics.num_bytes = record.num_bytes
        statistics.face_width = [round(float(self.widths[i]), 1) for i in places]
        if self.is_video:
            spread = np.sqrt(landmarks.astype("float64").var(0).sum(-1).mean())
            width = np.median([_width(points) for points in landmarks])
            statistics.motion = round(float(spread / width), 4)
        return record

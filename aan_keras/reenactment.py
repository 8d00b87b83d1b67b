"""One photo, moved by one clip."""

import pathlib

from aan_keras.complete_photo import complete_photo, turns_back
from aan_keras.driven_frames import driven_frames, gives_motion
from aan_keras.faces import (
    ClipRange,
    DlibLandmarker,
    Face,
    FaceCrop,
    LargeCrop,
    PasteBack,
    choose_face,
    read_photo,
)
from aan_keras.faces.choose_face import as_faces
from aan_keras.faces.driving_track import driving_track
from aan_keras.faces.input_error import InputError
from aan_keras.faces.landmark_smoothing import smooth_track
from aan_keras.faces.motion_transfer import transfer_motion
from aan_keras.faces.photo import to_rgb

MODES = ("transform", "relative", "absolute")


class Reenactment:
    """A photo and the motion that it is going to make.

    Faces are found when the object is made, so that what is wrong with the input shows
    at once; `frames` then only runs the network: the source is encoded once, each
    frame is driven alone, and memory doesn't grow with the clip (landmarks of a clip
    take 0.5 KB a frame).

    Args:
        reenactor: `aan_keras.Reenactor`, or whatever has `image_size` and
            `animate(source, source_landmarks, driving_landmarks)`, such as an export
            (`aan_keras.exporting.LiteRTReenactor`) or a server
            (`aan_keras.serving.ServingReenactor`).
        source: path of a photo, or an image array (uint8 RGB; grey, RGBA, uint16 and
            floats from 0 to 1 are converted).
        driving: path of a video, a photo or an `.npz` landmark track; `LandmarkTrack`;
            landmarks `[T, 68, 2]`; image, images, or an iterable of images.
        mode: how the driving landmarks fit the source's face.

            - `"transform"`: the expression and pose of the driving face on the
              source's face shape, see `LandmarkTransformer`.
            - `"relative"`: the driving motion, relative to the driving frame that looks
              most like the source, applied to the source's own landmarks.
            - `"absolute"`: as they are; the face takes the driver's shape.
        relative: True is the same as `mode="relative"`.
        transformer: `LandmarkTransformer`; None: the shipped one, if it is needed.
        face: which face of the photo, 1 being the largest; None: the largest.
        driving_face: which face of the clip.
        landmarker: callable from a uint8 RGB image to a list of `Face` or `[68, 2]`
            arrays; None: `DlibLandmarker()`.
        source_landmarks: `[68, 2]` in pixels of the photo; nothing is detected then.
        clip_range: `ClipRange`: which part of the clip, how many frames a second.
        smooth: take the jitter out of the driving landmarks (`smooth_track`).
        paste_back: give frames of the photo's size, with the face crop in its place.
        size: side of the frames in pixels; None: the model's. What its image is too
            small for comes from the photo, moved as the model moves it. Not with
            `paste_back`, whose frames are as fine as the photo already.
        mirror_hidden: where the photo shows a face that is turned by 10 degrees or
            more, and the clip turns it back by 18 or more, give it what it hides, from
            its other half (`complete_photo`). False: it is drawn out of what is seen.
        report: callable that takes a line of text: which of several faces is used,
            which frames have no face.
        progress: callable `(iterable, total, what)` that returns an iterable.

    Attributes:
        before: uint8, what the frames show before anything moves: the photo with
            `paste_back`, else its crop, as large as the frames.
        source_image: uint8 `[S, S, 3]`, the photo's crop, or that of the complete one.
        source_landmarks: float32 `[68, 2]`, in that crop.
        track: `LandmarkTrack` of the driving frames, in the clip's own crop.
        driving_frames: int `[T]`, which frame of the clip each of them shows.
        starts_at: seconds into the clip at which the track begins.
        landmarks: float32 `[T, 68, 2]`, what drives the network, in the source's crop.

    Example:

    >>> reenactment = Reenactment(reenactor, "photo.jpg", "clip.mp4")
    >>> for image in reenactment.frames():
    ...     show(image)  # uint8 [S, S, 3]
    """

    def __init__(
        self,
        reenactor,
        source,
        driving,
        *,
        mode=None,
        relative=False,
        transformer=None,
        face=None,
        driving_face=None,
        landmarker=None,
        source_landmarks=None,
        clip_range=None,
        smooth=False,
        paste_back=False,
        size=None,
        mirror_hidden=True,
        report=None,
        progress=None,
    ):
        mode = _mode(mode, relative)
        _check_size(size, paste_back)
        model_size = reenactor.image_size
        find_faces = _Lazy(landmarker or DlibLandmarker, is_maker=landmarker is None)
        name = "the photo"
        if isinstance(source, (str, pathlib.Path)):
            name = pathlib.Path(source).name
            photo = read_photo(source)
        else:
            photo = to_rgb(source, name)
        if source_landmarks is None:
            found = choose_face(as_faces(find_faces(photo)), face, name, report)
        else:
            found = Face(source_landmarks)
        crop = FaceCrop.around(found.box, photo.shape)
        self.reenactor = reenactor
        self.source_image = crop.cut(photo, model_size)
        self.before = photo if paste_back else crop.cut(photo, size or model_size)
        self.source_landmarks = crop.to_crop(found.landmarks, model_size)
        part = clip_range or ClipRange()
        track = driving_track(driving, find_faces, driving_face, report, progress, part)
        self.starts_at = part.frames(track.fps)[0] / track.fps
        track = smooth_track(track) if smooth else track
        self.track, self.driving_frames = part.retime(track)
        if mode == "relative" and len(self.track) == 1:
            raise InputError(
                f"{self.track.name} is a single frame: relative motion needs a clip; "
                "leave it out to copy the pose itself"
            )
        driving = self.track.landmarks
        if mode == "transform":
            driving = self._on_source_shape(driving, transformer)
        self.landmarks = transfer_motion(
            self.source_landmarks, driving, mode == "relative"
        )
        mirror_hidden = mirror_hidden and gives_motion(reenactor)
        if mirror_hidden and turns_back(self.source_landmarks, self.landmarks):
            photo = self._complete(photo, crop, found.landmarks, name, report)
        self._finish = _finish(photo, crop, paste_back, size or model_size, reenactor)
        if self._finish and report is not None and not gives_motion(reenactor):
            report(
                "the model gives images only, not what moved the photo: frames are "
                "enlarged without the photo's detail; an export may be an old one"
            )

    def __len__(self):
        return len(self.landmarks)

    def _on_source_shape(self, driving, transformer):
        if transformer is None:
            from aan_keras.models.landmark_transformer import LandmarkTransformer

            transformer = LandmarkTransformer.from_preset()
        image = self.source_image.astype("float32") / 127.5 - 1
        return transformer.put_on(driving, self.source_landmarks, image)

    def _complete(self, photo, crop, landmarks, name, report):
        """The photo that is animated instead of one that hides half of the face."""
        if report is not None:
            report(
                f"the clip turns the face of {name} back: what the photo hides of it "
                "comes from the other half"
            )
        photo, landmarks = complete_photo(self.reenactor, photo, crop, landmarks)
        size = self.reenactor.image_size
        self.source_image = crop.cut(photo, size)
        self.source_landmarks = crop.to_crop(landmarks, size)
        return photo

    def frames(self):
        """Gives uint8 RGB images, one for each frame of `track`.

        They are `[S, S, 3]`, or of another `size`, or as large as the photo with
        `paste_back`.
        """
        for image, *motion in self._drive_frames():
            yield image if self._finish is None else self._finish(image, *motion)

    def _drive_frames(self):
        """Yields images, and what the finish takes beside them."""
        clip = self.source_image, self.source_landmarks, self.landmarks
        return driven_frames(self.reenactor, *clip, self._finish is not None)


def _mode(mode, relative):
    if mode not in (None, *MODES) or (relative and mode not in (None, "relative")):
        raise ValueError(
            f"`mode` must be one of {', '.join(MODES)}; `relative` stands for the "
            f"second. Received: mode={mode}, relative={relative}"
        )
    return mode or ("relative" if relative else MODES[0])


def _finish(photo, crop, paste_back, size, reenactor):
    """What a generated crop becomes a frame by; None: it is one."""
    if paste_back:
        return PasteBack(photo, crop)
    model_size = reenactor.image_size
    if size == model_size and not gives_motion(reenactor):
        return None
    needed = LargeCrop.is_needed(photo, crop, size, model_size)
    return LargeCrop(photo, crop, size) if needed else None


def _check_size(size, paste_back):
    if size is not None and size < 1:
        raise ValueError(f"`size` must be positive. Received: size={size}")
    if size is not None and paste_back:
        raise ValueError(
            "`size` and `paste_back` exclude each other: pasted back, frames are as "
            f"large as the photo. Received: size={size}"
        )


def reenact(reenactor, source, driving, **options):
    """Moves a photo's face as the face in a clip moves.

    Args:
        reenactor: `aan_keras.Reenactor`.
        source: path of a photo, or an image array.
        driving: path of a video, photo or `.npz` track, arrays, or `LandmarkTrack`.
        **options: `mode`, `relative`, `transformer`, `face`, `driving_face`,
            `landmarker`, `source_landmarks`, `clip_range`, `smooth`, `paste_back`,
            `size`, `mirror_hidden`, `report`, `progress`; see `Reenactment`.

    Returns:
        Iterator of uint8 RGB images, one a driving frame: `[S, S, 3]`, or of another
        `size`, or as large as the photo with `paste_back`.

    Example:

    >>> reenactor = aan_keras.Reenactor.from_preset("aan_128")
    >>> for image in aan_keras.reenact(reenactor, "photo.jpg", "clip.mp4"):
    ...     show(image)
    """
    return Reenactment(reenactor, source, driving, **options).frames()


class _Lazy:
    """A landmarker that is made when it's first used: tracks need none."""

    def __init__(self, landmarker, is_maker):
        self._landmarker = landmarker
        self._is_maker = is_maker

    def __call__(self, image):
        return self._made()(image)

    @property
    def follow(self):
        return getattr(self._made(), "follow", None)

    def _made(self):
        if self._is_maker:
            self._landmarker, self._is_maker = self._landmarker(), False
        return self._landmarker

"""The whole face of a photo that shows it from the side."""

import numpy as np

from aan_keras.data.mirror import mirror_landmarks
from aan_keras.driven_frames import driven_frames
from aan_keras.faces import FaceCrop, LargeCrop, PasteBack
from aan_keras.faces.frontal_landmarks import frontal_landmarks
from aan_keras.faces.head_pose import head_pose
from aan_keras.faces.join_halves import join_halves
from aan_keras.faces.person_mask import person_mask
from aan_keras.faces.photo_detail import resize_image

# Degrees: from which yaw on the other half shows what a photo hides, and by how much a
# clip turns the head back in most of its frames, so that it is missed.
_TURNED, _TURNED_BACK = 10.0, 18.0
# So many frames tell how far a clip does.
_FRAMES = 100
# The other half ends a little inside of the crop, where the photo goes on.
_EDGE = 3.0


def complete_photo(reenactor, photo, crop, landmarks):
    """The photo with its face turned to the camera, and both halves of it.

    What a turned head hides would be drawn out of what is seen beside it. Here the
    photo is reenacted from the front, and so is its mirror image; of that comes the
    half that the photo hides (`join_halves`). The result takes the photo's place.

    Args:
        reenactor: as of `Reenactment`; one that gives what moved the photo.
        photo: uint8 RGB `[H, W, 3]`.
        crop: `FaceCrop` of the face in it.
        landmarks: float32 `[68, 2]`, in pixels of the photo.

    Returns:
        `(photo, landmarks)`, likewise; the crop of the face is the same.

    Raises:
        ValueError: the landmarks coincide.

    Example:

    >>> photo, landmarks = complete_photo(reenactor, photo, crop, landmarks)

    Reference:
        Not in the paper. Symmetry for what is hidden: Hassner et al., "Effective Face
        Frontalization in Unconstrained Images", CVPR 2015.
    """
    size, width = reenactor.image_size, photo.shape[1]
    area = np.s_[crop.y : crop.y + crop.side, crop.x : crop.x + crop.side]
    target = frontal_landmarks(landmarks)
    paste_back = PasteBack(photo, crop)
    own_frame = _moved(reenactor, photo, crop, landmarks, target)
    own = paste_back(*own_frame)
    # The mirror image in its own crop, to the same place in it.
    mirrored = np.ascontiguousarray(photo[:, ::-1])
    opposite = FaceCrop(width - crop.x - crop.side, crop.y, crop.side)
    landmarks_there = mirror_landmarks(landmarks, width)
    there = target + (opposite.x - crop.x, 0)
    frame = _moved(reenactor, mirrored, opposite, landmarks_there, there)
    other = LargeCrop(mirrored, opposite, crop.side)(*frame)
    points = crop.to_crop(target, size)
    people = [
        resize_image(_person(reenactor, image, points), crop.side)
        for image in (frame[0], own_frame[0])
    ]
    people[0] *= np.minimum(_EDGE * paste_back.mask[area], 1.0)
    points, yaw = crop.to_crop(target, crop.side), head_pose(landmarks).angles[1]
    own[area] = join_halves(own[area], other, points, yaw, *people)
    return own, target


def turns_back(landmarks, driving):
    """True where a clip shows much of what a photo of a turned head hides.

    Args:
        landmarks: `[68, 2]` of the photo.
        driving: `[T, 68, 2]`, what the face moves to.
    """
    some = driving[:: -(-len(driving) // _FRAMES)]
    pose, *poses = map(head_pose, (landmarks, *some))
    others = np.array([other.angles[1] for other in poses if other is not None])
    if pose is None or not others.size or abs(pose.angles[1]) < _TURNED:
        return False
    yaw = pose.angles[1]
    return bool(np.median(np.sign(yaw) * (yaw - others)) >= _TURNED_BACK)


def _moved(reenactor, photo, crop, landmarks, target):
    """What `driven_frames` gives of a face that moves to `target`, in photo pixels."""
    size = reenactor.image_size
    clip = crop.to_crop(landmarks, size), crop.to_crop(target, size)[None]
    return next(iter(driven_frames(reenactor, crop.cut(photo, size), *clip)))


def _person(reenactor, image, landmarks):
    """float32 `[S, S]`, 1 where an image shows the person."""
    if getattr(reenactor, "background", None) is None:
        return person_mask(image, landmarks)
    source = image[None].astype("float32") / 127.5 - 1.0
    return np.array(reenactor.person_mask(source, landmarks[None]))[0, ..., 0]

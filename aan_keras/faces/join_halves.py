"""Two pictures of a face, of which each shows one half."""

import cv2
import numpy as np
from scipy.special import expit

# Degrees from the face's middle at which the other picture begins: of `yaw` times the
# first and the second of each, the largest. What the photo shows less than 45 degrees
# aslant is its own. So is more than that of a face that is hardly turned, where another
# half's light would strike more than what is drawn out.
_BEGINS = ((-2.0, 70.0), (-1.0, 45.0), (0.0, 5.0))
# In the face's own frame, whose unit is from the top of the nose to the chin: its
# radius from left to right; how steeply the other picture begins; where the body
# begins and the other picture ends, below the chin.
_RADIUS, _STEEPNESS = 0.75, 40.0
_BODY, _ENDS, _END_STEEPNESS = 1.0, 1.15, 12.0
# A mask that is unsure of hair in front of a wall belongs to the person by this much.
_PERSON_GAIN, _PERSON_FROM = 1.6, 0.3
# The band in which the light of both is compared: how far before the other picture
# begins, and from the middle on the side that is seen well, as behind it is the nose's
# shade; its width, its ends.
_BEFORE, _MIDDLE, _BAND_WIDTH, _BAND_ENDS = 0.16, -0.05, 0.12, (-0.55, 0.9)
# Places down the face at which light is known, how softly, and below which share of
# the band there is none to be seen.
_PLACES, _SPREAD, _LITTLE = np.linspace(-0.6, 1.4, 41), 0.2, 1e-3
# Pixels to a side that light is seen by.
_ENOUGH = 256
# Levels: darker than this is as good as black. And how bright a colour is.
_BLACK = 20.0
_LUMINANCE = np.array([0.3, 0.6, 0.1])
# The eyes, each from its corner at the left of the picture over the upper lid.
_LEFT_EYE, _RIGHT_EYE = slice(36, 42), slice(42, 48)
# Of an eye's width: how soft the border is within which it is exchanged.
_LID_SOFTNESS = 0.06


def join_halves(own, other, landmarks, yaw, person, own_person):
    """A face whose hidden half is that of another picture.

    The other picture gets the brightness of the first beside where it begins, at each
    height its own, so that no seam shows. Its eye looks to where the eye that is
    seen looks: mirrored eyes that look aside would squint.

    Args:
        own: uint8 `[S, S, 3]`, RGB: a frontal face, of which one half is seen well.
        other: uint8 `[S, S, 3]`: the same with the other half, in place.
        landmarks: `[68, 2]` of both, in pixels.
        yaw: of the head in the photo that `own` was made of, in degrees; positive if it
            was turned to the left of the picture, and hid that half. The further it was
            turned, the more comes from `other`.
        person: float32 `[S, S]`, from 0 to 1: where `other` shows the person, whose
            surroundings it does not give.
        own_person: the same of `own`, whose neck, clothes and hands stay.

    Returns:
        uint8 `[S, S, 3]`.
    """
    landmarks = np.asarray(landmarks, "float64")
    across, along = _face_frame(landmarks, len(own))
    hidden = -1 if yaw > 0 else 1
    across = hidden * across
    degrees = max(times * abs(yaw) + constant for times, constant in _BEGINS)
    begins = _RADIUS * np.sin(np.radians(degrees))
    weight = expit(_STEEPNESS * (across - begins))
    weight *= expit(_END_STEEPNESS * (_ENDS - along))
    weight *= np.clip(_PERSON_GAIN * person - _PERSON_FROM, 0.0, 1.0)
    body = expit(_END_STEEPNESS * (along - _BODY))
    weight *= 1.0 - body * np.clip(own_person, 0.0, 1.0)
    own, other = own.astype("float32"), other.astype("float32")
    other = _with_gaze(own, other, landmarks, hidden)
    band = across - max(begins - _BEFORE, _MIDDLE)
    light = _light_along(own, other, band, along)[..., None].astype("float32")
    other = (other + _BLACK) * np.exp(light) - _BLACK
    joined = own + weight[..., None].astype("float32") * (other - own)
    return np.clip(np.round(joined), 0, 255).astype("uint8")


def _face_frame(landmarks, size):
    """How far each pixel is right of the middle, and down from the nose's top."""
    top = landmarks[27]
    down = landmarks[8] - top
    down = down / np.dot(down, down)
    y, x = np.mgrid[:size, :size]
    x, y = x - top[0], y - top[1]
    return x * down[1] - y * down[0], x * down[0] + y * down[1]


def _light_along(own, other, band, along):
    """float `[S, S]`: logarithm of how much brighter `own` is, at each height.

    Seen where `band` is near zero.
    """
    # Of a large photo some of the pixels tell as much, in a fraction of the memory.
    step = -(-len(own) // _ENOUGH)
    own, other, band, there = (x[::step, ::step] for x in (own, other, band, along))
    difference = np.log((own + _BLACK) / (other + _BLACK)) @ _LUMINANCE
    band = np.exp(-((band / _BAND_WIDTH) ** 2))
    band *= (there > _BAND_ENDS[0]) & (there < _BAND_ENDS[1])
    seen = band > _LITTLE
    near = np.exp(-0.5 * ((there[seen] - _PLACES[:, None]) / _SPREAD) ** 2)
    near *= band[seen]
    profile = (near @ difference[seen]) / (near.sum(-1) + _LITTLE)
    return np.interp(along, _PLACES, profile)


def _with_gaze(own, other, landmarks, hidden):
    """`other`, within the lids of its half the eye of `own`, not mirrored."""
    source, target = _LEFT_EYE, _RIGHT_EYE
    if hidden < 0:
        source, target = target, source
    source, target = landmarks[source], landmarks[target]
    # From the target's places to the source's, as `warpAffine` takes it.
    places = np.hstack([target, np.ones((6, 1))])
    to_source = np.linalg.lstsq(places, source, rcond=None)[0].T
    size = own.shape[1::-1]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    eye = cv2.warpAffine(
        own, to_source, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    inside = np.zeros(own.shape[:2], "float32")
    corners = np.round(target * 16).astype("int32")
    cv2.fillPoly(inside, [corners], 1.0, lineType=cv2.LINE_AA, shift=4)
    softness = _LID_SOFTNESS * np.linalg.norm(target[3] - target[0])
    inside = cv2.GaussianBlur(inside, (0, 0), max(softness, 0.3))
    # As bright as the eye whose place it takes.
    bright, as_bright = ((inside[..., None] * (x + _BLACK)).sum() for x in (eye, other))
    eye = (eye + _BLACK) * (as_bright / max(bright, _LITTLE)) - _BLACK
    return other + inside[..., None] * (eye - other)

"""From one person's landmarks to another's."""

import numpy as np

# Eyes and nose hardly change shape with the expression: they show where the head is.
_RIGID = slice(27, 48)


def transfer_motion(source, driving, relative=False, reference=None):
    """Driving landmarks in the source's crop.

    The frame of the driving clip whose normalised shape is nearest the source's is
    laid over the source (scale and shift, the same for the whole clip), so that head
    size and place are the source's and only motion is left of the driver's framing.

    Absolute mode keeps the driver's landmarks, hence the shape of the driver's face.
    Relative mode applies their motion since that frame to the source's own landmarks:
    the head's motion as a similarity transform, the rest (expression, turning) as
    displacements in the head's frame. It needs more than one frame.

    Args:
        source: `[68, 2]`, landmarks in the source's crop.
        driving: `[T, 68, 2]`, landmarks in the driving clip's crop.
        relative: see above.
        reference: index of the driving frame that is laid over the source; None: the
            nearest one, `nearest_frame`.

    Returns:
        float32 `[T, 68, 2]`, in pixels of the source's crop.

    Example:

    >>> transfer_motion(source_landmarks, track.landmarks, relative=True).shape
    (141, 68, 2)
    """
    source = np.asarray(source, "float64")
    driving = np.asarray(driving, "float64")
    best = nearest_frame(source, driving) if reference is None else reference
    placed = _overlay(driving, driving[best], source)
    if not relative:
        return placed.astype("float32")
    reference = placed[best]
    # Points as complex numbers: a similarity transform is z -> a z + b.
    source, reference = _complex(source), _complex(reference)
    moved = np.empty_like(placed)
    for t, frame in enumerate(_complex(placed)):
        a, b = _fit_similarity(reference[_RIGID], frame[_RIGID])
        z = a * (source + (frame - b) / a - reference) + b
        moved[t] = np.stack([z.real, z.imag], axis=-1)
    return moved.astype("float32")


def nearest_frame(source, driving):
    """Index of the driving frame whose shape, centred and scaled, is nearest."""
    return int(np.argmin(shape_distances(source, driving)))


def shape_distances(source, driving):
    """float `[T]`: how far the shapes of `[T, 68, 2]` are from that of `[68, 2]`.

    Squared, of landmarks that are centred and scaled to the norm 1.
    """
    difference = _normalised(driving) - _normalised(source)
    return (difference**2).sum((-2, -1))


def _normalised(points):
    points = points - points.mean(-2, keepdims=True)
    return points / np.sqrt((points**2).sum((-2, -1), keepdims=True))


def _overlay(points, before, after):
    """Scales and shifts all `points` as `before` must be to lie on `after`."""
    centred = before - before.mean(0)
    scale = (centred * (after - after.mean(0))).sum() / (centred**2).sum()
    return (points - before.mean(0)) * scale + after.mean(0)


def _complex(points):
    return points[..., 0] + 1j * points[..., 1]


def _fit_similarity(before, after):
    centred = before - before.mean()
    a = (centred.conj() * (after - after.mean())).sum() / (abs(centred) ** 2).sum()
    return a, after.mean() - a * before.mean()

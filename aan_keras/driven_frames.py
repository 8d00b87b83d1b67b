"""Frames of a photo, from whatever makes them."""

from aan_keras.compiled_reenactor import CompiledReenactor


def driven_frames(reenactor, source, source_landmarks, landmarks, with_motion=True):
    """Moves a photo's crop.

    Args:
        reenactor: `aan_keras.Reenactor`, an export or a server, as of `Reenactment`.
        source: uint8 RGB `[S, S, 3]`.
        source_landmarks: float32 `[68, 2]`, in pixels of it.
        landmarks: float32 `[T, 68, 2]`, what it moves to.
        with_motion: of an export or a server, ask for what moved the photo too.

    Yields:
        Tuples of the image, uint8 `[S, S, 3]`, and, where the reenactor gives them and
        they are asked for, flow and fill: see `CompiledReenactor.drive`.
    """
    if hasattr(reenactor, "animate"):
        clip = source, source_landmarks, landmarks
        if with_motion and gives_motion(reenactor):
            yield from reenactor.animate_with_motion(*clip)
        else:
            yield from ((image,) for image in reenactor.animate(*clip))
        return
    model = CompiledReenactor.of(reenactor)
    code = model.encode_source(source, source_landmarks)
    for points in landmarks:
        yield model.drive(code, points)


def gives_motion(reenactor):
    """False for exports of images alone."""
    is_export = hasattr(reenactor, "animate")
    return not is_export or getattr(reenactor, "gives_motion", False)

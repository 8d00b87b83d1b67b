"""What a photo shows that is too fine for a model's image."""

import numpy as np

# Of the smaller singular value of the flow's derivative: where detail begins to be
# kept, and where all of it is.
_KEPT = (0.4, 0.8)
# Of the difference between the model's image and the moved photo, in levels: up to
# where all detail is kept, and from where none is. What is coarser than this part of
# the image is light.
_WRONG, _LIGHT = (10.0, 30.0), 16


def move_pixels(photo, flow, x, y):
    """Pixels of a photo, carried by a flow.

    Args:
        photo: uint8 `[H, W, 3]`, or float32 `[H, W]`.
        flow: float32 `[h, w, 2]`, (dx, dy) in pixels of the photo.
        x, y: of the output's left upper pixel in the photo.

    Returns:
        The same, `[h, w, 3]` or `[h, w]`: `out(p) = photo(p + flow(p))`. What lies
        outside the photo repeats its border.
    """
    import cv2

    places = flow.copy()
    places[..., 0] += np.arange(x, x + flow.shape[1], dtype="float32")
    places[..., 1] += np.arange(y, y + len(flow), dtype="float32")[:, None]
    return cv2.remap(
        photo,
        places,
        None,
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )


def enlarge_flow(flow, side):
    """A flow in pixels of its own grid, on one of `side` x `side`, in its pixels."""
    import cv2

    scale = np.float32([side / flow.shape[1], side / flow.shape[0]])
    # Bilinearly, as `FlowWarp` does.
    return cv2.resize(np.asarray(flow, "float32") * scale, (side, side))


def resize_image(image, side):
    """A generated image uint8 `[S, S, 3]` as `[side, side, 3]`."""
    import cv2

    method = cv2.INTER_AREA if side < len(image) else cv2.INTER_CUBIC
    return cv2.resize(image, (side, side), interpolation=method)


def with_detail(image, moved, flow, filled=None):
    """A model's image, enlarged, and what the moved photo shows finer than it.

    The model sees and makes a small image. Pores, lashes and single hairs that were
    lost before it are still in the photo, and lie where the flow takes them: of the
    photo under the flow, all that a small image could hold is replaced by the model's.
    It is not added where the flow draws the photo out, as over a mouth that was closed
    in it, nor where the model shows something else, as lips over what were teeth, nor
    where the background behind the person shows.

    Args:
        image: uint8 `[S, S, 3]`, the model's.
        moved: uint8 `[N, N, 3]`, the photo under the flow.
        flow: float32 `[h, w, 2]`, in pixels of its own grid.
        filled: float32 `[h', w']` from 0 to 1, where the background shows or is near
            (`widened`); None: nowhere.

    Returns:
        float32 `[N, N, 3]`, not clipped.
    """
    import cv2

    size, side = len(image), len(moved)
    large = resize_image(image, side)
    if side <= size:
        return large.astype("float32")
    detail = moved.astype("float32")
    coarse = cv2.resize(detail, (size, size), interpolation=cv2.INTER_AREA)
    detail -= cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    share = cv2.resize(_kept(flow), (side, side))
    share *= cv2.resize(_agreement(image, coarse), (side, side))
    if filled is not None:
        share *= 1 - cv2.resize(filled, (side, side))
    detail *= share[..., None]
    detail += large
    return detail


def _agreement(image, coarse):
    """float32 `[S, S]` from 1 to 0, where the model shows something else.

    By local contrast: light may have changed where the skin is the same.
    """
    import cv2

    difference = image - coarse
    difference -= cv2.GaussianBlur(difference, (0, 0), len(image) / _LIGHT)
    wrong = cv2.GaussianBlur(np.abs(difference).mean(-1), (0, 0), 1)
    return np.clip((_WRONG[1] - wrong) / (_WRONG[1] - _WRONG[0]), 0, 1)


def widened(filled):
    """`[h, w]` from 0 to 1, wider by a tenth of its side and blurred."""
    import cv2

    side = len(filled)
    width = 2 * (side // 10) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    return cv2.GaussianBlur(cv2.dilate(filled, disc), (0, 0), max(side / 40, 0.3))


def _kept(flow):
    """float32 `[h, w]` from 1 to 0, where the flow draws the photo out.

    By the smaller singular value of the map's derivative: 1 / 2 where what is next to
    each other in the photo is two pixels apart.
    """
    a, b = (np.gradient(flow[..., i], axis=(1, 0)) for i in (0, 1))
    # Of x + dx and y + dy along x and y.
    xx, xy, yx, yy = a[0] + 1, a[1], b[0], b[1] + 1
    norm, area = xx * xx + xy * xy + yx * yx + yy * yy, xx * yy - xy * yx
    root = np.sqrt(np.maximum(norm * norm - 4 * area * area, 0))
    least = np.sqrt(np.maximum(norm - root, 0) / 2)
    # Turned over, as in a fold.
    least = np.where(area > 0, least, 0)
    return np.clip((least - _KEPT[0]) / (_KEPT[1] - _KEPT[0]), 0, 1).astype("float32")

"""Augmentation that treats both frames of a pair alike."""

import functools

import cv2
import numpy as np

from aan_keras.data.mirror import MIRROR_PERMUTATION

CONTROL_INTERVALS = 4
_BLUR = (0.3, 1.2)
_JPEG_QUALITY = (30, 90)
_OPACITY = (0.3, 0.9)
_AMBIENT = (0.15, 0.8)
_TINT = 0.05


class PairAugmentation:
    """Random mirror, similarity, smooth warp and colour change of face crops.

    The parameters are drawn once for a pair (`draw`) and applied to each of its
    frames (`apply`), so the two frames remain two moments of one, invented, person.
    Pixels and landmarks follow one continuous map: with q a place in the output
    and p a place in the original, both in pixels of the original,

        p = M(A(q + u(q))),

    M the mirror, A an affine map about the centre, u a cubic B-spline of random
    control vectors. Pixels are fetched at p(q); landmarks are moved by the inverse,
    found by fixed-point iteration, which contracts because u is small and smooth.

    Args:
        mirror: probability of a mirrored pair.
        geometry: probability of the affine map and the warp.
        scale: range of the zoom.
        aspect: largest relative change of the aspect ratio.
        rotation: largest rotation in degrees.
        shift: largest shift, as a share of the image side.
        warp: largest control vector of the warp, as a share of the image side.
        colour: strength of the colour change; 0 is none.
        source_blur: probability that the source alone is blurred, with a Gaussian of
            0.3 to 1.2 pixels at 128 x 128 (in proportion at other sizes): from just
            visible to what halving the resolution twice does.
        source_jpeg: probability that the source alone goes through a JPEG file of
            quality 30, where blocks show, to 90, where nothing does.
        donor: probability that both frames of a video's pair get another person's
            skin and features, 30 to 90 % of them, see `donor_face.blend_face`. Off by
            default.
        light: probability that a lamp is added to the light in which both frames were
            taken, see `face_light.light_face`. It may stand anywhere before the face
            or beside it, and gives 20 to 85 % of the new light. Off by default.

    Blur and JPEG are off by default. They teach the net to make a clean image of a poor
    photo, for sources of unknown origin; but a target sharper than its source rewards
    invented detail, and costs sharpness where the photo is good. 0.15 each leaves 70 %
    of the pairs as they are.
    """

    def __init__(
        self,
        mirror=0.5,
        geometry=0.85,
        scale=(0.92, 1.15),
        aspect=0.06,
        rotation=12.0,
        shift=0.04,
        warp=0.035,
        colour=1.0,
        source_blur=0.0,
        source_jpeg=0.0,
        donor=0.0,
        light=0.0,
    ):
        if warp >= 0.5 / CONTROL_INTERVALS:
            raise ValueError(
                f"`warp` must be below {0.5 / CONTROL_INTERVALS} or the map folds. "
                f"Received: {warp}"
            )
        shares = {"source_blur": source_blur, "source_jpeg": source_jpeg}
        for name, share in {**shares, "donor": donor, "light": light}.items():
            if not 0 <= share <= 1:
                raise ValueError(f"`{name}` must be in [0, 1]. Received: {share}")
        self.mirror = mirror
        self.geometry = geometry
        self.scale = scale
        self.aspect = aspect
        self.rotation = rotation
        self.shift = shift
        self.warp = warp
        self.colour = colour
        self.source_blur = source_blur
        self.source_jpeg = source_jpeg
        self.donor = donor
        self.light = light

    def draw(self, generator):
        """Draws the parameters of one pair.

        Every number is drawn in every case, so that switching one augmentation
        off leaves the others as they were.
        """
        mirrored = generator.random() < self.mirror
        moved = generator.random() < self.geometry
        zoom = np.exp(generator.uniform(*np.log(self.scale)))
        stretch = np.exp(generator.uniform(-self.aspect, self.aspect) / 2)
        angle = np.deg2rad(generator.uniform(-self.rotation, self.rotation))
        shift = generator.uniform(-self.shift, self.shift, 2)
        knots = CONTROL_INTERVALS + 3
        warp = generator.uniform(-self.warp, self.warp, (2, knots, knots))
        gamma = np.exp(self.colour * generator.uniform(-0.2, 0.2))
        contrast = np.exp(self.colour * generator.uniform(-0.15, 0.15))
        gain = np.exp(self.colour * generator.uniform(-0.06, 0.06, 3))
        offset = self.colour * generator.uniform(-0.06, 0.06)
        saturation = np.exp(self.colour * generator.uniform(-0.3, 0.2))
        # Last, so that runs from before they were offered go on with the same pairs.
        blurred = generator.random() < self.source_blur
        blur = np.exp(generator.uniform(*np.log(_BLUR)))
        compressed = generator.random() < self.source_jpeg
        quality = int(generator.integers(*_JPEG_QUALITY, endpoint=True))
        donated = generator.random() < self.donor
        opacity = generator.uniform(*_OPACITY)
        # Of a stream of its own, since the donor is drawn after all of these.
        lamp = generator.spawn(1)[0]
        lit = lamp.random() < self.light
        cos, sin = np.cos(angle), np.sin(angle)
        # From output to original, hence the inverse zoom.
        linear = np.array([[cos, -sin], [sin, cos]]) / zoom
        linear = linear @ np.diag([1 / stretch, stretch])
        return {
            "mirrored": bool(mirrored),
            "linear": linear if moved else None,
            "shift": shift,
            "warp": warp,
            "table": _colour_table(gamma, contrast, gain, offset),
            "saturation": saturation,
            "blur": blur if blurred else None,
            "quality": quality if compressed else None,
            "opacity": opacity if donated else None,
            "light": _draw_light(lamp) if lit else None,
        }

    def degrade(self, image, parameters):
        """What blur and JPEG do to the source: float32 `[n, n, 3]` in [-1, 1], as well.

        Args:
            image: float32 `[n, n, 3]` in [-1, 1], the source that `apply` made.
            parameters: the result of `draw`, or None for no change.
        """
        if parameters is None:
            return image
        if parameters["blur"] is not None:
            sigma = parameters["blur"] * image.shape[0] / 128
            image = cv2.GaussianBlur(image, (0, 0), sigma)
        if parameters["quality"] is not None:
            pixels = np.round((image[..., ::-1] + 1) * 127.5).astype("uint8")
            quality = [cv2.IMWRITE_JPEG_QUALITY, parameters["quality"]]
            encoded = cv2.imencode(".jpg", pixels, quality)[1]
            pixels = cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1]
            image = pixels.astype("float32") * (2 / 255) - 1
        return image

    def apply(self, image, landmarks, parameters, image_size):
        """Applies drawn parameters to one frame.

        Args:
            image: uint8 `[n, n, 3]`.
            landmarks: float array `[68, 2]`, in pixels of `image`.
            parameters: the result of `draw`, or None for no change.
            image_size: side of the output.

        Returns:
            float32 image `[image_size, image_size, 3]` in [-1, 1] and float32
            landmarks `[68, 2]` in its pixels.
        """
        size = image.shape[0]
        landmarks = np.asarray(landmarks, "float64")
        if parameters is not None:
            if parameters["linear"] is not None:
                image = _warp_image(image, parameters, image_size)
                landmarks = _warp_landmarks(landmarks, parameters, size)
            elif parameters["mirrored"]:
                image = image[:, ::-1]
                landmarks = landmarks * [-1, 1] + [size - 1, 0]
            if parameters["mirrored"]:
                landmarks = landmarks[MIRROR_PERMUTATION]
        image = _resize(image, image_size)
        landmarks = (landmarks + 0.5) * (image_size / size) - 0.5
        if parameters is None:
            image = image.astype("float32") * (2 / 255) - 1
        else:
            image = _change_colour(image, parameters)
        return image, landmarks.astype("float32")


def _draw_light(generator):
    """Direction and ambient share of a lamp, see `face_light.light_face`."""
    side = np.deg2rad(generator.uniform(-100, 100))
    height = np.deg2rad(generator.uniform(-30, 75))
    direction = [np.sin(side) * np.cos(height), np.sin(height), 0]
    direction[2] = np.cos(side) * np.cos(height)
    ambient = generator.uniform(*_AMBIENT) + generator.uniform(-_TINT, _TINT, 3)
    return np.array(direction), ambient


def _colour_table(gamma, contrast, gain, offset):
    """Looks up what each 8-bit value of each channel becomes, in [0, 1] or beyond."""
    value = np.linspace(0, 1, 256)[:, None] ** gamma
    value = ((value - 0.5) * contrast + 0.5 + offset) * gain
    return value.astype("float32")[None]


def _change_colour(image, parameters):
    saturation = parameters["saturation"]
    image = cv2.LUT(np.ascontiguousarray(image), parameters["table"])
    luma = np.array([0.299, 0.587, 0.114])
    matrix = saturation * np.eye(3) + (1 - saturation) * luma[None]
    # The last column maps [0, 1] to [-1, 1] in the same pass.
    matrix = np.concatenate([2 * matrix, np.full((3, 1), -1.0)], 1)
    image = cv2.transform(image, matrix)
    return np.clip(image, -1, 1, out=image)


def _resize(image, image_size):
    if image.shape[0] == image_size:
        return image
    method = cv2.INTER_AREA if image_size < image.shape[0] else cv2.INTER_CUBIC
    return cv2.resize(image, (image_size, image_size), interpolation=method)


def _spline_basis(coordinates, size):
    """Evaluates the uniform cubic B-splines over [0, size - 1] at `coordinates`.

    Returns `[n, CONTROL_INTERVALS + 3]`; rows are non-negative and sum to 1.
    """
    place = np.clip(np.asarray(coordinates) / (size - 1), 0, 1) * CONTROL_INTERVALS
    first = np.minimum(place.astype(int), CONTROL_INTERVALS - 1)
    t = place - first
    values = [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, 3 * t * (1 + t - t**2) + 1, t**3]
    basis = np.zeros((len(place), CONTROL_INTERVALS + 3))
    rows = np.arange(len(place))
    for i, value in enumerate(values):
        basis[rows, first + i] = value / 6
    return basis


@functools.lru_cache(maxsize=16)
def _grid(size, samples):
    """Places of `samples` pixels across an image of `size`, and their spline basis."""
    places = (np.arange(samples) + 0.5) * (size / samples) - 0.5
    return places.astype("float32"), _spline_basis(places, size).astype("float32")


def _warp_image(image, parameters, image_size):
    size = image.shape[0]
    # A smaller output is fetched at a multiple of its size and averaged afterwards:
    # one value per output pixel would alias.
    samples = image_size * int(np.ceil(size / image_size))
    places, basis = _grid(size, samples)
    control = (parameters["warp"] * size).astype("float32")
    centre = (size - 1) / 2
    x = places[None, :] - centre + basis @ control[0] @ basis.T
    y = places[:, None] - centre + basis @ control[1] @ basis.T
    linear = parameters["linear"].astype("float32")
    shift = (parameters["shift"] * size + centre).astype("float32")
    map_x = linear[0, 0] * x + linear[0, 1] * y + shift[0]
    map_y = linear[1, 0] * x + linear[1, 1] * y + shift[1]
    if parameters["mirrored"]:
        map_x = (size - 1) - map_x
    # Cubic, since bilinear fetching would blur the targets that the net must match.
    return cv2.remap(
        image, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    )


def _warp_landmarks(landmarks, parameters, size, iterations=20):
    centre = (size - 1) / 2
    control = parameters["warp"] * size
    if parameters["mirrored"]:
        landmarks = landmarks * [-1, 1] + [size - 1, 0]
    target = landmarks - centre - parameters["shift"] * size
    target = target @ np.linalg.inv(parameters["linear"]).T + centre
    moved = target
    for _ in range(iterations):
        basis_x, basis_y = np.split(_spline_basis(moved.T.ravel(), size), 2)
        displacement = np.einsum("ni,cij,nj->nc", basis_y, control, basis_x)
        following = target - displacement
        if np.abs(following - moved).max() < 1e-3:
            return following
        moved = following
    return moved

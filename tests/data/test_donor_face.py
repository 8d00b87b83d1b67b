import cv2
import numpy as np
import pytest
from scipy import ndimage
from skimage.transform import ThinPlateSplineTransform, warp

from aan_keras.data.donor_face import blend_face, head_shape
from aan_keras.data.face_colour import match_face_colour
from tests.layers.sample_face import canonical_face, sample_landmarks


def texture(seed, size=96):
    noise = np.random.default_rng(seed).normal(size=(size, size, 3))
    noise = cv2.GaussianBlur(noise, (0, 0), 3)
    return (0.2 * noise / noise.std()).clip(-1, 1).astype("float32")


def as_bytes(image):
    return ((image + 1) * 127.5).round().astype("uint8")


@pytest.fixture
def faces():
    landmarks, donor_landmarks = np.asarray(sample_landmarks(2, 96, seed=3))
    return texture(0), landmarks, as_bytes(texture(1)), donor_landmarks


@pytest.mark.filterwarnings("ignore:`estimate`:FutureWarning")
def test_the_skin_is_the_donors_under_a_thin_plate_spline(faces):
    image, landmarks, donor, donor_landmarks = faces
    blended = blend_face(*faces, 1.0)
    assert blended.dtype == np.float32 and blended.shape == image.shape
    spline = ThinPlateSplineTransform()
    spline.estimate(landmarks, donor_landmarks)
    moved = warp(donor / 127.5 - 1, spline, order=3, mode="edge").astype("float32")
    moved = match_face_colour(moved, landmarks, image, landmarks)
    # Fine from the donor, coarse from the face: means over the face's own pixels.
    face = np.zeros(image.shape[:2], "float32")
    cv2.fillConvexPoly(face, cv2.convexHull(np.round(landmarks).astype("int32")), 1)
    weight = ndimage.gaussian_filter(face.astype("float64"), 6)[..., None]
    coarse = ndimage.gaussian_filter((moved - image) * face[..., None], (6, 6, 0))
    moved -= coarse / np.maximum(weight, 1e-3)
    # Far from the edges and openings: between brows and lids there is too little.
    cheeks = np.round(landmarks[[2, 3, 13, 14]] * 0.7 + landmarks[[33]] * 0.3)
    for x, y in [*cheeks.astype(int), np.round(landmarks[29]).astype(int)]:
        np.testing.assert_allclose(blended[y, x], moved[y, x], atol=0.03)
        assert np.abs(blended[y, x] - image[y, x]).max() > 0.05


def test_shading_stays(faces):
    image, landmarks, donor, donor_landmarks = faces
    # The donor in a light from the left, the face in one from the right.
    ramp = np.linspace(-0.4, 0.4, 96, dtype="float32")[None, :, None]
    donor = as_bytes(np.clip(donor / 127.5 - 1 - ramp, -1, 1))
    blended = blend_face(image + ramp, landmarks, donor, donor_landmarks, 1.0)
    left, right = (landmarks[i] * 0.6 + landmarks[33] * 0.4 for i in (2, 14))

    def brightness(image, place):
        x, y = np.round(place).astype(int)
        return image[y - 6 : y + 7, x - 6 : x + 7].mean()

    # The donor's own textures differ by chance: seen without any light, too.
    donor = np.asarray(faces[2])
    plain = blend_face(image, landmarks, donor, donor_landmarks, 1.0)
    change = [brightness(blended - plain - ramp, place) for place in (left, right)]
    np.testing.assert_allclose(change, 0, atol=0.05)
    assert brightness(ramp * np.ones_like(image), right) > 0.1


def test_opacity_is_linear(faces):
    # Far from black and white, which end the line.
    faces = (faces[0] * 0.2, *faces[1:])
    image = faces[0]
    whole, half = blend_face(*faces, 1.0), blend_face(*faces, 0.5)
    np.testing.assert_allclose(half - image, (whole - image) / 2, atol=1e-6)
    np.testing.assert_array_equal(blend_face(*faces, 0.0), image)


def test_openings_and_surroundings_stay(faces):
    image, landmarks, donor, donor_landmarks = faces
    # Wide open, so that the blurred edge of the opening is far.
    centre = landmarks[60:68].mean(0)
    landmarks = landmarks.copy()
    landmarks[60:68] = centre + (landmarks[60:68] - centre) * [1.0, 4.0]
    change = np.abs(blend_face(image, landmarks, donor, donor_landmarks, 1.0) - image)
    x, y = np.round(centre).astype(int)
    nose_x, nose_y = np.round(landmarks[29]).astype(int)
    assert change[y, x].max() < 0.1 * change[nose_y, nose_x].max()
    outside = np.ones(image.shape[:2], "uint8")
    hull = cv2.convexHull(np.round(landmarks).astype("int32"))
    cv2.fillConvexPoly(outside, hull, 0)
    outside = cv2.erode(outside, np.ones((7, 7)), borderValue=1)
    assert change[outside > 0].max() < 0.02 < change.max()


def test_head_shape_knows_turns_and_not_places():
    points = canonical_face() * 40 + 60
    turned = points * [0.7, 1.0] + np.outer(np.arange(68) > 26, [8.0, 0.0])
    here = head_shape(points)
    np.testing.assert_allclose(head_shape(points * 1.7 + [9, -4]), here, atol=1e-9)
    assert np.abs(head_shape(turned) - here).max() > 0.02
    assert head_shape(np.stack([points, turned])).shape == (2, 26, 2)

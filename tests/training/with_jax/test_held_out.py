import cv2
import numpy as np
import pytest
from skimage.metrics import structural_similarity

from aan_keras.data.clips import read_clips
from aan_keras.training.with_jax.held_out import HeldOut


@pytest.fixture(scope="module")
def held_out(faces):
    return HeldOut(read_clips(faces), image_size=64, pairs_per_clip=2)


def test_pairs_are_far_apart(held_out, faces):
    assert held_out.pairs["driving"].shape == (6, 64, 64, 3)
    landmarks = np.load(faces / "anna/v0/landmarks.npy")
    distance = np.abs(landmarks - landmarks[0]).mean((1, 2))
    first = int(np.argmax(distance))
    np.testing.assert_allclose(
        held_out.pairs["driving_landmarks"][0], (landmarks[first] + 0.5) / 2 - 0.5
    )
    np.testing.assert_allclose(
        held_out.pairs["source_landmarks"][0], (landmarks[0] + 0.5) / 2 - 0.5
    )
    image = cv2.imread(str(faces / f"anna/v0/{first:04d}.png"))[..., ::-1]
    image = cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(
        held_out.pairs["driving"][0], image / 127.5 - 1, atol=1e-6
    )


def test_measures_are_those_of_opencv_and_scikit_image(held_out):
    truth = held_out.pairs["driving"]
    rng = np.random.default_rng(0)
    images = np.clip(truth * 0.8 + rng.normal(0, 0.05, truth.shape), -1, 1)
    measured = held_out.measure(images.astype("float32"))
    expected = {"l1": [], "face_l1": [], "mouth_l1": [], "ssim": [], "sharpness": []}
    for a, b, points in zip(images, truth, held_out.pairs["driving_landmarks"]):
        a, b = (a + 1) * 127.5, (b + 1) * 127.5
        difference = np.abs(a - b)
        expected["l1"].append(difference.mean())
        for name, part in (("face_l1", points), ("mouth_l1", points[48:])):
            x0, y0 = np.floor(part.min(0) - 2).clip(0).astype(int)
            x1, y1 = np.ceil(part.max(0) + 2).clip(max=63).astype(int)
            expected[name].append(difference[y0 : y1 + 1, x0 : x1 + 1].mean())
        expected["ssim"].append(
            structural_similarity(
                a,
                b,
                channel_axis=2,
                data_range=255,
                gaussian_weights=True,
                sigma=1.5,
                use_sample_covariance=False,
            )
        )
        expected["sharpness"].append(laplacian(a) / laplacian(b))
    means = {name: np.mean(values) for name, values in expected.items()}
    # scikit-image takes its mean over places whose window leaves the image too.
    assert measured.pop("ssim") == pytest.approx(means.pop("ssim"), abs=5e-3)
    assert measured == pytest.approx(means, rel=1e-4)


def laplacian(image):
    grey = image @ np.array([0.299, 0.587, 0.114])
    return cv2.Laplacian(grey, cv2.CV_64F, borderType=cv2.BORDER_REFLECT_101).var()

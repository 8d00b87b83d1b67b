import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from aan_keras.evaluation import FaceAnalysis
from aan_keras.evaluation.measures import MEASURES, measure_pairs, overall


@pytest.fixture(scope="module")
def known(portrait_crop, landmarker):
    """Three pairs: driven by itself, by a darker copy, by a picture without a face."""
    blank = np.full_like(portrait_crop, 90)
    dark = (portrait_crop * 0.8).astype("uint8")
    source = np.stack([portrait_crop] * 3)
    driving = np.stack([portrait_crop, dark, blank])
    analysis = FaceAnalysis(landmarker)
    faces = [analysis(images) for images in (source, driving)]
    neutral = faces[0].expression
    return {
        "source": source,
        "driving": driving,
        "source_faces": faces[0],
        "driving_faces": faces[1],
        "source_neutral": neutral,
        "driving_neutral": neutral,
    }


def test_the_unchanged_source(known):
    values = measure_pairs("self", known["source"], known["source_faces"], known)
    assert set(values) == {
        m.name for m in MEASURES if m.name not in ("lpips", "csim_arcface")
    }
    np.testing.assert_allclose(values["csim"], 1, atol=1e-6)
    np.testing.assert_allclose(values["texture"], 1)
    np.testing.assert_allclose(values["prmse"][0], 0)
    np.testing.assert_allclose(values["aucon"][0], 1)
    np.testing.assert_allclose(values["l1"][0], 0, atol=1e-5)
    assert values["psnr"][0] == pytest.approx(100)
    expected = peak_signal_noise_ratio(known["driving"][1], known["source"][1])
    assert values["psnr"][1] == pytest.approx(expected, rel=1e-4)
    # No face in the driving picture: no figure, where a face is needed.
    for name in ("prmse", "aucon", "akd", "nme", "aed"):
        assert np.isnan(values[name]).tolist() == [False, False, True], name


def test_a_lost_face(known):
    faces = known["driving_faces"]
    values = measure_pairs("self", known["driving"], faces, known)
    for name in ("csim", "texture", "prmse", "aucon", "akd", "nme", "aed"):
        assert np.isnan(values[name]).tolist() == [False, False, True], name
    assert np.isfinite(values["l1"]).all()


def test_cross_has_no_truth_to_compare_pixels_with(known):
    values = measure_pairs("cross", known["source"], known["source_faces"], known)
    assert set(values) == {"csim", "prmse", "aucon", "texture", "sharpness"}
    np.testing.assert_allclose(values["sharpness"], 1, rtol=1e-5)


def test_lpips_gets_driving_and_output(known):
    def lpips(true, pred):
        assert true is known["driving"] and pred is known["source"]
        return np.array([0.5, 0.25, 0.125])

    values = measure_pairs(
        "self", known["source"], known["source_faces"], known, lpips=lpips
    )
    np.testing.assert_array_equal(values["lpips"], [0.5, 0.25, 0.125])


def test_overall():
    assert overall("l1", [1.0, np.nan, 4.0]) == (2.5, 2)
    value, count = overall("prmse", [3.0, np.nan, 4.0])
    assert (value, count) == (pytest.approx(np.sqrt(12.5)), 2)
    value, count = overall("csim", [np.nan])
    assert np.isnan(value) and count == 0

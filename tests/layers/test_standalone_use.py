"""Each layer, imported alone into somebody else's functional Keras model."""

import keras
import numpy as np
import pytest

from aan_keras.layers.appearance_adaptive_norm import AppearanceAdaptiveNorm
from aan_keras.layers.background_fill import BackgroundFill
from aan_keras.layers.cubic_upsampling import CubicUpsampling
from aan_keras.layers.face_chip import FaceChip
from aan_keras.layers.face_exposure import FaceExposure
from aan_keras.layers.flow_warp import FlowWarp
from aan_keras.layers.fusion_block import FusionBlock
from aan_keras.layers.landmark_flow import LandmarkFlow
from aan_keras.layers.landmark_heatmaps import LandmarkHeatmaps
from aan_keras.layers.pixel_shuffle import PixelShuffle
from aan_keras.layers.region_crop import RegionCrop
from aan_keras.layers.region_paste import RegionPaste
from aan_keras.layers.residual_block import ResidualBlock
from aan_keras.layers.spatially_adaptive_norm import SpatiallyAdaptiveNorm
from aan_keras.layers.spectral_conv2d import SpectralConv2D
from aan_keras.layers.unsharp_mask import UnsharpMask
from aan_keras.metrics import SSIM
from tests.layers.check_layer import as_numpy
from tests.layers.sample_face import sample_landmarks

SIZE = 16
IMAGE, LANDMARKS, DRIVING = (SIZE, SIZE, 3), (68, 2), (68, 2)
SHAPES = {"image": IMAGE, "landmarks": LANDMARKS, "driving_landmarks": DRIVING}


def conv(x, filters=4):
    return keras.layers.Conv2D(filters, 3, padding="same")(x)


def fused(image):
    theta = conv(image, 8)
    return FusionBlock(4)(conv(image), image, theta[..., :4], theta[..., 4:])


def warped(image, landmarks, driving_landmarks):
    flow = LandmarkFlow(8, SIZE)(landmarks, driving_landmarks)
    return conv(FlowWarp()(image, flow))


def pasted(image, landmarks):
    crops = [RegionCrop(name, 6)(image, landmarks) for name in ("nose", "mouth")]
    crops = [conv(crop) for crop in crops]
    return RegionPaste(("nose", "mouth"), SIZE)(crops, landmarks)


MODELS = {
    "SpectralConv2D": lambda image: SpectralConv2D(4, 3, activation="relu")(image),
    "PixelShuffle": lambda image: PixelShuffle(2)(conv(image)),
    "AppearanceAdaptiveNorm": lambda image: AppearanceAdaptiveNorm()(
        conv(image), conv(image), conv(image)
    ),
    "SpatiallyAdaptiveNorm": lambda image: SpatiallyAdaptiveNorm(8)(conv(image), image),
    "ResidualBlock": lambda image: ResidualBlock(4)(image),
    "FusionBlock": fused,
    "FlowWarp": lambda image: FlowWarp("zeros")(image, conv(image, 2)),
    "LandmarkFlow": warped,
    "LandmarkHeatmaps": lambda landmarks: conv(LandmarkHeatmaps(8, SIZE)(landmarks)),
    "RegionCrop and RegionPaste": pasted,
    "FaceChip": lambda image, landmarks: conv(FaceChip(12)(image, landmarks)),
}


def make(name):
    """A functional model around the layer, and a batch for it."""
    function = MODELS[name]
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    inputs = {key: keras.Input(SHAPES[key], name=key) for key in names}
    model = keras.Model(inputs, function(**inputs))
    rng = np.random.default_rng(0)
    arrays = {
        "image": rng.uniform(-1, 1, (4, *IMAGE)).astype("float32"),
        "landmarks": sample_landmarks(4, SIZE, seed=1),
        "driving_landmarks": sample_landmarks(4, SIZE, seed=2),
    }
    return model, {key: arrays[key] for key in names}


@pytest.mark.parametrize("name", MODELS)
def test_trains_saves_and_loads(name, tmp_path):
    model, batch = make(name)
    target = 0.5 * np.ones((4, *model.output_shape[1:]), "float32")
    model.compile(keras.optimizers.Adam(0.01), "mse")
    history = model.fit(batch, target, batch_size=2, epochs=4, verbose=0).history
    assert np.all(np.isfinite(history["loss"]))
    assert history["loss"][-1] < history["loss"][0]

    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(
        as_numpy(loaded(batch)), as_numpy(model(batch)), atol=2e-5
    )
    # Training goes on from the file as it would have without.
    again = [m.fit(batch, target, shuffle=False, verbose=0) for m in (model, loaded)]
    losses = [history.history["loss"][0] for history in again]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


@pytest.mark.requires_tensorflow
@pytest.mark.parametrize("name", MODELS)
def test_exports_to_saved_model_and_to_tflite_builtins(name, tmp_path):
    import tensorflow as tf

    model, batch = make(name)
    expected = model.predict(batch, verbose=0)
    # Told, because Keras 3.9 takes the names of a dict of inputs for a list.
    specs = {key: tf.TensorSpec((None, *SHAPES[key]), name=key) for key in batch}
    model.export(tmp_path / "saved", verbose=False, input_signature=[specs])
    loaded = tf.saved_model.load(tmp_path / "saved")
    served = loaded.serve({key: tf.constant(value) for key, value in batch.items()})
    np.testing.assert_allclose(served.numpy(), expected, atol=5e-5)

    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "saved"))
    # Without Flex operations: any other makes the conversion fail.
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    interpreter = tf.lite.Interpreter(model_content=converter.convert())
    run = interpreter.get_signature_runner("serving_default")
    assert set(run.get_input_details()) == set(batch)
    (outputs,) = run(**batch).values()
    np.testing.assert_allclose(outputs, expected, atol=2e-4)


@pytest.mark.parametrize(
    "layer",
    [
        lambda: SpectralConv2D(4, 3),
        lambda: ResidualBlock(4),
        lambda: PixelShuffle(1),
    ],
)
def test_a_sequential_model_needs_no_input_layer(layer):
    keras.utils.set_random_seed(0)
    images = np.random.default_rng(0).normal(size=(2, 8, 8, 4)).astype("float32")
    model = keras.Sequential([layer(), keras.layers.GlobalAveragePooling2D()])
    model.compile("sgd", "mse")
    found = model.predict(images, verbose=0)
    for made in model.layers[0]._flatten_layers():
        if isinstance(made, SpectralConv2D):
            # Not what stood in for them while shapes were found out.
            matrix, u, v = map(as_numpy, (made.kernel, made.u, made.v))
            matrix = matrix.reshape(-1, made.filters)
            sigma = np.linalg.svd(matrix, compute_uv=False)[0]
            np.testing.assert_allclose(v @ matrix @ u, sigma, rtol=1e-2)
    again = keras.Sequential([keras.Input((8, 8, 4)), *model.layers])
    np.testing.assert_allclose(again.predict(images, verbose=0), found, rtol=1e-5)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="others have no unknown sizes"
)
@pytest.mark.parametrize(
    "layer", [CubicUpsampling(), UnsharpMask(0.4), PixelShuffle(1)]
)
def test_sizes_may_be_unknown_until_the_image_comes(layer):
    import tensorflow as tf

    images = np.random.default_rng(0).normal(size=(2, 8, 10, 3)).astype("float32")
    spec = tf.TensorSpec((None, None, None, 3))
    graph = tf.function(layer, input_signature=[spec])
    np.testing.assert_allclose(layer(images), graph(images), atol=1e-6)


# Sizes of inputs that are of any size in the graph.
ANY_SIZE = {
    "SpatiallyAdaptiveNorm": (lambda: SpatiallyAdaptiveNorm(8), [(4, 6, 3), (8, 9, 2)]),
    "equal sizes": (lambda: SpatiallyAdaptiveNorm(8), [(4, 6, 3), (4, 6, 2)]),
    "FusionBlock": (
        lambda: FusionBlock(4),
        [(4, 6, 3), (8, 9, 2), (4, 6, 4), (4, 6, 4)],
    ),
    "FusionBlock of SPADE": (
        lambda: FusionBlock(4, adaptive_norm="spade", scale=1),
        [(4, 6, 3), (8, 9, 2), (9, 8, 2)],
    ),
}


@pytest.mark.parametrize("name", ANY_SIZE)
def test_what_is_resized_may_be_of_unknown_size(name):
    make, shapes = ANY_SIZE[name]
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(2, *shape)).astype("float32") for shape in shapes]
    layer = make()
    inputs = [keras.Input((None, None, shape[-1])) for shape in shapes]
    model = keras.Model(inputs, layer(*inputs))
    expected = as_numpy(layer(*arrays))
    assert model.output_shape == (None, None, None, expected.shape[-1])
    np.testing.assert_allclose(model.predict(arrays, verbose=0), expected, atol=1e-5)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        specs = [tf.TensorSpec((None, None, None, shape[-1])) for shape in shapes]
        graph = tf.function(lambda *x: model(list(x)), input_signature=specs)
        np.testing.assert_allclose(graph(*arrays), expected, atol=1e-5)


@pytest.mark.requires_tensorflow
@pytest.mark.parametrize(
    "layer, channels",
    [
        (FlowWarp(), (3, 2)),
        (FlowWarp(size=8), (3, 2)),
        (FaceChip(12), (3, None)),
        (RegionCrop("nose", 6), (3, None)),
        (FaceExposure(), (3, None)),
        (BackgroundFill(), (3, 1)),
        (SSIM().per_sample, (3, 3)),
    ],
)
def test_layers_that_need_sizes_say_so(layer, channels):
    import tensorflow as tf

    specs = [
        tf.TensorSpec((None, 68, 2) if c is None else (None, None, None, c))
        for c in channels
    ]
    with pytest.raises(ValueError, match="Height and width must be known.*Received"):
        tf.function(layer, input_signature=specs).get_concrete_function()


@pytest.mark.requires_tensorflow
def test_patches_need_sizes():
    import tensorflow as tf

    specs = [tf.TensorSpec((None, None, None, 3))], tf.TensorSpec((None, 68, 2))
    paste = RegionPaste(("nose",), SIZE)
    with pytest.raises(ValueError, match="Height and width must be known.*Received"):
        tf.function(lambda x, y: paste(x, y)).get_concrete_function(*specs)

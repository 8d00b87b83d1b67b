"""Reenactor: shapes, split into source and frame, ablations, weights across sizes."""

import keras
import numpy as np
import pytest

from aan_keras import Reenactor
from aan_keras.layers import FlowWarp, OpeningMask, RegionCrop
from aan_keras.layers.face_regions import REGION_LANDMARKS, REGION_OPENINGS
from aan_keras.layers.lip_change import changed_lips
from aan_keras.models.preset import named_variables
from tests.layers.check_layer import as_numpy
from tests.models.tiny import DEPARTURES, LAYERED, batch_of, shake, tiny_reenactor

CONFIGURATIONS = [
    {"num_fusion_blocks": 4},
    {"statistics": "instance", **DEPARTURES},
    {"local_net": False},
    {"adaptive_norm": "spade"},
    {
        **LAYERED,
        "openings": True,
        "exposure": True,
        "anchor": True,
        "background": True,
        "head_motion": "ellipsoid",
        "shading": True,
        "lip_colour": True,
        "mouth_inside": True,
        "residual_around_face": 0.3,
        "sharpening": 0.2,
    },
    {**LAYERED, "background": True, "adaptive_norm": "spade", "local_net": False},
    {
        **DEPARTURES,
        "adaptive_norm": "spade",
        "local_net": False,
        "warp_theta": False,
        "exposure": True,
    },
    {"num_residual_blocks": 2, "warp_theta": True},
]


@pytest.mark.parametrize("arguments", CONFIGURATIONS)
def test_every_configuration_splits_at_the_source_and_uses_all_inputs(arguments):
    model = tiny_reenactor(**arguments)
    shake(model)
    flow_head = model.flow_estimator.hourglass.get_layer("flow")
    if flow_head.spectral_norm:  # else the flow is too small to be seen
        flow_head.gain.assign([3.0, 3.0])
    inputs = batch_of(2)
    whole = np.asarray(model(inputs))
    code = model.encode_source(inputs["source"], inputs["source_landmarks"])
    image = np.asarray(model.drive(code, inputs["driving_landmarks"]))
    assert whole.shape == (2, 64, 64, 3) and whole.dtype == np.float32
    assert np.isfinite(whole).all() and np.abs(whole).max() <= 1.0
    assert whole.std() > 0.02
    np.testing.assert_allclose(image, whole, atol=1e-5)
    also, flow = model.drive_with_flow(code, inputs["driving_landmarks"])
    np.testing.assert_array_equal(also, image)
    np.testing.assert_allclose(flow, model.generate(inputs)["flow"], atol=1e-5)
    for name in inputs:
        other = {**inputs, name: keras.ops.flip(inputs[name], axis=0)}
        # Small where an untrained flow is the only way; 0 if the input is not read.
        assert np.abs(np.asarray(model(other)) - whole).max() > 1e-6, name


def test_an_image_does_not_depend_on_its_batch_mates():
    model = tiny_reenactor(**DEPARTURES)
    shake(model)
    inputs = {name: np.asarray(value) for name, value in batch_of(3).items()}
    together = model.generate(inputs)
    for i in range(3):
        # The same sample three times: other mates, and the same operations to the bit.
        others = {name: value[[i, i, i]] for name, value in inputs.items()}
        same = np.asarray(model.generate(others)["image"])[i]
        np.testing.assert_array_equal(same, np.asarray(together["image"])[i])
        # With the batch's size float32 products of the spline differ in their last
        # bits, on some processors more than on others. In these images of pure contrast
        # a pixel changes by at most fifteen times what the flow does.
        alone = model.generate(
            {name: value[i : i + 1] for name, value in inputs.items()}
        )
        for name, tolerance in (("flow", 1e-4), ("image", 1.5e-3)):
            np.testing.assert_allclose(
                np.asarray(alone[name])[0],
                np.asarray(together[name])[i],
                atol=tolerance,
            )


@pytest.mark.parametrize("image_size", [64, 96, 160])
@pytest.mark.parametrize("heatmap_size, flow_prior", [(None, "tps"), (64, "layered")])
def test_any_multiple_of_32_works(image_size, heatmap_size, flow_prior):
    arguments = {**DEPARTURES, "flow_prior": flow_prior}
    model = tiny_reenactor(image_size, heatmap_size=heatmap_size, **arguments)
    assert model(batch_of(1, image_size)).shape == (1, image_size, image_size, 3)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_an_untrained_residual_model_is_the_landmark_warp(policy):
    """Mixed precision rounds the nets, not what they add to."""
    model = tiny_reenactor(statistics="instance", dtype=policy, **DEPARTURES)
    inputs = batch_of(2)
    flow = model.landmark_flow(inputs["source_landmarks"], inputs["driving_landmarks"])
    expected = FlowWarp()(inputs["source"], flow)
    np.testing.assert_allclose(model(inputs), expected, atol=1e-5)
    outputs = model.generate(inputs)
    np.testing.assert_allclose(outputs["warped"], expected, atol=1e-5)
    for region, patch in outputs["patches"].items():
        crop = RegionCrop(region, patch.shape[1])
        base = crop(expected, inputs["driving_landmarks"])
        np.testing.assert_allclose(patch, base, atol=1e-5)


def test_layers_move_apart_and_the_fine_source_is_sampled():
    """Shares of 1 for one motion each: the output is the source under that motion."""
    arguments = {**DEPARTURES, "flow_prior": "layered", "source_scale": 2}
    model = tiny_reenactor(**arguments)
    inputs = batch_of(2)
    points = inputs["source_landmarks"], inputs["driving_landmarks"]
    motions = [0.0, model.head_flow(*points), model.landmark_flow(*points)]
    fine = model.upsampling(inputs["source"])
    head = model.flow_estimator.hourglass.get_layer("shares")
    bias = next(v for v in head.trainable_variables if v.path.endswith("bias"))
    for i, motion in enumerate(motions):
        bias.assign(100.0 * np.eye(3)[i])
        flow = keras.ops.zeros((2, 16, 16, 2)) + motion
        expected = np.asarray(model.warp_image(fine, flow))
        np.testing.assert_allclose(
            model(inputs), expected.clip(-1, 1), atol=1e-4, err_msg=str(i)
        )


def test_weights_of_64_px_fit_the_128_px_model():
    small, large = tiny_reenactor(64), tiny_reenactor(128)
    shake(small)
    weights = named_variables(small)
    for name, variable in named_variables(large).items():
        variable.assign(weights.pop(name))
    assert not weights
    assert large(batch_of(1, 128)).shape == (1, 128, 128, 3)


def test_an_opened_mouth_reaches_the_output_by_the_mask_alone():
    model = tiny_reenactor(**DEPARTURES, openings=True)
    shake(model)
    inputs = batch_of(1)
    stem = model.local_net.nets[list(REGION_LANDMARKS).index("mouth")].get_layer("stem")
    kernel = stem.kernel.numpy()
    assert kernel.shape[2] == 2 * (3 + 20 + 1)
    kernel[:, :, [23, 47]] = 0  # channels: colours, heatmaps, mask; source, driving
    stem.kernel.assign(kernel)
    without = as_numpy(model.generate(inputs)["patches"]["mouth"])
    kernel[1, 1, 47] = 1
    stem.kernel.assign(kernel)
    change = as_numpy(model.generate(inputs)["patches"]["mouth"]) - without
    crop, size = RegionCrop("mouth", change.shape[1]), change.shape[1]
    points = crop.region_landmarks(inputs["driving_landmarks"])
    mask = as_numpy(OpeningMask(size, *REGION_OPENINGS["mouth"])(points))[..., 0]
    change = np.abs(change).mean(-1)
    assert mask.sum() > 3
    assert change[mask > 0.5].mean() > 3 * change[mask == 0].mean()


def test_exposure_makes_the_nets_blind_to_brightness():
    model = tiny_reenactor(**DEPARTURES, exposure=True, openings=True)
    shake(model)
    inputs = batch_of(2)
    bright = {**inputs, "source": 0.5 * inputs["source"] + 0.3}
    dark = {**inputs, "source": 0.5 * inputs["source"] - 0.4}
    bright, dark = model.generate(bright), model.generate(dark)
    np.testing.assert_allclose(bright["flow"], dark["flow"], atol=1e-4)
    pairs = [(bright[key], dark[key]) for key in ("image", "warped")]
    pairs += [(patch, dark["patches"][k]) for k, patch in bright["patches"].items()]
    for one, other in pairs:
        np.testing.assert_allclose(as_numpy(one) - 0.7, other, atol=1e-4)
    # The nets do add something.
    assert np.abs(as_numpy(dark["image"]) - as_numpy(dark["warped"])).max() > 0.02


@pytest.mark.parametrize("exposure", [False, True])
def test_an_anchored_photo_driven_by_its_own_landmarks_comes_out_as_it_is(exposure):
    arguments = {**DEPARTURES, "flow_prior": "layered", "exposure": exposure}
    model = tiny_reenactor(**arguments, anchor=True)
    shake(model)
    inputs = batch_of(2)
    inputs["driving_landmarks"] = inputs["source_landmarks"]
    raw = np.asarray(model.generate(inputs, training=True)["image"])
    assert np.abs(raw - inputs["source"]).mean() > 0.004
    # An untrained flow is nearly still, and a still flow moves nothing.
    head = model.flow_estimator.hourglass.get_layer("flow")
    for variable in head.trainable_variables:
        variable.assign(keras.ops.zeros_like(variable))
    np.testing.assert_allclose(model(inputs), inputs["source"], atol=1e-4)


def test_the_anchor_is_the_error_under_the_flow():
    arguments = {**DEPARTURES, "exposure": True}
    plain, anchored = (
        tiny_reenactor(**arguments),
        tiny_reenactor(**arguments, anchor=True),
    )
    shake(plain)
    weights = named_variables(plain)
    for name, variable in named_variables(anchored).items():
        variable.assign(weights[name])
    inputs = batch_of(2)
    still = {**inputs, "driving_landmarks": inputs["source_landmarks"]}
    error = inputs["source"] - np.asarray(plain.generate(still)["image"])
    outputs = plain.generate(inputs)
    anchor = as_numpy(FlowWarp()(error, outputs["flow"]))
    marks = inputs["source_landmarks"], inputs["driving_landmarks"]
    # A mouth of another shape has errors of its own.
    anchor = anchor * (1 - as_numpy(changed_lips(*marks, 64)))
    expected = as_numpy(outputs["image"]) + anchor
    np.testing.assert_allclose(
        as_numpy(anchored.generate(inputs)["image"]), expected, atol=2e-5
    )
    assert np.abs(anchor).mean() > 0.004


def test_defaults_are_the_paper_at_256_px():
    config = Reenactor(width=4).get_config()
    assert config["image_size"] == config["heatmap_size"] == 256
    assert config["heatmap_variance"] == 3.0
    assert config["statistics"] == "batch" and config["adaptive_norm"] == "aan"
    assert config["local_net"] and config["spectral_norm"]
    assert config["flow_prior"] is None and config["output"] == "rgb"
    assert config["warp_theta"] is False and config["source_scale"] == 1
    assert config["sharpening"] == 0 and config["openings"] is False
    assert config["exposure"] is False and config["anchor"] is False
    assert config["background"] is False and config["shading"] is False
    assert config["residual_around_face"] == 1 and config["lip_colour"] is False
    assert config["mouth_inside"] is False


def test_every_convolution_of_the_papers_generator_is_spectral():
    def convolutions(layer):
        for part in layer._flatten_layers():
            if type(part).__name__ in ("Conv2D", "SpectralConv2D"):
                yield part

    model = tiny_reenactor()
    kinds = [
        type(conv).__name__
        for net in model.generator_nets
        for conv in convolutions(net)
    ]
    assert set(kinds) == {"SpectralConv2D"} and len(kinds) > 60


def test_config_round_trip_and_keras_file(tmp_path):
    model = tiny_reenactor(**DEPARTURES)
    shake(model)
    clone = Reenactor.from_config(model.get_config())
    assert clone.get_config() == model.get_config()
    path = tmp_path / "reenactor.keras"
    model.save(path)
    loaded = keras.saving.load_model(path)
    inputs = batch_of(1)
    np.testing.assert_allclose(loaded(inputs), model(inputs), atol=1e-6)


@pytest.mark.parametrize(
    "arguments",
    [
        {"image_size": 100},
        {"image_size": 32},
        {"image_size": 544},
        {"heatmap_size": 40},
        {"num_fusion_blocks": 0},
        {"num_fusion_blocks": 7},
        {"flow_prior": "mls"},
        {"head_motion": "none"},
        {"output": "mask"},
        {"exposure": True},
        {"background": True},
        {"residual_around_face": 0.5},
        {"residual_around_face": -0.1, "output": "residual"},
        {"residual_around_face": 1.1, "output": "residual"},
        {"adaptive_norm": "adain"},
        {"statistics": "layer"},
    ],
)
def test_bad_arguments_are_named(arguments):
    with pytest.raises(ValueError, match="Received"):
        tiny_reenactor(**arguments)


def test_mixed_bfloat16_keeps_geometry_and_output_in_float32():
    keras.config.set_dtype_policy("float32")
    plain = tiny_reenactor(statistics="instance", **DEPARTURES)
    mixed = tiny_reenactor(
        statistics="instance",
        dtype="mixed_bfloat16",
        **DEPARTURES,
    )
    weights = named_variables(plain)
    for name, variable in named_variables(mixed).items():
        variable.assign(weights[name])
    inputs = batch_of(1)
    image, expected = mixed(inputs), plain(inputs)
    assert keras.backend.standardize_dtype(image.dtype) == "float32"
    assert keras.backend.standardize_dtype(mixed.generate(inputs)["flow"].dtype) == (
        "float32"
    )
    # 8 bits of mantissa on a range of 2: half a grey level of 127.5 on average.
    difference = np.abs(np.asarray(image) - np.asarray(expected)) * 127.5
    assert difference.mean() < 0.75 and difference.max() < 8

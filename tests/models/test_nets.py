"""The sub-nets alone: shapes, zero starts, and the splits that save work."""

import numpy as np
import pytest
from keras import ops

from aan_keras.layers.face_regions import REGION_LANDMARKS
from aan_keras.models import (
    AppearanceExtractor,
    FlowEstimator,
    FusionNet,
    LocalNet,
    MultiScaleDiscriminator,
    PersonNet,
)
from aan_keras.models.appearance_extractor import level_width
from aan_keras.models.local_net import region_size

NETS = [
    AppearanceExtractor(64, width=4, num_fusion_blocks=3),
    FlowEstimator(32, width=4),
    LocalNet(64, width=4, output="residual"),
    AppearanceExtractor(64, width=4, num_fusion_blocks=3, up_kernel_size=1),
    FlowEstimator(32, width=4, up_kernel_size=1),
    FlowEstimator(32, width=4, num_motions=3),
    LocalNet(64, width=4, up_kernel_size=1, openings=True),
    FusionNet(64, width=4, num_fusion_blocks=3, adaptive_norm="spade"),
    MultiScaleDiscriminator(3, width=4, num_scales=3, num_layers=2),
    PersonNet(64, 32, width=8),
]


RNG = np.random.default_rng(0)


def noise(*shape):
    return ops.convert_to_tensor(RNG.normal(size=shape), "float32")


@pytest.mark.parametrize("net", NETS, ids=lambda net: type(net).__name__)
def test_config_round_trip(net):
    clone = type(net).from_config(net.get_config())
    assert clone.get_config() == net.get_config()
    assert [v.shape for v in clone.weights] == [v.shape for v in net.weights]


@pytest.mark.parametrize(
    "make",
    [
        lambda dtype: AppearanceExtractor(64, 4, num_fusion_blocks=1, dtype=dtype),
        lambda dtype: FlowEstimator(32, width=4, dtype=dtype),
        lambda dtype: LocalNet(64, width=4, dtype=dtype),
        lambda dtype: FusionNet(64, width=4, num_fusion_blocks=1, dtype=dtype),
        lambda dtype: MultiScaleDiscriminator(3, width=4, dtype=dtype),
        lambda dtype: PersonNet(64, 32, width=8, dtype=dtype),
    ],
)
def test_config_keeps_the_precision(make):
    def precisions(net):
        layers = net._flatten_layers(include_self=False)
        return [layer.compute_dtype for layer in layers]

    net = make("mixed_bfloat16")
    assert "bfloat16" in precisions(net)
    clone = type(net).from_config(net.get_config())
    assert precisions(clone) == precisions(net)


def test_theta_has_the_full_shape_of_each_modulated_map_and_starts_at_zero():
    net = AppearanceExtractor(64, width=4, num_fusion_blocks=3)
    outputs = net(noise(2, 64, 64, 3))
    assert outputs["appearance"].shape == (2, 8, 8, level_width(4, 3))
    for i, (side, channels) in enumerate(((8, 16), (16, 16), (32, 8)), start=1):
        theta = outputs[f"theta_{i}"]
        assert theta.shape == (2, side, side, 2 * channels)
        assert np.abs(theta).max() == 0


@pytest.mark.parametrize(
    "net_class, size", [(AppearanceExtractor, 64), (FlowEstimator, 32), (LocalNet, 64)]
)
def test_pointwise_up_convolutions_save_weights_and_nothing_else_changes(
    net_class, size
):
    full = net_class(size, width=4, spectral_norm=False)
    thin = net_class(size, width=4, spectral_norm=False, up_kernel_size=1)
    changed = [
        (a.shape[:2], b.shape[:2])
        for a, b in zip(full.weights, thin.weights)
        if a.shape != b.shape
    ]
    assert changed and set(changed) == {((3, 3), (1, 1))}
    # 3 up-blocks in the extractor with 4 theta heads, 3 in the hourglass, 3 in each of
    # the 4 regional nets.
    counts = {AppearanceExtractor: 7, FlowEstimator: 3, LocalNet: 12}
    assert len(changed) == counts[net_class]


def test_thetas_see_the_source_through_skip_connections():
    """A pixel far above the bottleneck's resolution still moves the finest theta."""
    net = AppearanceExtractor(64, width=4, num_fusion_blocks=3)
    net.get_layer("head_3").gain.assign([1.0] * 16)
    source = np.zeros((1, 64, 64, 3), "float32")
    base = np.asarray(net(source)["theta_3"])
    source[0, 20, 20] = 1.0
    change = np.abs(np.asarray(net(source)["theta_3"]) - base).max(-1)[0]
    assert change[10, 10] > 10 * change[10, 30] and change[10, 10] > 1e-4


def test_flow_estimator_splits_into_source_and_driving_part():
    net = FlowEstimator(32, width=4)
    source, driving = noise(2, 32, 32, 68), noise(2, 32, 32, 68)
    np.testing.assert_array_equal(net(source, driving), np.zeros((2, 16, 16, 2)))
    net.hourglass.get_layer("flow").gain.assign([3.0, 3.0])
    whole = np.asarray(net(source, driving))
    parts = net.drive(net.encode_source(source), driving)
    np.testing.assert_allclose(parts, whole, atol=1e-6)
    assert whole.std() > 1e-3
    assert np.abs(np.asarray(net(driving, source)) - whole).max() > 1e-3


@pytest.mark.parametrize("image_size", [64, 96, 128, 256, 512])
@pytest.mark.parametrize("region", REGION_LANDMARKS)
def test_region_sizes_fit_three_down_blocks(image_size, region):
    size = region_size(image_size, region)
    assert size % 8 == 0 and image_size / 4 <= size <= image_size / 2


def test_local_net_is_four_independent_nets():
    net = LocalNet(64, width=4)
    source, driving = {}, {}
    for region, points in REGION_LANDMARKS.items():
        size = net.region_sizes[region]
        source[region] = noise(1, size, size, 3 + len(points))
        driving[region] = noise(1, size, size, len(points))
    before = net(source, driving)
    assert {k: v.shape[1] for k, v in before.items()} == net.region_sizes
    source["mouth"] = -source["mouth"]
    after = net(source, driving)
    for region in REGION_LANDMARKS:
        change = np.abs(np.asarray(after[region]) - np.asarray(before[region])).max()
        assert (change > 1e-3) == (region == "mouth")
    weights = {id(v) for part in net.nets for v in part.weights}
    assert len(weights) == sum(len(part.weights) for part in net.nets)


@pytest.mark.parametrize("output", ["rgb", "residual"])
@pytest.mark.parametrize("spectral_norm", [False, True])
def test_local_net_splits_into_source_and_driving_part(output, spectral_norm):
    arguments = {"output": output, "spectral_norm": spectral_norm}
    net = LocalNet(64, width=4, dtype="float64", **arguments)
    rng = np.random.default_rng(0)
    for variable in net.trainable_variables:
        variable.assign(rng.normal(scale=0.2, size=variable.shape))
    # Of a few levels: float32 inputs of the U-Nets round nothing.
    source, driving = (
        {
            unet.name: rng.integers(-4, 5, (2, *unet.inputs[side].shape[1:])) / 4
            for unet in net.nets
        }
        for side in (0, 1)
    )
    encoded = net.encode_source(source)
    found, wanted = net.drive(encoded, driving), net(source, driving)
    assert found.keys() == wanted.keys()
    for region, patch in wanted.items():
        assert encoded[region].shape == (*patch.shape[:-1], 4)
        assert np.std(patch) > 0.1
        np.testing.assert_allclose(found[region], patch, atol=1e-6)


def test_local_net_residual_starts_as_the_warped_region():
    net = LocalNet(64, width=4, output="residual")
    source, driving = {}, {}
    for region, points in REGION_LANDMARKS.items():
        size = net.region_sizes[region]
        source[region] = noise(1, size, size, 3 + len(points))
        driving[region] = noise(1, size, size, 3 + len(points))
    for region, patch in net(source, driving).items():
        np.testing.assert_array_equal(patch, driving[region][..., :3])


def test_discriminator_judges_patches_at_each_scale():
    net = MultiScaleDiscriminator(68, width=4, num_scales=2, num_layers=3)
    image, heatmaps = noise(2, 64, 64, 3), noise(2, 32, 32, 68)
    logits = net(image, heatmaps)
    shapes = [tuple(x.shape) for x in logits]
    assert shapes == [(2, 8, 8, 1), (2, 4, 4, 1)]
    assert shapes == net.compute_output_shape(image.shape, heatmaps.shape)
    other = net(image, -heatmaps)
    assert np.abs(np.asarray(other[0]) - np.asarray(logits[0])).max() > 1e-3


def test_shares_of_motions_sum_to_1_and_start_at_the_last_motion():
    net = FlowEstimator(32, width=4, num_motions=3)
    flow, shares = net(noise(2, 32, 32, 68), noise(2, 32, 32, 68), noise(2, 32, 32, 9))
    assert flow.shape == (2, 16, 16, 2) and np.abs(flow).max() == 0
    # Softmax of (0, 0, 2), computed by hand.
    expected = np.broadcast_to([0.10650698, 0.10650698, 0.78698604], (2, 16, 16, 3))
    np.testing.assert_allclose(shares, expected, atol=1e-6)

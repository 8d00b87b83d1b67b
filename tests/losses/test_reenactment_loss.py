"""The total objective against its formula in float64 NumPy."""

import keras
import numpy as np
import pytest

from aan_keras.layers import OpeningMask, RegionCrop
from aan_keras.layers.face_regions import REGION_OPENINGS
from aan_keras.losses import DetailLoss, ReenactmentLoss
from tests.layers.check_layer import as_numpy
from tests.layers.sample_face import sample_landmarks

REGIONS = ("right_eye", "left_eye", "nose", "mouth")


def images(seed, size=64):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (2, size, size, 3)).astype("float32")


@pytest.fixture
def example():
    inputs = {
        "driving": images(0),
        "driving_landmarks": sample_landmarks(2, 64),
    }
    outputs = {
        "image": images(1),
        "warped": images(2),
        "patches": {region: images(3 + i, 16) for i, region in enumerate(REGIONS)},
    }
    convert = keras.ops.convert_to_tensor
    outputs["patches"] = {k: convert(v) for k, v in outputs["patches"].items()}
    for part in (inputs, outputs):
        for name, value in part.items():
            if name != "patches":
                part[name] = convert(value)
    return inputs, outputs


def l1(a, b):
    return np.abs(as_numpy(a).astype("float64") - as_numpy(b)).mean()


def test_total_is_the_weighted_sum_of_its_parts(example):
    inputs, outputs = example
    loss = ReenactmentLoss(
        gan_weight=3.0,
        reconstruction_weight=5.0,
        local_weight=2.0,
        perceptual=None,
        region_weight=0.5,
    )
    rng = np.random.default_rng(9)
    logits = [
        [keras.ops.convert_to_tensor(rng.normal(size=(2, s, s, 1)).astype("float32"))]
        for s in (4, 2)
    ]
    values = {k: float(v) for k, v in loss.generator(inputs, outputs, logits).items()}
    target, landmarks = inputs["driving"], inputs["driving_landmarks"]
    crops = {region: RegionCrop(region, 16) for region in REGIONS}
    expected = {
        "l1": l1(target, outputs["image"]),
        "warp_l1": l1(target, outputs["warped"]),
        "local": sum(
            l1(crops[r](target, landmarks), outputs["patches"][r]) for r in REGIONS
        ),
        "region": sum(
            l1(crops[r](target, landmarks), crops[r](outputs["image"], landmarks))
            for r in REGIONS
        ),
        "gan": sum(
            np.log1p(np.exp(-as_numpy(x).astype("float64"))).mean() for [x] in logits
        ),
    }
    expected["loss"] = (
        5.0 * expected["l1"]
        + 2.0 * expected["local"]
        + 0.5 * expected["region"]
        + 3.0 * expected["gan"]
    )
    assert values == pytest.approx(expected, rel=1e-5)


def test_discriminator_loss_sums_both_discriminators():
    loss = ReenactmentLoss(perceptual=None)
    ones, zeros = keras.ops.ones((1, 4, 4, 1)), keras.ops.zeros((1, 4, 4, 1))
    value = float(loss.discriminator([[ones], [zeros]], [[-ones], [zeros]]))
    expected = 2 * np.log1p(np.exp(-1.0)) + 2 * np.log(2.0)
    assert value == pytest.approx(expected, rel=1e-5)


def test_a_perfect_output_costs_nothing(example):
    inputs, outputs = example
    crops = {r: RegionCrop(r, 16) for r in REGIONS}
    target, landmarks = inputs["driving"], inputs["driving_landmarks"]
    outputs["image"] = target
    outputs["patches"] = {r: crops[r](target, landmarks) for r in REGIONS}
    loss = ReenactmentLoss(gan_weight=0, perceptual=None, region_weight=1.0)
    assert float(loss.generator(inputs, outputs, None)["loss"]) < 1e-6


def test_perceptual_network_of_choice_judges_image_and_patches(example):
    inputs, outputs = example
    conv = keras.layers.Conv2D(4, 3, padding="same")
    network = keras.Sequential([keras.Input((None, None, 3)), conv])
    loss = ReenactmentLoss(gan_weight=0, perceptual=network, perceptual_weight=2.0)
    values = {k: float(v) for k, v in loss.generator(inputs, outputs, None).items()}
    perceptual = l1(network(inputs["driving"]), network(outputs["image"]))
    assert values["perceptual"] == pytest.approx(perceptual, rel=1e-4)
    total = 5 * (values["l1"] + 2 * values["perceptual"]) + 5 * values["local"]
    assert values["loss"] == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("name", ["local", "region", "mouth", "opening", "detail"])
def test_names_are_those_of_what_is_computed(example, name):
    names = ("local", "region", "mouth", "opening", "detail")
    weights = {f"{other}_weight": float(other == name) for other in names}
    loss = ReenactmentLoss(gan_weight=0.0, perceptual=None, **weights)
    assert set(loss.names) == set(loss.generator(*example, None))


def test_defaults_are_the_papers_weights():
    config = ReenactmentLoss(perceptual=None).get_config()
    assert config["gan_weight"] == 10
    assert config["reconstruction_weight"] == config["local_weight"] == 5
    assert config["perceptual_weight"] == 1
    assert config["region_weight"] == config["identity_weight"] == 0
    assert ReenactmentLoss.from_config(config).get_config() == config


def test_identity_loss_needs_the_identity_network():
    with pytest.raises(ValueError, match="Received: perceptual=None"):
        ReenactmentLoss(perceptual=None, identity_weight=1.0)


def test_face_stride_looks_at_every_nth_pair(example):
    """Batch of 2 and stride 2: the face terms are those of the first pair alone."""
    inputs, outputs = example
    options = {"gan_weight": 0, "perceptual": "identity", "identity_weight": 1.0}
    names = ("perceptual", "chip_l1", "identity")

    def values(stride, first_only):
        part = slice(0, 1 if first_only else 2)
        some = [
            {k: v[part] for k, v in tensors.items() if k != "patches"}
            for tensors in (inputs, outputs)
        ]
        some[1]["patches"] = {k: v[part] for k, v in outputs["patches"].items()}
        result = ReenactmentLoss(**options, face_stride=stride).generator(*some, None)
        return {k: float(v) for k, v in result.items()}

    strided, first, both = values(2, False), values(1, True), values(1, False)
    for name in names:
        assert strided[name] == pytest.approx(first[name], rel=1e-5)
        assert strided[name] != pytest.approx(both[name], rel=1e-4)
    for name in ("l1", "warp_l1", "local"):
        assert strided[name] == pytest.approx(both[name], rel=1e-6)


def test_bad_face_stride():
    with pytest.raises(ValueError, match="Received: face_stride=0"):
        ReenactmentLoss(perceptual=None, face_stride=0)


def test_detail_loss_joins(example):
    inputs, outputs = example
    names = ("perceptual", "gan_weight", "local_weight")
    given = dict(zip(names, (None, 0.0, 0.0)))
    plain = ReenactmentLoss(**given).generator(inputs, outputs, None)
    loss = ReenactmentLoss(**given, detail_weight=0.5)
    values = loss.generator(inputs, outputs, None)
    expected = DetailLoss()(inputs["driving"], outputs["image"])
    assert float(values["detail"]) == pytest.approx(float(expected), rel=1e-6)
    total = float(plain["loss"]) + 0.5 * float(expected)
    assert float(values["loss"]) == pytest.approx(total, rel=1e-6)
    assert "detail" in loss.names
    assert ReenactmentLoss.from_config(loss.get_config()).detail_weight == 0.5


def test_around_the_face_of_another_photo_nothing_counts(example):
    inputs, outputs = example
    loss = ReenactmentLoss(perceptual=None, gan_weight=0.0, local_weight=0.0)
    target, landmarks = (
        as_numpy(inputs[name]).astype("float64")
        for name in ("driving", "driving_landmarks")
    )
    y, x = np.mgrid[:64, :64]
    parts = []
    for name in ("image", "warped"):
        difference = np.abs(target - as_numpy(outputs[name]))
        low, high = landmarks[1].min(0), landmarks[1].max(0)
        low[1] -= 0.3 * (high - low)[1]
        (cx, cy), (rx, ry) = (low + high) / 2, (high - low) / 2
        face = ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1
        assert 0.1 < face.mean() < 0.9
        difference[1] *= face[..., None]
        parts.append(difference.mean())
    values = loss.generator({**inputs, "photo_pair": [0.0, 1.0]}, outputs, None)
    assert float(values["l1"]) == pytest.approx(parts[0], rel=1e-5)
    assert float(values["warp_l1"]) == pytest.approx(parts[1], rel=1e-5)
    # Two moments of one video count as a whole.
    whole = loss.generator({**inputs, "photo_pair": [0.0, 0.0]}, outputs, None)
    plain = loss.generator(inputs, outputs, None)
    assert float(whole["l1"]) == pytest.approx(float(plain["l1"]), rel=1e-6)


def test_the_mouth_counts_once_more(example):
    inputs, outputs = example
    options = {"gan_weight": 0, "perceptual": None, "local_weight": 0.0}
    plain = ReenactmentLoss(**options).generator(inputs, outputs, None)
    loss = ReenactmentLoss(mouth_weight=0.5, **options)
    values = loss.generator(inputs, outputs, None)
    crop = RegionCrop("mouth", 16)
    landmarks = inputs["driving_landmarks"]
    mouth = l1(crop(inputs["driving"], landmarks), crop(outputs["image"], landmarks))
    expected = float(plain["loss"]) + 0.5 * mouth
    assert float(values["loss"]) == pytest.approx(expected, rel=1e-5)


def test_openings_count_by_what_shows_in_them(example):
    inputs, outputs = example
    options = {"gan_weight": 0, "perceptual": None, "local_weight": 0.0}
    plain = ReenactmentLoss(**options).generator(inputs, outputs, None)
    loss = ReenactmentLoss(opening_weight=0.5, **options)
    values = loss.generator(inputs, outputs, None)
    landmarks = inputs["driving_landmarks"]
    expected = 0.0
    for region, chains in REGION_OPENINGS.items():
        crop = RegionCrop(region, 16)
        mask = as_numpy(OpeningMask(16, *chains)(crop.region_landmarks(landmarks)))
        target, image = (
            as_numpy(crop(x, landmarks)).astype("float64")
            for x in (inputs["driving"], outputs["image"])
        )
        difference = np.abs(target - image).mean(-1)
        shares = [
            (m[..., 0] * d).sum() / (m.sum() + 0.01 * 256)
            for m, d in zip(mask, difference)
        ]
        assert mask.sum() > 5
        expected += np.mean(shares)
    assert float(values["opening"]) == pytest.approx(expected, rel=1e-5)
    total = float(plain["loss"]) + 0.5 * expected
    assert float(values["loss"]) == pytest.approx(total, rel=1e-5)
    assert set(values) - set(plain) == {"opening"} and "opening" in loss.names
    assert "opening" not in ReenactmentLoss(**options).names


def test_around_the_face_a_photo_pair_shows_the_target(example):
    inputs, outputs = example
    rows, size = outputs["image"].shape[:2]
    photo = np.zeros(rows, "float32")
    photo[0] = 1
    inputs = {**inputs, "photo_pair": keras.ops.convert_to_tensor(photo)}
    known = as_numpy(ReenactmentLoss(perceptual=None).known(inputs, outputs["image"]))
    image, target = as_numpy(outputs["image"]), as_numpy(inputs["driving"])
    np.testing.assert_array_equal(known[1:], image[1:])
    x, y = as_numpy(inputs["driving_landmarks"])[0].mean(0).round().astype(int)
    np.testing.assert_array_equal(known[0, y, x], image[0, y, x])
    for corner in ((0, 0), (0, size - 1), (size - 1, 0), (size - 1, size - 1)):
        np.testing.assert_allclose(known[0][corner], target[0][corner], atol=1e-6)


def test_a_network_that_was_given_comes_back_without_its_weights():
    network = keras.Sequential(
        [keras.Input((None, None, 3)), keras.layers.Conv2D(2, 3)]
    )
    loss = ReenactmentLoss(perceptual=network, gan_weight=0.0)
    config = keras.saving.serialize_keras_object(loss)
    with pytest.warns(UserWarning, match="new random weights"):
        loaded = keras.saving.deserialize_keras_object(config)
    assert loaded.perceptual.count_params() == network.count_params()

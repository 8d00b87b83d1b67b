"""Training: two optimizers, one generator pass, averages, precisions, reload."""

import keras
import numpy as np
import pytest

from aan_keras.losses import ReenactmentLoss
from tests.models.tiny import DEPARTURES, LIGHT, batch_of, shake, tiny_reenactor


def small_loss(**arguments):
    defaults = {"gan_weight": 0.1, "perceptual": None, "discriminator_width": 4}
    return ReenactmentLoss(**{**defaults, **arguments})


def light_reenactor(**arguments):
    """As little graph as shows the training; `test_fit...` trains the whole."""
    return tiny_reenactor(**{**LIGHT, "output": "rgb", **arguments})


def compiled(model, loss=None, rate=1e-3, **arguments):
    model.compile(
        keras.optimizers.Adam(rate),
        keras.optimizers.Adam(rate),
        loss or small_loss(),
        **arguments,
    )
    return model


def values_of(variables):
    return [np.asarray(v).copy() for v in variables]


def test_fit_lowers_the_loss_and_moves_both_sides():
    loss = small_loss(region_weight=0.1)
    model = tiny_reenactor(**{**DEPARTURES, "spectral_norm": True})
    # To trace all of it takes longer than its steps.
    compiled(model, loss, rate=1e-2, run_eagerly=True)
    batch = batch_of(2, driving=True)
    discriminators = values_of(model.discriminator_variables)
    first = model.train_on_batch(batch, return_dict=True)
    for _ in range(5):
        model.reset_metrics()
        last = model.train_on_batch(batch, return_dict=True)
    assert set(last) == {
        "loss",
        "l1",
        "warp_l1",
        "local",
        "region",
        "gan",
        "d_loss",
        "gradient_norm",
        "d_gradient_norm",
    }
    assert last["l1"] < 0.97 * first["l1"]
    moved = [
        np.abs(a - b).max()
        for a, b in zip(discriminators, values_of(model.discriminator_variables))
    ]
    assert min(moved) > 0
    assert int(model.optimizer.iterations) == 6
    assert int(model.discriminator_optimizer.iterations) == 6


def test_gradients_are_those_of_two_separate_passes():
    """One tape for both sides must not leak either loss into the other's weights."""
    import tensorflow as tf

    batch = batch_of(2, driving=True)
    model = light_reenactor()
    shake(model)
    # Plain gradient descent: the step is the gradient.
    model.compile(
        keras.optimizers.SGD(1.0), keras.optimizers.SGD(1.0), small_loss(), None
    )
    with tf.GradientTape() as tape:
        outputs = model.generate(batch, training=True)
        fake = model._judge(batch, outputs["image"])
        loss = model.loss_fn.generator(batch, outputs, fake)["loss"]
    generator = tape.gradient(loss, [v.value for v in model.generator_variables])
    image = tf.stop_gradient(model.generate(batch, training=True)["image"])
    with tf.GradientTape() as tape:
        real = model._judge(batch, batch["driving"])
        loss = model.loss_fn.discriminator(real, model._judge(batch, image))
    discriminator = tape.gradient(
        loss, [v.value for v in model.discriminator_variables]
    )
    variables = [*model.generator_variables, *model.discriminator_variables]
    before = values_of(variables)
    model.train_step(batch)
    for old, gradient, new in zip(
        before, [*generator, *discriminator], values_of(variables)
    ):
        np.testing.assert_allclose(old - new, gradient, atol=1e-5, rtol=1e-4)


def test_discriminators_see_no_background_that_cannot_be_guessed():
    import tensorflow as tf

    batch = {**batch_of(2, driving=True), "photo_pair": tf.constant([1.0, 0.0])}
    model = compiled(light_reenactor(), small_loss())
    shake(model)
    seen, judge = [], model._judge
    model._judge = lambda inputs, image: seen.append(image) or judge(inputs, image)
    model.compute_gradients(batch, judging=True)
    real, fake = (np.asarray(image) for image in seen)
    np.testing.assert_allclose(fake[0, 0], real[0, 0], atol=1e-6)
    assert np.abs(fake[1, 0] - real[1, 0]).max() > 0.1
    x, y = np.asarray(batch["driving_landmarks"])[0].mean(0).round().astype(int)
    assert np.abs(fake[0, y, x] - real[0, y, x]).max() > 0.01


def test_without_gan_there_are_no_discriminators():
    model = compiled(light_reenactor(), small_loss(gan_weight=0), run_eagerly=True)
    assert model.discriminator_optimizer is None
    logs = model.train_on_batch(batch_of(1, driving=True), return_dict=True)
    assert not {"gan", "d_loss", "d_gradient_norm"} & set(logs)


def test_moving_average_follows_its_formula_and_serves_inference():
    model = light_reenactor(output="residual")
    compiled(model, small_loss(gan_weight=0), ema_decay=0.9)
    batch = batch_of(1, driving=True)
    expected = np.asarray(model.generator_variables[0]).astype("float64")
    for step in range(1, 6):
        model.train_step(batch)
        decay = min(0.9, (1 + step) / (10 + step))
        value = np.asarray(model.generator_variables[0]).astype("float64")
        expected = decay * expected + (1 - decay) * value
    np.testing.assert_allclose(model.averages[0], expected, atol=1e-6)
    image = np.asarray(model(batch))
    trained = np.asarray(model.generate(batch)["image"])
    for variable, average in zip(model.generator_variables, model.averages):
        variable.assign(average)
    averaged = np.clip(np.asarray(model.generate(batch)["image"]), -1, 1)
    np.testing.assert_allclose(image, averaged, atol=1e-6)
    assert np.abs(averaged - np.clip(trained, -1, 1)).max() > 1e-4


def test_evaluate_uses_the_average_and_changes_nothing():
    model = compiled(light_reenactor(), small_loss())
    batch = batch_of(2, driving=True)
    before = values_of(model.variables)
    logs = model.test_on_batch(batch, return_dict=True)
    for old, new in zip(before, values_of(model.variables)):
        if old.shape:  # metrics count
            np.testing.assert_array_equal(old, new)
    image = np.asarray(model(batch))
    l1 = np.abs(image.astype("float64") - np.asarray(batch["driving"])).mean()
    assert logs["l1"] == pytest.approx(l1, rel=1e-4)


# Whether a step overflowed is decided within the graph, so float16 has one.
@pytest.mark.parametrize(
    "policy, run_eagerly, steps",
    [("mixed_bfloat16", True, 5), ("mixed_float16", False, 20)],
)
def test_mixed_precision_trains_with_scaled_losses_on_both_sides(
    policy, run_eagerly, steps
):
    model = light_reenactor(dtype=policy, output="residual")
    compiled(model, run_eagerly=run_eagerly)
    scaled = policy == "mixed_float16"
    for optimizer in (model.optimizer, model.discriminator_optimizer):
        kind = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
        assert kind == scaled
    batch = batch_of(2, driving=True)
    first = model.train_on_batch(batch, return_dict=True)
    for _ in range(steps):
        last = model.train_on_batch(batch, return_dict=True)
    assert np.isfinite(last["loss"]) and last["l1"] < first["l1"]
    assert all(
        keras.backend.standardize_dtype(v.dtype) == "float32"
        for v in model.generator_variables
    )


def test_a_step_compiled_by_xla_equals_the_plain_step():
    batch = batch_of(1, driving=True)
    results = []
    # The plain one eagerly: to trace it takes longer than the step.
    for how in ({"run_eagerly": True}, {"jit_compile": True}):
        keras.utils.set_random_seed(1)
        model = light_reenactor(output="residual")
        shake(model)
        compiled(model, small_loss(gan_weight=0), **how)
        results.append(model.train_on_batch(batch, return_dict=True))
    for name, value in results[0].items():
        assert results[1][name] == pytest.approx(value, rel=1e-4), name


def test_keras_file_restores_compilation_and_both_optimizers(tmp_path):
    model = compiled(light_reenactor(output="residual"), run_eagerly=True)
    batch = batch_of(1, driving=True)
    for _ in range(3):
        model.train_on_batch(batch)
    path = tmp_path / "training.keras"
    model.save(path)
    loaded = keras.saving.load_model(path)
    loaded.run_eagerly = True
    assert loaded.loss_fn.get_config() == model.loss_fn.get_config()
    np.testing.assert_allclose(loaded(batch), model(batch), atol=1e-6)
    model.reset_metrics()  # Keras 3.9 goes on averaging from batch to batch.
    expected = model.train_on_batch(batch, return_dict=True)
    found = loaded.train_on_batch(batch, return_dict=True)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-5), name
    for a, b in zip(model.generator_variables, loaded.generator_variables):
        np.testing.assert_allclose(a, b, atol=1e-6)


def learned():
    """A model after a step at so high a rate that its averages are not its weights."""
    model = compiled(light_reenactor(), small_loss(gan_weight=0), rate=1e-2)
    model.train_on_batch(batch_of(1, driving=True))
    model.train_on_batch(batch_of(1, driving=True))
    return model


def test_compiled_again_a_model_keeps_its_averages_and_its_file(tmp_path):
    model, inputs = learned(), batch_of(1)
    expected, count = np.asarray(model(inputs)), len(model.weights)
    compiled(model, small_loss(gan_weight=0), rate=1e-4)
    assert len(model.weights) == count
    np.testing.assert_array_equal(model(inputs), expected)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(inputs), expected, atol=1e-6)


def test_averages_are_read_without_compiling(tmp_path):
    model, inputs = learned(), batch_of(1)
    expected = np.asarray(model(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_allclose(loaded(inputs), expected, atol=1e-6)
    model.save_weights(tmp_path / "model.weights.h5")
    plain = light_reenactor()
    plain.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_allclose(plain(inputs), expected, atol=1e-6)
    # Trained on, it goes on from them.
    compiled(plain, small_loss(gan_weight=0))
    np.testing.assert_allclose(plain(inputs), expected, atol=1e-6)
    # And without averages from the weights.
    bare = compiled(light_reenactor(), small_loss(gan_weight=0), ema_decay=None)
    bare.load_weights(tmp_path / "model.weights.h5")
    assert not bare.averages
    assert np.abs(np.asarray(bare(inputs)) - expected).max() > 1e-3


def test_weights_without_averages_are_refused_where_there_must_be_some(tmp_path):
    light_reenactor().save_weights(tmp_path / "plain.weights.h5")
    model = compiled(light_reenactor(), small_loss(gan_weight=0))
    with pytest.raises(ValueError, match="averages of .* Received: 0"):
        model.load_weights(tmp_path / "plain.weights.h5")

import keras
import numpy as np
import pytest

from aan_keras.training import latest_checkpoint, load_checkpoint, save_checkpoint
from aan_keras.training.checkpoint import state_variables

from .tiny_gan import TinyGAN, compiled_tiny_gan


def values(model):
    return {
        name: np.array(keras.ops.convert_to_numpy(variable))
        for name, variable in state_variables(model).items()
    }


def trained(seed=0, **arguments):
    model = compiled_tiny_gan(seed, **arguments)
    generator = np.random.default_rng(seed)
    batch = {
        name: generator.uniform(-1, 1, (2, 32, 32, 3)).astype("float32")
        for name in ("source", "driving")
    }
    model.make_train_function()
    model.train_function(iter([batch, batch]))
    return model


def test_everything_is_saved_and_restored(tmp_path):
    model = trained()
    save_checkpoint(model, tmp_path / "step_00000001.npz", {"step": 1, "seed": 4})
    fresh = compiled_tiny_gan(seed=9)
    before = values(fresh)
    metadata = load_checkpoint(fresh, tmp_path / "step_00000001.npz")
    assert metadata == {"step": 1, "seed": 4}
    after, expected = values(fresh), values(model)
    assert after.keys() == expected.keys()
    for name in expected:
        np.testing.assert_array_equal(after[name], expected[name])
    # Weights, both optimizers' step counts and moments, statistics and the seed
    # differed before, so they were restored and not merely equal.
    changed = {n for n in expected if not np.array_equal(before[n], expected[n])}
    for part in ("kernel", "moving_mean", "seed_generator_state", "iteration"):
        assert any(part in name for name in changed), part
    for group in ("generator_optimizer/", "discriminator_optimizer/"):
        assert sum(name.startswith(group) for name in changed) >= 2
    count = len(model.variables) + len(model.optimizer.variables)
    assert len(expected) == count + len(model.discriminator_optimizer.variables)


def test_loss_scale_is_part_of_the_state():
    model = TinyGAN()
    inner = keras.optimizers.SGD(1e-2)
    scaled = keras.optimizers.LossScaleOptimizer(inner)
    model.compile(keras.optimizers.Adam(1e-2), scaled)
    names = [n for n in state_variables(model) if n.startswith("discriminator")]
    assert any("dynamic_scale" in name for name in names)
    assert any("step_counter" in name for name in names)
    assert any("iteration" in name for name in names)


def test_unbuilt_optimizer_is_refused(tmp_path):
    model = compiled_tiny_gan()
    model.discriminator_optimizer = keras.optimizers.Adam()
    with pytest.raises(ValueError, match="must be built.*discriminator_optimizer"):
        save_checkpoint(model, tmp_path / "step_00000001.npz")
    assert not list(tmp_path.iterdir())


def test_bfloat16_variables(tmp_path):
    model = trained()
    model.extra = model.add_weight(name="extra", shape=(3,), dtype="bfloat16")
    model.extra.assign([1.0, -2.5, 3e9])
    save_checkpoint(model, tmp_path / "a.npz")
    fresh = compiled_tiny_gan(seed=1)
    fresh.extra = fresh.add_weight(name="extra", shape=(3,), dtype="bfloat16")
    load_checkpoint(fresh, tmp_path / "a.npz")
    expected = keras.ops.convert_to_numpy(model.extra).astype("float32")
    restored = keras.ops.convert_to_numpy(fresh.extra).astype("float32")
    np.testing.assert_array_equal(restored, expected)


def test_another_models_checkpoint_is_an_error_and_changes_nothing(tmp_path):
    path = tmp_path / "a.npz"
    save_checkpoint(trained(filters=4), path)
    model = compiled_tiny_gan()
    before = values(model)
    with pytest.raises(ValueError, match="does not belong.*Received: float32"):
        load_checkpoint(model, path)
    save_checkpoint(trained(), path)
    model.extra = model.add_weight(name="extra", shape=(3,))
    before["extra"] = np.array(model.extra)
    with pytest.raises(ValueError, match="not in the file.*missing=.*extra"):
        load_checkpoint(model, path)
    after = list(values(model).values())
    for old in before.values():
        assert any(np.array_equal(old, new) for new in after)


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "text"])
def test_damaged_file(tmp_path, damage):
    path = tmp_path / "a.npz"
    model = trained()
    save_checkpoint(model, path)
    content = bytearray(path.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "flipped":
        kernel = np.asarray(model.body.kernel).tobytes()
        content[bytes(content).index(kernel)] ^= 1
    else:
        content = b"" if damage == "empty" else b"not a checkpoint"
    path.write_bytes(bytes(content))
    with pytest.raises(ValueError, match="cannot be read.*Received: .*a.npz"):
        load_checkpoint(model, path)


def test_failed_write_leaves_the_older_file(tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    save_checkpoint(trained(), path, {"step": 1})
    content = path.read_bytes()

    def full_disk(file, **arrays):
        file.write(b"PK")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(trained(), path, {"step": 2})
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["a.npz"]


def test_a_state_that_is_not_finite_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    model = trained()
    save_checkpoint(model, path, {"step": 1})
    content = path.read_bytes()
    moment = model.optimizer.variables[-1]
    moment.assign(np.full(moment.shape, np.inf, "float32"))
    message = "generator_optimizer/.* is not finite, so a.npz was not saved"
    with pytest.raises(FloatingPointError, match=message):
        save_checkpoint(model, path, {"step": 2})
    assert path.read_bytes() == content


def test_latest_checkpoint_ignores_other_files(tmp_path):
    assert latest_checkpoint(tmp_path / "missing") is None
    names = ["step_00000099.npz", "step_00000100.npz", "step_x.npz"]
    for name in [*names, "step_00000200.npz.partial"]:
        (tmp_path / name).touch()
    assert latest_checkpoint(tmp_path).name == "step_00000100.npz"

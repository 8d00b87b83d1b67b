import jax.numpy as jnp
import numpy as np
import pytest

from aan_keras.training.with_jax.state_file import (
    check_state,
    latest_state,
    load_state,
    save_state,
)


def state_of(seed):
    rng = np.random.default_rng(seed)
    return {
        "generator": [jnp.asarray(rng.normal(size=(3, 2)), "float32")],
        "generator_optimizer": [jnp.asarray(seed, "int32"), jnp.zeros(4)],
    }


def test_a_state_comes_back_bit_for_bit(tmp_path):
    state = state_of(7)
    save_state(state, tmp_path, 41)
    loaded, step = load_state(latest_state(tmp_path), state_of(0))
    assert step == 41
    for group, values in state.items():
        for value, other in zip(values, loaded[group], strict=True):
            assert value.dtype == other.dtype
            np.testing.assert_array_equal(value, other)


def test_the_last_two_are_kept(tmp_path):
    assert latest_state(tmp_path / "none") is None
    for step in (9, 10, 100):
        save_state(state_of(step), tmp_path, step)
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["state_00000010.npz", "state_00000100.npz"]
    assert latest_state(tmp_path).name == "state_00000100.npz"


def test_a_half_written_file_is_not_taken_for_a_state(tmp_path):
    save_state(state_of(1), tmp_path, 1)
    (tmp_path / "state_00000002.partial").write_bytes(b"PK")
    assert latest_state(tmp_path).name == "state_00000001.npz"


def test_a_state_that_is_not_finite_is_refused(tmp_path):
    state = state_of(1)
    check_state(state, 1)
    state["generator_optimizer"][1] = state["generator_optimizer"][1].at[2].set(jnp.nan)
    with pytest.raises(FloatingPointError, match="generator_optimizer/0001 .* step 7"):
        check_state(state, 7)
    with pytest.raises(FloatingPointError, match="older checkpoints are kept"):
        save_state(state, tmp_path, 7)
    assert latest_state(tmp_path) is None


def test_the_state_of_another_model_is_refused(tmp_path):
    save_state(state_of(1), tmp_path, 1)
    other = state_of(1)
    other["generator"].append(jnp.zeros(1))
    with pytest.raises(ValueError, match="another model"):
        load_state(latest_state(tmp_path), other)

import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest

from tests.training.with_jax import step_setup

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="`make test-jax` runs it"
)
ROOT = pathlib.Path(__file__).parents[3]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Losses, weights and averages after two steps: (JAX's, TensorFlow's, start)."""
    from aan_keras.training.with_jax.jax_step import JaxStep

    keras.utils.set_random_seed(0)
    reenactor, losses = step_setup.make_model()
    options = {**step_setup.OPTIONS, **step_setup.BETAS, "optimizer": "muon"}
    trainer = JaxStep(reenactor, losses, **options)
    step_setup.set_numbers(trainer.variables["discriminator"], seed=5)
    batches = step_setup.make_batches()
    folder = tmp_path_factory.mktemp("steps")
    weights = [v for net in reenactor.generator_nets for v in net.weights]
    arrays = {f"w{i}": np.asarray(v.value) for i, v in enumerate(weights)}
    for i, batch in enumerate(batches):
        arrays.update({f"{name}{i}": value for name, value in batch.items()})
    np.savez(folder / "in.npz", names=list(batches[0]), **arrays)
    command = [sys.executable, "-m", "tests.training.with_jax.tensorflow_steps"]
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    # TensorFlow's XLA may not know what JAX's does, and ends a process for it.
    environment.pop("XLA_FLAGS", None)
    session = subprocess.Popen(
        [*command, str(folder / "in.npz"), str(folder / "out.npz")],
        env=environment,
        cwd=ROOT,
    )
    state = trainer.initial_state()
    start = {name: [np.asarray(v) for v in state[name]] for name in state}
    results = {}
    for i, batch in enumerate(batches):
        state, values = trainer.step(
            state, batch, step_setup.RATES, step_setup.GAN_SHARE, judging=True
        )
        results.update({f"{name}{i}": float(value) for name, value in values.items()})
    results.update(
        {
            f"{group}/{index}": np.asarray(value)
            for group in ("generator", "discriminator", "average")
            for index, value in enumerate(state[group])
        }
    )
    assert session.wait() == 0
    with np.load(folder / "out.npz") as arrays:
        return results, dict(arrays), start


def test_losses_and_norms_are_those_of_tensorflow(both):
    results, expected, _ = both
    names = [name for name in expected if "/" not in name]
    assert {"loss0", "loss1", "d_loss0", "gan1", "d_gradient_norm1"} <= set(names)
    assert {n: results[n] for n in names} == pytest.approx(
        {n: float(expected[n]) for n in names}, rel=2e-4
    )


@pytest.mark.parametrize("group", ["generator", "discriminator", "average"])
def test_weights_move_as_with_tensorflow(both, group):
    results, expected, start = both
    names = [name for name in expected if name.startswith(f"{group}/")]
    assert len(names) == len(start[group])
    moved = wrong = 0.0
    for index, name in enumerate(names):
        moved += np.sum((expected[name].astype("float64") - start[group][index]) ** 2)
        wrong += np.sum((results[name].astype("float64") - expected[name]) ** 2)
    assert moved > 0
    # Adam turns the sign of a gradient near zero, which is rounding, into a step.
    assert np.sqrt(wrong / moved) < 0.01

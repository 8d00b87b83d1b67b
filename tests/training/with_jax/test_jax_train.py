import json
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest

from aan_keras.losses.gan_warmup import GANWarmup
from aan_keras.losses.reenactment_loss import ReenactmentLoss
from aan_keras.models.reenactor import Reenactor

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="`make test-jax` runs it"
)
STEPS = 6


def session(data, output, steps=STEPS, **changes):
    """One session of a run whose discriminators join at step 2."""
    from aan_keras.training.with_jax.jax_train import jax_train

    keras.utils.set_random_seed(3)
    reenactor = Reenactor(
        image_size=64,
        width=4,
        heatmap_size=32,
        num_fusion_blocks=1,
        num_residual_blocks=0,
        local_net=False,
    )
    losses = ReenactmentLoss(gan_weight=1.0, perceptual=None, discriminator_width=4)
    options = {
        "validation": ["cora"],
        "losses": losses,
        "generator_learning_rate": 1e-3,
        "discriminator_learning_rate": 1e-3,
        "warmup_steps": 2,
        "gan_warmup": GANWarmup(3, 2, lead=1),
        "checkpoint_every": 2,
        "log_every": 1,
        "processes": 1,
        **changes,
    }
    return jax_train(reenactor, data, output, steps, 2, **options)


@pytest.fixture(scope="module", autouse=True)
def no_folder_of_programs():
    """Puts the folder that all tests share aside: beside one, a run makes none."""
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    name = "jax_compilation_cache_dir"
    ours = getattr(jax.config, name)
    jax.config.update(name, None)
    compilation_cache.reset_cache()
    yield
    jax.config.update(name, ours)
    compilation_cache.reset_cache()


@pytest.fixture(scope="module")
def runs(faces, tmp_path_factory):
    """Folders of a run in one session, and in two."""
    folder = tmp_path_factory.mktemp("runs")
    lines = []
    assert session(faces, folder / "whole", report=lines.append) == STEPS
    # Neither session has to compile the step again.
    shutil.copytree(folder / "whole/compiled", folder / "parts/compiled")
    # A time limit that is over at once: the first row of the log ends the session.
    options = {"stop_after": 0.0, "log_every": 2}
    assert session(faces, folder / "parts", **options) == 2
    assert session(faces, folder / "parts") == STEPS
    return folder / "whole", folder / "parts", lines


def test_a_resumed_run_ends_with_the_same_bits(runs):
    whole, parts, _ = runs
    name = f"checkpoints/state_{STEPS:08d}.npz"
    with np.load(whole / name) as one, np.load(parts / name) as other:
        assert one.files == other.files
        for array in one.files:
            np.testing.assert_array_equal(one[array], other[array])
    assert (whole / "preset/weights.npz").read_bytes() == (
        parts / "preset/weights.npz"
    ).read_bytes()


def test_a_session_finds_what_another_has_compiled(runs):
    whole, parts, _ = runs
    programs = [
        {path.name for path in (run / "compiled").glob("*-cache")}
        for run in (whole, parts)
    ]
    steps = [name for name in programs[0] if "step" in name]
    assert len(steps) == 2 and programs[0] == programs[1]


def test_compiled_programs_leaves_the_user_s_folder_alone(tmp_path):
    import jax

    from aan_keras.training.with_jax.compiled_programs import compiled_programs

    for own in (None, str(tmp_path / "own")):
        jax.config.update("jax_compilation_cache_dir", own)
        try:
            with compiled_programs(tmp_path / "run"):
                used = jax.config.jax_compilation_cache_dir
            assert used == (own or str(tmp_path / "run"))
            assert jax.config.jax_compilation_cache_dir == own
        finally:
            jax.config.update("jax_compilation_cache_dir", None)


def test_the_discriminators_join_late_and_learn(runs):
    rows = (runs[0] / "log.csv").read_text().splitlines()
    names = rows[0].split(",")
    column = [row.split(",")[names.index("d_loss")] for row in rows[1:]]
    assert column[:2] == ["", ""]
    assert all(float(value) > 0 for value in column[2:])


def test_the_log_measures_people_who_are_not_trained_on(runs):
    whole, _, lines = runs
    rows = (whole / "log.csv").read_text().splitlines()
    names = rows[0].split(",")
    measured = [row.split(",")[names.index("val_l1")] for row in rows[1:]]
    assert [bool(value) for value in measured] == [False, True] * 3
    run = json.loads((whole / "run.json").read_text())
    assert run["validation_identities"] == ["cora"]
    assert run["identities"] == ["anna", "ben"]
    assert lines[-1].startswith(f"step {STEPS} of {STEPS}, loss ")


def test_the_preset_holds_the_averages(runs):
    whole = runs[0]
    loaded = Reenactor.from_preset(whole / "preset")
    variables = [v for net in loaded.generator_nets for v in net.trainable_variables]
    with np.load(whole / f"checkpoints/state_{STEPS:08d}.npz") as state:
        for index, variable in enumerate(variables):
            average = state[f"average/{index:04d}"]
            np.testing.assert_array_equal(variable, average.astype("float16"))


def test_a_finished_run_is_left_alone(runs, faces):
    before = (runs[0] / "log.csv").stat().st_mtime_ns
    assert session(faces, runs[0]) == STEPS
    assert (runs[0] / "log.csv").stat().st_mtime_ns == before


def test_another_seed_is_refused(runs, faces):
    with pytest.raises(ValueError, match="has seed 0"):
        session(faces, runs[0], steps=STEPS + 1, seed=9)


def test_a_loss_that_is_not_finite_stops_the_run(faces, tmp_path):
    with pytest.raises(FloatingPointError, match="not finite at step 2"):
        session(faces, tmp_path, generator_learning_rate=1e30, log_every=2)
    assert not (tmp_path / "checkpoints").exists()


def test_a_spoiled_state_leaves_what_was_good(runs, faces, tmp_path):
    """The losses are those of the weights before, and the preset lacks this one."""
    folder = shutil.copytree(runs[0], tmp_path / "run")
    preset = (folder / "preset/weights.npz").read_bytes()
    with pytest.raises(FloatingPointError, match=f"discriminator/.* step {STEPS + 1} "):
        session(faces, folder, STEPS + 1, discriminator_learning_rate=np.inf)
    assert (folder / "preset/weights.npz").read_bytes() == preset
    assert not (folder / f"checkpoints/state_{STEPS + 1:08d}.npz").exists()


def test_tensorflow_is_not_needed():
    code = (
        "import sys; sys.modules['tensorflow'] = sys.modules['tensorboard'] = None\n"
        "import aan_keras.training.with_jax.jax_train, aan_keras.training.recipe_run"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

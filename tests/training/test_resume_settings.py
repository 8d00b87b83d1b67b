"""Every setting resumes exactly: scaled losses, parts of a batch, GAN warm-up.

Eager and in one process; `test_exact_resume` kills a process and uses graphs.
"""

import keras
import numpy as np

from aan_keras.losses import GANWarmup, ReenactmentLoss
from aan_keras.models.reenactor import Reenactor
from aan_keras.training import train


def session(faces, output, steps):
    keras.utils.set_random_seed(3)
    reenactor = Reenactor(
        image_size=64,
        width=4,
        heatmap_size=32,
        num_fusion_blocks=1,
        num_residual_blocks=0,
        local_net=False,
        statistics="instance",
        dtype="mixed_float16",
    )
    reenactor.compile(
        keras.optimizers.Adam(1e-3),
        keras.optimizers.Adam(1e-3),
        ReenactmentLoss(gan_weight=1.0, perceptual=None, discriminator_width=4),
        clip_norm=1.0,
        accumulate=2,
        gan_warmup=GANWarmup(start=1, ramp_steps=2),
        run_eagerly=True,
    )
    train(
        reenactor,
        faces,
        output,
        steps,
        batch_size=2,
        validation=None,
        log_every=1,
        checkpoint_every=1,
        images_every=0,
        verbose=0,
    )
    return reenactor


def test_resumed_run_gives_the_same_bits(faces, tmp_path):
    session(faces, tmp_path / "whole", 3)
    session(faces, tmp_path / "parts", 2)
    reenactor = session(faces, tmp_path / "parts", 3)
    assert reenactor.compute_dtype == "float16"
    with (
        np.load(tmp_path / "whole/checkpoints/step_00000003.npz") as expected,
        np.load(tmp_path / "parts/checkpoints/step_00000003.npz") as found,
        np.load(tmp_path / "parts/checkpoints/step_00000002.npz") as earlier,
    ):
        assert sorted(found.files) == sorted(expected.files)
        scales = [name for name in found.files if "dynamic_scale" in name]
        assert len(scales) == 2
        for name in expected.files:
            assert found[name].tobytes() == expected[name].tobytes(), name
        moved = [n for n in expected.files if (found[n] != earlier[n]).any()]
        assert len(moved) > 0.8 * len(expected.files)

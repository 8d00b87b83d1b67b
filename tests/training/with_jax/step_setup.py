"""Two steps of training from fixed weights on fixed batches, on any backend."""

import numpy as np

from aan_keras.losses.reenactment_loss import ReenactmentLoss
from tests.models.tiny import batch_of, shake, tiny_reenactor

RATES = (1e-3, 5e-4)
GAN_SHARE = 0.5
OPTIONS = {"ema_decay": 0.9, "clip_norm": 0.3}
BETAS = {"beta_1": 0.9, "beta_2": 0.99}


def make_model():
    reenactor = tiny_reenactor(
        flow_prior="layered",
        warp_theta=True,
        output="residual",
        statistics="instance",
        openings=True,
        exposure=True,
        anchor=True,
        background=True,
        head_motion="ellipsoid",
        shading=True,
        lip_colour=True,
        mouth_inside=True,
    )
    shake(reenactor)
    losses = ReenactmentLoss(
        gan_weight=0.5,
        perceptual=None,
        region_weight=0.6,
        mouth_weight=0.5,
        opening_weight=0.2,
        detail_weight=0.3,
        discriminator_width=4,
    )
    return reenactor, losses


def make_batches():
    batches = []
    # With some seeds (11) rounding puts a flow on the other side of a pixel's centre,
    # where bilinear sampling has a kink, and Adam makes steps of such differences.
    for seed in (13, 14):
        batch = batch_of(3, driving=True, seed=seed)
        batch = {name: np.asarray(value) for name, value in batch.items()}
        batches.append({**batch, "photo_pair": np.array([0, 1, 0], "float32")})
    return batches


def set_numbers(variables, seed):
    """The same numbers on every backend, of the size that initializers give."""
    rng = np.random.default_rng(seed)
    for variable in variables:
        fan_in = max(int(np.prod(variable.shape[:-1])), 1)
        noise = rng.normal(scale=fan_in**-0.5, size=variable.shape)
        variable.assign(noise.astype("float32"))

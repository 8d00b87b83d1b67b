"""People drawn from a known 3-D model, seen from known directions."""

import types

import numpy as np
from scipy.spatial.transform import Rotation

from tests.layers.sample_face import canonical_face


def mean_face():
    """A face in relief, `[68, 3]`, the distance between the eyes' centres being 1."""
    flat = canonical_face()
    flat /= 0.76
    depth = -np.sqrt(1.7 - flat[:, 0] ** 2)
    depth[27:36] -= [0.1, 0.2, 0.3, 0.4, 0.15, 0.2, 0.25, 0.2, 0.15]
    face = np.concatenate([flat, depth[:, None]], axis=1)
    return face - face.mean(0)


def directions():
    """`[2, 68, 3]` of identity (jaw's width, nose's length), `[2, 68, 3]` of
    expression (mouth opens, brows rise)."""
    jaw, nose, mouth, brows = np.zeros((4, 68, 3))
    jaw[:17, 0] = np.linspace(-1, 1, 17)
    nose[27:36, 1] = np.linspace(0.2, 1, 9)
    mouth[[5, 6, 7, 8, 9, 10, 11], 1] = 0.5
    mouth[[55, 56, 57, 58, 59, 65, 66, 67], 1] = 1
    brows[17:27, 1] = -1
    return np.stack([jaw, nose]), np.stack([mouth, brows])


def population(people=40, images=8, noise=0.0, turn=25.0, seed=0):
    """Faces with everything that made them.

    Returns:
        Namespace: what `shape_statistics` reads (`landmarks` `[N, 68, 2]` in pixels,
        `people`, `takes`, `weights`), and the truth: `identity`, `expression`
        `[N, 68, 3]`, `rotation` `[N, 3, 3]`, `scale` `[N]`, `shift` `[N, 2]`.
    """
    generator = np.random.default_rng(seed)
    who = np.repeat(np.arange(people), images)
    count = len(who)
    of_identity, of_expression = directions()
    a = generator.normal(0, [0.1, 0.08], (people, 2))[who]
    b = generator.normal(0, [0.07, 0.05], (count, 2))
    angles = generator.normal(0, turn / 2, (count, 3)) * [1, 0.5, 0.5]
    rotation = Rotation.from_euler("YXZ", angles, degrees=True).as_matrix()
    scale = generator.uniform(20, 30, count)
    shift = generator.uniform(50, 78, (count, 2))
    identity = np.einsum("nk,kpj->npj", a, of_identity)
    expression = np.einsum("nk,kpj->npj", b, of_expression)
    shape = mean_face() + identity + expression
    seen = np.einsum("nij,npj->npi", rotation[:, :2], shape)
    landmarks = scale[:, None, None] * seen + shift[:, None]
    landmarks += generator.normal(0, 1, landmarks.shape) * noise * scale[:, None, None]
    return types.SimpleNamespace(
        landmarks=landmarks,
        people=who,
        takes=who,
        weights=np.ones(count),
        identity=identity,
        expression=expression,
        rotation=rotation,
        scale=scale,
        shift=shift,
    )

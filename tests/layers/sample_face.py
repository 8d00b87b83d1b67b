"""A drawn 68-point face, for tests that need plausible landmarks."""

import numpy as np


def _arc(count, start, end, centre, radii):
    angle = np.radians(np.linspace(start, end, count))
    return np.stack([np.cos(angle), np.sin(angle)], -1) * radii + centre


def canonical_face():
    """The iBUG 68 points of a frontal face in [-1, 1], y downwards."""
    right_eye = _arc(6, 180, 480, (-0.38, -0.25), (0.15, 0.06))
    left_eye = _arc(6, 180, 480, (0.38, -0.25), (0.15, 0.06))
    return np.concatenate(
        [
            _arc(17, 180, 0, (0.0, -0.1), (0.9, 1.0)),  # jaw
            _arc(5, 200, 340, (-0.4, -0.4), (0.28, 0.15)),  # brows
            _arc(5, 200, 340, (0.4, -0.4), (0.28, 0.15)),
            np.stack([np.zeros(4), np.linspace(-0.25, 0.1, 4)], -1),  # nose
            _arc(5, 160, 20, (0.0, 0.12), (0.18, 0.1)),
            right_eye,
            left_eye,
            _arc(12, 180, 510, (0.0, 0.45), (0.32, 0.16)),  # lips
            _arc(8, 180, 495, (0.0, 0.45), (0.22, 0.06)),
        ]
    )


def sample_landmarks(batch, image_size, seed=0):
    """Turned, moved and jittered faces, float32 `[batch, 68, 2]` in pixels."""
    rng = np.random.default_rng(seed)
    faces = []
    for _ in range(batch):
        angle = rng.uniform(-0.5, 0.5)
        rotation = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
        points = canonical_face() + rng.normal(scale=0.01, size=(68, 2))
        points = points @ rotation * rng.uniform(0.45, 0.7) + rng.uniform(-0.1, 0.1, 2)
        faces.append((points + 1.0) * image_size / 2 - 0.5)
    return np.stack(faces).astype("float32")

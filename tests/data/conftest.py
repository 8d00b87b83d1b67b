import cv2
import numpy as np
import pytest


@pytest.fixture(scope="session")
def faces(tmp_path_factory):
    """Four identities with videos (one also has photos) and three with photos only."""
    path = tmp_path_factory.mktemp("faces")
    clips = ["anna/v0", "anna/v1", "ben/v0", "cora/v0", "dan/v0", "dan/p0"]
    clips += ["eve/p0", "finn/p0", "gus/p0"]
    generator = np.random.default_rng(7)
    for clip in clips:
        folder = path / clip
        folder.mkdir(parents=True)
        base = generator.uniform(30, 98, (68, 2))
        landmarks = base + generator.normal(0, 2, (6, 68, 2))
        np.save(folder / "landmarks.npy", landmarks.astype("float32"))
        for i in range(6):
            image = cv2.resize(
                generator.integers(0, 256, (16, 16, 3), dtype=np.uint8), (128, 128)
            )
            cv2.imwrite(str(folder / f"{i:04d}.jpg"), image)
    return path

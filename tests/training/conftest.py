import importlib

import cv2
import numpy as np
import pytest


@pytest.fixture(scope="session")
def faces(tmp_path_factory):
    """Three identities with one video of noise each."""
    path = tmp_path_factory.mktemp("faces")
    generator = np.random.default_rng(7)
    for clip in ("anna/v0", "ben/v0", "cora/v0"):
        folder = path / clip
        folder.mkdir(parents=True)
        landmarks = generator.uniform(30, 98, (1, 68, 2))
        landmarks = landmarks + generator.normal(0, 2, (6, 68, 2))
        np.save(folder / "landmarks.npy", landmarks.astype("float32"))
        for i in range(6):
            noise = generator.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            cv2.imwrite(str(folder / f"{i:04d}.png"), cv2.resize(noise, (128, 128)))
    return path


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """What `train` is called with, instead of training; it says that it began."""
    calls = []

    def train(reenactor, data, output_dir, steps, batch_size, **options):
        calls.append(
            {
                "reenactor": reenactor,
                "data": data,
                "output_dir": output_dir,
                "steps": steps,
                "batch_size": batch_size,
                **options,
            }
        )
        output_dir.mkdir(parents=True, exist_ok=True)
        for callback in options["callbacks"]:
            callback.on_train_begin()
        return steps

    # The room's name for it, `aan_keras.training.train`, is the function.
    module = importlib.import_module("aan_keras.training.train")
    monkeypatch.setattr(module, "train", train)
    return calls

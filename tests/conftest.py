"""Choice of tests by backend, the same start for each test, and a face."""

import os
import random
import tempfile

# JAX compiles every operation of every shape that it meets: quickly is enough here.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
# And once is enough, for all tests and all processes that run them, which inherit this.
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    _compiled = tempfile.TemporaryDirectory(prefix="jax-compiled-")
    os.environ["JAX_COMPILATION_CACHE_DIR"] = _compiled.name
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
# As in a command's own process: TensorFlow's notices are not our words on stderr.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pytest

# The assertions of shared checks explain themselves like those of a test.
pytest.register_assert_rewrite("tests.layers.check_layer")

MARK = "requires_tensorflow"


def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        f"{MARK}: uses TFLite, SavedModel or tf ops; left out on other backends",
    )


def pytest_collection_modifyitems(config, items):
    if keras.backend.backend() == "tensorflow":
        return
    elsewhere = [item for item in items if item.get_closest_marker(MARK)]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if not item.get_closest_marker(MARK)]


@pytest.fixture(scope="session")
def portrait():
    """uint8 RGB `[512, 512, 3]`; dlib finds one face in it."""
    from aan_keras.demo import PORTRAIT
    from aan_keras.faces import read_photo

    return read_photo(PORTRAIT)


@pytest.fixture(scope="session")
def landmarker():
    from aan_keras.faces import DlibLandmarker

    return DlibLandmarker()


@pytest.fixture(autouse=True)
def same_start():
    """Seeds initializers; a dtype policy set by a test ends with it.

    Keras draws the seeds of initializers from Python. `keras.utils.set_random_seed`
    would seed TensorFlow too, which then forgets every graph that it has optimized:
    each test of a file would wait seconds for the same one.
    """
    random.seed(0)
    yield
    keras.config.set_dtype_policy("float32")

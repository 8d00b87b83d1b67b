import logging
import logging.handlers

import pytest
import tensorflow as tf

from aan_keras.serving.served_version import ServedVersion
from tests.serving.toy_model import write_toy


def test_loading_says_nothing(tmp_path):
    """Not that the loader is deprecated, nor which files it restores."""
    write_toy(tmp_path / "1", factor=2)
    handler, logger = logging.handlers.BufferingHandler(1000), tf.get_logger()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel("INFO")
    try:
        version = ServedVersion(tmp_path / "1", 1)
        assert logger.level == logging.INFO
        logger.info("heard")
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
    assert [record.getMessage() for record in handler.buffer] == ["heard"]
    assert "measure" in version.signatures


@pytest.mark.parametrize("name", ["a [1]", "[a]*"])
def test_folders_that_look_like_patterns(tmp_path, name):
    write_toy(tmp_path / "toy" / "1", factor=2)
    (tmp_path / "toy").rename(tmp_path / name)
    version = ServedVersion(tmp_path / name / "1", 1)
    outputs = version.predict("", {"x": tf.make_tensor_proto([[1.0, 2.0]])})
    assert tf.make_ndarray(outputs["y"]).tolist() == [[2, 4]]

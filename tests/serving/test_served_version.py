import logging
import logging.handlers

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

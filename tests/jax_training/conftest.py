from tests.training.conftest import faces  # noqa: F401

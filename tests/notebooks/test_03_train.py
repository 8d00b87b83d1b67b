"""In a file of its own, so that two notebooks run at the same time."""

import pytest


@pytest.mark.slow
def test_runs(run_notebook, light_preset):
    run_notebook("03_train", START=light_preset)

"""In a file of its own, so that two notebooks run at the same time."""

import pytest


@pytest.mark.slow
def test_runs(run_notebook):
    run_notebook("02_layers")

"""In a file of its own, so that two notebooks run at the same time."""

import pytest


@pytest.mark.slow
def test_runs(run_notebook, light_preset):
    run_notebook("05_export_serve", PRESET=light_preset)

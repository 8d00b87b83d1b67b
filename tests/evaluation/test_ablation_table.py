import pytest

from aan_keras.evaluation.ablation_table import markdown_page, paper_order, summarize


def evaluated(values):
    """What `evaluate` returns: `{row: (csim, prmse)}`."""
    rows = {
        name: {
            "measures": {
                "csim": {"value": csim, "over": 4},
                "prmse": {"value": prmse, "over": 4},
            }
        }
        for name, (csim, prmse) in values.items()
    }
    return {"rows": rows, "pairs": 4, "protocol": "cross"}


VALUES = {
    "copy": (1.0, 9.0),
    "full_0": (0.9, 2.0),
    "full_1": (0.8, 4.0),
    "no_local_net_0": (0.75, 4.5),
    "no_local_net_1": (0.79, 5.5),
    "spade_0": (0.7, 5.0),
    "spade_1": (0.6, 7.0),
}
VARIANTS = ("full", "no_local_net", "spade")


def test_mean_and_spread_over_the_seeds():
    found = summarize(evaluated(VALUES), VARIANTS, (0, 1))
    assert found["rows"]["full"]["csim"] == {
        "values": [0.9, 0.8],
        "mean": 0.85,
        "low": 0.8,
        "high": 0.9,
    }
    assert found["floors"] == {"copy": {"csim": 1.0, "prmse": 9.0}}
    # CSIM: every seed apart. PRMSE: a seed of SPADE is better than one without net.
    assert found["orders"] == {"csim": "separated", "prmse": "in the means only"}


@pytest.mark.parametrize(
    ("changed", "csim", "prmse"),
    [
        ({"spade_0": (0.78, 9.0)}, "in the means only", "separated"),
        ({"full_0": (0.7, 9.0)}, "not reproduced", "not reproduced"),
        ({"full_0": (None, 2.0)}, "unknown", "in the means only"),
    ],
)
def test_order(changed, csim, prmse):
    found = summarize(evaluated({**VALUES, **changed}), VARIANTS, (0, 1))
    assert found["orders"] == {"csim": csim, "prmse": prmse}


def test_one_seed_shows_no_separation():
    found = summarize(evaluated(VALUES), VARIANTS, (0,))
    assert found["orders"]["csim"] == "in the means only"
    assert paper_order({"full": found["rows"]["full"]})["csim"] == "unknown"


def test_page():
    content = evaluated(VALUES)
    training = {"steps": 10, "batch_size": 2, "image_size": 64, "recipe": "small"}
    results = {
        "training": training,
        "seeds": [0, 1],
        "evaluation": {k: v for k, v in content.items() if k != "rows"},
        **summarize(content, VARIANTS, (0, 1)),
    }
    page = markdown_page(results)
    assert (
        "| full model           | 0.850 (0.800 to 0.900) | 3.00 (2.00 to 4.00) |"
        in page
    )
    assert "0.558" in page and "11.03" in page  # the paper's SPADE
    assert "in CSIM reproduced, and each seed agrees" in page
    assert "in PRMSE in the means, but the seeds overlap" in page
    assert "10 steps of 2 pairs at 64 px" in page

"""Where an evaluation keeps its pictures."""

import pathlib

# The folder of the driving frames, beside those of the methods.
DRIVING = "driving"


def frame_path(output, name, number):
    """Path of the picture of pair `number`.

    Args:
        output: folder of the evaluation.
        name: of the method, or `DRIVING`.
        number: place of the pair in `pairs.json`.
    """
    return pathlib.Path(output) / "frames" / name / f"{number:06d}.png"

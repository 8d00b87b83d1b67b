"""Begins a run of the recipe "small", smaller still."""

from aan_keras.training import recipe_run


def small_run(tmp_path, **changes):
    options = {"steps": 7, "recipe": "small", "perceptual": "none"}
    options.update(image_size=64, width=4, **changes)
    return recipe_run.train_recipe("faces", tmp_path / "run", **options)

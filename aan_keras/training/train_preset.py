"""Everything that makes a preset's weights, from random ones or from others."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from aan_keras.training.json_file import write_json
from aan_keras.training.recipes import RECIPES

_DONE = "stages.json"
# Of the first run's learning rate: what is there already is not to be forgotten.
_LATER = 0.75
_LATER_RUNS = ("second", "third")


def train_preset(
    data,
    output,
    *,
    preset=None,
    steps=(12000, 5000),
    rounds=1,
    later_runs=2,
    recipe="aan_128",
    batch_size=8,
    learning_rate=4e-4,
    background_steps=5000,
    per_photo=8,
    cut_outs=7,
    sharpening=0.05,
    validation=(6, 12),
    seed=0,
    engine="tensorflow",
    arguments=(),
    run=None,
    report=print,
):
    """Runs the commands, one after the other, that make weights like those shipped.

    1. `first`: a run from random weights;
    2. `background`: that model is taught where people are (`train_background`);
    3. `faces`: it moves the photos, and people are cut out and put elsewhere
       (`animate_photos`), if there are photos and clips;
    4. `second` and `third`: two runs on these from there, with other pairs;
    5. `mean`: the mean of the two (`average_presets`);
    6. with `rounds` above 1, `second_2` and `third_2`: two more runs from the mean, and
       `mean_2`, their mean; and so on;
    7. `preset`: the last mean.

    With `preset`, `first` and `background` are left out: the others begin with its
    weights, to learn other people, or more.

    Each is a process of its own. Called again with the same arguments it goes on where
    it was killed: finished stages are not repeated, runs resume exactly. `output` may
    have been moved, and `data` too: `faces` is then made again, if it is still needed,
    as it links to them. More `rounds` than before add to what is there.

    Args:
        data: folder with `<identity>/<clip>/*.jpg` and `landmarks.npy`, or of shards.
        output: folder; created if missing. It gets a folder for each stage.
        preset: name or folder of a preset to begin with, which knows where people are.
        steps: of the first run, if there is one, and of each later one.
        rounds: how often there are later runs.
        later_runs: 2, or 1: no `third`, and `mean` is of one. Of runs that were too
            short to learn all they could, the mean was no better than either.
        recipe: key of `aan_keras.training.recipes.RECIPES`, with `background` unless
            the model is that of `preset`.
        batch_size: pairs a step.
        learning_rate: of the first run; the others take three quarters of it.
        background_steps: see `train_background`.
        per_photo, cut_outs: see `animate_photos`.
        sharpening: of the preset, see `Reenactor`.
        validation: people whom no stage sees; see `train`.
        seed: of the first run; the others have the next ones.
        engine: `"tensorflow"`, or `"jax"` for the runs.
        arguments: more words for every `aan-keras train`, such as `--devices 4`.
        run: callable that takes a command's words after `aan-keras` and raises if it
            fails; by default a process.
        report: callable that takes a line of text before each stage.

    Returns:
        Path of the preset.

    Raises:
        ValueError: `preset` or `recipe` is none, or does not fill the background;
            `output` belongs to other arguments, but for where `data` is; `validation`
            asks for people who are not there, for everybody or for nobody; no round;
            neither one nor two later runs.
        subprocess.CalledProcessError: a stage failed; what it said is on stderr.
    """
    if rounds < 1:
        raise ValueError(f"`rounds` must be at least 1. Received: rounds={rounds}")
    if not 1 <= later_runs <= len(_LATER_RUNS):
        raise ValueError(
            f"`later_runs` must be 1 or 2. Received: later_runs={later_runs}"
        )
    data, output, run = Path(data), Path(output), run or _run
    _check_recipe(recipe, preset)
    if preset is not None:
        _check_knows_background(preset)
    given = {
        "data": str(data),
        "preset": preset and str(preset),
        "steps": list(steps),
        "later_runs": later_runs,
        "recipe": recipe,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "background_steps": background_steps,
        "per_photo": per_photo,
        "cut_outs": cut_outs,
        "sharpening": sharpening,
        "validation": list(validation),
        "seed": seed,
        "engine": engine,
        "arguments": list(arguments),
    }
    # Before the folder is claimed: they may refuse the data.
    _check_leaves_people(data, validation)
    animates = _can_animate(data, validation)
    state = _read_state(output, given)
    people = ["--validation", *map(str, validation)]

    def train(name, steps, rate, seed, faces, start=None):
        words = ["train", "--data", str(faces), "--output", str(output / name)]
        words += ["--recipe", recipe, "--steps", str(steps), "--resume"]
        words += ["--batch-size", str(batch_size), "--learning-rate", f"{rate:g}"]
        words += ["--seed", str(seed), "--engine", engine, *people, *arguments]
        return words + (["--preset", str(start)] if start else [])

    start, faces, stages = preset, data, {}
    if preset is None:
        start = output / "background"
        stages["first"] = train("first", steps[0], learning_rate, seed, data)
        stages["background"] = [
            *("train-background", "--data", str(data), "--output", str(start)),
            *("--preset", str(output / "first" / "preset")),
            *("--steps", str(background_steps), "--seed", str(seed), *people),
        ]
    if animates:
        faces = output / "faces"
        stages["faces"] = [
            *("animate-photos", "--data", str(data), "--output", str(faces)),
            *("--preset", str(start), "--per-photo", str(per_photo)),
            *("--cut-outs", str(cut_outs), "--seed", str(seed), *people),
        ]
    rate, runs = _LATER * learning_rate, set()
    for index in range(rounds):
        suffix = f"_{index + 1}" if index else ""
        names = [f"{name}{suffix}" for name in _LATER_RUNS[:later_runs]]
        runs.update(names)
        for i, name in enumerate(names, seed + 1 + 2 * index):
            stages[name] = train(name, steps[1], rate, i, faces, start)
        start = output / f"mean{suffix}"
        stages[start.name] = [
            *("average-presets", "--output", str(start), "--presets"),
            *(str(output / name / "preset") for name in names),
            *("--sharpening", f"{sharpening:g}"),
        ]
    # Of another mean it is another stage.
    stages[f"preset{suffix}"] = [
        *("average-presets", "--output", str(output / "preset")),
        *("--presets", str(start), "--sharpening", f"{sharpening:g}"),
    ]
    for name, words in stages.items():
        if name in state["done"] or (name == "faces" and not runs - {*state["done"]}):
            continue
        report(f"{name}: aan-keras {' '.join(words)}")
        if name == "faces" and faces.exists():
            # Half of them would be all that the next runs see.
            shutil.rmtree(faces)
        run(words)
        state["done"].append(name)
        write_json(output / _DONE, state)
    return output / "preset"


def _check_recipe(recipe, preset):
    """As the runs need it, and `train_background` where they begin from nothing."""
    known = {name: RECIPES[name]["model"].get("background", False) for name in RECIPES}
    if not known.get(recipe, False) and (preset is None or recipe not in known):
        raise ValueError(
            "`recipe` must be one of a model with `background`: "
            f"{', '.join(filter(known.get, known))}. Received: recipe={recipe}"
        )


def _check_knows_background(preset):
    """As `train_background` needs it: that comes after hours of training."""
    from aan_keras.models.preset import read_preset
    from aan_keras.models.reenactor import Reenactor

    folder, content = read_preset(preset, Reenactor)
    if not content["config"].get("background"):
        raise ValueError(
            f"`preset` must be of a model with `background`. Received: preset={folder}"
        )


def _check_leaves_people(data, validation):
    """As `train_background` needs it, too."""
    from aan_keras.data.split import divide_identities

    _, held_out = divide_identities(data, validation)
    if not held_out:
        raise ValueError(
            "`validation` must leave people out, to measure masks on: give "
            f"--validation 1 0, say. Received: validation={tuple(validation)}"
        )


def _can_animate(data, validation):
    """Whether `animate_photos` takes the data: it comes after hours of training."""
    from aan_keras.data.clips import has_animated_photos
    from aan_keras.data.dataset_file import is_shard_folder
    from aan_keras.data.open_clips import open_clips
    from aan_keras.data.split import divide_identities

    names, _ = divide_identities(data, validation)
    if is_shard_folder(data) or has_animated_photos(data):
        return False
    kinds = {clip.is_photo_set for clip in open_clips(data, names)}
    return kinds == {True, False}


def _read_state(output, given):
    path = output / _DONE
    if not path.exists():
        output.mkdir(parents=True, exist_ok=True)
        state = {"arguments": given, "done": []}
        write_json(output / _DONE, state)
        return state
    state = json.loads(path.read_text())
    # A run of an older version lacks what has come since.
    begun = {"later_runs": len(_LATER_RUNS), "preset": None, **state["arguments"]}
    state["arguments"] = {**begun, "data": given["data"]}
    if begun["data"] != given["data"]:
        # Its links to the clips lead nowhere now.
        state["done"] = [name for name in state["done"] if name != "faces"]
    changed = [k for k in given if k != "data" and begun.get(k) != given[k]]
    if changed:
        raise ValueError(
            f"{output} was begun with {_listed(begun, changed)}: choose another "
            f"folder. Received: {_listed(given, changed)}"
        )
    return state


def _listed(arguments, names):
    return ", ".join(f"{name}={arguments.get(name)}" for name in names)


def _run(words):
    subprocess.run([sys.executable, "-m", "aan_keras", *words], check=True)

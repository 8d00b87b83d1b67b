"""The commands of `aan-keras`, one a module.

Each module has `NAME`, `SUMMARY` and `EXAMPLE` for the help, `add_arguments(command)`
and `run(arguments)`; what a command does is in the rooms below. None imports TensorFlow
before it runs.
"""

from aan_keras.commands import (
    ablate,
    animate_photos,
    average_presets,
    completion,
    demo,
    doctor,
    evaluate,
    export,
    prepare,
    reenact,
    serve,
    train,
    train_background,
    train_landmarks,
    train_preset,
)

COMMANDS = (
    reenact,
    prepare,
    train,
    animate_photos,
    train_background,
    average_presets,
    train_preset,
    train_landmarks,
    evaluate,
    ablate,
    export,
    serve,
    demo,
    doctor,
    completion,
)

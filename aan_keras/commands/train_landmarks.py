"""`aan-keras train-landmarks`."""

import sys

from aan_keras.commands import console

NAME = "train-landmarks"
SUMMARY = "train the transformer that keeps a photo's face shape"
EXAMPLE = """example:
  aan-keras train-landmarks --data faces/train --output runs/landmarks
  aan-keras reenact --source photo.jpg --driving clip.mp4 --output out.mp4 \\
      --landmark-preset runs/landmarks
"""


def add_arguments(command):
    command.add_argument(
        "--data",
        required=True,
        metavar="FOLDER",
        help="shards, or <identity>/<clip>/*.jpg and landmarks.npy",
    )
    command.add_argument(
        "--output", required=True, metavar="FOLDER", help="preset and report.json"
    )
    command.add_argument(
        "--estimator",
        choices=("linear", "best"),
        default="best",
        help="linear only, or a network too if it is better (default: %(default)s)",
    )
    command.add_argument(
        "--epochs",
        type=console.positive,
        default=8,
        metavar="N",
        help="of the network (default: %(default)s)",
    )
    console.add_validation(command)
    command.add_argument(
        "--seed",
        type=console.not_negative,
        default=0,
        help="decides, too, who is kept out; `train` keeps out those of 0 (default: 0)",
    )


def run(arguments):
    console.quiet_tensorflow(arguments.debug)
    from aan_keras.training.train_landmarks import train_landmarks

    report = train_landmarks(
        arguments.data,
        arguments.output,
        validation=console.validation_of(arguments),
        seed=arguments.seed,
        epochs=arguments.epochs,
        network=arguments.estimator == "best",
        verbose=int(sys.stdout.isatty()),
    )
    for name, errors in report["errors"].items():
        figures = ", ".join(f"{kind} {error:.2f}" for kind, error in errors.items())
        print(
            f"{name}: expression error on unseen people, % of eye distance: {figures}"
        )
    print(f"kept: {report['estimator']}: {arguments.output}")

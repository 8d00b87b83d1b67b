"""`aan-keras doctor`."""

from aan_keras.commands import console

NAME = "doctor"
SUMMARY = "show versions, devices, weights, and what is missing"
EXAMPLE = """example:
  aan-keras doctor
"""


def add_arguments(command):
    """There are none."""


def run(arguments):
    console.quiet_tensorflow(arguments.debug)
    from aan_keras.installation import inspect_installation

    missing = 0
    for heading, findings in inspect_installation().items():
        print(f"{heading}:")
        for finding in findings:
            print(f"  {finding.subject:<28} {finding.state}")
            if finding.remedy:
                print(f"  {'':<28} -> {finding.remedy}")
            missing += bool(finding.remedy) and finding.needed
    if missing:
        things = "1 thing" if missing == 1 else f"{missing} things"
        verb = "is" if missing == 1 else "are"
        raise ValueError(
            f"{things} that the commands need {verb} missing or wrong: "
            "follow the arrows above"
        )
    print("everything that the commands need is there")

"""The public names of the package, read from its source without importing it."""

import ast
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "aan_keras"


def public_names():
    """Dict from room (`aan_keras.layers`) to the names in its `__all__`."""
    files = sorted(PACKAGE.glob("*/__init__.py"))
    rooms = {f"aan_keras.{file.parent.name}": exported(file) for file in files}
    return {room: names for room, names in rooms.items() if names}


def exported(file):
    """The names in the `__all__` of a module; none if it has no `__all__`."""
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "__all__":
            return ast.literal_eval(node.value)
    return []


def link_targets():
    """Dict from what stands in code quotes to the object of the API reference.

    Classes also by their bare name; a function's bare name may mean a command or an
    argument, so functions by their full name only.
    """
    targets = {
        "aan_keras.Reenactor": "aan_keras.models.Reenactor",
        "aan_keras.reenact": "aan_keras.reenactment.reenact",
        "Reenactment": "aan_keras.reenactment.Reenactment",
    }
    for room, names in public_names().items():
        for name in names:
            targets[f"{room}.{name}"] = f"{room}.{name}"
            if name[0].isupper() and len(name) > 2:
                targets[name] = f"{room}.{name}"
    return targets

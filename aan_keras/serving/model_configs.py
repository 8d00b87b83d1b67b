"""Which models the development server has, and which of their versions."""

import pathlib

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from aan_keras.exporting.versions import versions
from aan_keras.faces.input_error import InputError

# Where the container of TensorFlow Serving has its models.
_CONTAINER_FOLDER = pathlib.PurePosixPath("/models")


def find_models(folder):
    """A `ModelConfig` for each folder in `folder` that has version folders.

    Args:
        folder: holds `<model>/<version>/saved_model.pb`.

    Returns:
        list, by name; newest versions, no labels.

    Raises:
        InputError: there is none.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}: export a model into it")
    paths = [path for path in sorted(folder.iterdir()) if path.is_dir()]
    paths = [path for path in paths if not path.name.isdecimal() and versions(path)]
    if not paths:
        raise InputError(
            f"{folder} has no models: expected <model>/<version>/saved_model.pb, as "
            f"`aan-keras export --format saved_model --output {folder}/aan` writes it"
        )
    return [
        model_server_config_pb2.ModelConfig(
            name=path.name, base_path=str(path), model_platform="tensorflow"
        )
        for path in paths
    ]


def read_models(path, folder):
    """The `ModelConfig`s of a `ModelServerConfig` file, in protobuf's text format.

    Args:
        path: the file, such as `export/serving/models.config`.
        folder: what `/models` of the base paths is here; other base paths are taken
            as they are.

    Returns:
        list, as in the file.

    Raises:
        InputError: there is no such file, or it is not in that format.
    """
    config = model_server_config_pb2.ModelServerConfig()
    try:
        text_format.Parse(pathlib.Path(path).read_text(), config)
    except OSError as error:
        raise InputError(
            f"cannot read {path}: {error.strerror}: check the path"
        ) from error
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no ModelServerConfig: {error}") from error
    models = list(config.model_config_list.config)
    if not models:
        raise InputError(f"{path} names no models: expected model_config_list")
    for model in models:
        base = pathlib.PurePosixPath(model.base_path)
        if base.is_relative_to(_CONTAINER_FOLDER):
            base = pathlib.Path(folder) / base.relative_to(_CONTAINER_FOLDER)
            model.base_path = str(base)
    return models


def wanted_versions(model):
    """Numbers of the versions on disk that the model's policy asks for.

    Args:
        model: `ModelConfig`; without a policy, the newest version.

    Returns:
        set of int.
    """
    base, policy = pathlib.Path(model.base_path), model.model_version_policy
    there = sorted(int(name) for name in versions(base)) if base.is_dir() else []
    if policy.HasField("all"):
        return set(there)
    if policy.HasField("specific"):
        return set(there) & set(policy.specific.versions)
    return set(there[-(policy.latest.num_versions or 1) :])


def version_folder(model, number):
    """Path of a version of a `ModelConfig`: its name may begin with zeros."""
    base = pathlib.Path(model.base_path)
    names = [name for name in versions(base) if int(name) == number]
    return base / min(names, key=len, default=str(number))

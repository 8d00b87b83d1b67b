"""The versions that the development server has loaded."""

import threading

from tensorflow_serving.apis import get_model_status_pb2

from aan_keras.serving.model_configs import version_folder, wanted_versions
from aan_keras.serving.served_version import ServedVersion
from aan_keras.serving.status_error import StatusError

_State = get_model_status_pb2.ModelVersionStatus.State


class ModelRegistry:
    """Loads versions as they appear on disk, and finds them for requests.

    A new version is loaded and warmed up before the one it replaces goes, and requests
    that still run on that one are finished. One that can't be loaded replaces none.

    Args:
        read_configs: callable that gives the list of `ModelConfig`; called at each
            poll, so that a changed file moves labels and versions.
        report: callable that takes a line of text.
    """

    def __init__(self, read_configs, report=None):
        self._read_configs = read_configs
        self._report = report or (lambda line: None)
        self._lock = threading.Lock()
        self._loaded = {}  # name -> number -> ServedVersion
        self._states = {}  # name -> number -> (state, code, message)
        self._labels = {}  # name -> label -> number
        self._failed = {}  # folder of a version -> what was in it

    def poll(self):
        """Loads what is new and drops what is no longer wanted."""
        configs = {config.name: config for config in self._read_configs()}
        for name in {*configs, *self._loaded}:
            config = configs.get(name)
            wanted = set() if config is None else wanted_versions(config)
            for number in sorted(wanted - set(self._loaded.get(name, ()))):
                path = version_folder(config, number)
                # What could not be loaded may have been half copied.
                if self._failed.get(path) != _contents(path):
                    self._load(name, number, path)
            # As long as nothing that is wanted could be loaded, the old ones answer.
            if not wanted or wanted & set(self._loaded.get(name, ())):
                self._drop_all_but(name, wanted)
        labels = {name: dict(c.version_labels) for name, c in configs.items()}
        with self._lock:
            self._labels = labels

    def lookup(self, spec):
        """The `ServedVersion` that a `ModelSpec` names.

        Raises:
            StatusError: NOT_FOUND or INVALID_ARGUMENT, as TensorFlow Serving has it.
        """
        name, choice = spec.name, spec.WhichOneof("version_choice")
        if not name:
            raise StatusError("INVALID_ARGUMENT", "ModelSpec has no name specified.")
        with self._lock:
            loaded = self._loaded.get(name, {})
            number = max(loaded, default=None)
            request = f"Latest({name})"
            if choice is not None:
                number = self._chosen(spec, choice)
                request = f"Specific({name}, {number})"
            if number not in loaded:
                message = f"Servable not found for request: {request}"
                raise StatusError("NOT_FOUND", message)
            return loaded[number]

    def states(self, spec):
        """list of `(number, state, code, message)` of a model's versions.

        The state and the code are numbers of `ModelVersionStatus` and of statuses.
        """
        with self._lock:
            states = dict(self._states.get(spec.name, {}))
            choice = spec.WhichOneof("version_choice")
            if choice is None:
                missing = f"Could not find any versions of model {spec.name}"
            else:
                number = self._chosen(spec, choice)
                missing = f"Could not find version {number} of model {spec.name}"
                states = {n: state for n, state in states.items() if n == number}
        if not states:
            raise StatusError("NOT_FOUND", missing)
        return [(number, *states[number]) for number in sorted(states)]

    def _chosen(self, spec, choice):
        if choice == "version":
            return spec.version.value
        labels = self._labels.get(spec.name, {})
        if spec.version_label not in labels:
            message = f"Unrecognized servable version label: {spec.version_label}"
            raise StatusError("INVALID_ARGUMENT", message)
        return labels[spec.version_label]

    def _load(self, name, number, path):
        self._set(name, number, _State.LOADING)
        contents = _contents(path)
        try:
            version = ServedVersion(path, number)
            requests = version.warm_up()
        except Exception as error:  # Whatever is wrong with it, the server lives on.
            message = getattr(error, "message", None) or str(error)
            self._failed[path] = contents
            self._set(name, number, _State.END, 2, message)  # UNKNOWN
            self._report(f"cannot load {path}: {' '.join(message.split())}")
            return
        with self._lock:
            self._loaded.setdefault(name, {})[number] = version
        self._set(name, number, _State.AVAILABLE)
        self._report(f"{name}, version {number}: ready, {requests} warm-up requests")

    def _drop_all_but(self, name, wanted):
        for number in set(self._loaded.get(name, ())) - wanted:
            with self._lock:
                # Its session ends with the last request that holds it.
                del self._loaded[name][number]
            self._set(name, number, _State.END)
            self._report(f"{name}, version {number}: unloaded")

    def _set(self, name, number, state, code=0, message=""):
        with self._lock:
            self._states.setdefault(name, {})[number] = (state, code, message)


def _contents(path):
    """Names and sizes of the files in a folder."""
    files = [file for file in path.rglob("*") if file.is_file()]
    return sorted((str(file), file.stat().st_size) for file in files)

"""Which versions a server has, while they come and go."""

import shutil
import socket
import threading

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_pb2,
    prediction_log_pb2,
)
from tensorflow_serving.config import model_server_config_pb2

from aan_keras.faces import InputError
from aan_keras.serving import DevelopmentServer, ServingError
from aan_keras.serving.grpc_transport import GrpcTransport
from aan_keras.serving.model_configs import find_models, read_models, wanted_versions
from aan_keras.serving.model_reference import ModelReference
from aan_keras.serving.model_registry import ModelRegistry
from aan_keras.serving.rest_transport import RestTransport
from aan_keras.serving.server_address import ServerAddress
from aan_keras.serving.status_error import StatusError
from tests.serving.toy_model import write_toy

X = np.ones((1, 2), "float32")
States = get_model_status_pb2.ModelVersionStatus


@pytest.fixture(scope="module")
def toys(tmp_path_factory):
    """Versions 2, 9 and 10, which multiply by 2, 9 and 10."""
    folder = tmp_path_factory.mktemp("toys")
    for number in (2, 9, 10):
        write_toy(folder / str(number), number)
    return folder


@pytest.fixture
def models(toys, tmp_path):
    """A folder with the model `toy`, version 2."""
    copy(toys, tmp_path / "models", 2)
    return tmp_path / "models"


def copy(toys, models, number):
    shutil.copytree(toys / str(number), models / "toy" / str(number))


def config_of(policy="", labels="", base="/models/toy"):
    return f"""model_config_list {{
        config {{ name: "toy" base_path: "{base}" {policy} {labels} }}
    }}"""


def labels(**numbers):
    return " ".join(
        f'version_labels {{ key: "{key}" value: {value} }}'
        for key, value in numbers.items()
    )


ALL = "model_version_policy { all {} }"


def registry_of(models, text):
    path = models.parent / "models.config"
    path.write_text(text)
    registry = ModelRegistry(lambda: read_models(path, models))
    registry.poll()
    return registry, path


def number_of(registry, **choice):
    """The version that answers, proved by what it computes."""
    spec = model_pb2.ModelSpec(name="toy")
    if "version" in choice:
        spec.version.value = choice["version"]
    if "label" in choice:
        spec.version_label = choice["label"]
    version = registry.lookup(spec)
    outputs = version.predict("", {"x": tf.make_tensor_proto(X)})
    assert tf.make_ndarray(outputs["y"])[0, 0] == version.number
    return version.number


def states_of(registry):
    states = registry.states(model_pb2.ModelSpec(name="toy"))
    return {number: States.State.Name(state) for number, state, *_ in states}


@pytest.mark.parametrize(
    "policy, wanted",
    [
        ("", {10}),
        ("model_version_policy { latest { num_versions: 2 } }", {9, 10}),
        (ALL, {2, 9, 10}),
        ("model_version_policy { specific { versions: 2 versions: 4 } }", {2}),
    ],
)
def test_policies(toys, tmp_path, policy, wanted):
    path = tmp_path / "config"
    path.write_text(config_of(policy, base=toys))
    (model,) = read_models(path, tmp_path)
    assert wanted_versions(model) == wanted


def test_folders_without_a_number_are_no_versions(models):
    for name in (".11.partial-1", "11a", "tmp"):
        (models / "toy" / name).mkdir()
    (models / "toy" / "12").touch()
    (model,) = find_models(models)
    assert (model.name, wanted_versions(model)) == ("toy", {2})
    nowhere = model_server_config_pb2.ModelConfig(base_path=str(models / "none"))
    assert wanted_versions(nowhere) == set()


def test_a_new_version_replaces_the_old_one(toys, models):
    registry, _ = registry_of(models, config_of())
    assert number_of(registry) == 2
    held = registry.lookup(model_pb2.ModelSpec(name="toy"))
    copy(toys, models, 10)
    assert number_of(registry) == 2  # Until it is looked for.
    registry.poll()
    assert number_of(registry) == 10
    assert states_of(registry) == {2: "END", 10: "AVAILABLE"}
    with pytest.raises(StatusError, match=r"request: Specific\(toy, 2\)") as refused:
        number_of(registry, version=2)
    assert refused.value.code == "NOT_FOUND"
    # A request that began before is finished.
    outputs = held.predict("", {"x": tf.make_tensor_proto(X)})
    assert tf.make_ndarray(outputs["y"])[0, 0] == 2
    shutil.rmtree(models / "toy" / "10")
    registry.poll()
    assert number_of(registry) == 2


def test_labels_move_when_the_file_changes(toys, models):
    copy(toys, models, 9)
    text = config_of(ALL, labels(stable=2, canary=9, later=10))
    registry, path = registry_of(models, text)
    assert number_of(registry, label="stable") == 2
    assert number_of(registry, label="canary") == 9
    assert number_of(registry) == 9
    with pytest.raises(StatusError, match=r"Specific\(toy, 10\)"):
        number_of(registry, label="later")
    with pytest.raises(StatusError, match="Unrecognized servable version label: no"):
        number_of(registry, label="no")
    path.write_text(config_of(ALL, labels(stable=9)))
    registry.poll()
    assert number_of(registry, label="stable") == 9
    with pytest.raises(StatusError, match="Unrecognized"):
        number_of(registry, label="canary")


def write_warm_up(version, *requests):
    path = version / "assets.extra" / "tf_serving_warmup_requests"
    path.parent.mkdir()
    with tf.io.TFRecordWriter(str(path)) as file:
        for inputs in requests:
            log = prediction_log_pb2.PredictionLog()
            for name, value in inputs.items():
                tensor = log.predict_log.request.inputs[name]
                tensor.CopyFrom(tf.make_tensor_proto(value))
            file.write(log.SerializeToString())


def test_warm_up_comes_first(models):
    write_warm_up(models / "toy" / "2", {"x": X}, {"x": X})
    lines = []
    ModelRegistry(lambda: find_models(models), lines.append).poll()
    assert lines == ["toy, version 2: ready, 2 warm-up requests"]


def test_a_version_that_fails_its_warm_up_is_not_served(models):
    write_warm_up(models / "toy" / "2", {"z": X})
    registry = ModelRegistry(lambda: find_models(models))
    registry.poll()
    with pytest.raises(StatusError, match="not found for request: Latest"):
        number_of(registry)
    ((*_, message),) = registry.states(model_pb2.ModelSpec(name="toy"))
    assert "Signature input alias: x" in message


def test_a_version_that_can_not_be_loaded(toys, models):
    lines = []
    registry = ModelRegistry(lambda: find_models(models), lines.append)
    registry.poll()
    (models / "toy" / "10").mkdir()  # As when it is copied slowly.
    for _ in range(2):  # Tried once, as long as nothing changes.
        registry.poll()
        assert number_of(registry) == 2
    assert len(lines) == 2 and "cannot load" in lines[1]
    assert states_of(registry) == {2: "AVAILABLE", 10: "END"}
    _, (*_, code, message) = registry.states(model_pb2.ModelSpec(name="toy"))
    assert code == 2 and "SavedModel" in message
    shutil.copytree(toys / "10", models / "toy" / "10", dirs_exist_ok=True)
    registry.poll()
    assert number_of(registry) == 10
    assert lines[2:] == [
        "toy, version 10: ready, 0 warm-up requests",
        "toy, version 2: unloaded",
    ]


def test_a_listed_version_that_can_not_be_loaded(toys, models):
    """The version before, and its label, answer until the listed one is there."""
    policy = "model_version_policy {{ specific {{ versions: {} }} }}".format
    registry, path = registry_of(models, config_of(policy(2), labels(stable=2)))
    (models / "toy" / "9").mkdir()
    path.write_text(config_of(policy(9), labels(stable=2, canary=9)))
    registry.poll()
    assert number_of(registry, label="stable") == 2
    with pytest.raises(StatusError, match=r"Specific\(toy, 9\)"):
        number_of(registry, label="canary")
    shutil.copytree(toys / "9", models / "toy" / "9", dirs_exist_ok=True)
    registry.poll()
    assert number_of(registry, label="canary") == 9
    assert states_of(registry) == {2: "END", 9: "AVAILABLE"}
    path.write_text("model_config_list { config { name: 'other' base_path: '/x' } }")
    registry.poll()
    assert states_of(registry) == {2: "END", 9: "END"}


def test_a_number_that_begins_with_zeros(models):
    (models / "toy" / "2").rename(models / "toy" / "0002")
    registry, _ = registry_of(models, config_of())
    assert number_of(registry, version=2) == 2


def test_a_running_server_finds_new_versions(toys, models):
    arrived = threading.Event()

    def report(line):
        if "version 10: ready" in line:
            arrived.set()

    options = {"port": 0, "rest_port": 0, "poll_seconds": 0.05, "report": report}
    with DevelopmentServer(models, **options) as server:
        addresses = {
            GrpcTransport: f"grpc://127.0.0.1:{server.port}",
            RestTransport: f"http://127.0.0.1:{server.rest_port}",
        }
        clients = [
            kind(ServerAddress.parse(address), ModelReference("toy"), timeout=300)
            for kind, address in addresses.items()
        ]
        for client in clients:
            found = client.predict("serving_default", {"x": X})["y"]
            assert (found.dtype, found.tolist()) == ("float32", [[2, 2]])
        copy(toys, models, 10)
        assert arrived.wait(60)
        for client in clients:
            assert client.predict("serving_default", {"x": X})["y"][0, 0] == 10
            client.close()
    with pytest.raises(ServingError) as gone:
        clients[1].predict("serving_default", {"x": X})
    assert gone.value.code == "UNAVAILABLE"


def test_clients_choose_versions_and_labels(toys, models, tmp_path):
    copy(toys, models, 9)
    path = tmp_path / "config"
    path.write_text(config_of(ALL, labels(stable=2)))
    with DevelopmentServer(models, config=path, port=0, rest_port=0) as server:
        for kind, address in (
            (GrpcTransport, f"grpc://127.0.0.1:{server.port}"),
            (RestTransport, f"http://127.0.0.1:{server.rest_port}"),
        ):
            for reference, factor in (
                (ModelReference("toy"), 9),
                (ModelReference("toy", version=2), 2),
                (ModelReference("toy", label="stable"), 2),
            ):
                client = kind(ServerAddress.parse(address), reference, timeout=300)
                found = client.predict("serving_default", {"x": X})["y"]
                assert found.tolist() == [[factor, factor]]
                client.close()


@pytest.mark.parametrize(
    "text, message",
    [("models", "is no ModelServerConfig"), ("", "names no models")],
)
def test_files_that_are_no_configuration(tmp_path, text, message):
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_models(path, tmp_path)
    with pytest.raises(InputError, match="cannot read .*none"):
        read_models(tmp_path / "none", tmp_path)


def test_a_folder_without_models(tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        DevelopmentServer(tmp_path / "none")
    (tmp_path / "toy").mkdir()
    with pytest.raises(InputError, match="has no models"):
        DevelopmentServer(tmp_path)


def test_a_port_that_is_taken(models, server):
    with pytest.raises(InputError, match=f"port {server.port}: stop what listens"):
        DevelopmentServer(models, port=server.port, rest_port=0).start()
    message = f"port {server.rest_port}: Address already in use: stop what"
    with pytest.raises(InputError, match=message):
        DevelopmentServer(models, port=0, rest_port=server.rest_port).start()


def test_only_this_address_answers(server):
    # Another number of this machine, as its name in the network would be.
    for port in (server.port, server.rest_port):
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.2", port), timeout=5).close()

"""The files of `export/serving`: parsed by their own formats, and of one mind."""

import re
from pathlib import Path

import pytest
import yaml
from google.protobuf import text_format

from aan_keras.commands import export
from aan_keras.serving.model_configs import read_models, wanted_versions
from tests.serving.serving_protos import BatchingParameters, MonitoringConfig

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "export" / "serving"
GRPC, REST = 8500, 8501


def load(name):
    return list(yaml.safe_load_all((FOLDER / name).read_text()))


def flags(arguments):
    return dict(flag.removeprefix("--").split("=") for flag in arguments)


@pytest.fixture(scope="module")
def compose():
    (content,) = load("docker-compose.yml")
    return content["services"]


@pytest.fixture(scope="module")
def kubernetes():
    return {content["kind"]: content for content in load("kubernetes.yaml")}


@pytest.fixture(scope="module")
def container(kubernetes):
    (found,) = kubernetes["Deployment"]["spec"]["template"]["spec"]["containers"]
    return found


@pytest.fixture
def model(tmp_path):
    (found,) = read_models(FOLDER / "models.config", tmp_path)
    return found


@pytest.fixture(scope="module")
def monitoring():
    text = (FOLDER / "monitoring.config").read_text()
    return text_format.Parse(text, MonitoringConfig()).prometheus_config


def test_models(model, tmp_path):
    assert (model.name, model.model_platform) == ("aan", "tensorflow")
    # What the commands in the documents write.
    assert "--output models/aan" in export.EXAMPLE
    assert model.base_path == str(tmp_path / "aan")
    versions = set(model.model_version_policy.specific.versions)
    assert dict(model.version_labels) == {"stable": 1, "canary": 2}
    assert set(model.version_labels.values()) == versions
    for version in (1, 2, 3):
        (tmp_path / "aan" / str(version)).mkdir(parents=True)
    assert wanted_versions(model) == versions


def test_batching():
    text = (FOLDER / "batching.config").read_text()
    batching = text_format.Parse(text, BatchingParameters())
    # The server's own conditions.
    sizes = list(batching.allowed_batch_sizes)
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == batching.max_batch_size.value
    assert batching.num_batch_threads.value >= 1
    assert batching.pad_variable_length_inputs


def test_monitoring(monitoring, compose, kubernetes):
    assert monitoring.enable
    (prometheus,) = load("prometheus.yml")
    (scrape,) = prometheus["scrape_configs"]
    assert scrape["metrics_path"] == monitoring.path
    (target,) = scrape["static_configs"][0]["targets"]
    assert target == f"serving:{REST}"
    assert "serving" in compose["prometheus"]["depends_on"]
    mounted = compose["prometheus"]["volumes"][0].partition(":")[0]
    assert (FOLDER / mounted).is_file()
    notes = kubernetes["Deployment"]["spec"]["template"]["metadata"]["annotations"]
    assert notes["prometheus.io/path"] == monitoring.path
    assert notes["prometheus.io/port"] == str(REST)


def test_compose(compose, model):
    serving = compose["serving"]
    # On this machine only, and at the ports that the image's entry point sets.
    assert serving["ports"] == [f"127.0.0.1:{p}:{p}" for p in (GRPC, REST)]
    mounts = dict(
        reversed(v.removesuffix(":ro").rsplit(":", 1)) for v in serving["volumes"]
    )
    assert all(volume.endswith(":ro") for volume in serving["volumes"])
    assert mounts["/models"] == "${MODELS:-../../models}"
    assert (FOLDER / "../../models").resolve() == ROOT / "models"
    check_flags(flags(serving["command"]), mounts)
    check = " ".join(serving["healthcheck"]["test"])
    assert f"/127.0.0.1/{REST}" in check and f"/v1/models/{model.name} " in check


def check_flags(given, mounts):
    assert given["allow_version_labels_for_unavailable_models"] == "true"
    files = [value for flag, value in given.items() if flag.endswith("_file")]
    assert len(files) == 2
    for file in files:
        folder, _, name = file.rpartition("/")
        assert folder in mounts
        assert (FOLDER / name).is_file()


def test_commented_flags_name_files_that_are_there():
    text = (FOLDER / "docker-compose.yml").read_text()
    (file,) = re.findall(r"# - --batching_parameters_file=/config/(\S+)", text)
    assert (FOLDER / file).is_file()


def test_deployment(kubernetes, container, compose, model):
    command = compose["serving"]["command"]
    assert container["args"] == command
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    assert all(mount["readOnly"] for mount in mounts.values())
    check_flags(flags(container["args"]), mounts)
    pod = kubernetes["Deployment"]["spec"]["template"]
    volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
    assert {mount["name"] for mount in mounts.values()} == volumes
    image = re.sub(r"\$\{\w+:-(.*?)\}", r"\1", compose["serving"]["image"])
    assert container["image"] == image
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"grpc": GRPC, "rest": REST}
    for probe in ("startupProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["path"] == f"/v1/models/{model.name}"
        assert container[probe]["httpGet"]["port"] in ports
    assert container["livenessProbe"]["tcpSocket"]["port"] in ports


def test_service_and_autoscaling(kubernetes, container):
    deployment = kubernetes["Deployment"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    service = kubernetes["Service"]["spec"]
    assert service["selector"] == labels
    assert {p["name"]: p["port"] for p in service["ports"]} == {
        "grpc": GRPC,
        "rest": REST,
    }
    assert service["clusterIP"] == "None"
    scaler = kubernetes["HorizontalPodAutoscaler"]["spec"]
    target = scaler["scaleTargetRef"]
    assert (target["kind"], target["name"]) == (
        "Deployment",
        deployment["metadata"]["name"],
    )
    assert scaler["minReplicas"] < scaler["maxReplicas"]
    # Utilization is of what the container asks for.
    assert (
        scaler["metrics"][0]["resource"]["name"] in container["resources"]["requests"]
    )
    # The number of replicas is the autoscaler's alone.
    assert "replicas" not in deployment["spec"]
    budget = kubernetes["PodDisruptionBudget"]["spec"]
    assert (
        budget["selector"] == deployment["spec"]["selector"] == {"matchLabels": labels}
    )


def test_kustomization(kubernetes):
    (content,) = load("kustomization.yaml")
    assert content["resources"] == ["kubernetes.yaml"]
    (generated,) = content["configMapGenerator"]
    volumes = kubernetes["Deployment"]["spec"]["template"]["spec"]["volumes"]
    (config,) = [v["configMap"]["name"] for v in volumes if "configMap" in v]
    assert generated["name"] == config
    assert content["generatorOptions"]["disableNameSuffixHash"]
    assert all((FOLDER / file).is_file() for file in generated["files"])
    assert {"models.config", "monitoring.config"} <= set(generated["files"])


def test_kserve(kubernetes, model):
    (service,) = load("kserve.yaml")
    assert service["apiVersion"] == "serving.kserve.io/v1beta1"
    # KServe serves a model under the service's name.
    assert service["metadata"]["name"] == model.name
    predictor = service["spec"]["predictor"]
    assert predictor["model"]["modelFormat"]["name"] == "tensorflow"
    volumes = kubernetes["Deployment"]["spec"]["template"]["spec"]["volumes"]
    (claim,) = [
        v["persistentVolumeClaim"]["claimName"]
        for v in volumes
        if "persistentVolumeClaim" in v
    ]
    assert predictor["model"]["storageUri"] == f"pvc://{claim}/{model.name}"
    assert predictor["minReplicas"] < predictor["maxReplicas"]
    assert predictor["scaleTarget"] <= predictor["containerConcurrency"]


def test_every_file_is_checked_here():
    known = Path(__file__).read_text()
    assert all(path.name in known for path in FOLDER.iterdir())

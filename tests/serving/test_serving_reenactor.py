"""The client: the same pixels as Keras, and errors that say what to do."""

import concurrent.futures
import functools
import socket
import subprocess
import sys

import grpc
import numpy as np
import pytest
from tensorflow_serving.apis import prediction_service_pb2_grpc

import aan_keras
from aan_keras.faces import LandmarkTrack
from aan_keras.serving import ServingError, ServingReenactor

SCHEMES = ("grpc", "http")


# A slow machine is no reason to fail: the first request of each signature optimizes
# its graph.
connect = functools.partial(ServingReenactor, timeout=600)


def frames_of(client, clip):
    return np.stack(list(client.animate(**clip)))


@pytest.fixture(scope="module")
def answers(addresses, clip):
    """Frames over gRPC and REST, in parts of three."""
    found = {}
    for scheme in SCHEMES:
        with connect(addresses[scheme], frames_per_request=3) as client:
            found[scheme] = frames_of(client, clip)
    return found


@pytest.mark.parametrize("scheme", SCHEMES)
def test_parity_with_keras(answers, expected, scheme):
    found = answers[scheme]
    assert (found.shape, found.dtype) == ((7, 64, 64, 3), np.uint8)
    assert expected.std() > 5
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_both_ways_give_the_same_pixels(answers):
    np.testing.assert_array_equal(answers["grpc"], answers["http"])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_jpeg(addresses, clip, expected, scheme):
    with connect(addresses[scheme], jpeg=True) as client:
        found = frames_of(client, clip)
    error = found.astype("float64") - expected
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 35


@pytest.mark.parametrize("scheme", SCHEMES)
def test_any_signature(addresses, clip, scheme):
    arrays = {name: value[None] for name, value in clip.items()}
    arrays["driving_landmarks"] = clip["driving_landmarks"][:1]
    with connect(addresses[scheme]) as client:
        driving = arrays.pop("driving_landmarks")
        code = client.predict("encode_source", arrays)
        assert code["gamma_1"].dtype == np.float32
        whole = client.predict(
            "serving_default", {**arrays, "driving_landmarks": driving}
        )
    assert whole["image"].shape == (1, 64, 64, 3)


def test_photo_and_clip_to_frames(addresses, clip):
    """The whole way of `aan_keras.reenact`, with a model server in it."""
    track = LandmarkTrack(
        clip["driving_landmarks"], frame_index=np.arange(7), fps=25, crop_size=64
    )
    photo = np.repeat(np.repeat(clip["source"], 2, 0), 2, 1)
    landmarks = clip["source_landmarks"] * 2
    with connect(addresses["grpc"]) as client:
        frames = aan_keras.reenact(
            client, photo, track, mode="absolute", source_landmarks=landmarks
        )
        frames = list(frames)
    assert len(frames) == 7
    assert all(frame.shape == (64, 64, 3) for frame in frames)


def test_padded_batches(addresses, clip, expected):
    """A server that pads clips in a batch repeats one number of the landmarks."""
    padding = np.full((3, 68, 2), clip["driving_landmarks"].flat[0])
    longer = np.concatenate([clip["driving_landmarks"], padding])
    with connect(addresses["grpc"]) as client:
        ask = client._transport.predict

        def padded(signature, inputs):
            return ask(signature, {**inputs, "driving_landmarks": longer[None]})

        client._transport.predict = padded
        found = frames_of(client, clip)
    assert np.abs(found.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    "options, code, message",
    [
        ({"model": "none"}, "NOT_FOUND", "there is no model none at .*check name and"),
        ({"version": 8}, "NOT_FOUND", "there is no model aan, version 8 at "),
        ({"label": "a"}, "INVALID_ARGUMENT", "Unrecognized servable version label: a"),
        (
            {"model": "toy"},
            "FAILED_PRECONDITION",
            "toy at .* no signature reenact_clip",
        ),
    ],
)
def test_models_that_are_not_there(addresses, scheme, options, code, message):
    with pytest.raises(ServingError, match=message) as refused:
        ServingReenactor(addresses[scheme], **options)
    assert refused.value.code == code
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_refused_shape_names_what_was_wrong(addresses, clip, scheme):
    inputs = {name: value[None] for name, value in clip.items()}
    inputs["source"] = inputs["source"][:, :32]
    with connect(addresses[scheme]) as client:
        with pytest.raises(ServingError, match=r"refused.*\[1,32,64,3\]") as refused:
            client.predict("reenact_clip", inputs)
        assert refused.value.code == "INVALID_ARGUMENT"
        assert "\n" not in str(refused.value)
        with pytest.raises(ServingError, match="signature") as refused:
            client.predict("none", inputs)
    assert refused.value.code in ("FAILED_PRECONDITION", "INVALID_ARGUMENT")


def test_wrong_arrays_are_not_sent(addresses, clip):
    client = ServingReenactor(addresses["grpc"])
    client.close()
    for name, value, message in (
        ("source", clip["source"][:32], r"uint8 \[64, 64, 3\]. Received: uint8 \[32"),
        ("source", clip["source"] / 255.0, "Received: float64"),
        ("source_landmarks", clip["source_landmarks"][:9], r"float32 \[68, 2\]"),
        ("driving_landmarks", clip["source_landmarks"], r"float32 \[T, 68, 2\]"),
        ("driving_landmarks", clip["driving_landmarks"] * np.nan, "must be finite"),
    ):
        with pytest.raises(ValueError, match=f"`{name}` must be.*{message}|{message}"):
            next(client.animate(**{**clip, name: value}))
    for options in ({"timeout": 0}, {"frames_per_request": 0}):
        with pytest.raises(ValueError, match="Received: frames_per_request="):
            ServingReenactor(addresses["grpc"], **options)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_dead_server(scheme):
    address = f"{scheme}://127.0.0.1:{free_port()}"
    with pytest.raises(ServingError, match=r"cannot reach .*\(3 attempts\)") as dead:
        ServingReenactor(address, retries=2, backoff=0.01)
    assert dead.value.code == "UNAVAILABLE"
    assert address in str(dead.value)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_server_that_never_answers(scheme):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ServingError, match="no answer in time from") as late:
            ServingReenactor(address, timeout=0.2, retries=1, backoff=0.01)
    assert late.value.code == "DEADLINE_EXCEEDED"


class Flaky(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Passes calls on, but the first ones fail."""

    def __init__(self, port):
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)
        self.codes, self.calls = [], 0

    def GetModelMetadata(self, request, context):
        return self._stub.GetModelMetadata(request)

    def Predict(self, request, context):
        self.calls += 1
        if self.codes:
            context.abort(self.codes.pop(0), "not now")
        return self._stub.Predict(request)


@pytest.fixture
def flaky(server):
    servicer = Flaky(server.port)
    front = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(servicer, front)
    servicer.port = front.add_insecure_port("127.0.0.1:0")
    front.start()
    yield servicer
    front.stop(None).wait()


def test_it_fails_twice_then_answers(flaky, clip, expected):
    address = f"grpc://127.0.0.1:{flaky.port}"
    with connect(address, frames_per_request=4, backoff=0.01) as client:
        flaky.codes = [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED]
        found = frames_of(client, clip)
        assert flaky.calls == 4  # Two parts, and two repetitions.
        assert np.abs(found.astype(int) - expected).max() <= 1
        flaky.codes = [grpc.StatusCode.INTERNAL]
        with pytest.raises(ServingError, match="INTERNAL: not now"):
            frames_of(client, clip)
        flaky.codes = [grpc.StatusCode.UNAVAILABLE] * 9
        with pytest.raises(ServingError, match=r"cannot reach .*\(4 attempts\): not"):
            frames_of(client, clip)


def test_numbers_in_fields(addresses, clip, answers, flaky, monkeypatch):
    """TensorFlow Serving's default: pixels as varints instead of bytes."""

    def predict(request, context):
        answer = flaky._stub.Predict(request)
        for value in answer.outputs.values():
            value.int_val.extend(value.tensor_content)
            value.tensor_content = b""
        return answer

    monkeypatch.setattr(flaky, "Predict", predict)
    with connect(f"grpc://127.0.0.1:{flaky.port}") as client:
        found = frames_of(client, clip)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, answers["grpc"])


def test_rest_fails_twice_then_answers(server, clip, answers, monkeypatch):
    handler = server._rest.RequestHandlerClass
    statuses, post = [503, 504], handler.do_POST

    def flaky_post(self):
        if statuses:
            self._read_body()
            self.send_response(statuses.pop(0))
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            post(self)

    monkeypatch.setattr(handler, "do_POST", flaky_post)
    address = f"http://127.0.0.1:{server.rest_port}"
    with connect(address, backoff=0.01) as client:
        found = frames_of(client, clip)
    assert statuses == []
    np.testing.assert_array_equal(found, answers["http"])


def test_http_needs_neither_tensorflow_nor_grpc():
    code = (
        "import sys\n"
        "sys.orig_argv[:] = ['aan-keras']\n"  # Without the models.
        "blocked = ('tensorflow', 'grpc', 'tensorflow_serving')\n"
        "sys.modules.update(dict.fromkeys(blocked))\n"
        "from aan_keras.serving import ServingError, ServingReenactor\n"
        "try:\n"
        "    ServingReenactor('http://127.0.0.1:1', retries=0)\n"
        "except ServingError as error:\n"
        "    print(error.code)\n"
        "try:\n"
        "    ServingReenactor('grpc://127.0.0.1:1')\n"
        "except ValueError as error:\n"
        "    print(error)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    first, second = result.stdout.splitlines()
    assert first == "UNAVAILABLE"
    assert "needs the package grpcio: install aan_keras[serving]" in second

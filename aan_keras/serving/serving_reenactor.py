"""A model on a server, as `aan_keras.reenact` takes one."""

import collections
import concurrent.futures
import threading

import cv2
import numpy as np

from aan_keras.serving.model_reference import ModelReference
from aan_keras.serving.requirement import require_serving_api
from aan_keras.serving.retry import RETRIED, Retry
from aan_keras.serving.server_address import ServerAddress
from aan_keras.serving.serving_error import ServingError

_CLIP, _CLIP_JPEG = "reenact_clip", "reenact_clip_jpeg"
_MOTION = "_motion"


class ServingReenactor:
    """Runs a SavedModel of `aan-keras export` on TensorFlow Serving.

    A clip goes to the server in parts, each with the photo, which the server encodes
    once a part; while one part is written, the next is computed. A request that finds
    the server away, or takes longer than `timeout`, is repeated with exponential
    backoff; one that the server refuses is not.

    Args:
        server: `grpc://host:port` or `http://host:port`; with TLS `grpcs://` or
            `https://`. Proxies of the environment are not used.
        model: name of the model on the server.
        version: number of its version; None: the newest there is, at each request.
        label: label of a version, such as `"stable"`, instead.
        frames_per_request: length of a part; all are equally long but the last.
        timeout: seconds that one request may take.
        retries: how often a request is repeated, at most.
        backoff: seconds before the first repetition; they double each time.
        jpeg: frames come as JPEG files of quality 95 and are decoded here: about a
            tenth of the bytes, and not the exact pixels.

    Attributes:
        image_size: side S of the crops, from the server's description of the model.
        gives_motion: whether the model tells what moved the photo; the first exports
            did not.

    Raises:
        ServingError: nobody answers there, or there is no such model, or it has no
            such signature.

    Example:

    >>> reenactor = ServingReenactor("grpc://localhost:8500")
    >>> for image in aan_keras.reenact(reenactor, "photo.jpg", "clip.mp4"):
    ...     show(image)  # uint8 [S, S, 3]
    """

    def __init__(
        self,
        server,
        model="aan",
        *,
        version=None,
        label=None,
        frames_per_request=32,
        timeout=60.0,
        retries=3,
        backoff=0.2,
        jpeg=False,
    ):
        if frames_per_request < 1 or timeout <= 0:
            raise ValueError(
                "`frames_per_request` must be at least 1 and `timeout` positive. "
                f"Received: frames_per_request={frames_per_request}, timeout={timeout}"
            )
        self._retry = Retry(retries, first_wait=backoff)
        self._model = ModelReference(model, version, label)
        self._address = ServerAddress.parse(server)
        self._frames_per_request = frames_per_request
        self._jpeg = jpeg
        self._transport = self._transport_class()(self._address, self._model, timeout)
        try:
            self.image_size, self.gives_motion = self._read_signatures()
        except BaseException:
            self.close()
            raise

    def animate(self, source, source_landmarks, driving_landmarks):
        """Yields the frames of one clip.

        Args:
            source: uint8 `[S, S, 3]`.
            source_landmarks: float32 `[68, 2]`.
            driving_landmarks: float32 `[T, 68, 2]`.
        """
        for (image,) in self._animate(source, source_landmarks, driving_landmarks):
            yield image

    def animate_with_motion(self, source, source_landmarks, driving_landmarks):
        """Yields the frames of one clip and what moved the photo.

        Flows and fills are as many bytes as half the image, or more than a JPEG file.

        Args:
            source, source_landmarks, driving_landmarks: as of `animate`.

        Yields:
            image: uint8 `[S, S, 3]`.
            flow: float32 `[h, w, 2]`, in pixels of its own grid.
            filled: float32 `[S, S]` from 0 to 1, where the background behind the person
                shows.

            Flow and fill of a model that does not `gives_motion` are None.
        """
        inputs = source, source_landmarks, driving_landmarks
        if self.gives_motion:
            yield from self._animate(*inputs, _MOTION)
            return
        for (image,) in self._animate(*inputs):
            yield image, None, None

    def _animate(self, source, source_landmarks, driving_landmarks, kind=""):
        """Yields tuples of parts of frames; `kind` ends the signatures' names."""
        size = self.image_size
        source = np.asarray(source)
        if source.shape != (size, size, 3) or source.dtype != np.uint8:
            raise ValueError(
                f"`source` must be uint8 [{size}, {size}, 3]. "
                f"Received: {source.dtype} {list(source.shape)}"
            )
        landmarks = _landmarks("source_landmarks", source_landmarks, (68, 2))
        driving = _landmarks("driving_landmarks", driving_landmarks, (None, 68, 2))
        image = {"source": source[None]}
        if self._jpeg:
            image = {"source_bytes": np.array([_to_png(source)], object)}
        inputs = {**image, "source_landmarks": landmarks[None]}
        step = self._frames_per_request
        parts = [driving[i : i + step] for i in range(0, len(driving), step)]
        stopped = threading.Event()
        ahead = concurrent.futures.ThreadPoolExecutor(1)
        try:
            waiting = collections.deque()
            for part in parts:
                waiting.append(ahead.submit(self._part, inputs, part, kind, stopped))
                if len(waiting) > 1:
                    yield from waiting.popleft().result()
            for last in waiting:
                yield from last.result()
        finally:
            # After an error nobody waits for the next part, nor for its repetitions.
            stopped.set()
            ahead.shutdown(wait=False, cancel_futures=True)

    def predict(self, signature, inputs):
        """One request to any signature, repeated as those of `animate` are.

        Args:
            signature: its name.
            inputs: dict of arrays by input name; of `bytes` objects for files.

        Returns:
            dict of arrays by output name.

        Raises:
            ServingError: the server refused the request or is away.
        """
        return self._predict(signature, inputs)

    def close(self):
        """Ends the connection."""
        self._transport.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _transport_class(self):
        if self._address.scheme.startswith("grpc"):
            require_serving_api(f"a server at {self._address.scheme}://")
            from aan_keras.serving.grpc_transport import GrpcTransport

            return GrpcTransport
        from aan_keras.serving.rest_transport import RestTransport

        return RestTransport

    def _read_signatures(self):
        """The side of the crops, and whether there are signatures with motion."""
        signatures = self._call(self._transport.signatures)
        for name in (_CLIP, _CLIP_JPEG) if self._jpeg else (_CLIP,):
            if name not in signatures:
                known = ", ".join(sorted(signatures))
                raise ServingError(
                    "FAILED_PRECONDITION",
                    f"model {self._model} at {self._address} has no signature {name} "
                    f"(it has {known}): write it with `aan-keras export --format "
                    "saved_model`",
                )
        motion = (_CLIP_JPEG if self._jpeg else _CLIP) + _MOTION
        return signatures[_CLIP].inputs["source"][1][1], motion in signatures

    def _part(self, inputs, driving, kind, stopped):
        """The frames of one part, which is not asked for if one before it failed."""
        if stopped.is_set():
            raise concurrent.futures.CancelledError
        try:
            return self._frames(inputs, driving, kind, stopped)
        except BaseException:
            # At once: the next part is taken up before anybody has seen this error.
            stopped.set()
            raise

    def _frames(self, inputs, driving, kind, stopped):
        """The frames of one part: tuples of images and, if wanted, their motion."""
        inputs = {**inputs, "driving_landmarks": driving[None]}
        signature = (_CLIP_JPEG if self._jpeg else _CLIP) + kind
        outputs = self._predict(signature, inputs, stopped)
        parts = [_images(outputs)]
        if kind:
            parts += [outputs["flow"][0], _shares(outputs)]
        found = min(map(len, parts))
        if found < len(driving):
            raise ServingError(
                "INTERNAL",
                f"{self._address} sent {found} frames for {len(driving)}: is "
                f"{self._model} an export of aan_keras?",
            )
        # A server that pads batches of clips gives the shorter ones more frames.
        return list(zip(*(part[: len(driving)] for part in parts), strict=True))

    def _predict(self, signature, inputs, stopped=None):
        return self._call(lambda: self._transport.predict(signature, inputs), stopped)

    def _call(self, function, stopped=None):
        try:
            return self._retry(function, stopped)
        except ServingError as error:
            raise ServingError(error.code, self._explained(error)) from error

    def _explained(self, error):
        """One line for people."""
        text = " ".join(str(error).partition("\n\t [[")[0].split())
        if error.code in RETRIED:
            times = self._retry.retries + 1
            what, remedy = "cannot reach", "start it, or check the address"
            if error.code == "DEADLINE_EXCEEDED":
                what, remedy = "no answer in time from", "give it more, or fewer frames"
            often = f" ({times} attempts)" if times > 1 else ""
            where = f"the model server at {self._address}"
            return f"{what} {where}{often}: {text}: {remedy}"
        if error.code == "NOT_FOUND":
            return (
                f"there is no model {self._model} at {self._address}: {text}: check "
                "name and version"
            )
        return f"{self._address} refused the request: {error.code}: {text}"


def _landmarks(name, value, shape):
    value = np.asarray(value, "float32")
    if value.ndim != len(shape) or value.shape[-2:] != (68, 2):
        wanted = ["T" if size is None else size for size in shape]
        raise ValueError(
            f"`{name}` must be float32 [{', '.join(map(str, wanted))}]. "
            f"Received: {value.dtype} {list(value.shape)}"
        )
    if not np.isfinite(value).all():
        raise ValueError(f"`{name}` must be finite. Received: NaN or infinity")
    return value


def _to_png(image):
    return cv2.imencode(".png", image[..., ::-1])[1].tobytes()


def _images(outputs):
    if "image" in outputs:
        return outputs["image"][0]
    files = outputs["image_bytes"][0]
    images = [_from_file(data, cv2.IMREAD_COLOR) for data in files]
    return [np.ascontiguousarray(image[..., ::-1]) for image in images]


def _shares(outputs):
    """Where the background shows: levels to parts."""
    if "filled" in outputs:
        levels = outputs["filled"][0]
    else:
        files = outputs["filled_bytes"][0]
        levels = [_from_file(data, cv2.IMREAD_GRAYSCALE) for data in files]
    return [level.astype("float32") / 255 for level in levels]


def _from_file(data, kind):
    return cv2.imdecode(np.frombuffer(data, np.uint8), kind)

"""Where a model server is."""

import dataclasses
import urllib.parse

from aan_keras.faces.input_error import InputError

_SCHEMES = ("grpc", "grpcs", "http", "https")
# What may stand in a path as it is; escapes stay what they are.
_IN_PATHS = "/%:@!$&'()*+,;=~"
_PORTS = {"grpc": 8500, "grpcs": 8500, "http": 8501, "https": 443}


@dataclasses.dataclass(frozen=True)
class ServerAddress:
    """The parts of `grpc://host:port` or `http://host:port/prefix`.

    Args:
        scheme: `"grpc"`, `"grpcs"` (with TLS), `"http"` or `"https"`.
        host: name or number.
        port: TensorFlow Serving's own (8500, 8501) unless given.
        prefix: path before `/v1/models`, if a gateway wants one.
    """

    scheme: str
    host: str
    port: int
    prefix: str = ""

    @classmethod
    def parse(cls, text):
        """Raises `InputError` for what is no such address."""
        try:
            parts = urllib.parse.urlsplit(str(text))
            port = parts.port
        except ValueError:
            parts, port = urllib.parse.urlsplit(""), None
        prefix = urllib.parse.quote(parts.path.rstrip("/"), safe=_IN_PATHS)
        grpc = parts.scheme.startswith("grpc")
        if parts.scheme not in _SCHEMES or not parts.hostname or (grpc and prefix):
            raise InputError(
                f"{text} is no address of a model server: expected "
                "grpc://host:port or http://host:port (with TLS grpcs:// or https://)"
            )
        port = _PORTS[parts.scheme] if port is None else port
        return cls(parts.scheme, parts.hostname, port, prefix)

    @property
    def target(self):
        """`host:port`, an IPv6 number in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def secure(self):
        """True with TLS."""
        return self.scheme in ("grpcs", "https")

    def __str__(self):
        return f"{self.scheme}://{self.target}{self.prefix}"

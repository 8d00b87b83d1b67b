"""Which model on a server."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class ModelReference:
    """A model's name, and a version or a label unless it is the newest.

    Args:
        name: of the model on the server.
        version: number, or None.
        label: such as `"stable"`, or None.
    """

    name: str
    version: int | None = None
    label: str | None = None

    def __post_init__(self):
        if self.version is not None and self.label is not None:
            raise ValueError(
                "`version` and `label` must not be given both. "
                f"Received: version={self.version}, label={self.label}"
            )

    def __str__(self):
        if self.version is not None:
            return f"{self.name}, version {self.version}"
        if self.label is not None:
            return f"{self.name}, label {self.label}"
        return self.name

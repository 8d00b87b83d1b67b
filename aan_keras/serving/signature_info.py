"""What a signature takes and gives."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class SignatureInfo:
    """Inputs and outputs of a signature.

    Args:
        inputs: dict by name of `(dtype, shape)`: NumPy's name of the type (`"bytes"`
            for strings), and a tuple with -1 for an open axis.
        outputs: the same.
    """

    inputs: dict
    outputs: dict

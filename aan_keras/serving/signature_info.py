"""What a signature takes and gives."""

import dataclasses

_NAMES = {"DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_STRING": "bytes"}


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


def type_name(name):
    """TensorFlow's name of a type, such as `"DT_FLOAT"`, as NumPy's."""
    return _NAMES.get(name, name.removeprefix("DT_").lower())

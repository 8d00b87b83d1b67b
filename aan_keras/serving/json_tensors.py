"""Requests and responses in JSON, as TensorFlow Serving reads and writes them."""

import base64
import binascii
import json

import numpy as np
import tensorflow as tf

from aan_keras.serving.status_error import StatusError
from aan_keras.serving.tensor_protos import to_proto

_SHOWN = 256
# No signature has nearly as many.
_MOST_AXES = 32


def parse_body(body):
    """The JSON object in the bytes of a request."""
    if not body:
        raise _invalid("JSON Parse error: The document is empty")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _invalid(f"JSON Parse error: {error}") from error
    if not isinstance(found, dict):
        raise _invalid(f"JSON Value: {_shown(found)} Is not object")
    signature = found.get("signature_name", "")
    if not isinstance(signature, str):
        raise _invalid(
            f"JSON Value: {_shown(found)} not formatted correctly. 'signature_name' "
            "key must be a string value."
        )
    _encoded(signature)
    return found


def read_inputs(found, tensors):
    """Inputs of a predict request.

    Args:
        found: dict from `parse_body`.
        tensors: mapping of `TensorInfo` by input name.

    Returns:
        `(inputs, by_row)`: dict of `TensorProto`s, and True where the request has
        `instances`, one object a row, and not `inputs`, one tensor a name.

    Raises:
        StatusError: INVALID_ARGUMENT.
    """
    if "instances" in found and "inputs" in found:
        raise _invalid(
            f"JSON Value: {_shown(found)} Not formatted correctly expecting only one "
            "of 'inputs' or 'instances' keys to exist "
        )
    if "instances" in found:
        return _read_rows(found["instances"], tensors), True
    if "inputs" in found:
        return _read_columns(found["inputs"], tensors), False
    raise _invalid("Missing 'inputs' or 'instances' key")


def write_outputs(outputs, by_row):
    """The JSON of a response.

    Args:
        outputs: mapping of `TensorProto`s by output name; `bytes` of names that end in
            `_bytes` are written in base64.
        by_row: as from `read_inputs`.

    Returns:
        dict that JSON can hold.
    """
    arrays = {name: tf.make_ndarray(value) for name, value in outputs.items()}
    values = {name: _plain(name, array) for name, array in arrays.items()}
    if not by_row:
        only = next(iter(values.values()))
        return {"outputs": values if len(values) > 1 else only}
    sizes = {len(array) if array.ndim else None for array in arrays.values()}
    if len(sizes) > 1 or None in sizes:
        raise _invalid("Tensors of the response have inconsistent batch sizes")
    rows = zip(*values.values())
    if len(values) > 1:
        return {"predictions": [dict(zip(values, row)) for row in rows]}
    return {"predictions": [row[0] for row in rows]}


def _read_rows(rows, tensors):
    if not isinstance(rows, list):
        raise _invalid("Expecting 'instances' to be an list/array")
    if not rows:
        raise _invalid("No values in 'instances' array")
    if not _is_named(rows[0]):
        if len(tensors) > 1:
            raise _invalid(
                "instances is a plain list, but expecting list of objects as multiple "
                "input tensors required as per tensorinfo_map"
            )
        rows = [{next(iter(tensors)): row} for row in rows]
    found = {name: [] for name in tensors}
    for i, row in enumerate(rows):
        if not isinstance(row, dict):
            raise _invalid(f"Expecting object but got list at item {i} of input list")
        if set(row) != set(tensors):
            raise _invalid(
                f"Failed to process element: {i} of 'instances' list. JSON object: "
                f"{_shown(row)} keys must be equal to: {','.join(sorted(tensors))}"
            )
        for name, value in row.items():
            found[name].append(value)
    return {name: _tensor(values, tensors[name]) for name, values in found.items()}


def _read_columns(columns, tensors):
    if not _is_named(columns):
        if len(tensors) > 1:
            raise _invalid(
                "inputs is a plain value/list, but expecting an object as multiple "
                "input tensors required as per tensorinfo_map"
            )
        columns = {next(iter(tensors)): columns}
    for name in sorted(tensors):
        if name not in columns:
            raise _invalid(f"Missing named input: {name} in 'inputs' object.")
    return {name: _tensor(columns[name], info) for name, info in tensors.items()}


def _tensor(value, info):
    """Nested lists to a tensor of the signature's type, of whatever shape they have."""
    shape, rest = [], value
    while isinstance(rest, list):
        shape.append(len(rest))
        rest = rest[0] if rest else None
    if len(shape) > _MOST_AXES:
        message = f"Encountered {len(shape)} levels, at most {_MOST_AXES} expected"
        raise _invalid(message)
    dtype = tf.as_dtype(info.dtype)
    values = []
    _collect(value, 0, shape, dtype, values)
    kind = object if dtype == tf.string else dtype.as_numpy_dtype
    try:
        array = np.array(values, kind)
    except OverflowError as error:
        raise _invalid(f"JSON Value: {error}") from error
    return to_proto(array.reshape(shape))


def _collect(value, level, shape, dtype, values):
    if not isinstance(value, list):
        if level != len(shape):
            raise _invalid(
                f"JSON Value: {_shown(value)} found at incorrect level: {level + 1} in "
                f"the JSON DOM. Expected at level: {len(shape)}"
            )
        values.append(_scalar(value, dtype))
        return
    if level >= len(shape):
        raise _invalid(
            f"Encountered list at unexpected level: {level} expected < {len(shape)}"
        )
    if len(value) != shape[level]:
        raise _invalid(
            f"Encountered list at unexpected size: {len(value)} at level: {level} "
            f"expected size: {shape[level]}"
        )
    for item in value:
        _collect(item, level + 1, shape, dtype, values)


def _scalar(value, dtype):
    if dtype == tf.string:
        if isinstance(value, str):
            return _encoded(value)
        if isinstance(value, dict):
            return _from_base64(value)
    else:
        numbers = (int, float) if dtype.is_floating else (int,)
        if isinstance(value, numbers) and not isinstance(value, bool):
            if dtype.is_integer and not dtype.min <= value <= dtype.max:
                raise _invalid(f"JSON Value: {value} out of bounds for {dtype.name}")
            return value
    raise _invalid(
        f"JSON Value: {_shown(value)} Type: {_kind(value)} is not of expected type: "
        f"{dtype.name}"
    )


def _encoded(text):
    try:
        return text.encode()
    except UnicodeEncodeError as error:  # Half of a surrogate pair.
        raise _invalid(f"JSON Value: {_shown(text)} is no Unicode text") from error


def _from_base64(value):
    if not _is_base64(value):
        raise _invalid(
            f"JSON Value: {_shown(value)} not formatted correctly for base64 data"
        )
    try:
        return base64.b64decode(value["b64"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise _invalid("Unable to base64 decode") from error


def _plain(name, array):
    """Nested lists of what JSON has."""
    if array.dtype != object:
        return array.tolist()
    if array.ndim:
        return [_plain(name, np.asarray(row, object)) for row in array]
    data = array.item()
    if name.endswith("_bytes"):
        return {"b64": base64.b64encode(data).decode()}
    return data.decode(errors="replace")


def _is_named(value):
    return isinstance(value, dict) and not _is_base64(value)


def _is_base64(value):
    return set(value) == {"b64"} and isinstance(value["b64"], str)


def _kind(value):
    if isinstance(value, bool):
        return str(value)
    kinds = {dict: "Object", str: "String", type(None): "Null"}
    return kinds.get(type(value), "Number")


def _shown(value):
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _invalid(message):
    return StatusError("INVALID_ARGUMENT", message)

"""What a model server answered instead of images."""

from aan_keras.faces.input_error import InputError


class ServingError(InputError):
    """A request to a model server failed.

    Args:
        code: name of the status, as gRPC has it, such as `"NOT_FOUND"`.
        message: one line: what is wrong, where, and what to do.

    Attributes:
        code: the same name, whichever transport was used.

    Example:

    >>> try:
    ...     reenactor = ServingReenactor("grpc://localhost:8500", "aan")
    ... except ServingError as error:
    ...     print(error.code, error)
    """

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code

"""What the development server answers when it can't answer."""


class StatusError(Exception):
    """A status that is not OK.

    Args:
        code: name of the status, as gRPC has it.
        message: in TensorFlow Serving's words where it has a case for it.
    """

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code
        self.message = message

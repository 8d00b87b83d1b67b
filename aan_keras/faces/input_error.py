"""The error that people, not programmers, see."""


class InputError(ValueError):
    """Something is wrong with a file, photo, clip or track that was given.

    The message is one line: what is wrong, where, and what to do. The command line
    prints it as it is, so it names files and frames rather than variables.

    Example:

    >>> raise InputError("no face found in photo.jpg: use a photo with a visible face")
    """

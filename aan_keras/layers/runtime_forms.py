"""Other forms of an operation, for a runtime that has one of its own."""

import contextlib
import contextvars
import types

_FORMS = contextvars.ContextVar("forms", default=types.MappingProxyType({}))


@contextlib.contextmanager
def runtime_forms(**forms):
    """Scope in which operations take another form, for tracing an export.

    Args:
        **forms: by the operation's name, a function that takes its arguments and
            returns the same values.
    """
    token = _FORMS.set(forms)
    try:
        yield
    finally:
        _FORMS.reset(token)


def form_of(operation):
    """The function to call for `operation`: itself, unless a scope has another."""
    return _FORMS.get().get(operation.__name__, operation)

"""Inputs whose value is the visitor's own file."""


def as_uploaded(component):
    """Makes a `gr.Image` or `gr.Video` hand over the uploaded file as it is.

    Gradio would decode and encode photos anew, without EXIF or 16 bits, and answer a
    file that isn't a photo in words of its own.

    Args:
        component: of Gradio.

    Returns:
        The component, whose value is the path of the file, or None.
    """
    # Not by a subclass: Gradio writes a stub file beside the module of each.
    component.preprocess = _path
    return component


def _path(payload):
    return None if payload is None else payload.path

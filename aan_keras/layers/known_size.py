"""Sizes that must be known before a graph runs."""


def known_size(images):
    """Height and width of images, as ints.

    Args:
        images: `[B, h, w, C]`.

    Returns:
        `(h, w)`. A ValueError in a graph for images of any size, where they are None.
    """
    shape = tuple(images.shape)
    if None in shape[1:3]:
        raise ValueError(
            "Height and width must be known when the graph is made: give them in "
            "`keras.Input`, or in the shapes of the `tf.data` elements or signature. "
            f"Received: shape {shape}"
        )
    return shape[1:3]

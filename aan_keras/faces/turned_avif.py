"""Whether a photo is held in AVIF lying on its side, or mirrored."""


def is_turned_avif(data):
    """True for an AVIF file whose picture is to be turned or mirrored to be seen.

    OpenCV doesn't do so: AVIF says it in boxes of its own, not in EXIF.

    Args:
        data: bytes of an image file.
    """
    brands = data[8 : int.from_bytes(data[:4], "big")]
    if data[4:8] != b"ftyp" or b"avif" not in brands:
        return False
    start, end = 0, len(data)
    # `meta` has a version and flags before the boxes in it.
    for name, around in ((b"meta", 4), (b"iprp", 0), (b"ipco", 0)):
        found = [box[1:] for box in _boxes(data, start, end) if box[0] == name]
        if not found:
            return False
        start, end = found[0]
        start += around
    return any(
        name == b"imir" or (name == b"irot" and any(data[first:last]))
        for name, first, last in _boxes(data, start, end)
    )


def _boxes(data, place, end):
    """Yields `(name, start, end)` of the contents of the boxes in a part of a file."""
    while place + 8 <= end:
        length, header = int.from_bytes(data[place : place + 4], "big"), 8
        if length == 1:
            length, header = int.from_bytes(data[place + 8 : place + 16], "big"), 16
        elif length == 0:
            length = end - place
        if length < header:
            return
        yield data[place + 4 : place + 8], place + header, min(place + length, end)
        place += length

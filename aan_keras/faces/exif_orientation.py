"""How a photo was held, as PNG and WebP files say it."""

_PNG = b"\x89PNG\r\n\x1a\n"
_TAG = 0x0112


def exif_orientation(data):
    """The EXIF orientation, 1 to 8, of a PNG or WebP file; 1, upright, without one.

    OpenCV turns photos itself, but not those that it reads with their opacity. Only
    these two formats have both.

    Args:
        data: bytes of an image file.
    """
    exif = _exif(data)
    order = {b"II": "little", b"MM": "big"}.get(exif[:2])
    if order is None:
        return 1

    def number(place, size=2):
        return int.from_bytes(exif[place : place + size], order)

    first = number(4, 4)
    for place in range(first + 2, first + 2 + 12 * number(first), 12):
        if number(place) == _TAG:
            return number(place + 8) if 1 <= number(place + 8) <= 8 else 1
    return 1


def turn_upright(image, orientation):
    """Turns and mirrors an image `[H, W, ...]` that is stored in an EXIF orientation.

    Args:
        image: array.
        orientation: 1 to 8.
    """
    if orientation >= 5:
        image = image.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return image


def _exif(data):
    """The EXIF block, which begins with its byte order; empty if there is none."""
    if data.startswith(_PNG):
        # length, name, content, checksum
        return _chunk(data, b"eXIf", len(_PNG), 4, 0, "big", 12)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        # name, length, content
        exif = _chunk(data, b"EXIF", 12, 0, 4, "little", 8)
        return exif.removeprefix(b"Exif\0\0")
    return b""


def _chunk(data, name, place, name_at, length_at, order, around):
    """Content of the first chunk of a name; empty if there is none."""
    while place + 8 <= len(data):
        length = data[place + length_at : place + length_at + 4]
        length = int.from_bytes(length, order)
        if data[place + name_at : place + name_at + 4] == name:
            return data[place + 8 : place + 8 + length]
        # RIFF's chunks have even lengths; PNG's have not, and a checksum.
        place += around + length + (length % 2 if order == "little" else 0)
    return b""

"""Whether the bytes of an image file are all there."""

import re
import zlib

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
# In a JPEG's compressed data, 0xFF is followed by 0 or by a restart marker D0-D7.
_MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
_END_OF_IMAGE = 0xD9


def is_complete(data):
    """False for a JPEG or PNG file that stops early, or a PNG with wrong checksums.

    Decoders fill the missing part with grey and go on, so that a truncated photo would
    be animated without its lower half.

    Args:
        data: bytes of an image file. Formats other than JPEG and PNG are left to their
            decoder.
    """
    if data.startswith(_PNG):
        return _png_is_complete(data)
    if data.startswith(_JPEG):
        return _jpeg_is_complete(data)
    return True


def _png_is_complete(data):
    position = len(_PNG)
    while position + 12 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        end = position + 8 + length
        check = int.from_bytes(data[end : end + 4], "big")
        if end + 4 > len(data) or zlib.crc32(data[position + 4 : end]) != check:
            return False
        if data[position + 4 : position + 8] == b"IEND":
            return True
        position = end + 4
    return False


def _jpeg_is_complete(data):
    position = 2
    while True:
        # From one marker to the next, over the segment that belongs to it. A thumbnail
        # inside a segment has an end of its own, so searching for the bytes won't do.
        found = _MARKER.search(data, position)
        if found is None:
            return False
        marker = found[1][0]
        if marker == _END_OF_IMAGE:
            return True
        length = int.from_bytes(data[found.end() : found.end() + 2], "big")
        position = found.end() + length

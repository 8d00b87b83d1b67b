"""How long a video file says its picture is."""


def stated_frames(container, stream):
    """How many frames are shown, or None where the file doesn't count them.

    Args:
        container: PyAV input container.
        stream: its picture.
    """
    frames = stream.frames
    if frames and "mp4" in container.format.name:
        # A trimmed clip still holds frames that are needed to decode those it shows.
        frames = min(frames, sum(not e.is_discard for e in stream.index_entries))
    return frames or None


def stated_end(container, stream):
    """When the picture ends, in seconds, or None where the file doesn't say it.

    The length of the container is not that of the picture: its sound may be longer, and
    FFmpeg guesses it where a file has none.

    Args:
        container: PyAV input container.
        stream: its picture.
    """
    if "matroska" not in container.format.name or not container.duration:
        return None
    try:
        hours, minutes, seconds = stream.metadata["DURATION"].split(":")
        end = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except (KeyError, ValueError):
        return None
    # The tag may be left over from before a cut.
    return min(end, container.duration / 1_000_000)


def about_frames(container, stream, fps):
    """How many frames there are if the rate is constant, or None: for progress bars.

    Args:
        container: PyAV input container.
        stream: its picture.
        fps: frames per second.
    """
    seconds = stated_end(container, stream) or (container.duration or 0) / 1_000_000
    return round(seconds * fps) or None

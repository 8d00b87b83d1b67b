"""Several photos, several clips: every photo moved by every clip."""

import pathlib

from aan_keras.faces import ClipRange, DlibLandmarker, InputError
from aan_keras.faces.driving_track import driving_track
from aan_keras.faces.output_file import check_output
from aan_keras.faces.photo import PHOTO_SUFFIXES
from aan_keras.faces.video_writer import VIDEO_SUFFIXES
from aan_keras.reenact_file import check_file_kinds, reenact_file

# An output that ends so is meant to be a file, also where it's of no kind we write.
_FILE_SUFFIXES = (*PHOTO_SUFFIXES, *VIDEO_SUFFIXES, ".avi", ".gif", ".webm")


def name_outputs(sources, drivings, folder):
    """Where each result goes: `<folder>/<source>_<driving>.mp4`, or `.png`.

    Args:
        sources: paths of photos.
        drivings: paths of photos, videos or tracks.
        folder: path.

    Returns:
        Dict from `(source, driving)` to a `pathlib.Path`.
    """
    folder, names = pathlib.Path(folder), {}
    if folder.suffix.lower() in _FILE_SUFFIXES or folder.is_file():
        raise InputError(
            f"{folder} can't hold several results: give a folder as the output"
        )
    for driving in map(pathlib.Path, drivings):
        suffix = ".png" if driving.suffix.lower() in PHOTO_SUFFIXES else ".mp4"
        for source in map(pathlib.Path, sources):
            path = folder / f"{source.stem}_{driving.stem}{suffix}"
            if path in names.values():
                raise InputError(
                    f"two results would be called {path}: rename {source} or {driving}"
                )
            names[source, driving] = path
    return names


def reenact_files(
    reenactor,
    sources,
    drivings,
    folder,
    *,
    landmarker=None,
    driving_face=None,
    clip_range=None,
    report=None,
    progress=None,
    **options,
):
    """Animates every photo by every clip; each clip's face is followed only once.

    Args:
        reenactor: `aan_keras.Reenactor`.
        sources: paths of photos.
        drivings: paths of photos, videos or `.npz` landmark tracks.
        folder: where to write, made if it is missing; see `name_outputs`.
        landmarker: see `Reenactment`.
        driving_face: see `Reenactment`.
        clip_range: see `Reenactment`.
        report: callable that takes a line of text; also told of each photo or clip
            that can't be used.
        progress: see `Reenactment`.
        **options: of `reenact_file`.

    Yields:
        `Written`, one result after another.

    Raises:
        InputError: at the beginning, if a result can't be written or would replace a
            photo or clip; at the end, if any photo or clip could not be used; the
            others are written.
    """
    outputs = name_outputs(sources, drivings, folder)
    part = clip_range or ClipRange()
    for (_, driving), output in outputs.items():
        check_file_kinds(driving, output, part)
    try:
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot make the folder {folder}: {error.strerror}: choose another place"
        ) from None
    for output in outputs.values():
        check_output(output, (*sources, *drivings))
    landmarker = landmarker or DlibLandmarker()
    failures, tracks = [], {}
    for (source, driving), output in outputs.items():
        try:
            if driving not in tracks:
                tracks.clear()
                try:
                    tracks[driving] = driving_track(
                        driving, landmarker, driving_face, report, progress, part
                    )
                except InputError as error:
                    tracks[driving] = error
            if isinstance(tracks[driving], InputError):
                raise tracks[driving]
            yield reenact_file(
                reenactor,
                source,
                driving,
                output,
                track=tracks[driving],
                clip_range=part,
                landmarker=landmarker,
                report=report,
                progress=progress,
                **options,
            )
        except InputError as error:
            failures.append(error)
            if report is not None:
                report(f"{output} is left out: {error}")
    if failures:
        raise InputError(
            f"{len(failures)} of {len(outputs)} results could not be made: "
            f"{failures[0]}"
        )

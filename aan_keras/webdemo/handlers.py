"""What the page's buttons do; no layout."""

import time

import gradio as gr

from aan_keras.faces import InputError
from aan_keras.webdemo.clip_job import Cancelled, animate_clip
from aan_keras.webdemo.live_session import LiveSession
from aan_keras.webdemo.messages import error_message, message
from aan_keras.webdemo.source_photo import SourcePhoto

SAMPLE, CLIP, WEBCAM = "Sample motion", "My clip", "My webcam, live"
# Events to the browser; more would only fill the wire.
_PROGRESS_SECONDS = 0.2
_EXPECTED = (ValueError, OSError)

# A face's side, about as wide as the page shows it.
_FACE_PIXELS = 384


class Handlers:
    """Answers the page's events.

    It keeps nothing of a visitor but results and live sessions, and these by the
    visitor's session: everything else comes with the event.

    Args:
        models: `DemoModels`.
        sessions: `LiveSessions`.
        jobs: `VisitorJobs`.
    """

    def __init__(self, models, sessions, jobs):
        self._models = models
        self._sessions = sessions
        self._jobs = jobs

    def look_at_photo(self, path):
        """A photo was chosen: message, thumbnails of several faces, chosen face."""
        nobody = gr.update(value=None, visible=False)
        if path is None:
            return "", nobody, 1
        try:
            photo = SourcePhoto(path)
        except _EXPECTED as error:
            return error_message(error, [path]), nobody, 1
        count = len(photo.faces)
        if count == 1:
            return message("One face found.", "good"), nobody, 1
        faces = [
            (image, f"Face {number}")
            for number, image in enumerate(photo.thumbnails(), 1)
        ]
        text = f"{count} faces found: choose one below. The largest is chosen."
        return message(text), gr.update(value=faces, visible=True, selected_index=0), 1

    def choose_face(self, event: gr.SelectData):
        """A thumbnail was clicked."""
        number = event.index + 1
        return number, message(f"Face {number} is chosen.", "good")

    def ask(self, request):
        """Animate was pressed: before its turn comes, which may take a while."""
        self._jobs.ask(request.session_hash)

    def animate(
        self, path, face, motion, clip, mode, smooth, paste_back, request, progress
    ):
        """Result, side by side, file to download, message."""
        nothing = (None, None, gr.update(visible=False))
        try:
            with self._jobs.start(request.session_hash) as (folder, cancel):
                if path is None:
                    raise InputError("there is no photo yet: give one in step 1")
                if motion == CLIP and clip is None:
                    raise InputError("there is no clip yet: give one in step 2")
                if cancel.is_set():
                    raise Cancelled
                progress(0, "Looking at the photo")
                photo = SourcePhoto(path)
                start = time.monotonic()
                result = animate_clip(
                    self._models,
                    photo,
                    clip if motion == CLIP else None,
                    folder,
                    face=face,
                    mode=mode,
                    smooth=smooth,
                    **_extent(paste_back),
                    progress=_Seldom(progress),
                    cancel=cancel,
                )
                seconds = time.monotonic() - start
        except Cancelled:
            return *nothing, message("Cancelled.")
        except _EXPECTED as error:
            return *nothing, error_message(error, [path, clip])
        done = f"{result.num_frames} frames in {seconds:.1f} s."
        text = "\n".join([done, *result.notes])
        video = str(result.video)
        return (
            video,
            str(result.side_by_side),
            gr.update(value=video, visible=True),
            message(text, "good"),
        )

    def cancel(self, request):
        """Stops the visitor's own work."""
        self._jobs.cancel(request.session_hash)

    def open_live(self, path, face, mode, smooth, paste_back, request):
        """Token of a new live session, or "", and a message."""
        try:
            if path is None:
                raise InputError("there is no photo yet: give one in step 1")
            session = LiveSession(
                self._models,
                SourcePhoto(path),
                face=face,
                mode=mode,
                smooth=smooth,
                **_extent(paste_back),
            )
            return self._sessions.open(request.session_hash, session), ""
        except _EXPECTED as error:
            return "", error_message(error, [path])

    def recentre(self, token):
        """The pose as it is now becomes the photo's."""
        session = self._sessions.find(token)
        if session is not None:
            session.recentre()

    def close_live(self, request):
        """Ends the visitor's live session."""
        self._sessions.close(request.session_hash)
        return ""

    def leave(self, request):
        """The visitor has closed the page."""
        self._sessions.close(request.session_hash)
        self._jobs.leave(request.session_hash)


def _extent(paste_back):
    return {"paste_back": True} if paste_back else {"size": _FACE_PIXELS}


class _Seldom:
    """Hands progress on to Gradio, a few times a second."""

    def __init__(self, progress):
        self._progress = progress
        self._last = None

    def __call__(self, done, total, what):
        now = time.monotonic()
        if (what, done) != (what, 0) and self._last and now < self._last:
            return
        self._last = now + _PROGRESS_SECONDS
        known = (done, total) if total else None
        self._progress(known, what.capitalize(), unit="frames")

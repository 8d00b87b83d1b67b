"""The server: Gradio's page and the live route in one app."""

import contextlib
import importlib.util
import logging
import os
import pathlib
import socket
import tempfile
import threading

from aan_keras.faces import InputError
from aan_keras.webdemo.clip_job import MAX_CLIP_BYTES

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def check_installed():
    """Raises an `InputError` that says how to install what the page needs."""
    if importlib.util.find_spec("gradio") is None:
        raise InputError("the web demo needs Gradio: pip install 'aan_keras[demo]'")


def make_app(models, folder):
    """`fastapi.FastAPI` with the page and everything behind it.

    Args:
        models: `DemoModels`.
        folder: where uploads and results are kept.

    Returns:
        The app; `app.state` holds its `sessions` (`LiveSessions`), `jobs`
        (`VisitorJobs`) and `folder`.
    """
    # Gradio reads these when it's imported or when components are made. It must neither
    # look for newer versions of itself nor call home, nor keep a history of photos.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    import fastapi
    import gradio as gr

    from aan_keras.webdemo.handlers import Handlers
    from aan_keras.webdemo.live_route import add_live_route
    from aan_keras.webdemo.live_sessions import LiveSessions
    from aan_keras.webdemo.page import HERE, THEME_FONT, make_page
    from aan_keras.webdemo.visitor_jobs import VisitorJobs

    app = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.sessions, app.state.jobs = LiveSessions(), VisitorJobs(folder)
    app.state.folder = folder
    add_live_route(app, app.state.sessions)
    handlers = Handlers(models, app.state.sessions, app.state.jobs)
    modes = ("transform",) * (models.transformer is not None)
    page = make_page(handlers, (*modes, "relative", "absolute"))
    page.queue(max_size=32)
    return gr.mount_gradio_app(
        app,
        page,
        path="/",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        show_error=True,
        max_file_size=MAX_CLIP_BYTES,
        theme=gr.themes.Soft(
            primary_hue="indigo", neutral_hue="slate", font=THEME_FONT
        ),
        css_paths=[HERE / "page.css"],
        head=f"<script>{(HERE / 'live.js').read_text()}</script>",
    )


@contextlib.contextmanager
def serving(models, host="127.0.0.1", port=7860):
    """Serves in a thread while a `with` block runs; gives `(address, app)`.

    Args:
        models: `DemoModels`, or a function that makes it: called when the address is
            known to be free, because weights take seconds to load.
        host: address to listen on.
        port: 0 takes a free one.

    Raises:
        InputError: the address is not this machine's, or the port is taken.
    """
    import uvicorn

    with (
        contextlib.closing(_listen(host, port)) as listening,
        tempfile.TemporaryDirectory(prefix="aan_keras_") as folder,
    ):
        models = models() if callable(models) else models
        app = make_app(models, pathlib.Path(folder))
        config = uvicorn.Config(
            app,
            log_level=logging.WARNING,
            access_log=False,
            # Streams of events stay open for as long as a page is open.
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=server.run, args=([listening],), name="web", daemon=True
        )
        thread.start()
        try:
            name = f"[{host}]" if ":" in host else host
            yield f"http://{name}:{listening.getsockname()[1]}", app
        finally:
            # That streams are cut off is no error.
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
            server.should_exit = True
            thread.join(10)


def _listen(host, port):
    """A listening socket; who comes before the server answers waits for it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off where the protocol is named only; with it, an
    # answer waits 40 ms for the browser's delayed acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise InputError(
            f"cannot listen on {host}, port {port}: {error.strerror}: "
            "choose another --port or --host"
        ) from None
    return listening

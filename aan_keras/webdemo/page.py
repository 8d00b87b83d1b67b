"""The page: what is where, and which handler answers what."""

import pathlib

import gradio as gr

from aan_keras.demo import PORTRAIT
from aan_keras.webdemo.as_uploaded import as_uploaded
from aan_keras.webdemo.clip_job import MAX_CLIP_BYTES, MAX_SECONDS
from aan_keras.webdemo.handlers import CLIP, SAMPLE, WEBCAM

HERE = pathlib.Path(__file__).resolve().parent
TITLE = "Animate a photo"
# As a default value it asks Gradio for one.
_PROGRESS = gr.Progress()
_MODES = [
    ("Keep the photo's face shape", "transform"),
    ("Relative motion", "relative"),
    ("Take the driver's face shape", "absolute"),
]
_HEADER = """
<h1>Animate a photo</h1>
<p>One photo, moved by another face: a clip, or your own in front of the webcam.</p>
"""
_FOOTER = """
<p><b>Use it responsibly.</b> Animate only faces of people who agreed to it, and label
what you publish as synthetic. Do not deceive, impersonate or harass.</p>
<p>Photos and clips are worked on where this server runs, and go nowhere else. Results
are deleted when you leave the page, uploads after an hour, all when the server
stops.</p>
"""
_LIVE = """
<div id="aan-live">
  <div class="aan-stage">
    <canvas id="aan-result" width="128" height="128"
      role="img" aria-label="The photo, moved by your face"></canvas>
    <video id="aan-camera" muted playsinline aria-label="Your camera"></video>
    <div class="aan-hint" id="aan-hint">Start the camera to move the photo.</div>
  </div>
  <div class="aan-figures" id="aan-figures" role="status">&nbsp;</div>
</div>
"""
THEME_FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")


def make_page(handlers, modes=("transform", "relative", "absolute")):
    """`gr.Blocks` of the demo.

    Args:
        handlers: `Handlers`.
        modes: which landmark modes the models allow.
    """
    choices = [(label, mode) for label, mode in _MODES if mode in modes]
    page = gr.Blocks(
        title=TITLE,
        analytics_enabled=False,
        # Files of visitors who never said goodbye.
        delete_cache=(600, 3600),
    )
    with page:
        gr.HTML(_HEADER, elem_id="aan-header")
        with gr.Row(elem_id="aan-columns"):
            with gr.Column(scale=5, min_width=320):
                inputs = _inputs(choices)
            with gr.Column(scale=6, min_width=320, elem_id="aan-output"):
                outputs = _outputs()
        gr.HTML(_FOOTER, elem_id="aan-footer")
        _connect(page, handlers, inputs, outputs)
    return page


def _inputs(choices):
    parts = {"face": gr.State(1)}
    with gr.Group(elem_classes="aan-step"):
        gr.HTML("<h2><span>1</span> Photo</h2>")
        photo = gr.Image(
            str(PORTRAIT),
            sources=["upload", "webcam", "clipboard"],
            type="filepath",
            label="Photo",
            show_label=False,
            height=260,
            buttons=[],
            elem_id="aan-photo",
            webcam_options=gr.WebcamOptions(mirror=False),
        )
        parts["photo"] = as_uploaded(photo)
        parts["photo_message"] = gr.HTML(elem_id="aan-photo-message")
        parts["faces"] = gr.Gallery(
            visible=False,
            show_label=False,
            label="Faces",
            columns=4,
            height=150,
            allow_preview=False,
            buttons=[],
            interactive=False,
            elem_id="aan-faces",
        )
    with gr.Group(elem_classes="aan-step"):
        gr.HTML("<h2><span>2</span> Motion</h2>")
        parts["motion"] = gr.Radio(
            [SAMPLE, CLIP, WEBCAM],
            value=SAMPLE,
            show_label=False,
            container=False,
            elem_id="aan-motion",
        )
        clip = gr.Video(
            visible=False,
            sources=["upload"],
            label=f"Clip (the first {MAX_SECONDS} s, up to "
            f"{MAX_CLIP_BYTES // 1_000_000} MB)",
            height=220,
            elem_id="aan-clip",
        )
        parts["clip"] = as_uploaded(clip)
        with gr.Accordion("Options", open=False):
            parts["mode"] = gr.Radio(
                choices, value=choices[0][1], label="Face shape", elem_id="aan-mode"
            )
            parts["smooth"] = gr.Checkbox(True, label="Smooth the motion")
            parts["paste_back"] = gr.Checkbox(
                False, label="Show the whole photo, not only the face"
            )
    with gr.Group(elem_classes="aan-step"):
        gr.HTML("<h2><span>3</span> Go</h2>")
        with gr.Row(elem_classes="aan-buttons") as parts["clip_buttons"]:
            parts["animate"] = gr.Button("Animate", variant="primary", scale=3)
            parts["cancel"] = gr.Button("Cancel", scale=1, min_width=70)
        with gr.Row(visible=False, elem_classes="aan-buttons") as parts["live_buttons"]:
            parts["start"] = gr.Button("Start camera", variant="primary", scale=3)
            parts["recentre"] = gr.Button("Recentre", scale=1, min_width=70)
            parts["stop"] = gr.Button("Stop", scale=1, min_width=70)
    return parts


def _outputs():
    parts = {}
    with gr.Column() as parts["clip_view"]:
        with gr.Tabs():
            for name, label in (("video", "Result"), ("beside", "Side by side")):
                with gr.Tab(label):
                    parts[name] = gr.Video(
                        show_label=False,
                        label=label,
                        autoplay=True,
                        loop=True,
                        interactive=False,
                        buttons=["download"],
                        elem_id=f"aan-{name}",
                    )
        parts["message"] = gr.HTML(
            '<div class="aan-message aan-info">Press <b>Animate</b>: the sample takes '
            "a few seconds.</div>",
            elem_id="aan-message",
        )
        parts["download"] = gr.DownloadButton(
            "Download the video", visible=False, elem_id="aan-download"
        )
    with gr.Column(visible=False) as parts["live_view"]:
        gr.HTML(_LIVE)
        parts["live_message"] = gr.HTML(elem_id="aan-live-message")
        parts["token"] = gr.Textbox(visible="hidden", elem_id="aan-token")
    return parts


def _connect(page, handlers, inputs, outputs):
    photo, face = inputs["photo"], inputs["face"]
    settings = [inputs["mode"], inputs["smooth"], inputs["paste_back"]]
    hidden = {"show_progress": "hidden", "api_visibility": "private"}

    looked_at = [inputs["photo_message"], inputs["faces"], face]
    photo.change(
        handlers.look_at_photo,
        photo,
        looked_at,
        show_progress="hidden",
        queue=False,
        api_name="look_at_photo",
    )
    page.load(handlers.look_at_photo, photo, looked_at, **hidden)
    inputs["faces"].select(
        handlers.choose_face, None, [face, inputs["photo_message"]], **hidden
    )

    def show(motion):
        live = motion == WEBCAM
        visible = [motion == CLIP, not live, live, not live, live]
        return [gr.update(visible=flag) for flag in visible]

    views = [inputs["clip"], inputs["clip_buttons"], inputs["live_buttons"]]
    views += [outputs["clip_view"], outputs["live_view"]]
    inputs["motion"].change(
        show, inputs["motion"], views, js="(x) => {aanLive.stop(); return x}", **hidden
    )

    def ask(request: gr.Request):
        handlers.ask(request)

    def animate(
        path,
        face,
        motion,
        clip,
        mode,
        smooth,
        paste_back,
        request: gr.Request,
        progress=_PROGRESS,
    ):
        return handlers.animate(
            path, face, motion, clip, mode, smooth, paste_back, request, progress
        )

    made = [outputs[name] for name in ("video", "beside", "download", "message")]
    # On a phone the result lies below the steps.
    for button in (inputs["animate"], inputs["start"]):
        button.click(None, js="() => {aanLive.showOutput()}", **hidden)
    inputs["animate"].click(ask, None, None, queue=False, **hidden).then(
        animate,
        [photo, face, inputs["motion"], inputs["clip"], *settings],
        made,
        show_progress_on=[outputs["video"], outputs["beside"]],
        concurrency_limit=2,
        trigger_mode="once",
        api_name="animate",
    )

    def cancel(request: gr.Request):
        handlers.cancel(request)

    inputs["cancel"].click(cancel, None, None, queue=False, api_name="cancel")

    def open_live(path, face, mode, smooth, paste_back, request: gr.Request):
        return handlers.open_live(path, face, mode, smooth, paste_back, request)

    def close_live(request: gr.Request):
        return handlers.close_live(request)

    token = outputs["token"]
    inputs["start"].click(
        open_live,
        [photo, face, *settings],
        [token, outputs["live_message"]],
        queue=False,
        show_progress="hidden",
        api_name="open_live",
    ).then(None, token, None, js="(token) => {aanLive.start(token)}", **hidden)
    inputs["recentre"].click(handlers.recentre, token, None, queue=False, **hidden)
    inputs["stop"].click(
        close_live, None, token, js="() => {aanLive.stop()}", queue=False, **hidden
    )

    def leave(request: gr.Request):
        handlers.leave(request)

    page.unload(leave)

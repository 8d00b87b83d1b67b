"""Camera frames in, frames of the photo out, over HTTP.

Gradio's own image streaming, tried with the same camera, sent 18 frames a second to the
server and showed 6 to 7 of them.
"""

import time

import fastapi
import numpy as np
from starlette.concurrency import run_in_threadpool

from aan_keras.webdemo.source_photo import fit_within

MAX_FRAME_BYTES = 1_000_000
_MAX_FRAME_SIDE = 1280
_LONGEST_SIDE = 480
_QUALITY = 92


def add_live_route(app, sessions):
    """Adds `POST /live/{token}`: a JPEG of the camera gives a JPEG of the photo.

    `Server-Timing` of the answer holds milliseconds, `X-Face` whether a face was seen.
    Other answers: 404 the session is over, 409 a frame is in work, 413 too large, 415
    not an image.

    Args:
        app: `fastapi.FastAPI`.
        sessions: `LiveSessions`.
    """

    @app.post("/live/{token}", include_in_schema=False)
    async def live(token: str, request: fastapi.Request):
        session = sessions.find(token)
        if session is None:
            return _refuse(404, "the live session is over: start the camera again")
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MAX_FRAME_BYTES:
                return _refuse(413, "the camera's frame is too large")
        return await run_in_threadpool(answer_frame, session, bytes(body))


def answer_frame(session, body):
    """The answer to a camera frame.

    Args:
        session: `LiveSession`.
        body: bytes of a JPEG.

    Returns:
        `fastapi.Response`.
    """
    start = time.perf_counter()
    image = _decode(body)
    if image is None:
        return _refuse(415, "the camera's frame is not a JPEG or is too large")
    decoded = time.perf_counter()
    frame = session.step(image)
    if frame is None:
        return _refuse(409, "the frame before is still in work")
    stepped = time.perf_counter()
    content = _encode(frame.image)
    end = time.perf_counter()
    milliseconds = {
        "decode": 1e3 * (decoded - start),
        **frame.milliseconds,
        "encode": 1e3 * (end - stepped),
        "total": 1e3 * (end - start),
    }
    timing = ", ".join(f"{name};dur={x:.2f}" for name, x in milliseconds.items())
    headers = {
        "Server-Timing": timing,
        "X-Face": "yes" if frame.has_face else "no",
        "Cache-Control": "no-store",
    }
    return fastapi.Response(content, media_type="image/jpeg", headers=headers)


def _decode(body):
    import cv2

    # The size stands in the file's head: pixels of a huge one are never decoded.
    if not body.startswith(b"\xff\xd8") or max(_jpeg_size(body)) > _MAX_FRAME_SIDE:
        return None
    try:
        image = cv2.imdecode(np.frombuffer(body, "uint8"), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    if image is None or min(image.shape[:2]) < 16:
        return None
    return fit_within(np.ascontiguousarray(image[..., ::-1]), _LONGEST_SIDE)


def _jpeg_size(body):
    """(width, height) from a JPEG's start-of-frame segment; huge if there is none."""
    position = 2
    while position + 9 <= len(body) and body[position] == 0xFF:
        kind = body[position + 1]
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height = int.from_bytes(body[position + 5 : position + 7], "big")
            return int.from_bytes(body[position + 7 : position + 9], "big"), height
        position += 2 + int.from_bytes(body[position + 2 : position + 4], "big")
    return 1 << 16, 1 << 16


def _encode(image):
    import cv2

    options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    return cv2.imencode(".jpg", image[..., ::-1], options)[1].tobytes()


def _refuse(status, message):
    return fastapi.responses.JSONResponse({"error": message}, status)

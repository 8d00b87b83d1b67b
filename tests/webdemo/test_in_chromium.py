"""The page in a real browser, where the machine has one."""

import importlib
import sys
from pathlib import Path

import pytest

from aan_keras.faces import VideoWriter, read_photo

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
try:
    headless_chromium = importlib.import_module("headless_chromium")
    camera_clip = importlib.import_module("camera_clip")
finally:
    sys.path.remove(str(BENCHMARKS))

CHROMIUM, WHY_NOT = headless_chromium.find_chromium()
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WHY_NOT or "there is one")
TIMEOUT = 120_000
# The mean colour of a part of an image, video or canvas, as the browser shows it.
MEAN = """(element) => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 16;
  const pen = canvas.getContext("2d");
  pen.drawImage(element, 0, 0, 16, 16);
  const data = pen.getImageData(0, 0, 16, 16).data;
  const sum = [0, 0, 0];
  for (let i = 0; i < data.length; i++) if (i % 4 < 3) sum[i % 4] += data[i] / 256;
  return sum;
}"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory, portrait):
    clip = tmp_path_factory.mktemp("camera") / "camera.mjpeg"
    # The face moves to the side and back.
    shifts = [*range(0, 40, 2), *range(40, 0, -2)]
    views = [portrait[0:360, shift : shift + 470] for shift in shifts]
    camera_clip.write_camera_clip(clip, views)
    with headless_chromium.chromium(CHROMIUM, camera=clip) as browser:
        yield browser


@pytest.fixture
def open_page(browser, server):
    """Callable that opens the page as another visitor."""
    contexts = []

    def open_page(**options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.set_default_timeout(TIMEOUT)
        page.errors, page.outside = [], []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on(
            "request",
            lambda request: (
                request.url.startswith(("blob:", "data:", server[0]))
                or page.outside.append(request.url)
            ),
        )
        page.goto(server[0])
        page.wait_for_selector("#aan-photo-message .aan-good")
        return page

    yield open_page
    for context in contexts:
        context.close()


def give_photo(page, path, kind="good"):
    page.get_by_label("Remove Image").or_(page.get_by_label("Clear")).first.click()
    page.wait_for_selector("#aan-photo-message .aan-message", state="detached")
    page.locator("#aan-photo input[type=file]").set_input_files(path)
    page.wait_for_selector(f"#aan-photo-message .aan-{kind}")


def animate(page):
    page.get_by_role("button", name="Animate").click()


def wait_for_video(page):
    page.wait_for_selector("#aan-message .aan-good")
    page.wait_for_function(
        "document.querySelector('#aan-video video')?.currentTime > 0.1"
    )
    return page.evaluate(MEAN, page.query_selector("#aan-video video"))


def test_upload_progress_and_a_video_that_plays(open_page, folder):
    page = open_page()
    give_photo(page, folder / "green.png")
    page.get_by_label("My clip").click()
    page.locator("#aan-clip input[type=file]").set_input_files(folder / "clip.mp4")
    page.wait_for_selector("#aan-clip video")
    animate(page)
    page.wait_for_selector("#aan-video .progress-text, #aan-video .progress-bar")
    red, green, _ = wait_for_video(page)
    assert green > 1.5 * red
    assert "12 frames in" in page.inner_text("#aan-message")
    with page.expect_download() as download:
        page.locator("#aan-download").click()
    assert download.value.suggested_filename == "reenacted.mp4"
    assert Path(download.value.path()).stat().st_size > 1000
    page.get_by_role("tab", name="Side by side").click()
    page.wait_for_function(
        "document.querySelector('#aan-beside video')?.videoWidth === 192"
    )
    assert page.errors == [] and page.outside == []


def test_no_face_and_no_video_are_messages(open_page, folder):
    page = open_page()
    give_photo(page, folder / "empty.png", "error")
    assert "No face found in empty.png" in page.inner_text("#aan-photo-message")
    animate(page)
    page.wait_for_selector("#aan-message .aan-error")
    assert "No face found" in page.inner_text("#aan-message")
    give_photo(page, folder / "red.png")
    page.get_by_label("My clip").click()
    page.locator("#aan-clip input[type=file]").set_input_files(folder / "text.mp4")
    page.wait_for_selector("#aan-clip video")
    animate(page)
    page.wait_for_function(
        "document.querySelector('#aan-message').innerText.includes('not a video')"
    )


def test_one_of_several_faces_is_chosen(open_page, folder):
    page = open_page()
    give_photo(page, folder / "two.png", "info")
    assert "2 faces found" in page.inner_text("#aan-photo-message")
    page.locator("#aan-faces button:has(img)").nth(1).click()
    page.get_by_text("Face 2 is chosen.").wait_for()
    animate(page)
    red, green, _ = wait_for_video(page)
    assert green > 1.3 * red  # the small portrait is the greenish one


def test_cancel_of_two_at_work_and_of_one_who_waits(open_page, folder):
    long = folder / "long.mp4"
    green = read_photo(folder / "green.png")[::2, ::2]
    with VideoWriter(long, 25) as video:
        for _ in range(600):
            video.write(green)
    pages = [open_page() for _ in range(3)]  # The server works on two at once.
    for page in pages:
        page.get_by_label("My clip").click()
        page.locator("#aan-clip input[type=file]").set_input_files(long)
        page.wait_for_selector("#aan-clip video")
    for page in pages:
        animate(page)
        page.wait_for_selector("#aan-video .progress-text, #aan-video .progress-bar")
    for page in reversed(pages):
        page.get_by_role("button", name="Cancel").click()
    for page in pages:
        page.get_by_text("Cancelled.").wait_for()
        assert page.query_selector("#aan-video video") is None


def test_two_visitors_at_once(open_page, folder):
    pages = {name: open_page() for name in ("red", "green")}
    for name, page in pages.items():
        give_photo(page, folder / f"{name}.png")
    for page in pages.values():
        animate(page)
    means = {name: wait_for_video(page) for name, page in pages.items()}
    assert means["red"][0] > 1.5 * means["red"][1]
    assert means["green"][1] > 1.5 * means["green"][0]


def test_live_webcam_of_two_visitors(open_page, folder):
    pages = {name: open_page() for name in ("red", "green")}
    for name, page in pages.items():
        give_photo(page, folder / f"{name}.png")
        page.get_by_label("My webcam, live").click()
        page.get_by_role("button", name="Start camera").click()
    for page in pages.values():
        page.wait_for_function("aanLive.frames().filter((f) => f.hasFace).length > 20")
        page.get_by_text("frames/s").wait_for()
    red, green = (
        page.evaluate(MEAN, page.query_selector("#aan-result"))
        for page in pages.values()
    )
    assert red[0] > 1.5 * red[1] and green[1] > 1.5 * green[0]
    for page in pages.values():
        frames = page.evaluate("aanLive.frames()")
        # The next frame leaves when the last one is drawn.
        for before, after in zip(frames, frames[1:]):
            assert (
                after["drawn"] - after["request"] - after["encode"] >= before["drawn"]
            )
        page.get_by_role("button", name="Stop").click()
        page.wait_for_function("aanLive.frames().length === 0")
        assert page.errors == []


def test_photo_from_the_webcam(open_page):
    page = open_page()
    page.get_by_label("Remove Image").or_(page.get_by_label("Clear")).first.click()
    page.locator("#aan-photo").get_by_label("Capture from camera").click()
    page.get_by_text("Click to Access Webcam").click()
    # Gradio takes no photo while the camera has given no picture yet, and says nothing.
    page.wait_for_function("document.querySelector('#aan-photo video').videoWidth > 0")
    page.locator("#aan-photo").get_by_label("capture photo").click()
    page.wait_for_selector("#aan-photo-message .aan-good")
    photo = page.query_selector("#aan-photo img")
    assert photo.evaluate("(image) => image.naturalWidth") == 470  # the camera's
    red, green, blue = page.evaluate(MEAN, photo)
    assert red > 1.2 * blue and red > green > blue  # the portrait, in its colours
    assert page.errors == []


def failing(name):
    """JavaScript of media devices whose camera fails with a named error."""
    return f"{{getUserMedia: async () => {{throw new DOMException('', '{name}')}}}}"


@pytest.mark.parametrize(
    "devices, message",
    [
        ("undefined", "secure pages only"),
        (failing("NotFoundError"), "No camera was found."),
        (failing("NotAllowedError"), "The camera was not allowed."),
    ],
    ids=["insecure", "none", "forbidden"],
)
def test_without_a_camera_it_says_so(open_page, devices, message):
    page = open_page()
    page.evaluate(
        f"Object.defineProperty(navigator, 'mediaDevices', {{value: {devices}}})"
    )
    page.get_by_label("My webcam, live").click()
    page.get_by_role("button", name="Start camera").click()
    page.wait_for_selector("#aan-hint.aan-error")
    assert message in page.inner_text("#aan-hint")


def test_nothing_sticks_out_on_a_phone(open_page):
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True)
    for motion in ("Sample motion", "My clip", "My webcam, live"):
        page.get_by_label(motion).click()
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390

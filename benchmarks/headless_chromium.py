"""A Chromium of the system, driven by Playwright, with a clip for a camera."""

import contextlib
import importlib.util
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def find_chromium():
    """Path of a Chromium, or None; and why none can be used."""
    if importlib.util.find_spec("playwright") is None:
        return None, "playwright is not installed: pip install playwright"
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        return None, "no Chromium is installed: apt-get install chromium"
    return path, ""


@contextlib.contextmanager
def chromium(path, camera=None):
    """Gives a Playwright browser.

    Args:
        path: of the executable.
        camera: path of a Motion JPEG clip; None: a browser without a camera.
    """
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
    if camera is not None:
        options += [
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={camera}",
        ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=options)
        try:
            yield browser
        finally:
            browser.close()

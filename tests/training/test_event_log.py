import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from aan_keras.training.event_log import EventLog


def read(directory):
    accumulator = EventAccumulator(str(directory), size_guidance={"images": 0})
    accumulator.Reload()
    return accumulator


def test_scalars_and_images(tmp_path):
    log = EventLog(tmp_path)
    log.scalars(5, {"loss": 0.25, "rate": 2e-5})
    image = np.zeros((4, 6, 3), "uint8")
    encoded = log.image(5, "picture", image)
    log.close()
    content = read(tmp_path)
    (event,) = content.Scalars("loss")
    assert (event.step, event.value) == (5, 0.25)
    (event,) = content.Images("picture")
    assert (event.width, event.height) == (6, 4)
    assert event.encoded_image_string == encoded


def test_resumed_run_voids_later_steps(tmp_path, monkeypatch):
    # File names hold the second; the two sessions must sort in their order.
    import time

    now = time.time()
    for session, (first, last) in enumerate([(0, 8), (4, 10)]):
        monkeypatch.setattr(time, "time", lambda session=session: now + session)
        log = EventLog(tmp_path, first_step=first)
        for step in range(first + 1, last + 1):
            log.scalars(step, {"loss": step + 100 * session})
        log.close()
    events = read(tmp_path).Scalars("loss")
    assert [event.step for event in events] == list(range(1, 11))
    assert [event.value for event in events] == [1, 2, 3, 4] + list(range(105, 111))

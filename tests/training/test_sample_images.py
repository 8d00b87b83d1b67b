import numpy as np
import tensorflow as tf

from aan_keras.training import SampleImages
from aan_keras.training.event_log import EventLog


def test_picture_shows_source_driving_and_output(tmp_path):
    generator = np.random.default_rng(0)
    batch = {
        name: generator.uniform(-1, 1, (5, 8, 8, 3)).astype("float32")
        for name in ("source", "driving")
    }
    events = EventLog(tmp_path / "events")
    callback = SampleImages(
        batch, tmp_path / "samples", events, every=3, first_step=6, max_images=4
    )
    callback.set_model(lambda inputs, training: -inputs["source"])
    callback.on_epoch_begin(0)
    for step in range(4):
        callback.on_train_batch_end(step)
    events.close()
    files = list((tmp_path / "samples").iterdir())
    assert [file.name for file in files] == ["00000009.png"]
    picture = tf.io.decode_png(files[0].read_bytes()).numpy()
    assert picture.shape == (3 * 8, 4 * 8, 3)
    rows = [batch["source"], batch["driving"], -batch["source"]]
    for row, images in enumerate(rows):
        for column in range(4):
            cell = picture[row * 8 : row * 8 + 8, column * 8 : column * 8 + 8]
            np.testing.assert_allclose(cell / 127.5 - 1, images[column], atol=0.5 / 127)

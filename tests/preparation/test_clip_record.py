import numpy as np

from aan_keras.preparation.clip_record import ClipRecord, ClipStatistics


def test_record_survives_bytes():
    landmarks = np.random.default_rng(0).normal(size=(3, 68, 2)).astype("float32")
    record = ClipRecord(
        "Zoë", "a b", [b"one", b"", b"three"], landmarks, 64, True, np.array([0, 4, 9])
    )
    same = ClipRecord.from_bytes(record.to_bytes())
    assert (same.identity, same.clip, same.frames) == ("Zoë", "a b", record.frames)
    assert (same.size, same.is_photo_set) == (64, True)
    np.testing.assert_array_equal(same.landmarks, landmarks)
    np.testing.assert_array_equal(same.frame_index, record.frame_index)
    assert record.num_bytes == 8 + 3 * 68 * 2 * 4
    assert record.to_bytes() == same.to_bytes()


def test_dropped_frames_are_counted_by_reason():
    statistics = ClipStatistics("anna", "v0", "train", "video", "v0.mp4")
    statistics.drop("blur")
    statistics.drop("blur", 2)
    statistics.drop("no face", 0)
    assert statistics.dropped == {"blur": 3}

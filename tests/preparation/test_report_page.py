import base64
import re

import cv2
import numpy as np

from aan_keras.preparation.clip_record import ClipStatistics
from aan_keras.preparation.layouts import RawClip
from aan_keras.preparation.report_page import ReportPage
from aan_keras.preparation.shards import describe_shard, write_shard

from .drawn_clips import drawn_clip


def make_page(folder, names):
    path = folder / "train-00000.tfrecord"
    page, records = ReportPage(folder), []
    for name in names:
        record, statistics = drawn_clip(RawClip(name, "v0", folder))
        page.add(statistics)
        records.append(record)
    write_shard(path, records)
    part = {"shards": [describe_shard(path)], "identities": {}, "clips": len(names)}
    part["frames"] = sum(len(record.frames) for record in records)
    frames = {"read": 9, "kept": 7, "dropped": {"blur": 2}}
    content = {
        "image_size": 64,
        "crop": "a <rule>",
        "splits": {"train": part},
        "frames": frames,
        "skipped_clips": [{"clip": "<b>x</b>", "reason": "cut off"}],
    }
    return page.html(content), part["frames"]


def test_samples_show_landmarks_in_green(tmp_path):
    html, frames = make_page(tmp_path, ["anna", "ben"])
    samples = re.findall(r"base64,([^\"]+)", html)
    assert len(samples) == frames
    for data in samples:
        image = cv2.imdecode(np.frombuffer(base64.b64decode(data), "uint8"), 1)
        assert image.shape == (160, 160, 3)
        blue, green, red = image.reshape(-1, 3).astype(int).T
        assert (green - np.maximum(blue, red) > 80).sum() > 80


def test_sheet_is_bounded_and_spread(tmp_path):
    html, _ = make_page(tmp_path, [f"person{i:03d}" for i in range(100)])
    names = re.findall(r'alt="([^"]+)"', html)
    assert len(names) == 48
    assert names[0] == "person000/v0" and names[-1] == "person099/v0"


def test_a_few_clips_are_shown_by_several_frames_each(tmp_path):
    names = [f"person{i:02d}" for i in range(20)]
    html, _ = make_page(tmp_path, names)
    shown = re.findall(r'title="(person\d+)/v0, frame (\d+)"', html)
    for name in names:
        frames = [int(place) for person, place in shown if person == name]
        assert len(frames) == 2 and frames[0] == 0 < frames[1]


def test_clips_that_lost_most_come_first(tmp_path):
    page = ReportPage(tmp_path)
    for i in range(30):
        clip = ClipStatistics(f"p{i:02d}", "v0", "train", "video", "x", read=64)
        clip.drop("blur", i % 15)
        clip.drop("no face", i // 15)
        page.add(clip)
    lost = ClipStatistics("gone", "v0", "train", "video", "x", read=64, error="cut off")
    lost.drop("blur", 60)
    page.add(lost)
    content = {
        "image_size": 64,
        "crop": "",
        "splits": {},
        "frames": {"read": 64, "kept": 4, "dropped": {}},
        "skipped_clips": [],
    }
    rows = re.findall(
        r'<td>(p\d+|gone)/v0</td><td class="n">(\d+)</td><td class="n">64</td>'
        r"<td>([^<]+)</td>",
        page.html(content),
    )
    assert rows[0] == ("p29", "15", "14 blur, 1 no face")
    assert rows[1:3] == [("p14", "14", "14 blur"), ("p28", "14", "13 blur, 1 no face")]
    assert len(rows) == 20 and "gone" not in [name for name, *_ in rows]
    counts = [int(count) for _, count, _ in rows]
    assert counts == sorted(counts, reverse=True) and min(counts) == 5


def test_figures_and_escaped_names(tmp_path):
    html, frames = make_page(tmp_path, ["anna", "a&b"])
    for chart in ("Pitch", "Yaw", "Roll"):
        assert re.search(f"{chart}, degrees[^<]* <small>{frames} frames", html)
    assert f"75 to 100: {frames} frames" in html  # face width 80
    assert "0.05 to 0.0625: 2 videos" in html
    assert "&lt;b&gt;x&lt;/b&gt;" in html and "<b>" not in html
    assert "a&amp;b/v0" in html and "a &lt;rule&gt;" in html
    assert "7 of 9 frames were kept" in html


def test_clips_without_frames_count_nothing(tmp_path):
    page = ReportPage(tmp_path)
    page.add(ClipStatistics("anna", "v0", "train", "video", "x", error="cut off"))
    assert page._width.counts.sum() == page._motion.counts.sum() == 0

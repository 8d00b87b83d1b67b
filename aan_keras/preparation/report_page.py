"""`report.html`: a look at a prepared data set."""

import base64
import collections
import heapq
import html
from pathlib import Path

import numpy as np

from aan_keras.data.clips import decode_frame
from aan_keras.data.shard_frames import ShardFile, ShardFrames
from aan_keras.data.shard_index import read_index
from aan_keras.faces.draw_landmarks import draw_landmarks
from aan_keras.faces.head_pose import head_pose
from aan_keras.preparation.svg_histogram import Histogram

_SAMPLES = 48
# Of a clip: a few clips are shown by several frames each.
_MOST_SAMPLES = 12
_SAMPLE_SIZE = 160
_WORST_CLIPS = 20
# Poses are fitted to this many frames at most, evenly over all: half a minute.
_POSES = 100_000
_COLOUR = (60, 255, 90)
_REASONS = {
    "unreadable": "the file of a frame or photo cannot be read",
    "other size": "a frame of another size than the first of its clip",
    "no face": "the detector found no face (profile, covered, out of the picture)",
    "several faces": "a photo of two or more faces of about one size",
    "too small": "the face is narrower than --min-face",
    "landmark jump": "landmarks that slipped, or a face elsewhere after a cut",
    "other scene": "not of the clip's longest scene: other colours after a cut",
    "outside the crop": "the head left the clip's steady crop",
    "blur": "out of focus, or smeared by motion",
    "duplicate": "no difference from the frame before",
    "too few": "usable, but the only ones of a clip that was left out",
}
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; margin: 2em auto;
  max-width: 1080px; padding: 0 1em; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; }
table { border-collapse: collapse; } td, th { padding: .2em 1.2em .2em 0;
  text-align: left; border-bottom: 1px solid #ddd; vertical-align: top; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
figure { display: inline-block; margin: 0 1.5em 1em 0; }
figcaption { font-weight: 600; } small { color: #666; font-weight: normal; }
svg rect { fill: #3a6ea5; } svg text { font-size: 11px; fill: #444; }
svg line { stroke: #444; } .sheet { display: flex; flex-wrap: wrap; gap: 6px; }
.sheet figure { margin: 0; width: 160px; } .sheet img { width: 160px; display: block; }
.sheet figcaption { font-size: 11px; font-weight: normal; overflow: hidden;
  white-space: nowrap; text-overflow: ellipsis; }
"""


class ReportPage:
    """Collects statistics clip by clip; memory does not grow with their number.

    Args:
        folder: folder of the shards, from which the sample crops are taken.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        turn, tilt = np.arange(-90, 91, 10), np.arange(-60, 61, 5)
        self._pose = [
            Histogram("Pitch, degrees, down", tilt, "frames"),
            Histogram("Yaw, degrees, to the left", turn, "frames"),
            Histogram("Roll, degrees, clockwise", tilt, "frames"),
        ]
        self._motion = Histogram(
            "Motion, face widths", np.arange(0, 0.31, 0.0125), "videos"
        )
        self._width = Histogram(
            "Face width in the raw clip, pixels", np.arange(0, 601, 25), "frames"
        )
        self._seconds = collections.Counter()
        self._worst = []

    def add(self, statistics):
        """Adds the `ClipStatistics` of one clip."""
        self._width.add(statistics.face_width)
        if statistics.motion is not None:
            self._motion.add([statistics.motion])
        self._seconds.update(statistics.seconds)
        lost = sum(statistics.dropped.values())
        if lost and statistics.error is None:
            reasons = ", ".join(f"{n} {why}" for why, n in statistics.dropped.items())
            name = f"{statistics.identity}/{statistics.clip}"
            heapq.heappush(self._worst, (lost, name, statistics.read, reasons))
            if len(self._worst) > _WORST_CLIPS:
                heapq.heappop(self._worst)

    def html(self, content):
        """The page.

        Args:
            content: what `write_summary` returns.
        """
        frames = content["frames"]
        sheet = self._look_at_shards(content)
        charts = [*self._pose, self._motion, self._width]
        return "\n".join(
            [
                '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
                f"<title>Prepared clips</title><style>{_STYLE}</style></head><body>",
                "<h1>Prepared clips</h1>",
                _overview(content),
                "<h2>Samples</h2><p>Crops with their landmarks, evenly over all "
                "clips.</p>",
                f'<div class="sheet">{sheet}</div>',
                "<h2>Pose, motion and size</h2><p>Motion is the standard deviation of "
                "the landmarks over a video.</p>",
                *(chart.svg() for chart in charts),
                "<h2>Frames left out</h2>",
                _dropped(frames),
                _worst(self._worst),
                "<h2>Clips left out</h2>",
                _skipped(content["skipped_clips"]),
                "<h2>Where the time went</h2>",
                _times(self._seconds, frames["read"]),
                "</body></html>\n",
            ]
        )

    def _look_at_shards(self, content):
        """Counts poses, and returns the sample crops."""
        parts = content["splits"].values()
        names = [shard["name"] for part in parts for shard in part["shards"]]
        count = sum(part["clips"] for part in parts)
        frames = sum(part["frames"] for part in parts)
        chosen = set(np.linspace(0, count - 1, min(count, _SAMPLES)).round().tolist())
        each = min(_SAMPLES // len(chosen), _MOST_SAMPLES) if chosen else 0
        stride = -(-frames // _POSES)
        figures, number = [], 0
        for name in names:
            file = ShardFile(self.folder / name)
            for clip in read_index(file.path):
                if number in chosen:
                    for place in _sample_places(len(clip.offsets), each, number):
                        figures.append(_figure(file, clip, place))
                number += 1
                poses = [head_pose(points) for points in clip.landmarks[::stride]]
                angles = [pose.angles for pose in poses if pose is not None]
                for histogram, values in zip(self._pose, np.transpose(angles)):
                    histogram.add(values)
        return "".join(figures)


def _sample_places(frames, count, number):
    """Which frames of clip number `number` are shown, evenly over its length."""
    if count == 1:
        # Not always the first, which is often the most frontal one.
        return [number * 7 % frames]
    return np.linspace(0, frames - 1, min(count, frames)).round().astype(int).tolist()


def _figure(file, clip, place):
    import cv2

    image = decode_frame(ShardFrames(file, clip)[place])
    method = cv2.INTER_AREA if clip.size > _SAMPLE_SIZE else cv2.INTER_CUBIC
    image = cv2.resize(image, (_SAMPLE_SIZE, _SAMPLE_SIZE), interpolation=method)
    points = (clip.landmarks[place] + 0.5) * (_SAMPLE_SIZE / clip.size) - 0.5
    cover = draw_landmarks(points, _SAMPLE_SIZE) / 255.0
    image = np.round(image * (1 - cover) + _COLOUR * cover).astype("uint8")
    data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    encoded = base64.b64encode(data.tobytes()).decode()
    name = html.escape(f"{clip.identity}/{clip.clip}")
    return (
        f'<figure title="{name}, frame {place}"><img alt="{name}" '
        f'src="data:image/jpeg;base64,{encoded}"><figcaption>{name}</figcaption>'
        "</figure>"
    )


def _table(head, rows):
    """Rows of strings and numbers; numbers are set to the right."""
    cells = "".join(f"<th>{name}</th>" for name in head)
    lines = [f"<tr>{cells}</tr>"]
    for row in rows:
        cells = "".join(
            f"<td>{html.escape(value)}</td>"
            if isinstance(value, str)
            else f'<td class="n">{value:,}</td>'
            for value in row
        )
        lines.append(f"<tr>{cells}</tr>")
    return f"<table>{''.join(lines)}</table>"


def _overview(content):
    rows = []
    for split, part in content["splits"].items():
        size = sum(shard["bytes"] for shard in part["shards"])
        rows.append(
            (
                split,
                len(part["identities"]),
                part["clips"],
                part["frames"],
                len(part["shards"]),
                round(size / 1e6, 1),
            )
        )
    head = ("split", "identities", "clips", "frames", "shards", "MB")
    size, crop = content["image_size"], html.escape(content["crop"])
    return f"<p>{size} x {size} pixels; {crop}.</p>{_table(head, rows)}"


def _dropped(frames):
    reasons = sorted(frames["dropped"].items(), key=lambda item: -item[1])
    share = 100 / max(frames["read"], 1)
    rows = [
        (reason, count, round(count * share, 1), _REASONS.get(reason, ""))
        for reason, count in reasons
    ]
    line = f"<p>{frames['kept']:,} of {frames['read']:,} frames were kept.</p>"
    return line + (_table(("reason", "frames", "%", ""), rows) if rows else "")


def _worst(clips):
    if not clips:
        return ""
    rows = [
        (name, lost, read, reasons)
        for lost, name, read, reasons in sorted(clips, key=lambda c: (-c[0], c[1]))
    ]
    head = ("clip", "left out", "of", "reasons")
    return f"<p>Clips that lost most:</p>{_table(head, rows)}"


def _skipped(clips):
    if not clips:
        return "<p>None.</p>"
    rows = [(clip["clip"], clip["reason"]) for clip in clips[:1000]]
    return f"<p>{len(clips)} clips.</p>" + _table(("clip", "reason"), rows)


def _times(seconds, read):
    rows = [
        (stage, round(time, 1), round(1000 * time / max(read, 1), 2))
        for stage, time in seconds.most_common()
    ]
    return _table(("stage", "core seconds", "ms a frame"), rows)

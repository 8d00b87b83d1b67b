"""Draws `docs/images/architecture.svg`: the nets, with what really flows in them.

The pictures are those of the bundled portrait, one frame of the bundled motion and the
shipped preset. Run it again when one of them changes:

    python docs/tools/draw_architecture.py
"""

import base64
from pathlib import Path

import cv2
import numpy as np

import aan_keras
from aan_keras.demo import MOTION, PORTRAIT
from aan_keras.faces.draw_landmarks import draw_landmarks
from aan_keras.reenactment import Reenactment

OUTPUT = Path(__file__).resolve().parents[1] / "images" / "architecture.svg"
FRAME = 96
SIDE = 104
REGIONS = ("right_eye", "left_eye", "nose", "mouth")
PHOTO, MOVE, FUSE, INK, SOFT = "#0f766e", "#b45309", "#6d28d9", "#1f2937", "#6b7280"


def pictures():
    """Dict of uint8 RGB pictures, by name."""
    reenactor = aan_keras.Reenactor.from_preset("aan_128")
    reenactment = Reenactment(reenactor, PORTRAIT, MOTION)
    size = reenactor.image_size
    source = reenactment.source_image[None].astype("float32") / 127.5 - 1
    points = reenactment.source_landmarks[None]
    driving = reenactment.landmarks[FRAME][None]
    views = reenactor.region_views(points, source)
    result = reenactor.generate(
        {"source": source, "source_landmarks": points, "driving_landmarks": driving}
    )
    patches = list(result["patches"].values())
    images = {
        "source": source,
        "image": result["image"],
        "local": reenactor.paste(patches, driving),
        **{r: views[r][..., :3] for r in REGIONS},
    }
    found = {
        name: np.clip((np.asarray(x[0]) + 1) * 127.5, 0, 255).astype("uint8")
        for name, x in images.items()
    }
    found["source_landmarks"] = draw_landmarks(points[0], size)
    found["driving_landmarks"] = draw_landmarks(driving[0], size)
    found["flow"] = draw_flow(np.asarray(result["flow"][0]))
    return found


def draw_flow(flow):
    """Direction as hue, length as saturation."""
    length, angle = cv2.cartToPolar(flow[..., 0], flow[..., 1], angleInDegrees=True)
    strength = np.clip(length / np.quantile(length, 0.98), 0, 1)
    hsv = np.stack([angle / 2, 200 * strength, np.full_like(length, 250)], -1)
    return cv2.cvtColor(hsv.astype("uint8"), cv2.COLOR_HSV2RGB)


def picture(image, x, y, side=SIDE, name="", colour=SOFT):
    """A picture in a frame, its name below it."""
    image = cv2.resize(image, (2 * side, 2 * side), interpolation=cv2.INTER_CUBIC)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 88]
    content = cv2.imencode(".jpg", image[..., ::-1], quality)[1].tobytes()
    data = base64.b64encode(content).decode()
    return (
        f'<image x="{x}" y="{y}" width="{side}" height="{side}" '
        f'href="data:image/jpeg;base64,{data}"/>'
        f'<rect x="{x}" y="{y}" width="{side}" height="{side}" rx="2" fill="none" '
        f'stroke="{colour}" stroke-width="1.5"/>'
        + (text(name, x + side / 2, y + side + 17, "mono") if name else "")
    )


def text(words, x, y, style="note", anchor="middle"):
    return (
        f'<text class="{style}" x="{x}" y="{y}" text-anchor="{anchor}">{words}</text>'
    )


def box(x, y, width, height, colour, title, *notes):
    """A net or a layer."""
    middle = y + height / 2 - 8 * len(notes) + 5
    lines = [text(title, x + width / 2, middle, "title")]
    for i, note in enumerate(notes):
        lines.append(text(note, x + width / 2, middle + 18 + 15 * i))
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="9" fill="#fff" '
        f'stroke="{colour}" stroke-width="2"/>' + "".join(lines)
    )


def arrow(*points, colour=INK):
    """A line with rounded corners through `points`, and its head."""
    path = f"M{points[0][0]} {points[0][1]}"
    for before, corner, after in zip(points, points[1:], points[2:]):
        a, b = (_towards(corner, end) for end in (before, after))
        path += f" L{a[0]} {a[1]} Q{corner[0]} {corner[1]} {b[0]} {b[1]}"
    path += f" L{points[-1][0]} {points[-1][1]}"
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2" '
        f'marker-end="url(#head-{colour[1:]})"/>'
    )


def _towards(corner, end, radius=9):
    way = np.subtract(end, corner)
    return np.round(corner + way * radius / np.linalg.norm(way), 1)


def head(colour):
    return (
        f'<marker id="head-{colour[1:]}" viewBox="0 0 10 10" refX="9" refY="5" '
        'markerWidth="6.5" markerHeight="6.5" orient="auto">'
        f'<path d="M0 0 L10 5 L0 10 z" fill="{colour}"/></marker>'
    )


def band(x, width, height, fill, colour, title, note):
    return (
        f'<rect x="{x}" y="16" width="{width}" height="{height}" rx="14" '
        f'fill="{fill}"/>'
        f'<text x="{x + 20}" y="45" class="band" fill="{colour}">{title}'
        f'<tspan class="bandnote" dx="9">{note}</tspan></text>'
    )


def draw(shown):
    parts = [
        band(16, 396, 628, "#ecfdf5", PHOTO, "encode_source", "once a photo"),
        band(428, 796, 628, "#fff7ed", MOVE, "drive", "once a frame"),
        # The photo's side.
        picture(shown["source"], 40, 84, name="source", colour=PHOTO),
        arrow((144, 128), (192, 128), colour=PHOTO),
        box(194, 76, 194, 120, PHOTO, "AppearanceExtractor", "U-Net over the photo"),
        picture(
            shown["source_landmarks"], 40, 278, name="source_landmarks", colour=PHOTO
        ),
        arrow((144, 330), (192, 330), colour=PHOTO),
        box(
            194,
            284,
            194,
            92,
            PHOTO,
            "LandmarkHeatmaps",
            "+ source half of",
            "the flow net",
        ),
        *(
            picture(shown[r], 40 + 44 * (i % 2) + 6, 478 + 44 * (i // 2), 40, "", PHOTO)
            for i, r in enumerate(REGIONS)
        ),
        arrow((144, 520), (192, 520), colour=PHOTO),
        box(
            194,
            474,
            194,
            92,
            PHOTO,
            "RegionCrop",
            "eyes, nose, mouth",
            "and their heatmaps",
        ),
        text("four regions", 92, 583, "mono"),
        # The frame's side: flow.
        picture(
            shown["driving_landmarks"], 452, 278, name="driving_landmarks", colour=MOVE
        ),
        arrow((556, 330), (602, 330), colour=MOVE),
        box(604, 284, 150, 92, MOVE, "FlowEstimator", "hourglass"),
        arrow((388, 300), (420, 300), (420, 256), (679, 256), (679, 282), colour=PHOTO),
        arrow((754, 330), (800, 330), colour=MOVE),
        picture(shown["flow"], 802, 278, name="flow", colour=MOVE),
        arrow((854, 278), (854, 222), colour=MOVE),
        # Appearance.
        arrow((388, 100), (954, 100), colour=PHOTO),
        text(
            'Θ = (γ<tspan class="sub" dy="3">i</tspan><tspan dy="-3">, β</tspan>'
            '<tspan class="sub" dy="3">i</tspan><tspan dy="-3">), one pair a block, '
            "full size</tspan>",
            660,
            90,
            "label",
        ),
        arrow((388, 176), (786, 176), colour=PHOTO),
        text('F<tspan class="sub" dy="3">a</tspan>', 600, 167, "label"),
        box(788, 134, 132, 84, MOVE, "FlowWarp", "bilinear"),
        arrow((920, 176), (954, 176), colour=MOVE),
        # Regions.
        arrow((388, 520), (602, 520), colour=PHOTO),
        arrow((504, 412), (504, 490), (602, 490), colour=MOVE),
        box(604, 474, 150, 92, MOVE, "LocalNet", "a U-Net a region,", "RegionPaste"),
        arrow((754, 520), (800, 520), colour=MOVE),
        picture(shown["local"], 802, 468, name="local image", colour=MOVE),
        arrow((906, 520), (954, 520), colour=MOVE),
        # Fusion.
        '<rect x="956" y="70" width="140" height="550" rx="11" fill="#f5f3ff" '
        f'stroke="{FUSE}" stroke-width="2"/>',
        text("FusionNet", 1026, 95, "title"),
    ]
    for i in range(4):
        y = 112 + 98 * i
        parts.append(box(967, y, 118, 68, FUSE, "FusionBlock", "AAN, shuffle ↑2"))
        parts.append(arrow((1026, y + 68), (1026, y + 96), colour=FUSE))
    parts += [
        box(967, 504, 118, 58, FUSE, "residual", "convolutions"),
        arrow((1085, 533), (1159, 533), (1159, 442), colour=FUSE),
        picture(shown["image"], 1107, 312, 104, "", FUSE),
        text("image", 1159, 433, "mono"),
        text("Eq. 1 in each", 1026, 588),
        text("block", 1026, 603),
    ]
    style = """
    text { font-family: Helvetica, Arial, 'Liberation Sans', sans-serif; fill: #1f2937 }
    .title { font-size: 14px; font-weight: 700 }
    .note { font-size: 12px; fill: #6b7280 }
    .label { font-size: 14px; font-style: italic }
    .sub { font-size: 10px }
    .mono, .band { font-family: Menlo, 'DejaVu Sans Mono', monospace }
    .mono { font-size: 12px }
    .band { font-size: 17px; font-weight: 700 }
    .bandnote { font-size: 14px; font-weight: 400; fill: #6b7280 }
    """
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1240 660" role="img">'
        "<title>Architecture: what is computed once a photo and once a frame</title>"
        f"<style>{style}</style><defs>{head(PHOTO)}{head(MOVE)}{head(FUSE)}</defs>"
        '<rect width="1240" height="660" rx="16" fill="#fff"/>'
        + "\n".join(parts)
        + "</svg>\n"
    )


if __name__ == "__main__":
    OUTPUT.write_text(draw(pictures()), "utf-8")
    print(OUTPUT)

"""How clips are prepared."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class ClipOptions:
    """What is cut out of a clip, and which of its frames are left out.

    Args:
        image_size: side of the crops in pixels.
        max_frames: frames taken from a clip at most, evenly over its length.
        min_frames: a clip that keeps fewer frames is left out.
        min_face: least width of a face in pixels of the clip. None: a quarter of
            `image_size`, so that no crop is enlarged more than twice.
        jump: a frame is left out when its landmarks are farther than this from those
            of each of the three frames before and after it, or belong to a shorter
            group of frames cut off from the rest in that way; root mean square
            distance in face widths. A head that turns fast between two of 64 frames
            moves up to 0.4.
        scene: a frame is left out when more than this share of its face crop has other
            colours than each of the three frames before and after it, or it belongs to
            a shorter group of frames cut off in that way. In 73 clips without a cut it
            was 0.21 at most; of random pairs of them, 1 % have less than 0.29.
        blur: least sharpness of a face: variance of the Laplacian of its grey values
            (0-255) at 80 x 80 pixels. Photos and clips of newsrooms have 100-2000,
            the softest usable ones 35.
        motion_blur: least sharpness relative to the median of its clip; videos only.
        duplicate: a frame of a video is left out when no 8 x 8 block of its crop, seen
            at 128 x 128, differs from the last kept frame by more than this on
            average, on 0-255.
        jpeg_quality: of the stored frames, 1-100.
    """

    image_size: int = 256
    max_frames: int = 64
    min_frames: int = 2
    min_face: float = None
    jump: float = 0.5
    scene: float = 0.3
    blur: float = 20.0
    motion_blur: float = 0.35
    duplicate: float = 1.0
    jpeg_quality: int = 95

    def __post_init__(self):
        least = {"image_size": 16, "max_frames": 2, "min_frames": 2, "jpeg_quality": 1}
        for name, value in least.items():
            if getattr(self, name) < value:
                raise ValueError(
                    f"`{name}` must be at least {value}. Received: "
                    f"{getattr(self, name)}"
                )
        if self.jpeg_quality > 100 or self.min_frames > self.max_frames:
            raise ValueError(
                "`jpeg_quality` must be at most 100 and `min_frames` at most "
                f"`max_frames`. Received: {self}"
            )
        for name in ("min_face", "jump", "scene", "blur", "motion_blur", "duplicate"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise ValueError(f"`{name}` must not be negative. Received: {value}")
        if self.min_face is None:
            object.__setattr__(self, "min_face", self.image_size / 4)

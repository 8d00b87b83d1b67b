"""What an export gives of a frame."""

from aan_keras.exporting.pixels import to_uint8


def frame_parts(model):
    """`drive` of a model, for `trace_model`.

    Args:
        model: `Reenactor`.

    Returns:
        Function of the code and of driving landmarks to a dict: `image`, uint8
        `[B, S, S, 3]`; `flow`, float32 `[B, h, w, 2]`; `filled`, where the background
        was filled in, float32 `[B, S, S]`: see `Reenactor.drive_with_fill`. Of a model
        that has only `drive`, the image alone.
    """

    def drive(code, landmarks):
        if not hasattr(model, "drive_with_fill"):
            return {"image": to_uint8(model.drive(code, landmarks))}
        image, flow, filled = model.drive_with_fill(code, landmarks)
        return {"image": to_uint8(image), "flow": flow, "filled": filled[..., 0]}

    return drive

"""Where a frame's pixels come from."""

from keras import ops


class ReenactorFlow:
    """The part of `Reenactor` that knows where each pixel of a frame lies in the photo.

    The model's attributes: `heatmaps`, `warp`, `flow_estimator`, and its priors
    `landmark_flow` and `head_flow`, which may be None.
    """

    def _encode_motion(self, source, landmarks, training):
        """What the flow needs of the photo, as a part of the code."""
        heatmaps = self.heatmaps(landmarks)
        encoded = self.flow_estimator.encode_source(heatmaps, training=training)
        code = {"flow_source": encoded}
        if self.head_flow is not None:
            code["source_small"] = shrink(source, self.heatmaps.size)
        return code

    def _estimate_flow(self, code, landmarks, training):
        """float32 `[B, h, h, 2]`, in pixels of its own grid."""
        heatmaps, encoded = self.heatmaps(landmarks), code["flow_source"]
        if self.landmark_flow is None:
            return self.flow_estimator.drive(encoded, heatmaps, training=training)
        spline = self.landmark_flow(code["source_landmarks"], landmarks)
        if self.head_flow is None:
            flow = self.flow_estimator.drive(encoded, heatmaps, training=training)
            return spline + flow
        head = self.head_flow(code["source_landmarks"], landmarks)
        small = code["source_small"]
        views = [small, self.warp(small, head), self.warp(small, spline)]
        flow, shares = self.flow_estimator.drive(
            encoded, heatmaps, ops.concatenate(views, axis=-1), training=training
        )
        # The first share belongs to the background, which does not move.
        return flow + shares[..., 1:2] * head + shares[..., 2:] * spline


def shrink(image, size):
    """Resizes `[B, S, S, C]` to `[B, size, size, C]` without aliasing.

    Averages, then interpolates what is left: both are builtins of TFLite, which has
    no antialiased resize.
    """
    factor = image.shape[1] // size
    if factor > 1:
        image = ops.average_pool(image, factor, strides=factor)
    if image.shape[1] != size:
        image = ops.image.resize(image, (size, size), interpolation="bilinear")
    return image

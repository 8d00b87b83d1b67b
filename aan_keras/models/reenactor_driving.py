"""What the callers of a model drive a photo with."""

from keras import ops


class ReenactorDriving:
    """The part of `Reenactor` that encodes a photo once and then drives it.

    It hands out what `ReenactorPainting` makes, with the weights of inference and
    inside [-1, 1].
    """

    def encode_source(self, source, source_landmarks):
        """Everything that depends on the source photo alone; once a photo.

        Args:
            source: `[B, S, S, 3]` in [-1, 1].
            source_landmarks: float32 `[B, 68, 2]`.

        Returns:
            dict of tensors, the `code` of `drive`.
        """
        with self.inference_weights():
            return self._encode(source, source_landmarks, training=False)

    def drive(self, code, driving_landmarks):
        """One frame from `encode_source`'s result.

        Args:
            code: dict from `encode_source`, batch B.
            driving_landmarks: float32 `[B, 68, 2]`.

        Returns:
            float32 `[B, S, S, 3]` in [-1, 1].
        """
        with self.inference_weights():
            image = self._drive(code, driving_landmarks, training=False)["image"]
            return ops.clip(image, -1.0, 1.0)

    def drive_with_flow(self, code, driving_landmarks):
        """As `drive`, and the flow that moved the source.

        Args:
            code: dict from `encode_source`, batch B.
            driving_landmarks: float32 `[B, 68, 2]`.

        Returns:
            image: float32 `[B, S, S, 3]` in [-1, 1].
            flow: float32 `[B, h, w, 2]`, in pixels of its own grid, see `FlowWarp`.
        """
        return self.drive_with_fill(code, driving_landmarks)[:2]

    def drive_with_fill(self, code, driving_landmarks):
        """As `drive_with_flow`, and where the background behind the person shows.

        Args:
            code: dict from `encode_source`, batch B.
            driving_landmarks: float32 `[B, 68, 2]`.

        Returns:
            image: float32 `[B, S, S, 3]` in [-1, 1].
            flow: float32 `[B, h, w, 2]`, in pixels of its own grid, see `FlowWarp`.
            filled: float32 `[B, S, S, 1]` from 0 to 1; zeros of a model without
                `background`.
        """
        with self.inference_weights():
            result = self._drive(code, driving_landmarks, training=False)
            image = ops.clip(result["image"], -1.0, 1.0)
            filled = result.get("filled")
            if filled is None:
                filled = ops.zeros_like(image[..., :1])
            return image, result["flow"], filled

    def generate(self, inputs, training=None):
        """One pass with everything the losses look at.

        Args:
            inputs: the model's input dict.
            training: as in `call`.

        Returns:
            dict of `image` `[B, S, S, 3]` (not clipped), `flow`, `patches` (dict by
            region, None without local net) and `warped`, the source under the flow.
        """
        code = self._encode(inputs["source"], inputs["source_landmarks"], training)
        return self._drive(code, inputs["driving_landmarks"], training)

"""Where a frame's pixels come from."""

from keras import ops

from aan_keras.layers.face_ellipse import soft_face_ellipse
from aan_keras.layers.person_outline import (
    above_chin,
    face_coordinates,
    turned_background_odds,
)
from aan_keras.layers.square_resize import resize, shrink

# Of the step from what the head has left to what it has not.
_STEEPNESS = 12.0
# Where the person was, or is, this likely, half of what is there stays where it is.
_WAS, _IS_NOW, _STAYS_STEEPNESS = 0.25, 0.5, 20.0
# Of the ellipse about the landmarks, within which the nets paint a face. 1.3 to 1.8
# differ by .03 of L1 in held-out people's faces.
_FACE_REACH = 1.5
# Logarithmic odds that what is outside of the photo is background.
_SURELY = 30.0


class ReenactorFlow:
    """The part of `Reenactor` that knows where each pixel of a frame lies in the photo.

    The model's attributes: `heatmaps`, `warp`, `flow_estimator`, and what may be None:
    its priors `landmark_flow`, `head_flow` and `face_flow`, `background` and
    `warp_head`.
    """

    def person_mask(self, source, source_landmarks):
        """Where the person is in a photo; of a model with `background`.

        Args:
            source: `[B, S, S, 3]` in [-1, 1].
            source_landmarks: float32 `[B, 68, 2]`.

        Returns:
            float32 `[B, S, S, 1]` from 0 to 1, half as fine as the photo.

        Raises:
            ValueError: the model fills in no background.
        """
        if self.background is None:
            raise ValueError(
                "`person_mask` needs a model with `background`. "
                "Received: background=False"
            )
        landmarks = ops.cast(source_landmarks, "float32")
        source, _ = self._even_out(source, landmarks)
        odds = self.person_net(source, landmarks)
        return resize(ops.sigmoid(-odds), self.image_size)

    def _without_holes(self, odds):
        """Morphological opening of `[B, S / 2, S / 2, 1]`, odds of background.

        What is nowhere as wide as a ninth of the photo is hair of the background's
        colour, and would be left behind as a spot. Background at the photo's border is
        wider than it shows.
        """
        width = self.image_size // 16 - 1
        around = [(0, 0), (width - 1,) * 2, (width - 1,) * 2, (0, 0)]
        odds = ops.pad(odds, around, constant_values=_SURELY)
        eroded = -ops.max_pool(-odds, width, strides=1, padding="valid")
        return ops.max_pool(eroded, width, strides=1, padding="valid")

    def _on_mask(self, landmarks):
        """In pixels of the masks, which are half as fine as the photo; their side."""
        return (landmarks + 0.5) / 2 - 0.5, self.image_size // 2

    def _encode_motion(self, code, source, landmarks, training):
        """Adds what the flow needs of the photo to its code."""
        heatmaps = self.heatmaps(landmarks)
        encoded = self.flow_estimator.encode_source(heatmaps, training=training)
        code |= {"flow_source": encoded}
        if self.head_flow is not None:
            code["source_small"] = shrink(source, self.heatmaps.size)
        if self.background is not None and not training:
            marks, size = self._on_mask(landmarks)
            odds = resize(self.person_net(source, landmarks), size)
            odds = self._without_holes(odds)
            fill = self.background(source, odds)
            code["background"] = fill
            _, along = face_coordinates(marks, size)
            # A head and its hair move as a whole, a body does not. Soft edges belong to
            # it: without them a thin ring is left behind.
            person = _dilate(ops.sigmoid(-odds), 3)
            head = above_chin(along)
            code |= {"head": person * head, "body": person * (1.0 - head)}

    def _estimate_flow(self, code, landmarks, training):
        """What moves the photo, and of a filled background where the head is now.

        Returns:
            flow: float32 `[B, h, h, 2]`, in pixels of its own grid.
            is_now: float32 `[B, S / 2, S / 2, 1]` from 0 to 1; None in training.
        """
        heatmaps, encoded = self.heatmaps(landmarks), code["flow_source"]
        if self.landmark_flow is None:
            flow = self.flow_estimator.drive(encoded, heatmaps, training=training)
            return flow, None
        spline = self._spline(code["source_landmarks"], landmarks)
        if self.head_flow is None:
            flow = self.flow_estimator.drive(encoded, heatmaps, training=training)
            return spline + flow, None
        head = self.head_flow(code["source_landmarks"], landmarks)
        small = code["source_small"]
        views = [small, self.warp(small, head), self.warp(small, spline)]
        flow, shares = self.flow_estimator.drive(
            encoded, heatmaps, ops.concatenate(views, axis=-1), training=training
        )
        # The first share belongs to the background, which does not move.
        flow = flow + shares[..., 1:2] * head + shares[..., 2:] * spline
        if self.background is None or training:
            return flow, None
        is_now = self.warp_head(code["head"], head)
        # Hair goes with the head, all of it: next to where it left, the background is
        # filled in, and what the estimator leaves there in part is drawn out. What may
        # as well be background does not.
        size = flow.shape[1]
        share = ops.clip(2.0 * shrink(is_now, size) - 1.0, 0.0, 1.0)
        share *= 1.0 - self._face(landmarks, size)
        return flow + share * (head - flow), is_now

    def _face(self, landmarks, size):
        """float32 `[B, size, size, 1]` from 1 in the face to 0 around it."""
        landmarks = (landmarks + 0.5) * (size / self.image_size) - 0.5
        return soft_face_ellipse(landmarks, size, _FACE_REACH)

    def _spline(self, source_landmarks, landmarks):
        """Flow of the face: what its landmarks move by, if need be beyond the head."""
        if self.face_flow is None:
            return self.landmark_flow(source_landmarks, landmarks)
        carried = self.face_flow.carry(source_landmarks, landmarks, landmarks)
        rest = self.landmark_flow(source_landmarks - carried + landmarks, landmarks)
        return rest + self.face_flow(source_landmarks, landmarks)

    def _off_person(self, landmarks):
        """Where nobody is, as the head's pose tells.

        One that turns shows more of its side, and one that rises its neck.

        Returns:
            Two of float32 `[B, S / 2, S / 2, 1]`: shoulders as usual, and a neck alone.
        """
        odds = turned_background_odds(*self._on_mask(landmarks))
        return [ops.sigmoid(x) for x in odds]

    def _stays(self, code, result, off_head):
        """float32 `[B, S / 2, S / 2, 1]`: where the person neither was nor is."""
        body = self.warp_head(code["body"], result["flow"])
        was, is_now = code["head"] + code["body"], ops.maximum(result["head"], body)
        # A remnant of who was there shows, a rim less around who is now does not.
        stays = ops.sigmoid(_STAYS_STEEPNESS * (_WAS - was))
        stays *= ops.sigmoid(_STAYS_STEEPNESS * (_IS_NOW - is_now))
        return stays * off_head

    def _left_behind(self, was, is_now, off_person):
        """float32 `[B, S, S, 1]`: where the head was, and nobody is now."""
        # Soft outlines that have hardly moved leave nothing.
        share = ops.sigmoid(_STEEPNESS * (ops.relu(was - is_now) - 0.5))
        return resize(share * off_person, self.image_size)


def _dilate(mask, width):
    return ops.max_pool(mask, width, strides=1, padding="same")

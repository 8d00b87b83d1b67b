"""What a face's crop cuts, in frames of the model's own size."""

import cv2
import numpy as np
import pytest

from aan_keras.faces import Face, FaceCrop
from aan_keras.reenactment import Reenactment
from tests.test_complete_photo import StillReenactor, photo_of


class Shifting(StillReenactor):
    """Takes each pixel from a quarter of the image to its right."""

    def animate_with_motion(self, source, source_landmarks, driving_landmarks):
        step, size = self.image_size // 4, self.image_size
        columns = np.minimum(np.arange(size) + step, size - 1)
        flow = np.tile(np.float32([4, 0]), (16, 16, 1))
        for _ in driving_landmarks:
            yield source[:, columns], flow, np.zeros((size, size), "float32")


@pytest.mark.parametrize("whole", [False, True])
def test_what_the_crop_cuts_comes_from_the_photo(whole):
    photo, _, landmarks = photo_of(0)
    photo = cv2.GaussianBlur(photo, (0, 0), 4)
    crop = FaceCrop.around(Face(landmarks).box, photo.shape)
    if whole:
        photo = photo[crop.y : crop.y + crop.side, crop.x : crop.x + crop.side]
        landmarks = landmarks - (crop.x, crop.y)
        crop = FaceCrop(0, 0, crop.side)
    reenactor = Shifting()
    options = {"mode": "absolute", "source_landmarks": landmarks}
    (frame,) = Reenactment(reenactor, photo, landmarks[None], **options).frames()
    source, size = crop.cut(photo, reenactor.image_size), reenactor.image_size
    np.testing.assert_array_equal(frame[:, : -size // 4], source[:, size // 4 :])
    beyond = frame[:, -size // 4 + 1 :].astype(int)
    if whole:
        assert (beyond == source[:, -1:]).all()
        return
    further = FaceCrop(crop.x + crop.side // 4, crop.y, crop.side)
    assert crop.side % 4 == 0 and further.x + further.side <= photo.shape[1]
    wanted = further.cut(photo, size)[:, -size // 4 + 1 :]
    assert np.abs(beyond - wanted).mean() < 1
    assert np.abs(source[:, -1:] - wanted.astype(int)).mean() > 5

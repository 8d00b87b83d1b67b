import numpy as np

from aan_keras.faces.draw_landmarks import draw_landmarks


def test_every_landmark_is_on_a_line_and_nothing_else_is_drawn(face):
    landmarks = face.landmarks - face.landmarks.min(0) + 20
    image = draw_landmarks(landmarks, 160)
    assert image.shape == (160, 160, 3) and image.dtype == np.uint8
    for x, y in landmarks:
        around = image[int(y) - 1 : int(y) + 3, int(x) - 1 : int(x) + 3]
        assert around.max() > 120
    low, high = landmarks.min(0) - 3, landmarks.max(0) + 3
    inside = image[int(low[1]) : int(high[1]) + 1, int(low[0]) : int(high[0]) + 1]
    assert inside.sum() == image.sum() > 0
    assert (image > 0).mean() < 0.2


def test_landmarks_outside_the_image_do_no_harm(face):
    assert draw_landmarks(face.landmarks - 5000, 64).max() == 0

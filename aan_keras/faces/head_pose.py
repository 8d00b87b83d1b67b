"""Head pose from 68 landmarks."""

import dataclasses

import numpy as np

from aan_keras.faces.face_model import RIGID_POINTS, face_model

# Distance of the camera that perspective is computed for. Portraits and interviews are
# taken from 0.6 to 3 m; within that the angles differ by less than landmarks jitter.
CAMERA_DISTANCE = 1000.0


@dataclasses.dataclass(frozen=True)
class HeadPose:
    """Where a head is.

    Args:
        rotation: float64 `[3, 3]`, from the face model's axes to the camera's.
        translation: float64 `[3]`, in millimetres of the mean face.
        centre: `(x, y)` of the optical axis in pixels of the image.
        focal_length: in pixels.
    """

    rotation: np.ndarray
    translation: np.ndarray
    centre: np.ndarray
    focal_length: float

    @property
    def angles(self):
        """float64 `[3]`: pitch, yaw and roll in degrees.

        `rotation = R_x(pitch) R_y(yaw) R_z(roll)`, OpenFace's convention. Zero looks
        into the camera; positive pitch is down, yaw to the left of the image, roll
        clockwise as seen.
        """
        r = self.rotation
        yaw = np.arcsin(np.clip(r[0, 2], -1, 1))
        pitch = np.arctan2(-r[1, 2], r[2, 2])
        roll = np.arctan2(-r[0, 1], r[0, 0])
        return np.degrees([pitch, yaw, roll])

    def frontal(self, landmarks):
        """Landmarks as they would be seen from the front, in millimetres.

        Each point's ray is cut with the plane through its model point that is parallel
        to the face, and turned back. What differs from the model in x and y stays:
        expression and the person's shape.

        Args:
            landmarks: `[68, 2]` in pixels.

        Returns:
            float64 `[68, 2]` on the axes of the face model.
        """
        rays = (np.asarray(landmarks, "float64") - self.centre) / self.focal_length
        rays = np.concatenate([rays, np.ones((len(rays), 1))], 1)
        forward = self.rotation[:, 2]
        depth = face_model()[:, 2] + self.translation @ forward
        points = rays * (depth / (rays @ forward))[:, None]
        return ((points - self.translation) @ self.rotation)[:, :2]


def head_pose(landmarks):
    """Fits the mean 3-D face to the rigid landmarks of one face.

    Perspective-n-point: globally optimal start, then Levenberg-Marquardt on the
    reprojection error of the 13 rigid points (nose, corners of the eyes). The camera
    is a metre away and aims at the face, so that the result depends neither on where
    in the image the face is nor on its size.

    Args:
        landmarks: `[68, 2]`, (x, y) in pixels, y down.

    Returns:
        `HeadPose`, or None for landmarks that are not finite or coincide.

    Reference:
        Terzakis and Lourakis, "A Consistently Fast and Globally Optimal Solution to
        the Perspective-n-Point Problem", ECCV 2020 (OpenCV's SQPNP).
    """
    import cv2

    model = face_model()[list(RIGID_POINTS)]
    points = np.asarray(landmarks, "float64")[list(RIGID_POINTS)]
    centre = points.mean(0)
    spread = np.sqrt(np.square(points - centre).sum(-1).mean())
    if not np.isfinite(spread) or spread < 1e-3:
        return None
    size = np.sqrt(np.square(model - model.mean(0))[:, :2].sum(-1).mean())
    focal_length = CAMERA_DISTANCE * spread / size
    camera = np.array(
        [[focal_length, 0, centre[0]], [0, focal_length, centre[1]], [0, 0, 1]]
    )
    found, turn, shift = cv2.solvePnP(
        model, points[:, None], camera, None, flags=cv2.SOLVEPNP_SQPNP
    )
    if not found:
        return None
    turn, shift = cv2.solvePnPRefineLM(
        model, points[:, None], camera, None, turn, shift
    )
    return HeadPose(cv2.Rodrigues(turn)[0], shift.ravel(), centre, focal_length)

"""Parts of clips, other frame rates, paste-back and smoothing, from files to a file."""

import av
import cv2
import numpy as np
import pytest

import aan_keras
from aan_keras.compiled_reenactor import CompiledReenactor
from aan_keras.demo import MOTION, PORTRAIT
from aan_keras.faces import (
    ClipRange,
    DlibLandmarker,
    Face,
    FaceCrop,
    LandmarkTrack,
    LargeCrop,
    PasteBack,
    VideoReader,
    VideoWriter,
    read_photo,
)
from aan_keras.faces.landmark_smoothing import smooth_track
from aan_keras.reenact_file import reenact_file
from aan_keras.reenactment import Reenactment
from tests.copier import Copier
from tests.faces.turned_face import turned_face


class Darker(Copier):
    """A result that is not the photo itself."""

    def drive(self, code, driving_landmarks):
        return super().drive(code, driving_landmarks) - 0.2


@pytest.fixture(scope="module")
def landmarks(portrait):
    return DlibLandmarker()(portrait)[0].landmarks


@pytest.fixture
def options(landmarks):
    """No detector is needed, nor another shape of the face."""
    return {"mode": "absolute", "source_landmarks": landmarks}


@pytest.fixture(scope="module")
def clip(tmp_path_factory, portrait):
    """20 frames at 10 frames/s; a bar at the top tells the frame's number."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    image = portrait[:256, 96:352].copy()
    with VideoWriter(path, 10) as video:
        for i in range(20):
            image[:16] = 10 * i
            video.write(image)
    return path


@pytest.fixture(scope="module")
def track(clip):
    landmarks = LandmarkTrack.load(MOTION).landmarks[:20]
    return LandmarkTrack(landmarks, 256, 10, crop=FaceCrop(0, 0, 256), name="clip.mp4")


def numbers(path, size=64):
    """Of the driving frames that a side-by-side video shows."""
    bars = [image[1, size + 8 : 2 * size - 8].mean() for _, image in VideoReader(path)]
    return np.round(np.array(bars) / 10).astype(int).tolist()


def times(path):
    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(video=0)]


@pytest.mark.parametrize(
    ("part", "shown", "rate"),
    [
        ({"start": 0.5, "end": 1.2}, [5, 6, 7, 8, 9, 10, 11], 10),
        ({"start": 1.5, "max_frames": 3}, [15, 16, 17], 10),
        ({"start": 0.4, "end": 1.3, "fps": 5}, [4, 6, 8, 10, 12], 5),
        ({"end": 0.4, "fps": 20}, [0, 0, 1, 1, 2, 2, 3], 20),
        ({"fps": 4, "max_frames": 4}, [0, 2, 5, 7], 4),
    ],
)
def test_part_of_a_clip(tmp_path, clip, track, options, part, shown, rate):
    out, part = tmp_path / "out.mp4", ClipRange(**part)
    written = reenact_file(
        Darker(),
        PORTRAIT,
        clip,
        out,
        track=part.cut(track),
        clip_range=part,
        side_by_side=True,
        **options,
    )
    assert written.num_frames == len(shown) and VideoReader(out).fps == rate
    assert numbers(out) == shown
    np.testing.assert_allclose(times(out), np.arange(len(shown)) / rate, atol=1e-3)


def test_only_the_part_is_searched_for_a_face(clip, options):
    """And the landmarks are those of the same frames of the whole clip."""
    seen = []

    def landmarker(image):
        number = round(image[2].mean() / 10)
        seen.append(number)
        return [LandmarkTrack.load(MOTION).landmarks[number]]

    part = ClipRange(start=0.8, end=1.4)
    made = Reenactment(
        Darker(), PORTRAIT, clip, landmarker=landmarker, clip_range=part, **options
    )
    assert seen == list(range(8, 14))
    assert made.driving_frames.tolist() == seen and float(made.starts_at) == 0.8
    assert made.track.frame_index.tolist() == list(range(6))


def test_track_file_and_arrays_can_be_cut_too(tmp_path, options):
    landmarks = LandmarkTrack.load(MOTION).landmarks[:40]
    LandmarkTrack(landmarks, fps=25).save(tmp_path / "a.npz")
    part = ClipRange(start=0.2, end=0.8)
    for driving in (tmp_path / "a.npz", landmarks):
        made = Reenactment(Darker(), PORTRAIT, driving, clip_range=part, **options)
        np.testing.assert_array_equal(made.track.landmarks, landmarks[5:20])


def test_smooth_filters_before_frames_are_chosen(options):
    track = LandmarkTrack(LandmarkTrack.load(MOTION).landmarks[:40], fps=25)
    part = ClipRange(fps=12.5)
    made = Reenactment(
        Darker(), PORTRAIT, track, clip_range=part, smooth=True, **options
    )
    expected = smooth_track(track).landmarks[::2]
    np.testing.assert_array_equal(made.track.landmarks, expected)


def test_paste_back_gives_the_whole_photo(tmp_path, portrait, options):
    made = Reenactment(Darker(), PORTRAIT, MOTION, paste_back=True, **options)
    plain = Reenactment(Darker(), PORTRAIT, MOTION, **options)
    result, image = next(iter(made.frames())), next(iter(plain.frames()))
    (face,) = DlibLandmarker()(portrait)
    paste_back = PasteBack(portrait, FaceCrop.around(face.box, portrait.shape))
    np.testing.assert_array_equal(result, paste_back(image))
    outside = paste_back.mask == 0
    np.testing.assert_array_equal(result[outside], portrait[outside])
    assert np.abs(result.astype(float) - portrait)[~outside].mean() > 5


@pytest.fixture(scope="module")
def shipped():
    """Its graphs are traced once, by the first reenactment."""
    return aan_keras.Reenactor.from_preset("aan_128")


def test_paste_back_of_the_shipped_preset(portrait, shipped):
    """Where nothing moves the photo, bit for bit; else its head where the flow says."""
    track = LandmarkTrack(LandmarkTrack.load(MOTION).landmarks[::50], fps=25)
    made = Reenactment(shipped, PORTRAIT, track, paste_back=True)
    plain = Reenactment(shipped, PORTRAIT, track)
    (face,) = DlibLandmarker()(portrait)
    paste_back = PasteBack(portrait, FaceCrop.around(face.box, portrait.shape))
    outside = paste_back.motion == 0
    assert outside.mean() > 0.2
    same_size = LargeCrop(portrait, FaceCrop.around(face.box, portrait.shape), 128)
    graphs = CompiledReenactor.of(shipped)
    code = graphs.encode_source(plain.source_image, plain.source_landmarks)
    for result, image, landmarks in zip(made.frames(), plain.frames(), made.landmarks):
        np.testing.assert_array_equal(result[outside], portrait[outside])
        parts = graphs.drive(code, landmarks)
        np.testing.assert_array_equal(result, paste_back(*parts))
        np.testing.assert_array_equal(image, same_size(*parts))
        # The model's but for what it takes from outside of its crop.
        assert 0.9 < np.mean(image == parts[0]) < 1


@pytest.mark.parametrize("yaw", [32, -32])
def test_face_from_the_side(portrait, shipped, landmarks, yaw):
    """The portrait, turned to the side and back: with the half that was hidden."""
    crop = FaceCrop.around(Face(landmarks).box, portrait.shape)
    source, frontal = crop.cut(portrait, 128), crop.to_crop(landmarks, 128)
    inner = slice(27, 48)
    scale = np.ptp(frontal[inner], 0).sum() / np.ptp(turned_face(0)[inner], 0).sum()
    aside = (turned_face(yaw) - turned_face(yaw)[inner].mean(0)) * scale
    aside = (aside + frontal[inner].mean(0)).astype("float32")
    graphs = CompiledReenactor.of(shipped)
    turned = graphs.drive(graphs.encode_source(source, frontal), aside)[0]
    errors = []
    for mirror in (False, True):
        (image,) = Reenactment(
            shipped,
            turned,
            frontal[None],
            mode="absolute",
            source_landmarks=aside,
            mirror_hidden=mirror,
        ).frames()
        large = cv2.resize(image, (256, 256), interpolation=cv2.INTER_CUBIC)
        (face,) = DlibLandmarker()(large)
        found = (face.landmarks + 0.5) / 2 - 0.5
        # Head and expression; where it is, is not what was hidden.
        found, wanted = (x - x[inner].mean(0) for x in (found, frontal))
        errors.append(np.linalg.norm(found - wanted, axis=-1).mean())
    assert errors[1] < 0.8 * errors[0]


def test_size_brings_the_detail_of_the_photo(portrait, shipped):
    track = LandmarkTrack(LandmarkTrack.load(MOTION).landmarks[::50], fps=25)
    made = Reenactment(shipped, PORTRAIT, track, size=200)
    plain = Reenactment(shipped, PORTRAIT, track)
    (face,) = DlibLandmarker()(portrait)
    crop = FaceCrop.around(face.box, portrait.shape)
    large = LargeCrop(portrait, crop, 200)
    crop = crop.cut(portrait, 200)
    np.testing.assert_array_equal(made.before, crop)
    graphs = CompiledReenactor.of(shipped)
    code = graphs.encode_source(plain.source_image, plain.source_landmarks)
    for result, image, landmarks in zip(made.frames(), plain.frames(), made.landmarks):
        expected = large(*graphs.drive(code, landmarks))
        np.testing.assert_array_equal(result, expected)
        blurred = cv2.resize(image, (200, 200), interpolation=cv2.INTER_CUBIC)
        fine, coarse, photo = (
            cv2.Laplacian(x, cv2.CV_64F).var() for x in (result, blurred, crop)
        )
        assert coarse < 0.4 * photo < fine < 1.2 * photo


def test_size_of_a_model_that_tells_no_flow(options):
    made = Reenactment(Darker(), PORTRAIT, MOTION, size=150, **options)
    plain = Reenactment(Darker(), PORTRAIT, MOTION, **options)
    image = next(iter(plain.frames()))
    expected = cv2.resize(image, (150, 150), interpolation=cv2.INTER_CUBIC)
    np.testing.assert_array_equal(next(iter(made.frames())), expected)
    same = Reenactment(Darker(), PORTRAIT, MOTION, size=len(image), **options)
    np.testing.assert_array_equal(next(iter(same.frames())), image)
    for wrong in ({"size": 0}, {"size": 64, "paste_back": True}):
        with pytest.raises(ValueError, match="`size`"):
            Reenactment(Darker(), PORTRAIT, MOTION, **wrong, **options)


def test_size_side_by_side(tmp_path, options):
    out = tmp_path / "out.png"
    options = {**options, "landmarker": DlibLandmarker(), "side_by_side": True}
    reenact_file(Darker(), PORTRAIT, PORTRAIT, out, size=90, **options)
    assert read_photo(out).shape == (90, 270, 3)


def test_paste_back_side_by_side(tmp_path, portrait, options):
    out = tmp_path / "out.png"
    options = {**options, "landmarker": DlibLandmarker(), "side_by_side": True}
    reenact_file(Darker(), PORTRAIT, PORTRAIT, out, paste_back=True, **options)
    before, driving, after = np.split(read_photo(out), 3, axis=1)
    np.testing.assert_array_equal(before, portrait)
    assert after.shape == driving.shape == portrait.shape
    assert (after != portrait).any() and (after == portrait).mean() > 0.2


def test_video_of_a_photo_with_odd_sides(tmp_path, portrait, options):
    import cv2

    photo = tmp_path / "odd.png"
    cv2.imwrite(str(photo), portrait[:401, :403, ::-1])
    track = LandmarkTrack(LandmarkTrack.load(MOTION).landmarks[:2])
    track.save(tmp_path / "a.npz")
    out = tmp_path / "out.mp4"
    reenact_file(Darker(), photo, tmp_path / "a.npz", out, paste_back=True, **options)
    assert VideoReader(out).size == (404, 402)

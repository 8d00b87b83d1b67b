"""What moved the photo, from a server: for frames larger than the model's."""

import functools

import numpy as np
import pytest

import aan_keras
from aan_keras.faces import LandmarkTrack
from aan_keras.serving import ServingReenactor
from tests.layers.sample_face import sample_landmarks

connect = functools.partial(ServingReenactor, timeout=600)


@pytest.fixture(scope="module")
def clip(clip):
    """Of a head that becomes smaller, so that there is background behind it."""
    landmarks = sample_landmarks(1, 64)[0]
    sizes = np.linspace(1, 0.6, 7, dtype="float32")
    driving = (landmarks - 32) * sizes[:, None, None] + 32
    return {**clip, "source_landmarks": landmarks, "driving_landmarks": driving}


@pytest.fixture(scope="module")
def motion(reenactor, clip):
    """Flows and fills that Keras makes of `clip`."""
    source = clip["source"][None].astype("float32") / 127.5 - 1
    code = reenactor.encode_source(source, clip["source_landmarks"][None])
    parts = [
        reenactor.drive_with_fill(code, landmarks[None])[1:]
        for landmarks in clip["driving_landmarks"]
    ]
    flows, fills = zip(*parts, strict=True)
    return np.concatenate(flows), np.concatenate(fills)[..., 0]


@pytest.mark.parametrize("scheme", ["grpc", "http"])
@pytest.mark.parametrize("jpeg", [False, True])
def test_parity_with_keras(addresses, clip, motion, scheme, jpeg):
    with connect(addresses[scheme], jpeg=jpeg, frames_per_request=3) as client:
        assert client.gives_motion
        parts = [*zip(*client.animate_with_motion(**clip), strict=True)]
        plain = np.stack([*client.animate(**clip)])
    images, flows, fills = map(np.stack, parts)
    np.testing.assert_array_equal(images, plain)
    assert (fills.dtype, fills.shape) == ("float32", (7, 64, 64))
    assert np.abs(motion[0]).mean() > 0.1 and motion[1].std() > 0.05
    np.testing.assert_allclose(flows, motion[0], atol=1e-3)
    np.testing.assert_allclose(fills, motion[1], atol=0.5 / 255 + 1e-3)


def enlarged(reenactor, clip, **options):
    track = LandmarkTrack(
        clip["driving_landmarks"], frame_index=np.arange(7), fps=25, crop_size=64
    )
    frames = aan_keras.reenact(
        reenactor,
        np.repeat(np.repeat(clip["source"], 2, 0), 2, 1),
        track,
        mode="absolute",
        source_landmarks=clip["source_landmarks"] * 2,
        **options,
    )
    return np.stack([*frames]).astype("float64")


@pytest.mark.parametrize("options", [{"size": 128}, {"paste_back": True}])
def test_larger_frames(addresses, reenactor, clip, options):
    wanted, lines = enlarged(reenactor, clip, **options), []
    with connect(addresses["grpc"]) as client:
        found = enlarged(client, clip, report=lines.append, **options)
        assert lines == []
        client.gives_motion = False
        plain = enlarged(client, clip, report=lines.append, **options)
    # A level more by the rounding of fills, one by that of images.
    assert np.abs(found - wanted).max() <= 2
    assert np.abs(found - wanted).mean() < 0.02 * np.abs(plain - wanted).mean()
    (line,) = lines
    assert "not what moved the photo" in line


def test_an_export_of_images_only(addresses, clip, monkeypatch):
    """As the first versions wrote them."""
    with connect(addresses["grpc"]) as client:
        transport = client._transport
        signatures = transport.signatures()
    older = {n: s for n, s in signatures.items() if not n.endswith("_motion")}
    assert len(older) == len(signatures) - 3
    monkeypatch.setattr(type(transport), "signatures", lambda self: older)
    with connect(addresses["grpc"]) as client:
        assert not client.gives_motion
        *_, (image, *motion) = client.animate_with_motion(**clip)
        assert motion == [None, None]
        *_, wanted = client.animate(**clip)
    np.testing.assert_array_equal(image, wanted)

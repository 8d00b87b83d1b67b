"""The one-shot face reenactment model."""

import keras

from aan_keras.layers.background_fill import BackgroundFill
from aan_keras.layers.cubic_upsampling import CubicUpsampling
from aan_keras.layers.ellipsoid_flow import EllipsoidFlow
from aan_keras.layers.face_exposure import FaceExposure
from aan_keras.layers.flow_warp import FlowWarp
from aan_keras.layers.head_ellipsoid import FACE_RADII
from aan_keras.layers.head_shading import HeadShading
from aan_keras.layers.landmark_flow import LandmarkFlow
from aan_keras.layers.landmark_heatmaps import LandmarkHeatmaps
from aan_keras.layers.lip_colour import LipColour
from aan_keras.layers.mouth_inside import MouthInside
from aan_keras.layers.region_paste import RegionPaste
from aan_keras.layers.unsharp_mask import UnsharpMask
from aan_keras.models.appearance_extractor import AppearanceExtractor
from aan_keras.models.flow_estimator import FlowEstimator
from aan_keras.models.frozen_parts import freeze_parts, frozen_parts
from aan_keras.models.fusion_net import FusionNet
from aan_keras.models.local_net import LocalNet
from aan_keras.models.person_net import PersonNet
from aan_keras.models.reenactor_arguments import HEAD_MOTIONS, check_arguments
from aan_keras.models.reenactor_driving import ReenactorDriving
from aan_keras.models.reenactor_files import ReenactorFiles
from aan_keras.models.reenactor_flow import ReenactorFlow
from aan_keras.models.reenactor_painting import ReenactorPainting
from aan_keras.models.reenactor_training import ReenactorTraining
from aan_keras.models.region_views import RegionViews


@keras.saving.register_keras_serializable(package="aan_keras")
class Reenactor(
    ReenactorDriving,
    ReenactorFlow,
    ReenactorPainting,
    ReenactorTraining,
    ReenactorFiles,
    keras.Model,
):
    """Animates one photo by another face's landmarks.

    Defaults are the paper's configuration at 256 px. The arguments from `flow_prior` on
    depart from the paper: a small training budget needs them.

    Args:
        image_size: side S of the square crops; a multiple of 32 from 64 to 512.
            Weights fit every image size.
        width: channels at full resolution.
        num_fusion_blocks: fusion blocks, one adaptive norm and one theta each.
        num_residual_blocks: residual blocks after them.
        heatmap_size: side of the landmark heatmaps; `image_size` if None.
        heatmap_variance: of the Gaussians, in pixels^2 of the heatmap.
        statistics: `"batch"` (paper) or `"instance"`, of the adaptive norms.
        local_net: False leaves the local net out (ablation).
        adaptive_norm: `"aan"` (paper) or `"spade"` (ablation).
        spectral_norm: spectral normalization of the generator's convolutions (paper).
        flow_prior: None (paper), or `"tps"`: the flow starts as the thin-plate spline
            between the landmark sets and the flow estimator adds to it. `"layered"`:
            the flow estimator, which then sees the source too, mixes that spline (the
            face), the head's motion (hair, ears) and none (the background), and adds
            to the mixture.
        head_motion: of `flow_prior="layered"`: `"similarity"`, or `"ellipsoid"`: the
            head turns in space too, see `EllipsoidFlow`, and the spline is that of
            what landmarks move by beyond such a turn.
        warp_theta: False (paper), or True: theta is warped by the flow too.
        output: `"rgb"` (paper), or `"residual"`: the nets add to the warped source.
        source_scale: 1 (paper), or 2: the image that the flow warps is the source
            enlarged twice, which keeps the detail that bilinear sampling blurs.
        up_kernel_size: 3, or 1: the U-Nets' up-convolutions and the theta heads mix
            channels only, and the 3x3 convolutions between them the pixels.
        openings: False (paper), or True: the local net also reads what lies between
            lips and between lids, see `OpeningMask`.
        exposure: False (paper), or True: the nets see the photo with its face moved to
            one brightness, see `FaceExposure`, and the output is moved back.
        anchor: False (paper), or True: what the nets get wrong when the photo is driven
            by its own landmarks, where it must come out as it is, is taken off each
            frame, moved by the flow. Not in training.
        background: False (paper), or True: what is behind the person is filled in from
            around them (see `BackgroundFill`), and shows where the head was in the
            photo and is no more, where a flow would draw hair out; hair moves as the
            head does, whatever the flow estimator makes of it, and what is surely not
            the person stays where it is. Not in training, which does not teach where
            the person is (`PersonNet`): see `train_background`. Needs
            `flow_prior="layered"`.
        shading: False (paper), or True: light stays where it is when the head turns,
            see `HeadShading`.
        lip_colour: False (paper), or True: the nets see lips in the colour that lips
            usually have on such a face, see `LipColour`, and the output's get their own
            again. Not in training.
        mouth_inside: False (paper), or True: what a mouth shows that opens wider than
            the photo's is drawn to what mouths usually show, and its dark part made
            darker, see `MouthInside`. Not in training.
        residual_around_face: 1 (paper), or less: of `output="residual"`, the share that
            is kept around the face of what the nets add. What they know of new people
            is faces; of clothes and hair they take detail away that the flow brought.
            Not in training.
        sharpening: amount of `UnsharpMask` that finishes the output, 0 in the paper;
            not in training, whose losses see what the nets make.

    Inputs, a dict:
        source: `[B, S, S, 3]` in [-1, 1].
        source_landmarks, driving_landmarks: float32 `[B, 68, 2]`, (x, y) in pixels of
            the crop, pixel centres at integers.

    Output:
        float32 `[B, S, S, 3]` in [-1, 1].

    Example:

    >>> reenactor = aan_keras.Reenactor.from_preset("aan_128")
    >>> code = reenactor.encode_source(source, source_landmarks)
    >>> image = reenactor.drive(code, driving_landmarks)

    Reference:
        Yao et al., "One-shot Face Reenactment Using Appearance Adaptive
        Normalization", AAAI 2021 (arXiv 2102.03984).
    """

    def __init__(
        self,
        image_size=256,
        width=64,
        num_fusion_blocks=4,
        num_residual_blocks=2,
        heatmap_size=None,
        heatmap_variance=3.0,
        statistics="batch",
        local_net=True,
        adaptive_norm="aan",
        spectral_norm=True,
        flow_prior=None,
        head_motion="similarity",
        warp_theta=False,
        output="rgb",
        source_scale=1,
        up_kernel_size=3,
        openings=False,
        exposure=False,
        anchor=False,
        background=False,
        shading=False,
        lip_colour=False,
        mouth_inside=False,
        residual_around_face=1.0,
        sharpening=0.0,
        dtype=None,
        **kwargs,
    ):
        super().__init__(dtype=dtype, **kwargs)
        # Images and landmarks in bfloat16 are off by grey levels and by pixels.
        self.autocast = False
        heatmap_size = heatmap_size or image_size
        self._arguments = {
            "image_size": image_size,
            "width": width,
            "num_fusion_blocks": num_fusion_blocks,
            "num_residual_blocks": num_residual_blocks,
            "heatmap_size": heatmap_size,
            "heatmap_variance": heatmap_variance,
            "statistics": statistics,
            "local_net": local_net,
            "adaptive_norm": adaptive_norm,
            "spectral_norm": spectral_norm,
            "flow_prior": flow_prior,
            "head_motion": head_motion,
            "warp_theta": warp_theta,
            "output": output,
            "source_scale": source_scale,
            "up_kernel_size": up_kernel_size,
            "openings": openings,
            "exposure": exposure,
            "anchor": anchor,
            "background": background,
            "shading": shading,
            "lip_colour": lip_colour,
            "mouth_inside": mouth_inside,
            "residual_around_face": residual_around_face,
            "sharpening": sharpening,
        }
        check_arguments(**self._arguments)
        self.image_size = image_size
        self.num_fusion_blocks = num_fusion_blocks
        self.adaptive_norm = adaptive_norm
        self.warp_theta = warp_theta
        self.output_mode = output
        self.residual_around_face = residual_around_face
        policy = self.dtype_policy
        common = {"spectral_norm": spectral_norm, "width": width, "dtype": policy}

        # === Layers ===
        self.heatmaps = LandmarkHeatmaps(
            heatmap_size, image_size, heatmap_variance, dtype=policy
        )
        self.warp = FlowWarp(dtype=policy)
        # What the nets add to must not be rounded to bfloat16.
        self.warp_image = FlowWarp(dtype="float32")
        self.upsampling = None
        if source_scale == 2:
            self.upsampling = CubicUpsampling(dtype="float32")
            self.warp_image = FlowWarp(size=image_size, dtype="float32")
        self.exposure = FaceExposure(dtype="float32") if exposure else None
        self.shading = None
        if shading:
            self.shading = HeadShading(heatmap_size // 2, image_size)
        self.anchor = anchor
        self.lip_colour = LipColour(image_size, dtype="float32") if lip_colour else None
        self.warp_known = FlowWarp(dtype="float32") if anchor or lip_colour else None
        self.mouth_inside = None
        if mouth_inside:
            self.mouth_inside = MouthInside(image_size, dtype="float32")
        self.sharpen = UnsharpMask(sharpening, dtype="float32") if sharpening else None
        self.background = self.warp_head = None
        if background:
            self.background = BackgroundFill(dtype="float32")
            self.warp_head = FlowWarp(dtype="float32")
        self.landmark_flow = self.head_flow = self.face_flow = None
        if flow_prior is not None:
            self.landmark_flow = LandmarkFlow(heatmap_size // 2, image_size)
        if flow_prior == "layered":
            self.head_flow = HEAD_MOTIONS[head_motion](heatmap_size // 2, image_size)
            if head_motion == "ellipsoid":
                self.face_flow = EllipsoidFlow(
                    heatmap_size // 2, image_size, radii=FACE_RADII
                )

        # === Nets ===
        unet = {"up_kernel_size": up_kernel_size, **common}
        self.appearance_extractor = AppearanceExtractor(
            image_size,
            num_fusion_blocks=num_fusion_blocks,
            **unet,
        )
        self.flow_estimator = FlowEstimator(
            heatmap_size,
            num_motions=3 * (flow_prior == "layered"),
            **unet,
        )
        self.local_net = None
        if local_net:
            self.local_net = LocalNet(
                image_size, output=output, openings=openings, **unet
            )
            sizes = self.local_net.region_sizes
            self.region_views = RegionViews(
                sizes, heatmap_variance, openings, dtype=policy
            )
            self.paste = RegionPaste(tuple(sizes), image_size, dtype=policy)
        self.fusion_net = FusionNet(
            image_size,
            num_fusion_blocks=num_fusion_blocks,
            num_residual_blocks=num_residual_blocks,
            adaptive_norm=adaptive_norm,
            statistics=statistics,
            output=output,
            **common,
        )
        self.person_net = None
        if background:
            # No loss of training sees it: `train_background` teaches it.
            self.person_net = PersonNet(
                image_size, heatmap_size, dtype=policy, trainable=False
            )
        self._note_averaged()
        self._frozen_at_first = frozen_parts(self.generator_nets)
        if not self.trainable:
            for net in self.generator_nets:
                net.trainable = False
        self.built = True

    @property
    def generator_nets(self):
        """The generator's sub-nets that hold weights, in the order of data flow."""
        nets = [self.appearance_extractor, self.flow_estimator]
        nets += [*filter(None, [self.local_net]), self.fusion_net]
        return [*nets, *filter(None, [self.person_net])]

    def call(self, inputs, training=None):
        if training:
            return self.generate(inputs, training=True)["image"]
        code = self.encode_source(inputs["source"], inputs["source_landmarks"])
        return self.drive(code, inputs["driving_landmarks"])

    def compute_output_shape(self, input_shape):
        return (input_shape["source"][0], self.image_size, self.image_size, 3)

    def compute_output_spec(self, inputs, training=None):
        # By default Keras announces the compute dtype; an image is float32 always.
        shape = (inputs["source"].shape[0], self.image_size, self.image_size, 3)
        return keras.KerasTensor(shape, "float32")

    def get_config(self):
        config = {
            **self._arguments,
            "dtype": keras.saving.serialize_keras_object(self.dtype_policy),
            "name": self.name,
            "trainable": self.trainable,
        }
        frozen = frozen_parts(self.generator_nets)
        if frozen != self._frozen_at_first:
            config["frozen"] = frozen
        return config

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        frozen = config.pop("frozen", None)
        model = super().from_config(config)
        if frozen is not None:
            freeze_parts(model.generator_nets, frozen)
        return model

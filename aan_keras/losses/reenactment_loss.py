"""The training objective, all phases in one class."""

import warnings

import keras
from keras import ops

from aan_keras.layers.face_chip import FaceChip
from aan_keras.layers.face_ellipse import face_ellipse
from aan_keras.layers.face_regions import REGION_OPENINGS
from aan_keras.layers.opening_mask import OpeningMask
from aan_keras.layers.region_crop import RegionCrop
from aan_keras.losses.detail_loss import DetailLoss
from aan_keras.losses.gan_loss import GANLoss
from aan_keras.losses.perceptual_loss import PerceptualLoss


@keras.saving.register_keras_serializable(package="aan_keras")
class ReenactmentLoss:
    """Total objective of generator and discriminators (Eqs. 5-9).

    `gan_weight * L_GAN + reconstruction_weight * (L1 + perceptual_weight * L_p) +
    local_weight * L_local + region_weight * L_region + opening_weight * L_opening +
    identity_weight * L_id + detail_weight * L_detail`.

    - `L1`: mean absolute difference of output and driving image.
    - `L_p`: perceptual loss. With `"vgg19"` or another image network on the whole
      image; with `"identity"` on the aligned face chip, where the network is at home,
      plus the L1 of that chip.
    - `L_local`: on the local net's patches, the perceptual loss (Eq. 9); with
      `"identity"`, whose network knows no lone mouths, their L1. Summed over regions.
    - `L_region` (not in the paper): L1 of the output's four regions, summed.
    - `L_opening` (not in the paper): L1 between the lips and between the lids of the
      driving face, a mean over what `OpeningMask` marks, summed over mouth and eyes.
    - `L_id` (not in the paper): squared distance of identity descriptors of output
      and driving image; needs `perceptual="identity"`.
    - `L_detail` (not in the paper): difference in local contrast of fine detail.

    Args:
        gan_weight: lambda_GAN; 0 trains without discriminators.
        reconstruction_weight: lambda_c.
        local_weight: lambda_local.
        perceptual: see `PerceptualLoss`; None leaves L_p out.
        perceptual_weight: of L_p against L1.
        region_weight: of L_region.
        identity_weight: of L_id.
        discriminator_width: channels of the discriminators' first convolution.
        face_stride: with `"identity"`, L_p, the chip's L1 and L_id look at every n-th
            pair of the batch only: unbiased, as pairs are drawn independently, at
            1 / n of the face network's cost.
        detail_weight: of L_detail, see `DetailLoss`.
        mouth_weight: of the mouth's part of L_region, once more.
        opening_weight: of L_opening.
    """

    def __init__(
        self,
        gan_weight=10.0,
        reconstruction_weight=5.0,
        local_weight=5.0,
        perceptual="vgg19",
        perceptual_weight=1.0,
        region_weight=0.0,
        identity_weight=0.0,
        discriminator_width=64,
        face_stride=1,
        detail_weight=0.0,
        mouth_weight=0.0,
        opening_weight=0.0,
    ):
        if face_stride < 1:
            raise ValueError(
                f"`face_stride` must be positive. Received: face_stride={face_stride}"
            )
        if identity_weight and perceptual != "identity":
            raise ValueError(
                '`identity_weight` needs `perceptual="identity"`. '
                f"Received: perceptual={perceptual}"
            )
        self.gan_weight = gan_weight
        self.reconstruction_weight = reconstruction_weight
        self.local_weight = local_weight
        self.perceptual = perceptual
        self.perceptual_weight = perceptual_weight
        self.region_weight = region_weight
        self.identity_weight = identity_weight
        self.discriminator_width = discriminator_width
        self.face_stride = face_stride
        self.detail_weight = detail_weight
        self.mouth_weight = mouth_weight
        self.opening_weight = opening_weight
        self.detail = DetailLoss() if detail_weight else None
        # Not reduced by Keras, which divides by the number of replicas as it does so:
        # the losses of the other kinds and the trainer would not know of it.
        self.gan = GANLoss(reduction=None)
        self.features = None
        if perceptual is not None:
            self.features = PerceptualLoss(perceptual, reduction=None)
        self.chip = FaceChip(dtype="float32") if perceptual == "identity" else None
        self._crops = {}

    @property
    def names(self):
        """Names of all values that `generator` and `discriminator` can return."""
        regions = self.region_weight or self.mouth_weight
        names = ["loss", "l1", "warp_l1"]
        names += ["perceptual"] * (self.perceptual is not None)
        names += ["chip_l1", "identity"] * (self.perceptual == "identity")
        names += ["local"] * bool(self.local_weight) + ["region"] * bool(regions)
        names += ["opening"] * bool(self.opening_weight)
        names += ["detail"] * bool(self.detail_weight)
        return names + ["gan", "d_loss"] * bool(self.gan_weight)

    def known(self, inputs, image):
        """An output with the target in the place of what can't be known.

        Args:
            inputs: training batch.
            image: float32 `[B, S, S, 3]`, an output for it.

        Returns:
            `image`; where `photo_pair` is 1, `driving` around the face.
        """
        if "photo_pair" not in inputs:
            return image
        photo = ops.cast(inputs["photo_pair"], "float32")[:, None, None, None]
        size = image.shape[1]
        mask = face_ellipse(inputs["driving_landmarks"], size, size, above=0.3)
        target = ops.cast(inputs["driving"], "float32")
        return image + photo * (1.0 - mask) * (target - image)

    def generator(self, inputs, outputs, fake_logits, gan_share=1.0):
        """Losses of the generator.

        Args:
            inputs: training batch; `driving` is the target. Where `photo_pair` is 1,
                what lies around the face does not count: the background of another
                photo can't be guessed.
            outputs: dict of `Reenactor.generate`.
            fake_logits: logits of DL and DI for the output, or None without GAN.
            gan_share: factor of `gan_weight`, see `GANWarmup`.

        Returns:
            dict of scalars; `loss` is the weighted total.
        """
        target = ops.cast(inputs["driving"], "float32")
        image = outputs["image"]
        warped = ops.cast(outputs["warped"], "float32")
        landmarks = inputs["driving_landmarks"]
        image, warped = (self.known(inputs, x) for x in (image, warped))
        values = {"l1": _l1(target, image)}
        # Sums are new tensors: `+=` would change the reported value on PyTorch.
        reconstruction = values["l1"]
        # How far the flow alone comes: shows a net that only copies the warp.
        values["warp_l1"] = _l1(target, warped)
        total = 0.0
        if self.perceptual == "identity":
            values.update(self._face(target, image, landmarks))
            reconstruction = reconstruction + values["chip_l1"]
            total += self.identity_weight * values["identity"]
        elif self.perceptual is not None:
            values["perceptual"] = ops.mean(self.features(target, image))
        if self.perceptual is not None:
            reconstruction = (
                reconstruction + self.perceptual_weight * values["perceptual"]
            )
        total += self.reconstruction_weight * reconstruction
        if outputs["patches"] is not None and self.local_weight:
            values["local"] = self._local(target, outputs["patches"], landmarks)
            total += self.local_weight * values["local"]
        if self.region_weight or self.mouth_weight or self.opening_weight:
            regions = self._differences(target, image, landmarks)
            total += self._regions(regions, landmarks, values)
        if self.detail_weight:
            values["detail"] = self.detail(target, image)
            total += self.detail_weight * values["detail"]
        if fake_logits is not None:
            values["gan"] = sum(
                ops.mean(self.gan.generator(logits)) for logits in fake_logits
            )
            total += gan_share * self.gan_weight * values["gan"]
        values["loss"] = total
        return values

    def discriminator(self, real_logits, fake_logits):
        """Loss of both discriminators, from their logits for real and output."""
        return sum(
            ops.mean(self.gan.discriminator(real, fake))
            for real, fake in zip(real_logits, fake_logits)
        )

    def _face(self, target, image, landmarks):
        net = self.features.network
        target, image, landmarks = (
            tensor[:: self.face_stride] for tensor in (target, image, landmarks)
        )
        target_chip = self.chip(target, landmarks)
        image_chip = self.chip(image, landmarks)
        target_features, target_descriptor = net.features_and_descriptor(target_chip)
        features, descriptor = net.features_and_descriptor(image_chip)
        difference = ops.stop_gradient(target_descriptor) - descriptor
        return {
            "perceptual": ops.mean(
                self.features.from_features(target_features, features)
            ),
            "chip_l1": _l1(target_chip, image_chip),
            "identity": ops.mean(ops.sum(difference * difference, axis=-1)),
        }

    def _local(self, target, patches, landmarks):
        total = 0.0
        for region, patch in patches.items():
            crop = self._region_crops(patch.shape[1])[region]
            truth = crop(target, landmarks)
            patch = ops.cast(patch, "float32")
            if self.perceptual in (None, "identity"):
                total += _l1(truth, patch)
            else:
                total += ops.mean(self.features(truth, patch))
        return total

    def _differences(self, target, image, landmarks):
        """Absolute difference in each region, `[B, S / 4, S / 4, 3]`."""
        # Bilinear sampling is linear: a crop of the difference, at half the cost.
        difference = target - image
        crops = self._region_crops(image.shape[1] // 4)
        return {
            region: ops.abs(crop(difference, landmarks))
            for region, crop in crops.items()
        }

    def _regions(self, differences, landmarks, values):
        total = 0.0
        if self.region_weight or self.mouth_weight:
            means = {region: ops.mean(x) for region, x in differences.items()}
            values["region"] = sum(means.values())
            total += self.region_weight * values["region"]
            total += self.mouth_weight * means["mouth"]
        if self.opening_weight:
            values["opening"] = self._openings(differences, landmarks)
            total += self.opening_weight * values["opening"]
        return total

    def _openings(self, differences, landmarks):
        total = 0.0
        for region, chains in REGION_OPENINGS.items():
            size = differences[region].shape[1]
            crop = self._region_crops(size)[region]
            mask = OpeningMask(size, *chains)(crop.region_landmarks(landmarks))
            difference = ops.mean(differences[region], axis=-1, keepdims=True)
            wrong, area = (
                ops.sum(x, axis=(1, 2, 3)) for x in (mask * difference, mask)
            )
            # Of an opening of few pixels, landmarks don't tell where it is.
            total += ops.mean(wrong / (area + 0.01 * size**2))
        return total

    def _region_crops(self, size):
        if size not in self._crops:
            self._crops[size] = {
                region: RegionCrop(region, size, dtype="float32")
                for region in ("right_eye", "left_eye", "nose", "mouth")
            }
        return self._crops[size]

    def get_config(self):
        return {
            "gan_weight": self.gan_weight,
            "reconstruction_weight": self.reconstruction_weight,
            "local_weight": self.local_weight,
            "perceptual": self.perceptual,
            "perceptual_weight": self.perceptual_weight,
            "region_weight": self.region_weight,
            "identity_weight": self.identity_weight,
            "discriminator_width": self.discriminator_width,
            "face_stride": self.face_stride,
            "detail_weight": self.detail_weight,
            "mouth_weight": self.mouth_weight,
            "opening_weight": self.opening_weight,
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        if isinstance(config.get("perceptual"), dict):
            # Of a network that was given as a model, files have no weights.
            warnings.warn(
                "The network of the perceptual loss has new random weights: compile "
                "the model with the network again before it is trained",
                stacklevel=2,
            )
            config["perceptual"] = keras.saving.deserialize_keras_object(
                config["perceptual"]
            )
        return cls(**config)


def _l1(target, image):
    return ops.mean(ops.abs(target - image))

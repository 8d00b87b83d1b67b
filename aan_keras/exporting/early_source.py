"""What depends on the source alone, before the first frame."""

from keras import ops

from aan_keras.exporting.early_stems import EarlyStems
from aan_keras.models.reenactor import Reenactor


class EarlySource(Reenactor):
    """A `Reenactor` that does more of a clip's work in `encode_source`.

    The images are the same, a frame of a clip costs less: once a photo, theta is taken
    apart into gamma and beta, and the source's half of the local net's first
    convolutions is computed. The code holds `gamma_i` and `beta_i` instead of
    `theta_i`.

    Args:
        **kwargs: as of `Reenactor`, with `spectral_norm=False`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        if self.local_net is not None:
            self.local_net = EarlyStems(self.local_net)

    def _encode_parts(self, source, source_landmarks, training):
        code = super()._encode_parts(source, source_landmarks, training)
        if self.local_net is not None:
            names = {net.name: f"region_{net.name}" for net in self.local_net.nets}
            regions = {region: code[name] for region, name in names.items()}
            for region, encoded in self.local_net.encode_source(regions).items():
                code[names[region]] = encoded
        return code

    def _appearance(self, source, training):
        code = super()._appearance(source, training)
        for i in range(1, self.num_fusion_blocks + 1):
            gamma, beta = ops.split(code.pop(f"theta_{i}"), 2, axis=-1)
            code |= {f"gamma_{i}": 1.0 + gamma, f"beta_{i}": beta}
        return code

    def _modulation(self, code, flow, appearance, i):
        pair = code[f"gamma_{i}"], code[f"beta_{i}"]
        return [self.warp(part, flow) for part in pair] if self.warp_theta else pair

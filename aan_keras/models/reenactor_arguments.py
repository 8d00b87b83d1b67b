"""Which arguments a `Reenactor` takes."""

from aan_keras.layers.ellipsoid_flow import EllipsoidFlow
from aan_keras.layers.similarity_flow import SimilarityFlow

# How a head moves as a whole.
HEAD_MOTIONS = {"similarity": SimilarityFlow, "ellipsoid": EllipsoidFlow}


def check_arguments(
    *,
    image_size,
    heatmap_size,
    num_fusion_blocks,
    flow_prior,
    head_motion,
    output,
    source_scale,
    exposure,
    background,
    residual_around_face,
    **others,
):
    """Raises ValueError for arguments of `Reenactor` that do not go together.

    Those that a single layer or net takes (`others`) are checked there.
    """
    if image_size % 32 or not 64 <= image_size <= 512:
        raise ValueError(
            "`image_size` must be a multiple of 32 from 64 to 512. "
            f"Received: image_size={image_size}"
        )
    if heatmap_size % 16:
        raise ValueError(
            "`heatmap_size` must be a multiple of 16. "
            f"Received: heatmap_size={heatmap_size}"
        )
    if num_fusion_blocks < 1 or image_size % 2**num_fusion_blocks:
        raise ValueError(
            "`image_size` must be divisible by 2 ** `num_fusion_blocks`. Received: "
            f"image_size={image_size}, num_fusion_blocks={num_fusion_blocks}"
        )
    if flow_prior not in (None, "tps", "layered"):
        raise ValueError(
            '`flow_prior` must be None, "tps" or "layered". '
            f"Received: flow_prior={flow_prior}"
        )
    if head_motion not in HEAD_MOTIONS:
        raise ValueError(
            f"`head_motion` must be one of {sorted(HEAD_MOTIONS)}. "
            f"Received: head_motion={head_motion}"
        )
    if output not in ("rgb", "residual"):
        raise ValueError(
            f'`output` must be "rgb" or "residual". Received: output={output}'
        )
    if source_scale not in (1, 2):
        raise ValueError(
            f"`source_scale` must be 1 or 2. Received: source_scale={source_scale}"
        )
    if exposure and output != "residual":
        raise ValueError(
            '`exposure` needs `output="residual"`: painted pixels end at -1 and 1. '
            f"Received: output={output}"
        )
    if background and flow_prior != "layered":
        raise ValueError(
            '`background` needs `flow_prior="layered"`. '
            f"Received: flow_prior={flow_prior}"
        )
    if not 0 <= residual_around_face <= 1:
        raise ValueError(
            "`residual_around_face` must be from 0 to 1. "
            f"Received: residual_around_face={residual_around_face}"
        )
    if residual_around_face < 1 and output != "residual":
        raise ValueError(
            '`residual_around_face` needs `output="residual"`. '
            f"Received: residual_around_face={residual_around_face}, output={output}"
        )

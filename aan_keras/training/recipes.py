"""Named ways to train, for the command line."""

# What differs from the defaults, which are the paper's.
RECIPES = {
    "paper": {"model": {}, "losses": {}, "training": {}},
    "small": {
        "model": {
            "image_size": 128,
            "width": 16,
            "num_residual_blocks": 1,
            "heatmap_size": 64,
            "statistics": "instance",
            "spectral_norm": False,
            "flow_prior": "layered",
            "head_motion": "ellipsoid",
            "warp_theta": True,
            "output": "residual",
            "source_scale": 2,
            "up_kernel_size": 1,
            "openings": True,
            "exposure": True,
            "anchor": True,
            "background": True,
            "shading": True,
            "lip_colour": True,
            "mouth_inside": True,
            "residual_around_face": 0.3,
        },
        "losses": {
            "gan_weight": 0.0,
            "reconstruction_weight": 1.0,
            "local_weight": 0.25,
            "perceptual": "identity",
            "perceptual_weight": 0.05,
            "region_weight": 0.8,
            "mouth_weight": 1.2,
            "opening_weight": 0.15,
            "identity_weight": 0.3,
            "face_stride": 2,
            "detail_weight": 0.3,
            "discriminator_width": 16,
        },
        "training": {
            "generator_learning_rate": 4e-4,
            "discriminator_learning_rate": 2e-4,
            "warmup_steps": 200,
            "decay_fraction": 0.5,
            "beta_1": 0.9,
            "beta_2": 0.99,
            "clip_norm": 1.0,
            # Few people are on video, and are learned by heart unless they change: most
            # of their pairs get the skin of another. Photos show more people, if never
            # two in one light: more of them cost L1.
            "dataset_options": {
                "photo_fraction": 0.08,
                # Where `aan-keras animate-photos` made some.
                "animated_fraction": 0.35,
                "candidates": 8,
                "criteria": {"shape": 0.45, "mouth": 0.3, "eyes": 0.1, "uniform": 0.15},
            },
            "augment": {
                "colour": 2.0,
                "warp": 0.06,
                "aspect": 0.12,
                "source_blur": 0.08,
                "source_jpeg": 0.08,
                "donor": 0.6,
                "light": 0.5,
            },
        },
    },
}
# The presets' configurations: weights fit every image size.
RECIPES |= {
    f"aan_{size}": {
        **RECIPES["small"],
        "model": {**RECIPES["small"]["model"], "image_size": size},
    }
    for size in (64, 128, 256)
}


def training_options(recipe):
    """Arguments of `train` that a recipe names."""
    from aan_keras.data import PairAugmentation

    options = dict(recipe["training"])
    if "augment" in options:
        options["augment"] = PairAugmentation(**options["augment"])
    return options

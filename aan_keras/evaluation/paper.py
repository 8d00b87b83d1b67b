"""Figures that the paper reports, for the tables' lower halves.

Yao et al., "One-shot Face Reenactment Using Appearance Adaptive Normalization", AAAI
2021, Tables 1 to 3: CSIM, PRMSE, AUCON.
"""

COLUMNS = ("csim", "prmse", "aucon")

SELF = {
    "VoxCeleb1": {
        "X2Face": (0.689, 3.26, 0.813),
        "NeuralHead-FF": (0.229, 3.76, 0.791),
        "MarioNETte": (0.755, 3.13, 0.825),
        "FirstOrder": (0.813, 3.79, 0.886),
        "AAN (the paper)": (0.823, 3.26, 0.831),
    },
    "Celeb-DF": {
        "X2Face": (0.676, 4.10, 0.679),
        "NeuralHead-FF": (0.511, 6.09, 0.747),
        "MarioNETte": (0.650, 3.98, 0.714),
        "FirstOrder": (0.687, 3.15, 0.839),
        "AAN (the paper)": (0.753, 3.12, 0.751),
    },
}
CROSS = {
    "FaceForensics++": {
        "X2Face": (0.604, 9.80, 0.697),
        "NeuralHead-FF": (0.381, 6.82, 0.730),
        "MarioNETte": (0.620, 7.68, 0.710),
        "FirstOrder": (0.614, 6.62, 0.734),
        "AAN (the paper)": (0.658, 7.04, 0.706),
    },
    "Celeb-DF": {
        "X2Face": (0.400, 6.52, 0.400),
        "NeuralHead-FF": (0.352, 8.30, 0.480),
        "MarioNETte": (0.460, 5.16, 0.662),
        "FirstOrder": (0.432, 6.10, 0.500),
        "AAN (the paper)": (0.463, 5.10, 0.660),
    },
}
# Table 3: cross, FaceForensics++.
ABLATIONS = {
    "full": (0.658, 7.04, 0.706),
    "no_local_net": (0.615, 7.293, 0.698),
    "spade": (0.558, 11.030, 0.660),
}
TABLES = {"self": ("Table 1", SELF), "cross": ("Table 2", CROSS)}

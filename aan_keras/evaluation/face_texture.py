"""An identity measure without a network: histograms of local binary patterns."""

import numpy as np

# Of a chip of 150 pixels: the mean face without its margin, at half its size, since
# finer texture than a 128-pixel crop has is not there to compare.
_FACE = slice(19, 131)
SIZE = 64
GRID = 7
RADIUS = 2


def texture_descriptor(chip):
    """Uniform local binary patterns of a face, one histogram for each of 7 x 7 cells.

    Eight neighbours at radius 2, bilinear; patterns with more than two changes share a
    bin, so that a cell has 59 numbers, which sum to 1.

    Args:
        chip: uint8 `[150, 150, 3]`, RGB, from `FaceChip`.

    Returns:
        float64 `[2891]`.

    Reference:
        Ahonen et al., "Face Description with Local Binary Patterns", PAMI 2006.
    """
    import cv2

    grey = cv2.cvtColor(chip[_FACE, _FACE], cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    codes = _BINS[binary_patterns(grey)]
    edges = np.linspace(0, SIZE, GRID + 1).astype(int)
    histograms = []
    for top, bottom in zip(edges, edges[1:]):
        for left, right in zip(edges, edges[1:]):
            cell = codes[top:bottom, left:right].ravel()
            histograms.append(np.bincount(cell, minlength=_COUNT) / cell.size)
    return np.concatenate(histograms)


def binary_patterns(grey):
    """8-bit codes `[h, w]`: bit k is set where neighbour k is not darker.

    Args:
        grey: uint8 `[h, w]`; the border repeats.
    """
    height, width = grey.shape
    padded = np.pad(grey.astype("float64"), RADIUS + 1, "edge")
    codes = np.zeros((height, width), int)
    for bit in range(8):
        angle = 2 * np.pi * bit / 8
        # Rounded, or a neighbour on the grid would be interpolated by 1e-17.
        x = np.round(RADIUS * np.cos(angle), 9) + RADIUS + 1
        y = np.round(-RADIUS * np.sin(angle), 9) + RADIUS + 1
        left, top = int(np.floor(x)), int(np.floor(y))
        u, v = x - left, y - top
        corners = [
            padded[top + dy : top + dy + height, left + dx : left + dx + width]
            for dy in (0, 1)
            for dx in (0, 1)
        ]
        weights = ((1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v)
        value = sum(weight * corner for weight, corner in zip(weights, corners))
        codes |= (value - grey >= -1e-9).astype(int) << bit
    return codes


def texture_similarity(first, second):
    """`1 - chi^2 / 2` averaged over cells: 1 for equal histograms, 0 for disjoint ones.

    It knows much less than a network: of two pairs of development faces, one of the
    same person and one not, it gives the first more in 79 % (dlib's network in 99.9 %,
    2,000 pairs each). But no model is trained to please it.

    Args:
        first, second: float `[..., 2891]` from `texture_descriptor`.
    """
    first, second = np.asarray(first, "float64"), np.asarray(second, "float64")
    chi = np.square(first - second) / np.maximum(first + second, 1e-12)
    return 1 - 0.5 * chi.sum(-1) / GRID**2


def _uniform_bins():
    """Bin of each 8-bit code: its own up to two changes around the circle, else 0."""
    bins, count = np.zeros(256, int), 1
    for code in range(256):
        turned = (code >> 1) | ((code & 1) << 7)
        if bin(code ^ turned).count("1") <= 2:
            bins[code] = count
            count += 1
    return bins, count


_BINS, _COUNT = _uniform_bins()

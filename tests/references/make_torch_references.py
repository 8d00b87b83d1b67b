"""Writes what PyTorch computes, for tests that must run without PyTorch.

    pip install torch && python tests/references/make_torch_references.py

Each `.npz` records the version of PyTorch that wrote it. Arrays are channels-last and
kernels `[height, width, in, out]`, as the tests use them.
"""

import pathlib

import numpy as np
import torch
from torch.nn import functional
from torch.nn.utils import parametrizations

FOLDER = pathlib.Path(__file__).parent

# name: constructor arguments of the convolution, power iterations
CONVOLUTIONS = {
    "plain": ({"padding": 1}, 1),
    "strided_without_bias": ({"stride": 2, "bias": False}, 1),
    "dilated": ({"dilation": 2}, 1),
    "grouped": ({"groups": 2, "padding": 1}, 1),
    "three_iterations": ({"padding": 1}, 3),
}


def to_keras(kernel):
    """`[out, in, height, width]` to `[height, width, in, out]`."""
    return kernel.detach().numpy().transpose(2, 3, 1, 0)


def vector_to_keras(vector, kernel):
    """PyTorch flattens `[in, height, width]`, the library `[height, width, in]`."""
    shape = kernel.shape[1:]
    return vector.numpy().reshape(shape).transpose(1, 2, 0).reshape(-1)


def channels_last(x):
    return x.detach().numpy().transpose(0, 2, 3, 1)


def spectral_conv2d():
    """Two training calls and one at inference: outputs, gradients, vectors."""
    arrays = {}
    x = torch.randn(2, 4, 7, 6)
    arrays["x"] = channels_last(x)
    for name, (arguments, iterations) in CONVOLUTIONS.items():
        conv = torch.nn.Conv2d(4, 6, 3, **arguments)
        # Far from norm 1, so that a missing division shows.
        conv.weight.data *= 5.0
        conv = parametrizations.spectral_norm(conv, n_power_iterations=iterations)
        norm = conv.parametrizations.weight[0]
        kernel = conv.parametrizations.weight.original
        # A start that is not converged, so that each iteration shows.
        norm._u = functional.normalize(torch.randn_like(norm._u), dim=0)
        norm._v = functional.normalize(torch.randn_like(norm._v), dim=0)
        arrays[f"{name}/kernel"] = to_keras(kernel)
        arrays[f"{name}/u"] = norm._u.numpy().copy()
        arrays[f"{name}/v"] = vector_to_keras(norm._v, kernel).copy()
        if conv.bias is not None:
            arrays[f"{name}/bias"] = conv.bias.detach().numpy()
        for step, training in enumerate((True, True, False)):
            conv.train(training)
            conv.zero_grad()
            y = conv(x)
            weight = torch.cos(torch.arange(y.numel()).reshape(y.shape).float())
            (y * weight).sum().backward()
            arrays[f"{name}/{step}/y"] = channels_last(y)
            arrays[f"{name}/{step}/weight"] = channels_last(weight)
            arrays[f"{name}/{step}/gradient"] = to_keras(kernel.grad).copy()
            arrays[f"{name}/{step}/u"] = norm._u.numpy().copy()
            arrays[f"{name}/{step}/v"] = vector_to_keras(norm._v, kernel).copy()
    return arrays


def flow_warp():
    """`grid_sample` at the flow's positions: outputs and gradients."""
    arrays = {}
    for name, size in {"same": (7, 9), "coarse": (4, 3), "fine": (14, 20)}.items():
        features = torch.randn(2, 3, 7, 9, requires_grad=True)
        flow = 3.0 * torch.randn(2, 2, *size)
        flow[0, :, 1, 1] = torch.tensor([-40.0, 55.0])  # far outside
        flow.requires_grad_()
        resized = functional.interpolate(
            flow, (7, 9), mode="bilinear", align_corners=False
        )
        factor = torch.tensor([9 / size[1], 7 / size[0]]).reshape(1, 2, 1, 1)
        displacement = resized * factor
        y, x = torch.meshgrid(torch.arange(7), torch.arange(9), indexing="ij")
        position = displacement + torch.stack([x, y]).unsqueeze(0)
        scale = torch.tensor([2.0 / 9, 2.0 / 7]).reshape(1, 2, 1, 1)
        grid = ((position + 0.5) * scale - 1.0).permute(0, 2, 3, 1)
        arrays[f"{name}/features"] = channels_last(features)
        arrays[f"{name}/flow"] = channels_last(flow)
        for padding in ("border", "zeros"):
            out = functional.grid_sample(
                features, grid, padding_mode=padding, align_corners=False
            )
            weight = torch.cos(torch.arange(out.numel()).reshape(out.shape).float())
            gradients = torch.autograd.grad(
                (out * weight).sum(), (features, flow), retain_graph=True
            )
            arrays[f"{name}/weight"] = channels_last(weight)
            arrays[f"{name}/{padding}/out"] = channels_last(out)
            arrays[f"{name}/{padding}/features_gradient"] = channels_last(gradients[0])
            arrays[f"{name}/{padding}/flow_gradient"] = channels_last(gradients[1])
    return arrays


def main():
    for make in (spectral_conv2d, flow_warp):
        torch.manual_seed(0)
        arrays = {k: np.asarray(v, "float32") for k, v in make().items()}
        path = FOLDER / f"{make.__name__}.npz"
        np.savez_compressed(path, torch_version=torch.__version__, **arrays)
        print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()

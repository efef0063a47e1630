"""Tables of tests/golden/test_network_autoencoder.c from PyTorch.

usage: autoencoder_table.py FOLDER   writes autoencoder.json, .safetensors

Narrow auto-encoders (spec 5.5) in float64, weights and inputs by the formula
of generator.json: features, the mean absolute error between output and input,
summaries (golden.h) of outputs and of its gradients. Names are held against
MONAI's, whose own padding no longer gives these sizes. (A last stride of 1
would leave the residual's bias without gradient too.)"""
import json
import sys

import numpy as np
import torch
from monai.networks.nets import AutoEncoder
from safetensors.numpy import save_file
from torch import nn
from torch.nn import functional

from genesis_table import formula

CASES = [
    # name, planes, strides, middle, (d, h, w), batch, channels
    ("study", [4, 5, 3, 4, 6, 3, 5], [2, 2, 2, 1, 2, 2, 2], 9, [50] * 3, 1, 1),
    ("two_channels", [3, 9, 2], [2, 1, 2], 4, [10, 14, 18], 2, 2),
    ("plain_residual", [4, 3], [1, 2], 3, [6, 8, 10], 3, 1),
    ("wide", [33, 8], [2, 2], 17, [14, 18, 22], 1, 1),
]
SEED = 7


class Conv(nn.Sequential):
    """MONAI's Convolution: conv, then adn with N (no parameters) and A."""

    def __init__(self, conv, norm=True):
        super().__init__()
        self.add_module("conv", conv)
        if norm:
            adn = nn.Sequential()
            adn.add_module("N", nn.InstanceNorm3d(conv.out_channels))
            adn.add_module("A", nn.PReLU())
            self.add_module("adn", adn)


class Residual(nn.Module):
    def __init__(self, c, o):
        super().__init__()
        self.conv = nn.Sequential()
        for i in range(2):
            unit = Conv(nn.Conv3d(o if i else c, o, 3, padding=1))
            self.conv.add_module(f"unit{i}", unit)
        self.residual = nn.Conv3d(c, o, 1) if c != o else nn.Identity()

    def forward(self, x):
        return self.conv(x) + self.residual(x)


class Net(nn.Module):
    def __init__(self, channels, planes, strides, middle):
        super().__init__()
        self.encode, self.intermediate = nn.Sequential(), nn.Sequential()
        self.decode = nn.Sequential()
        c = channels
        for i, (o, s) in enumerate(zip(planes, strides)):
            conv = nn.Conv3d(c, o, 3, stride=s, padding=2)
            self.encode.add_module(f"encode_{i}", Conv(conv))
            c = o
        self.intermediate.add_module("inter_0", Residual(c, middle))
        c = middle
        for i, (o, s) in enumerate(zip(planes[-2::-1] + [channels],
                                       strides[::-1])):
            conv = nn.ConvTranspose3d(c, o, 3, stride=s, padding=2,
                                      output_padding=s - 1)
            one = nn.Sequential()
            one.add_module("conv", Conv(conv, i + 1 < len(strides)))
            self.decode.add_module(f"decode_{i}", one)
            c = o

    def forward(self, x):
        x = self.intermediate(self.encode(x))
        return functional.avg_pool3d(x, 3).flatten(1), self.decode(x)


def rule(name, shape):
    if len(shape) == 5:
        return 0.0, 0.125 if shape[1] > 4 else 0.25
    return (0.25, 0.125) if name.endswith("adn.A.weight") else (0.0, 0.125)


def summary(t):
    a = t.detach().numpy().ravel()
    return {"n": a.size, "sum": float(a.sum()),
            "l2": float(np.sqrt((a * a).sum())),
            "max_abs": float(abs(a).max()),
            "samples": [float(a[i * (a.size - 1) // 7]) for i in range(8)]}


def run(name, stream, planes, strides, middle, size, batch, channels, arrays):
    net = Net(channels, planes, strides, middle).double()
    original = AutoEncoder(3, channels, channels, planes, strides,
                           inter_channels=[middle])
    assert ([(k, v.shape) for k, v in net.state_dict().items()]
            == [(k, v.shape) for k, v in original.state_dict().items()])
    tensors, state = [], {}
    for index, (key, value) in enumerate(net.state_dict().items()):
        offset, scale = rule(key, value.shape)
        tensors.append({"index": index, "name": key,
                        "shape": list(value.shape), "offset": offset,
                        "scale": scale})
        v = formula(stream, index, value.numel(), offset, scale)
        state[key] = torch.from_numpy(v).reshape(value.shape)
    net.load_state_dict(state)
    n = batch * channels * int(np.prod(size))
    image = formula(stream, 4000, n, 0.5, 0.5).reshape(batch, channels, *size)
    x = torch.from_numpy(image).requires_grad_(True)
    features, y = net(x)
    assert y.shape == x.shape
    loss = functional.l1_loss(y, x.detach())
    loss.backward()
    arrays[f"{name}/features"] = features.detach().numpy()
    sums = {"output": summary(y), "input": summary(x.grad)}
    last = f"decode.decode_{len(planes) - 1}."
    for key, p in net.named_parameters():
        noise = (key.endswith("conv.bias") and not key.startswith(last))
        if not noise:  # rounding noise before a norm
            sums[key] = summary(p.grad)
    return {"name": name, "family": "autoencoder", "stream": stream,
            "layers": [1] * len(planes), "planes": planes, "strides": strides,
            "middle": middle, "size": size, "batch": batch,
            "in_channels": channels, "loss": loss.item(), "summaries": sums,
            "tensors": tensors}


def main():
    arrays, cases = {}, []
    torch.set_num_threads(1)
    for i, c in enumerate(CASES):
        cases.append(run(c[0], 72 + i, *c[1:], arrays))
    save_file({k: np.ascontiguousarray(v) for k, v in arrays.items()},
              sys.argv[1] + "/autoencoder.safetensors")
    with open(sys.argv[1] + "/autoencoder.json", "w") as f:
        json.dump({"made_by": f"torch {torch.__version__}", "seed": SEED,
                   "cases": cases}, f, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main()

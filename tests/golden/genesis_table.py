"""Tables of tests/golden/test_network_genesis.c from PyTorch.

usage: genesis_table.py FOLDER   writes genesis.json and genesis.safetensors

Narrow encoders of Models Genesis (spec 5.5) in float64, weights and inputs by
the formula of generator.json: features, running statistics and gradients of
loss = sum(features * formula 4001), gradients as float32. Both modes give the
same, which is checked here too."""
import json
import sys

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn
from torch.nn import functional

CASES = [
    # name, planes, (d, h, w), batch, channels
    ("four_stages", [2, 3, 2, 3], [24, 27, 33], 3, 1),
    ("two_stages", [3, 2], [7, 10, 9], 2, 2),
    ("one_sample", [5, 2], [13, 6, 8], 1, 1),
]
SEED = 7


def formula(stream, index, n, offset=0.0, scale=1.0):
    with np.errstate(over="ignore"):
        x = np.uint64(SEED) * np.uint64(0xD1342543DE82EF95)
        x = x + (np.uint64(stream) << np.uint64(52))
        x = x + (np.uint64(index) << np.uint64(40))
        x = x + np.arange(n, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x = x ^ (x >> np.uint64(31))
    raw = ((x >> np.uint64(43)).astype(np.int64) - 1048576) / 1048576.0
    return (offset + scale * raw).astype(np.float32).astype(np.float64)


class BatchNorm(nn.BatchNorm3d):
    """Batch statistics in either mode; the counter is not touched."""

    def forward(self, x):
        return functional.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias,
            training=True, momentum=self.momentum, eps=self.eps)


class Unit(nn.Module):
    def __init__(self, c, o):
        super().__init__()
        self.conv1 = nn.Conv3d(c, o, 3, padding=1)
        self.bn1 = BatchNorm(o)

    def forward(self, x):
        return functional.relu(self.bn1(self.conv1(x)))


class Stage(nn.Module):
    def __init__(self, c, o):
        super().__init__()
        self.ops = nn.Sequential(Unit(c, o), Unit(o, 2 * o))

    def forward(self, x):
        return self.ops(x)


class Encoder(nn.Module):
    def __init__(self, c, planes):
        super().__init__()
        self.stages = []
        for i, o in enumerate(planes):
            name = f"down_tr{64 << i}"
            self.add_module(name, Stage(c, o))
            self.stages.append(name)
            c = 2 * o

    def forward(self, x):
        for i, name in enumerate(self.stages):
            if i:
                x = functional.max_pool3d(x, 2)
            x = getattr(self, name)(x)
        return functional.avg_pool3d(x, 3, 2).flatten(1)


def rule(name, shape):
    if name.endswith(("running_var", "bn1.weight")):
        return 1.0, 0.5
    if len(shape) == 5:
        return 0.0, 0.125 if shape[1] > 4 else 0.25
    return 0.0, 0.125


def run(name, stream, planes, size, batch, channels, arrays):
    net = Encoder(channels, planes).double()
    tensors, state = [], {}
    for index, (key, value) in enumerate(net.state_dict().items()):
        t = {"index": index, "name": key, "shape": list(value.shape)}
        if value.dtype == torch.int64:
            t["int"] = 0
            state[key] = torch.zeros((), dtype=torch.int64)
        else:
            t["offset"], t["scale"] = rule(key, value.shape)
            v = formula(stream, index, value.numel(), t["offset"], t["scale"])
            state[key] = torch.from_numpy(v).reshape(value.shape)
        tensors.append(t)
    n = batch * channels * int(np.prod(size))
    image = formula(stream, 4000, n, 0.5, 0.5).reshape(batch, channels, *size)
    for mode in ("eval", "train"):
        net.load_state_dict(state)
        net.train(mode == "train")
        net.zero_grad()
        x = torch.from_numpy(image).requires_grad_(True)
        y = net(x)
        out = formula(stream, 4001, y.numel()).reshape(y.shape)
        (y * torch.from_numpy(out)).sum().backward()
        got = {"features": y.detach().numpy()}
        for key, value in net.state_dict().items():
            if "running" in key:
                got["running/" + key] = value.numpy().copy()
            if "tracked" in key:
                assert int(value) == 0
        for key, p in net.named_parameters():
            if not key.endswith("conv1.bias"):  # rounding noise
                got["grad/" + key] = p.grad.numpy().astype(np.float32)
        if n < 3000:
            got["grad_input"] = x.grad.numpy().astype(np.float32)
        for key, value in got.items():
            value = arrays.setdefault(f"{name}/{key}", value)
            assert np.array_equal(value, got[key])
    return {"name": name, "family": "genesis", "stream": stream,
            "planes": planes,
            "layers": [2] * len(planes), "size": size, "batch": batch,
            "in_channels": channels, "tensors": tensors}


def main():
    arrays, cases = {}, []
    torch.set_num_threads(1)
    for i, c in enumerate(CASES):
        cases.append(run(c[0], 64 + i, *c[1:], arrays))
    save_file({k: np.ascontiguousarray(v) for k, v in arrays.items()},
              sys.argv[1] + "/genesis.safetensors")
    with open(sys.argv[1] + "/genesis.json", "w") as f:
        json.dump({"made_by": f"torch {torch.__version__}", "seed": SEED,
                   "cases": cases}, f, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main()

"""Files of weights: written here and opened by the stock packages, and back.

usage: weights.py BIN   (the folder of fmcib-weights)
Prints one line `peer weights <what> same|DIFFERENT`; exit status 1 if any is
DIFFERENT. Without torch its part is skipped and says so.
"""
import collections
import os
import subprocess
import sys
import tempfile

import numpy as np
import safetensors
import safetensors.numpy as st

try:
    import torch
except ImportError:
    torch = None

failed = []


def say(what, same):
    print(f"peer weights {what} {'same' if same else 'DIFFERENT'}", flush=True)
    if not same:
        failed.append(what)


def tensors():
    rng = np.random.default_rng(1)
    shapes = {
        "conv1.weight": (8, 1, 7, 7, 7),
        "bn1.weight": (8,),
        "bn1.running_var": (8,),
        "layer1.0.conv1.weight": (8, 8, 1, 1, 1),
    }
    out = {k: rng.random(s, dtype=np.float32) for k, s in shapes.items()}
    out["bn1.num_batches_tracked"] = np.array(7, dtype=np.int64)
    return out


def forms(state):
    """One network in the forms state dicts come in."""
    conv = state["conv1.weight"]
    both = torch.empty(2, *conv.shape)
    both[1] = conv
    cast = {k: lambda t, d=d: t.to(d) if t.is_floating_point() else t
            for k, d in (("float64", torch.float64), ("float16", torch.float16),
                         ("bfloat16", torch.bfloat16))}
    out = {k: {n: f(t) for n, t in state.items()} for k, f in cast.items()}
    out["float32"] = dict(state)
    out["ordered"] = collections.OrderedDict(state)
    out["parameters"] = {k: torch.nn.Parameter(v) if v.is_floating_point()
                         else v for k, v in state.items()}
    # views of a larger storage, shared storage, other strides
    out["views"] = {**state, "conv1.weight": both[1],
                    "bn1.weight": both[1].view(-1)[:8],
                    "layer1.0.conv1.weight": state["layer1.0.conv1.weight"]
                    .view(8, 8).t().contiguous().t().view(8, 8, 1, 1, 1)}
    out["channels_last"] = {
        **state,
        "conv1.weight": conv.to(memory_format=torch.channels_last_3d)}
    module = torch.nn.Sequential(collections.OrderedDict(
        conv1=torch.nn.Conv3d(1, 8, 7), bn1=torch.nn.BatchNorm3d(8)))
    out["module"] = module.state_dict() # has _metadata beside the tensors
    return out


def main():
    tool = os.path.join(os.path.abspath(sys.argv[1]), "fmcib-weights")
    own = tensors()

    def run(*args):
        subprocess.run([tool, *args], check=True, capture_output=True)

    with tempfile.TemporaryDirectory() as d:
        os.chdir(d)
        version = f"safetensors-{safetensors.__version__}"
        st.save_file(own, "stock.safetensors")
        run("convert", "stock.safetensors", "ours.safetensors")
        run("convert", "stock.safetensors", "ours.pt")
        back = st.load_file("ours.safetensors")
        say(f"{version}_opens_ours", all((back[k] == own[k]).all() for k in own))
        with open("stock.safetensors", "rb") as a, open("ours.safetensors", "rb") as b:
            say(f"{version}_same_bytes", a.read() == b.read())
        if torch is None:
            print("peer weights SKIP: torch is not installed")
            return
        version = f"torch-{torch.__version__.split('+')[0]}"
        back = torch.load("ours.pt", weights_only=True)["trunk_state_dict"]
        say(f"{version}_opens_ours",
            back.keys() == own.keys()
            and all((back[k].numpy() == own[k]).all() for k in own))
        state = {k: torch.from_numpy(v.copy()) for k, v in own.items()}
        for form, content in forms(state).items():
            plain = {k: torch.from_numpy(v.detach().double().numpy().copy())
                     if v.is_floating_point() else v for k, v in
                     content.items() if torch.is_tensor(v)}
            torch.save({"state_dict": plain}, "plain.pt")
            for name, zipped in (("new", True), ("old", False)):
                torch.save({"state_dict": content, "epoch": 3, "lr": 0.1,
                            "best": torch.tensor(0.5), "note": "x"},
                           name + ".pt",
                           _use_new_zipfile_serialization=zipped)
                same = subprocess.run([tool, "diff", name + ".pt", "plain.pt"],
                                      capture_output=True).returncode == 0
                say(f"{version}_{name}_{form}_opens_here", same)


main()
sys.exit(1 if failed else 0)

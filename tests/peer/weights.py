"""Files of weights: written here and opened by the stock packages, and back.

usage: weights.py BIN   (the folder of fmcib-weights)
Prints one line `peer weights <what> same|DIFFERENT`; exit status 1 if any is
DIFFERENT. Without torch its part is skipped and says so.
"""
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
        for name, zipped in (("new", True), ("old", False)):
            torch.save({"trunk_state_dict": state}, name + ".pt",
                       _use_new_zipfile_serialization=zipped)
            same = subprocess.run([tool, "diff", name + ".pt", "ours.pt"],
                                  capture_output=True).returncode == 0
            say(f"{version}_{name}_form_opens_here", same)


main()
sys.exit(1 if failed else 0)

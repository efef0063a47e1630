"""The full network by PyTorch (MONAI's ResNet-50, widen factor 2) and by us.

usage: network.py BIN [train | train-only]   (the folder of fmcib-bench)
Features of 50^3 patches, batch 4: eager, and compiled with frozen weights;
`train` adds a step of pretraining (PyTorch two items, four views each; we eight;
no augmentation on either side's clock but ours): eager, eager with channels
last, compiled. Rounds take turns; a figure is
the least of its rounds. "work" is the time all threads have worked, which
others on the machine do not stretch. Threads: FMCIB_PEER_THREADS, else 1.
"""
import os
import re
import subprocess
import sys
import time

THREADS = os.environ.get("FMCIB_PEER_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", THREADS)
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import monai
import torch
import torch._inductor.config

BATCH, ROUNDS = 4, 3
NAME = f"torch-{torch.__version__.split('+')[0]}"


def network():
    torch.manual_seed(1)
    return monai.networks.nets.resnet50(
        pretrained=False, spatial_dims=3, n_input_channels=1, widen_factor=2,
        conv1_t_stride=2, feed_forward=False, bias_downsample=True)


def ours(binary, *args):
    """{figure: ms} of one run."""
    text = subprocess.run([binary, *args], check=True, capture_output=True,
                          text=True).stdout
    return {m[1]: float(m[2])
            for m in re.finditer(r"^bench (\S+) (\S+) ms", text, re.M)}


def clocked(fn, n):
    """Least wall and work ms of one call, over n things each."""
    wall, work = [], []
    for _ in range(2):
        t, w = time.perf_counter(), time.process_time()
        fn()
        wall.append(time.perf_counter() - t)
        work.append(time.process_time() - w)
    return 1e3 * min(wall) / n, 1e3 * min(work) / n


def show(what, unit, mine, theirs):
    for i, kind in enumerate(("wall", "work")):
        a = min(m[i] for m in mine)
        for name, figures in theirs.items():
            b = min(f[i] for f in figures)
            print(f"bench {what} {kind} {a:.4g} {unit} peer {NAME}-{name} "
                  f"{b:.4g} ratio {b / a:.3g}", flush=True)


def compiled(model, x):
    """None where it cannot be compiled."""
    torch._inductor.config.freezing = True
    fast = torch.compile(model)
    start = time.perf_counter()
    try:
        with torch.no_grad():
            fast(x)
    except Exception as error:  # no compiler on this machine, mostly
        print(f"peers: no compiled network: {str(error).splitlines()[0]}")
        return None
    print(f"  compiled in {time.perf_counter() - start:.0f} s", flush=True)
    return fast


def evaluation(binary):
    model = network().eval()
    x = torch.randn(BATCH, 1, 50, 50, 50)
    fast = compiled(model, x)
    peers = {"eager": model}
    if fast is not None:
        peers["frozen"] = fast
    mine, theirs = [], {name: [] for name in peers}
    with torch.no_grad():
        for fn in peers.values():
            fn(x)
        for _ in range(ROUNDS):
            f = ours(binary, "eval", THREADS, str(BATCH), "2")
            mine.append((f["eval-best"], f["eval-work"]))
            for name, fn in peers.items():
                theirs[name].append(clocked(lambda fn=fn: fn(x), BATCH))
    show(f"eval {THREADS} threads", "ms/patch", mine, theirs)


def step_of(model, items, channels_last=False):
    """A step of `items` items: positives and negatives, two views each."""
    layout = torch.channels_last_3d if channels_last else \
        torch.contiguous_format
    model = model.to(memory_format=layout)
    optimiser = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    views = [torch.randn(items, 1, 50, 50, 50).to(memory_format=layout)
             for _ in range(4)]

    def step():
        z = [torch.nn.functional.normalize(model(v)) for v in views]
        far = torch.cat([z[0] @ z[2].T, z[0] @ z[3].T], 1) / 0.1
        near = (z[0] * z[1]).sum(1, keepdim=True) / 0.1
        loss = torch.nn.functional.cross_entropy(
            torch.cat([near, far], 1), torch.zeros(items, dtype=torch.long))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return step


def peer_training(name, items):
    """Wall and work ms an item, None where this peer does not run."""
    torch._dynamo.reset()
    torch._inductor.config.freezing = False
    model = torch.nn.Sequential(
        network().train(), torch.nn.Linear(4096, 2048), torch.nn.ReLU(),
        torch.nn.Linear(2048, 128))
    start = time.perf_counter()
    try:
        if name == "compiled":
            model = torch.compile(model)
        step = step_of(model, items, name == "channels-last")
        step()
    except Exception as error:  # no compiler on this machine, mostly
        print(f"peers: no {name} training: {str(error).splitlines()[0]}",
              flush=True)
        return None
    print(f"  {name}: first step in {time.perf_counter() - start:.0f} s",
          flush=True)
    return clocked(step, items)


def training(binary):
    items = 2
    mine, theirs = [], {}

    def own():
        f = ours(binary, "step", "full", THREADS, "1")
        mine.append((f["step-full-best"], f["step-full-work"]))

    own()
    for name in ("eager", "channels-last", "compiled"):
        figures = peer_training(name, items)
        if figures is not None:
            theirs[name] = [figures]
    own()
    show(f"pretrain {THREADS} threads", "ms/item", mine, theirs)


def main():
    binary = os.path.join(sys.argv[1], "fmcib-bench")
    torch.set_num_threads(int(THREADS))
    if "train-only" not in sys.argv[2:]:
        evaluation(binary)
    if {"train", "train-only"} & set(sys.argv[2:]):
        training(binary)


main()

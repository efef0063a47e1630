"""One patch of 50 mm from a 512 x 512 x 250 CT: SimpleITK's way (read all,
resample all, crop), MONAI's (inference path), and ours by window.

usage: patches.py BIN   (the folder of fmcib-bench)
Times are CPU seconds of all threads, so a busy machine does not count; the
resamplers are given two threads.
"""
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import zlib

os.environ.setdefault("OMP_NUM_THREADS", "2")
import numpy as np
import SimpleITK as sitk

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(2)
SEED = (-180 + 358 * 0.65, -170 + 358 * 0.32, -100 + 312 * 0.85)


def line(name, ours, unit, peer, theirs):
    print(f"bench {name} {ours:.4g} {unit} peer {peer} {theirs:.4g} "
          f"ratio {theirs / ours:.3g}", flush=True)


def best(f, runs=2):
    times = []
    for _ in range(runs):
        t = time.process_time()
        out = f()
        times.append(1e3 * (time.process_time() - t))
    return min(times), out


def training(path):
    image = sitk.ReadImage(path)
    size = [round(n * s) for n, s in zip(image.GetSize(), image.GetSpacing())]
    image = sitk.Resample(image, size, sitk.Transform(), sitk.sitkLinear,
                          image.GetOrigin(), (1.0, 1.0, 1.0),
                          image.GetDirection(), -1024, image.GetPixelID())
    at = [int(c) for c in image.TransformPhysicalPointToContinuousIndex(SEED)]
    return sitk.GetArrayFromImage(
        image[tuple(slice(c - 25, c + 25) for c in at)])


def inference(path):
    import monai
    import torch
    from monai.transforms import Spacing

    torch.set_num_threads(2)
    image = sitk.ReadImage(path)
    array = sitk.GetArrayFromImage(image).transpose(2, 1, 0)
    array = (array.astype(np.float32) + 1024) / 3072
    affine = np.eye(4)
    affine[:3, :3] = np.diag([-1, -1, 1]) @ np.reshape(
        image.GetDirection(), (3, 3)) @ np.diag(image.GetSpacing())
    affine[:3, 3] = np.diag([-1, -1, 1]) @ image.GetOrigin()
    data = monai.data.MetaTensor(array[None], affine=affine)
    return Spacing(pixdim=1, padding_mode="zeros", mode="linear",
                   align_corners=True, diagonal=True)(data)


def main(binary):
    with tempfile.TemporaryDirectory() as folder:
        text = subprocess.run([binary, "patches", "5", folder], check=True,
                              capture_output=True, text=True).stdout
        print(text, end="")
        ours = {n: float(v) for n, v in
                re.findall(r"^bench (\S+) (\S+)", text, re.M)}
        for kind in ("raw", "gz"):
            path = os.path.join(folder, "ct.nii" + (".gz" if kind == "gz"
                                                    else ""))
            ms, _ = best(lambda: training(path))
            line(f"patch-{kind}-training", ours[f"patches-{kind}-training"],
                 "ms", "SimpleITK", ms)
        with open(os.path.join(folder, "ct.nii.gz"), "rb") as f:
            packed = f.read()
        ms, plain = best(lambda: zlib.decompress(packed, 31))
        line("inflate-zlib", ours["patches-gz-training"], "ms", "zlib-all", ms)
        try:
            import deflate
            ms, _ = best(lambda: deflate.gzip_decompress(
                packed, originalsize=len(plain)))
            line("inflate-libdeflate", ours["patches-gz-training"], "ms",
                 "libdeflate-all", ms)
        except ImportError:
            print("SKIP libdeflate: the package deflate is not installed")
        try:
            import monai  # noqa: F401
        except ImportError:
            print("SKIP MONAI: not installed")
            return
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        ms, _ = best(lambda: inference(os.path.join(folder, "ct.nii")), 1)
        line("patch-raw-inference", ours["patches-raw-inference"], "ms",
             "MONAI", ms)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        line("patch-raw-inference-memory",
             max(ours["patches-raw-inference-memory"], 0.1), "MB",
             "MONAI", max(after - before, 0.1))


main(os.path.join(sys.argv[1], "fmcib-bench"))

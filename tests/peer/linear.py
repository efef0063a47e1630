"""Linear models at the study's shapes, fitted by scikit-learn and by us.

usage: linear.py BIN   (the folder of fmcib-bench)
Both get the same numbers from one file; objectives F / C are of
F = |w|^2 / 2 + C sum of losses, so the smaller one is the better fit. Lines
"sklearn-1.4" are ours with model.rules so: the same iterates as their default;
lines "gradient-1e-3" with model.gradient so, each beside the rule it follows.
Short fits are medians of five on both sides.
"""
import os
import re
import struct
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import sklearn
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

P, LATENT = 4096, 512


def make(n, classes, correlated, rng):
    y = np.arange(n) % classes
    if correlated:
        mean = rng.normal(size=(classes, LATENT))
        z = (mean[y] + rng.normal(size=(n, LATENT))) / np.arange(1, LATENT + 1)
        x = z @ rng.normal(size=(LATENT, P)) + 0.02 * rng.normal(size=(n, P))
    else:
        x = 0.1 * rng.normal(size=(classes, P))[y] + rng.normal(size=(n, P))
    return (x - x.mean(0)) / x.std(0), y


def objective(model, x, y, c):
    z = model.decision_function(x)
    if z.ndim == 1:
        loss = np.logaddexp(0.0, np.where(y == 1, -z, z)).sum()
    else:
        loss = -log_softmax(z, axis=1)[np.arange(len(y)), y].sum()
    return loss + (model.coef_ ** 2).sum() / (2 * c)


def gradient(model, x, y, c):
    """2-norm of F's gradient over |w| (C |X' residual| if larger), as ours."""
    p = model.predict_proba(x)
    p[np.arange(len(y)), y] -= 1
    r = c * (p[:, 1:] if p.shape[1] == 2 else p)
    pull = x.T @ r
    g = np.sqrt(((model.coef_.T + pull) ** 2).sum() + (r.sum(0) ** 2).sum())
    return g / max(np.linalg.norm(model.coef_), np.linalg.norm(pull))


def ours(binary, x, y, classes):
    """{C: (ms, objective, gradient)} of exact fits, the same with model.gradient
    1e-3, {C: (ms, objective, iterations)} under model.rules sklearn-1.4, and
    the seconds of the preparation."""
    with tempfile.NamedTemporaryFile(suffix=".bin") as f:
        f.write(struct.pack("<3I", len(y), x.shape[1], classes))
        f.write(y.astype("<i4").tobytes())
        f.write(x.astype("<f8").tobytes())
        f.flush()
        text = subprocess.run([binary, "logistic", "1", f.name], check=True,
                              capture_output=True, text=True).stdout
    prepare = float(re.search(r"prepare (\S+) s", text)[1])
    fits = re.findall(r"fit C (\S+) (\S+) ms\n  objective / C (\S+), "
                      r"gradient (\S+) relative", text)
    near = re.findall(r"fit C (\S+) gradient-1e-3 (\S+) ms\n  objective / C "
                      r"(\S+), gradient (\S+) relative", text)
    early = re.findall(r"fit C (\S+) sklearn-1.4 (\S+) ms\n  objective / C "
                       r"(\S+), gradient (\S+) relative, (\d+) steps", text)
    return ({float(c): (float(ms), float(f), g) for c, ms, f, g in fits},
            {float(c): (float(ms), float(f), g) for c, ms, f, g in near},
            {float(c): (float(ms), float(f), int(n)) for c, ms, f, _, n
             in early}, prepare)


def beside(name, c, exact, near, x, y, rule, tol):
    """Their fit beside ours of `exact` and `near` ms. Since release 1.4 they
    divide the objective by n before the gradient is held against the
    tolerance; rule "1.3" undoes that."""
    took = []
    while len(took) < 5 and (not took or took[-1] < 100):
        start = time.thread_time()
        model = LogisticRegression(C=c, max_iter=10000, tol=tol).fit(x, y)
        took.append(1e3 * (time.thread_time() - start))
    peer = sorted(took)[len(took) // 2]
    for way, ms in (("", exact), (" gradient-1e-3", near)):
        print(f"bench linear {name} C {c:g}{way} {ms:.4g} ms peer scikit-learn-"
              f"{sklearn.__version__}-{rule} {peer:.4g} ratio {peer / ms:.3g}")
    print(f"  theirs: objective / C {objective(model, x, y, c):.12g}, "
          f"relative gradient {gradient(model, x, y, c):.2g}, "
          f"{model.n_iter_[0]} iterations", flush=True)
    return peer


def main():
    binary = os.path.join(sys.argv[1], "fmcib-bench")
    rng = np.random.default_rng(1)
    for task, n, classes in (("task2", 338, 2), ("task1", 2610, 8)):
        for correlated in (False, True):
            x, y = make(n, classes, correlated, rng)
            name = f"{task} {'correlated' if correlated else 'white'}"
            fits, near, early, prepare = ours(binary, x, y, classes)
            print(f"bench linear {name} prepare {prepare:.4g} s")
            for c, (ms, f, g) in fits.items():
                ms_near, f_near, g_near = near[c]
                print(f"  C {c:g}: objective / C {f:.12g}, relative gradient "
                      f"{g}; with gradient-1e-3 {f_near:.12g}, {g_near}")
                peer = beside(name, c, ms, ms_near, x, y, "default", 1e-4)
                ms_early, f_early, steps = early[c]
                print(f"bench linear {name} C {c:g} sklearn-1.4 "
                      f"{ms_early:.4g} ms peer scikit-learn-"
                      f"{sklearn.__version__} {peer:.4g} ratio "
                      f"{peer / ms_early:.3g}")
                print(f"  ours, stopped as theirs: objective / C "
                      f"{f_early:.12g}, {steps} iterations")
                beside(name, c, ms, ms_near, x, y, "1.3", 1e-4 / n)


main()

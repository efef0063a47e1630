"""A search at the study's size: 300 trials of C on task 1 (2,610 x 4,096 for
training, 1,220 for validation, 8 classes), ours on two ranks, scikit-learn and
Optuna's TPE on one thread each.

usage: sweep.py BIN [TRIALS [PEER_TRIALS [noisy]]]   (the folder of our programs)
PEER_TRIALS (default 10) trials of theirs are timed and scaled up to TRIALS
(300): their first trials are random ones, ours are all there are. Wall time,
and processor time of all ranks together, which other work on the machine
disturbs less.
"""
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import optuna
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import StandardScaler

P, LATENT, CLASSES = 4096, 512, 8
ROWS = {"train": 2610, "val": 1220}
RANKS = 2


def make(rng, noisy):
    """Nearer to deep features than white noise, as linear.py's correlated
    data: LATENT directions of standard deviation 1/j, mixed, and 2 % noise.
    noisy: a fifth of the labels is drawn anew, so that accuracy is about the
    study's and a middling C is best; fits with a larger one then have to
    find room for the wrong labels in the noise, and take far longer."""
    mean = rng.normal(size=(CLASSES, LATENT))
    mix = rng.normal(size=(LATENT, P))
    table = {}
    for split, n in ROWS.items():
        y = rng.integers(CLASSES, size=n)
        z = mean[y] + rng.normal(size=(n, LATENT))
        x = (z / np.arange(1, LATENT + 1)) @ mix + 0.02 * rng.normal(size=(n, P))
        if noisy:
            wrong = rng.random(n) < 0.2
            y = np.where(wrong, rng.integers(CLASSES, size=n), y)
        table[split] = x.astype(np.float32), y
    return table


def write(table, folder):
    for split, (x, y) in table.items():
        with open(os.path.join(folder, f"{split}_features.csv"), "w") as f:
            f.write(",label," + ",".join(f"pred_{j}" for j in range(P)) + "\n")
            for i, row in enumerate(x.astype(float).tolist()):
                f.write(f"{i},{y[i]}," + ",".join(map(repr, row)) + "\n")


def processor(who):
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def ours(programs, folder, trials):
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    out = os.path.join(folder, "out")
    command = ["bash", os.path.join(here, "mpirun.sh"), str(RANKS),
               os.path.join(programs, "fmcib-search"), "--quiet",
               "--threads", "1", "--out", out,
               "--set", f"input.features={folder}", "--set", "data.label=label",
               "--set", f"search.trials={trials}",
               "--set", "search.objective=accuracy",
               "--set", "output.features=false"]
    start, used = time.monotonic(), processor(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall = time.monotonic() - start
    used = processor(resource.RUSAGE_CHILDREN) - used
    with open(os.path.join(out, "study.json")) as f:
        return wall, used, json.load(f)


def theirs(table, trials):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    scaler = StandardScaler().fit(table["train"][0].astype(float))
    x = {s: scaler.transform(t[0].astype(float)) for s, t in table.items()}
    y = {s: t[1] for s, t in table.items()}

    def objective(trial):
        c = trial.suggest_float("C", 1e-6, 1e3, log=True)
        model = LogisticRegression(C=c, max_iter=1000).fit(x["train"],
                                                           y["train"])
        return accuracy_score(y["val"], model.predict(x["val"]))

    study = optuna.create_study(direction="maximize",
                                sampler=optuna.samplers.TPESampler(seed=0))
    start, used = time.monotonic(), processor(resource.RUSAGE_SELF)
    study.optimize(objective, n_trials=trials)
    used = processor(resource.RUSAGE_SELF) - used
    return time.monotonic() - start, used, study


def main():
    trials = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    sample = int(sys.argv[3]) if len(sys.argv) > 3 else 10
    noisy = len(sys.argv) > 4 and sys.argv[4] == "noisy"
    table = make(np.random.default_rng(1), noisy)
    with tempfile.TemporaryDirectory() as folder:
        write(table, folder)
        wall, used, study = ours(sys.argv[1], folder, trials)
    name = "sweep-noisy" if noisy else "sweep"
    peer, peer_used, best = theirs(table, sample)
    scaled, peer_used = (v * trials / sample for v in (peer, peer_used))
    print(f"bench {name} {trials} trials {RANKS} ranks {wall:.4g} s peer "
          f"scikit-learn-{sklearn.__version__}-optuna-{optuna.__version__} "
          f"{scaled:.4g} ratio {scaled / wall:.3g}")
    print(f"bench {name} {trials} trials processor {used:.4g} s peer "
          f"scikit-learn+optuna {peer_used:.4g} ratio {peer_used / used:.3g}")
    print(f"  ours: best accuracy {study['best']['value']:.6g} at C "
          f"{study['best']['params']['C']:.4g}, gradient "
          f"{study['model']['gradient_relative']:.2g} relative; files read and "
          f"written in this time")
    print(f"  theirs: {sample} trials {peer:.4g} s, best accuracy "
          f"{best.best_value:.6g} at C {best.best_params['C']:.4g}")


main()

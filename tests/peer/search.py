"""The cost of a suggestion beside the trial itself, by Optuna and by us.

usage: search.py BIN   (the folder of fmcib-bench)
One logarithmic parameter, a history of trials in memory, one thread, time of
the thread; the best of a few for Optuna, the mean for us.
"""
import random
import re
import subprocess
import sys
import time
import warnings

import optuna
from optuna.distributions import FloatDistribution
from optuna.trial import create_trial

RANGE = (1e-6, 1e3)


def optuna_ms(n, repeats):
    rng = random.Random(1)
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=1))
    dist = {"C": FloatDistribution(*RANGE, log=True)}
    for _ in range(n):
        c = 10 ** rng.uniform(-6, 3)
        study.add_trial(create_trial(params={"C": c}, distributions=dist,
                                     value=-abs(c - 1) / (c + 1)))
    best = float("inf")
    for _ in range(repeats):
        start = time.thread_time()
        trial = study.ask()
        c = trial.suggest_float("C", *RANGE, log=True)
        study.tell(trial, -abs(c - 1) / (c + 1))
        best = min(best, time.thread_time() - start)
    return 1e3 * best


def main():
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    text = subprocess.run([sys.argv[1] + "/fmcib-bench", "tpe"], check=True,
                          capture_output=True, text=True).stdout
    for n, ours in re.findall(r"bench tpe-(\d+) (\S+) ms", text):
        theirs = optuna_ms(int(n), 5)
        print(f"bench tpe-{n} {float(ours):.4g} ms/trial peer "
              f"optuna-{optuna.__version__} {theirs:.4g} "
              f"ratio {theirs / float(ours):.3g}", flush=True)


main()

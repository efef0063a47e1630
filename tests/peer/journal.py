"""One journal, two programs: studies begun by Optuna and gone on with by
fmcib-search, and the other way round; Optuna repeats every proposal and every
verdict of ours.

usage: journal.py BIN   (the folder of fmcib-search)
"""
import os
import random
import subprocess
import sys
import tempfile
import warnings

import optuna
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

LOW, HIGH = 1e-6, 1e3
OLD = optuna.__version__.startswith("3.")
DIST = FloatDistribution(LOW, HIGH, log=True)


def storage(path):
    if OLD:
        from optuna.storages import JournalFileStorage as File
    else:
        from optuna.storages.journal import JournalFileBackend as File
    return optuna.storages.JournalStorage(File(path))


def table(path, rows, rng):
    """Three classes, five features, in the study's layout."""
    with open(path, "w", encoding="ascii") as f:
        f.write(",image_path,label," +
                ",".join(f"pred_{j}" for j in range(5)) + "\n")
        for i in range(rows):
            c = rng.randrange(3)
            x = [rng.gauss(0.8 if j == c else 0, 1) for j in range(5)]
            f.write(f"{i},{os.path.basename(path)[0]}{i}.nii,{c}," +
                    ",".join(f"{v:.6f}" for v in x) + "\n")


def ours(bin_dir, out, *sets):
    keys = ["data.label=label", "search.lag=0", "search.startup=5",
            "search.rules=" + ("3.1" if OLD else "current"), *sets]
    args = [f"{bin_dir}/fmcib-search", "--quiet", "--threads", "1",
            "--out", out]
    for key in keys:
        args += ["--set", key]
    subprocess.run(args, check=True, stdout=subprocess.DEVNULL)


def sampler(seed):
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=5)


class Count:
    def __init__(self):
        self.same = self.all = 0

    def add(self, same):
        self.same += bool(same)
        self.all += 1

    def __str__(self):
        return f"{self.same} of {self.all}"


def say(what, total):
    """One line; it ends in "same" if nothing differs."""
    same = all(c.same == c.all for c in total)
    verdict = "same" if same else "DIFFERENT"
    print(f"peer journal {what} optuna-{optuna.__version__} " +
          (verdict if total else "no verdict"), flush=True)


def near(a, b):
    return abs(a - b) <= 1e-10 * abs(b)


def repeat(trials, first, how, pruner=None):
    """Optuna proposes the trials from `first` on again, told our values."""
    study = optuna.create_study(direction="maximize", study_name="search",
                                sampler=how, pruner=pruner)
    for t in trials[:first]:
        study.add_trial(t)
    values, verdicts = Count(), Count()
    for t in trials[first:]:
        if "fixed_params" in t.system_attrs:
            study.enqueue_trial(t.system_attrs["fixed_params"])
        trial = study.ask()
        values.add(near(trial.suggest_float("C", LOW, HIGH, log=True),
                        t.params["C"]))
        stop = False
        for step, v in sorted(t.intermediate_values.items()):
            trial.report(v, step)
            if pruner:
                stop = trial.should_prune()
                last = step == t.last_step
                verdicts.add(stop == (last and t.state == TrialState.PRUNED))
        if isinstance(how, optuna.samplers.GridSampler):
            continue  # it ends a study by itself
        if t.state == TrialState.PRUNED:
            study.tell(trial, state=TrialState.PRUNED)
        else:
            study.tell(trial, t.value)
    return values, verdicts


def begun_by_optuna(bin_dir, dir_name):
    """Optuna 20 and three in the queue, ours to 40, Optuna 10 more and the
    queue again, ours to 60."""
    path = os.path.join(dir_name, "study.log")
    optuna.create_study(storage=storage(path), study_name="other",
                        directions=["minimize", "maximize"])
    study = optuna.create_study(storage=storage(path), study_name="search",
                                direction="maximize", sampler=sampler(1))
    study.set_user_attr("who", {"name": "Optuna", "list": [1, None, 2.5]})

    def objective(trial):
        c = trial.suggest_float("C", LOW, HIGH, log=True)
        trial.set_user_attr("n", trial.number)
        if trial.number % 7 == 3:
            trial.report(0.5, 0)
            raise optuna.TrialPruned()
        if trial.number == 9:
            return float("nan")
        return 0.5 - abs(c - 1) / (c + 1) / 4

    study.optimize(objective, n_trials=19)
    study.ask().suggest_float("C", LOW, HIGH, log=True)  # left running
    total = Count()
    for turn, (until, more) in enumerate([(40, 10), (60, 0)]):
        study = optuna.load_study(storage=storage(path), study_name="search",
                                  sampler=sampler(2))
        first = len(study.trials)
        for fixed in ({"C": 2.0 + turn}, {}, {"C": 1e-5, "other": 1}):
            study.enqueue_trial(fixed)
        ours(bin_dir, os.path.join(dir_name, f"r{turn}"),
             f"input.features={dir_name}", f"search.journal={path}",
             f"search.trials={until}", f"seed={5 + turn}")
        study = optuna.load_study(storage=storage(path), study_name="search",
                                  sampler=sampler(2))
        assert len(study.trials) == until, len(study.trials)
        assert all(t.state.is_finished() for t in study.trials)
        assert study.trials[first].params == {"C": 2.0 + turn}
        assert study.trials[first + 2].params == {"C": 1e-5}
        assert "fixed_params" not in study.trials[first + 3].system_attrs
        values, _ = repeat(study.trials, first, sampler(5 + turn))
        total.same += values.same
        total.all += values.all
        if more:
            study.optimize(objective, n_trials=more)
    assert study.user_attrs["who"]["list"] == [1, None, 2.5]
    say(f"begun-by-optuna proposals {total}", [total])
    return total


def pruners():
    p = optuna.pruners
    yield "median", p.MedianPruner(), []
    yield "percentile", p.PercentilePruner(25.0), []
    yield "halving", p.SuccessiveHalvingPruner(), []
    yield "hyperband", p.HyperbandPruner(), []
    yield "threshold", p.ThresholdPruner(lower=0.65), [
        "search.pruner_lower=0.65"]
    yield "patient", p.PatientPruner(p.MedianPruner(), patience=1), [
        "search.pruner=median", "search.pruner_patience=1"]
    if hasattr(p, "WilcoxonPruner"):
        yield "wilcoxon", p.WilcoxonPruner(), []


def begun_by_us(bin_dir, dir_name):
    """Every pruner over the folds, and a grid."""
    train = os.path.join(dir_name, "train_features.csv")
    totals = []
    for name, pruner, keys in pruners():
        out = os.path.join(dir_name, name)
        ours(bin_dir, out, f"input.train={train}", "search.trials=40",
             f"search.pruner={name}", *keys)
        study = optuna.load_study(storage=storage(out + "/journal.log"),
                                  study_name="search")
        states = [t.state for t in study.trials]
        values, verdicts = repeat(study.trials, 0, sampler(0), pruner)
        # newer releases of scipy rank ties otherwise
        counts = [values] if name == "wilcoxon" else [values, verdicts]
        say(f"{name} proposals {values} verdicts {verdicts} pruned "
            f"{states.count(TrialState.PRUNED)}", counts)
        totals += counts
    if OLD:  # its order is that of Python's sets
        return totals
    grid = [1e-3, 0.01, 0.1, 1.0, 10.0, 100.0]
    out = os.path.join(dir_name, "grid")
    ours(bin_dir, out, f"input.train={train}", "search.sampler=grid",
         "search.grid=" + ",".join(map(str, grid)), "seed=3")
    path = out + "/journal.log"
    study = optuna.load_study(
        storage=storage(path), study_name="search",
        sampler=optuna.samplers.GridSampler({"C": grid}, seed=3))
    values, _ = repeat(study.trials, 0,
                       optuna.samplers.GridSampler({"C": grid}, seed=3))
    assert study.sampler.is_exhausted(study)
    study.add_trial(create_trial(params={"C": 2.0}, distributions={"C": DIST},
                                 value=0.5))
    assert len(optuna.load_study(storage=storage(path),
                                 study_name="search").trials) == 7
    say(f"grid proposals {values}", [values])
    return totals + [values]


SPACE = ["space.C.low=1e-4", "space.C.high=10", "space.C.log=true",
         "space.model.class_weight.choices=[none, balanced, given]",
         "space.model.weight.low=0.1", "space.model.weight.high=10",
         "space.model.weight.when.model.class_weight=given"]


def suggest(trial):
    """The same space, in the order it is asked for."""
    trial.suggest_float("C", 1e-4, 10, log=True)
    if trial.suggest_categorical("model.class_weight",
                                 ["none", "balanced", "given"]) == "given":
        trial.suggest_float("model.weight", 0.1, 10)
    return trial.params


def alike(a, b):
    return a.keys() == b.keys() and all(
        a[k] == b[k] if isinstance(a[k], str) else near(a[k], b[k])
        for k in a)


def conditional(bin_dir, dir_name):
    """A parameter that some trials have, alone, together and in groups. Alone,
    categories that no good trial has yet are often equal but for the last bit
    (with one of them Optuna goes another way): no verdict on that."""
    totals = []
    for joint, args in (("no", {"multivariate": False}),
                        ("yes", {"multivariate": True}),
                        ("groups", {"multivariate": True, "group": True})):
        out = os.path.join(dir_name, "when-" + joint)
        ours(bin_dir, out, f"input.features={dir_name}", "search.trials=60",
             f"search.joint={joint}", "seed=4", *SPACE)
        trials = optuna.load_study(storage=storage(out + "/journal.log"),
                                   study_name="search").trials
        study = optuna.create_study(
            direction="maximize", sampler=optuna.samplers.TPESampler(
                seed=4, n_startup_trials=5, **args))
        count = Count()
        for t in trials:
            trial = study.ask()
            count.add(alike(suggest(trial), t.params))
            study.tell(trial, t.value)
        n = sum("model.weight" in t.params for t in trials)
        say(f"conditional {joint} ({n} of 60 have it) proposals {count}",
            [] if joint == "no" else [count])
        if joint != "no":
            totals.append(count)
    return totals


def main():
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rng = random.Random(7)
    with tempfile.TemporaryDirectory() as d:
        for name, rows in (("train", 120), ("val", 60)):
            table(os.path.join(d, f"{name}_features.csv"), rows, rng)
        totals = [begun_by_optuna(sys.argv[1], d)]
        totals += begun_by_us(sys.argv[1], d)
        totals += conditional(sys.argv[1], d)
    return 0 if all(c.same == c.all for c in totals) else 1


sys.exit(main())

"""What takes longer than a test may: python -m tests.soak {threads,fits,interrupts,kills} [--seconds S] [--count N] [--seed K]

threads     64 threads predict while others train: answers of the model before or after a call, memory flat.
fits        N fits of each kind: memory flat.
interrupts  KeyboardInterrupt and MemoryError at N random lines of fit, search, partial_fit, save and load: the model predicts
            as before or as after.
kills       N processes killed while they save: the file is whole, the next save leaves nothing else.

Prints what was found; exit code 1 if a promise was broken.
"""

import argparse
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

import hotloop
from hotloop import LogisticSDCAClassifier, LogisticSGDClassifier, TwoLayerClassifier, TwoLayerRegressor

from .interrupts import Interrupt

DRAW = np.random.default_rng(0)
X, MORE = DRAW.standard_normal((200, 6)), DRAW.standard_normal((90, 6))
FEW = {"max_iter": 3, "tol": None, "random_state": 0}
KINDS = {
    "search": lambda: LogisticSGDClassifier(random_state=0),
    "sgd": lambda: LogisticSGDClassifier(cv=None, **FEW),
    "ftrl": lambda: LogisticSGDClassifier(optimizer="ftrl", **FEW),
    "l1": lambda: LogisticSGDClassifier(penalty="l1", **FEW),
    "dual": lambda: LogisticSDCAClassifier(random_state=0),
    "network": lambda: TwoLayerClassifier(n_hidden=8, **FEW),
    "adam": lambda: TwoLayerClassifier(n_hidden=8, optimizer="adam", batch_size=8, **FEW),
    "regressor": lambda: TwoLayerRegressor(n_hidden=8, **FEW),
}


def labels(rows):
    return (rows[:, 0] > 0).astype(int)


def answers(model, rows):
    return getattr(model, "predict_proba", model.predict)(rows).tobytes()


def memory():
    """Return the resident bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def grown(before):
    return f"{(memory() - before) / 1e6:+.1f} MB"


def threads(seconds, count, seed):
    """Let ``count`` threads predict from models that others train, each from one of two states to the other."""
    models, right, wrong, n_answers = {}, {}, Counter(), Counter()
    for name in ("sgd", "ftrl", "l1", "network", "adam", "regressor"):
        model = models[name] = KINDS[name]().fit(X, labels(X))
        states = [
            model.fit(rows, labels(rows)) and [answers(model, MORE), answers(model, csr_matrix(MORE))] for rows in (X, MORE)
        ]
        right[name] = {answer for state in states for answer in state}
    stop = time.monotonic() + seconds

    def train(name):
        turn = 0
        while time.monotonic() < stop:
            rows = (X, MORE)[turn % 2]
            models[name].fit(rows, labels(rows))
            turn += 1

    def predict(place):
        name = list(models)[place % len(models)]
        rows = csr_matrix(MORE) if place % 2 else MORE
        while time.monotonic() < stop:
            n_answers[name] += 1
            if answers(models[name], rows) not in right[name]:
                wrong[name] += 1  # a model in motion; what counts is that it is not kept

    workers = [threading.Thread(target=train, args=(name,)) for name in models]
    workers += [threading.Thread(target=predict, args=(place,)) for place in range(count)]
    for worker in workers:
        worker.start()
    time.sleep(min(10, seconds / 3))
    begun = memory()
    for worker in workers:
        worker.join()
    kept = [name for name, model in models.items() if answers(model, MORE) not in right[name]]
    print(
        f"{sum(n_answers.values())} predictions by {count} threads, {seconds} s, memory {grown(begun)}; in motion: "
        f"{dict(wrong) or 'none'}; kept: {kept or 'none'}"
    )
    return not kept


def fits(seconds, count, seed):
    """Fit each kind ``count`` times in all, and save, load and predict now and then."""
    before = None
    with tempfile.TemporaryDirectory() as folder:
        for place in range(count):
            make = list(KINDS.values())[place % len(KINDS)]
            rows = X if place % 3 else csr_matrix(X)
            model = make().fit(rows, labels(X))
            if place % 10 == 0:
                model.save(Path(folder) / "m")
                answers(hotloop.load(Path(folder) / "m"), rows)
            if place == count // 10:
                before = memory()
    print(f"{count} fits: memory {grown(before)} since the first tenth")
    return memory() - before < 20e6


def interrupts(seconds, count, seed):
    """Interrupt calls at random lines; after each the model is the old or the new one, and goes on."""
    draw, found, broken = random.Random(seed), Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m"
        for _ in range(count):
            name, method = draw.choice(list(KINDS)), draw.choice(["fit", "partial_fit", "save", "load"])
            error = draw.choice([KeyboardInterrupt, MemoryError])
            if (name == "dual" and method == "partial_fit") or (name == "search" and method == "partial_fit"):
                method = "fit"
            make = KINDS[name]

            def trained(make=make):
                return make().fit(X, labels(X))

            def act(model, method=method):
                if method in ("fit", "partial_fit"):
                    getattr(model, method)(MORE, labels(MORE))
                elif method == "save":
                    model.save(path)
                else:
                    hotloop.load_estimator(path)

            model, after = trained(), trained()
            trained().save(path)
            n_lines = Interrupt(-1, error).run(lambda after=after: act(after))
            before = answers(model, X)
            trained().save(path)
            at = draw.randint(1, n_lines)
            try:
                Interrupt(at, error).run(lambda model=model: act(model))
                outcome = "not reached"
            except error:
                now = answers(model, X)
                outcome = "as before" if now == before else "as after" if now == answers(after, X) else "trained so far"
            found[f"{method}: {outcome}"] += 1
            whole = answers(hotloop.load_estimator(path), X) == before
            act(model)
            if outcome == "trained so far" and method != "fit":
                broken.append((name, method, error.__name__, at, outcome))
            if method == "fit" and answers(model, X) != answers(after, X):
                broken.append((name, method, error.__name__, at, "does not go on"))
            if not whole or [*Path(folder).iterdir()] != [path]:
                broken.append((name, method, error.__name__, at, "files"))
    print(f"{count} interrupts:", dict(sorted(found.items())), "broken:", broken or "none")
    return not broken


SAVER = """
import sys
import numpy as np
from hotloop import TwoLayerClassifier
X = np.random.default_rng(0).standard_normal((50, 400))
models = [TwoLayerClassifier(n_hidden=size, max_iter=1, tol=None).fit(X, X[:, 0] > 0) for size in (900, 1000)]
print(flush=True)
while True:
    for model in models:
        model.save(sys.argv[1])
"""


def kills(seconds, count, seed):
    """Kill savers at random moments."""
    draw, left, broken = random.Random(seed), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m"
        KINDS["sgd"]().fit(X, labels(X)).save(path)
        for _ in range(count):
            with subprocess.Popen([sys.executable, "-c", SAVER, str(path)], stdout=subprocess.PIPE) as process:
                process.stdout.readline()
                time.sleep(draw.uniform(0, 0.1))
                process.send_signal(signal.SIGKILL)
            hotloop.load_estimator(path)
            left += len(list(Path(folder).glob("*.tmp")))
            KINDS["sgd"]().fit(X, labels(X)).save(path)
            broken += [*Path(folder).iterdir()] != [path]
    print(f"{count} kills: every file whole, {left} temporary files left by the dead, {broken} times some after the next save")
    return not broken


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["threads", "fits", "interrupts", "kills"])
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    count = given.count or {"threads": 64, "fits": 10_000, "interrupts": 300, "kills": 100}[given.what]
    warnings.simplefilter("ignore")
    return int(not globals()[given.what](given.seconds, count, given.seed))


if __name__ == "__main__":
    sys.exit(main())

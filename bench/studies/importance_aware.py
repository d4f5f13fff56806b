"""Where importance-aware steps pay: the test log loss of one epoch by the length of the step, plain and aware.

    HOTLOOP_DATA=... python -m bench.studies.importance_aware [--only NAME ...]

``eta0`` is so many times 1 / mean(weight (||z||^2 + 1)). "Larger class, one in 50": the rows of it that are left weigh 50. Each
loss is the mean of three seeds; "div" where a fit diverges or the loss is not finite. Defaults otherwise, alpha = 1 / n.
"""

import argparse
import warnings

import numpy as np
from sklearn.metrics import log_loss

from bench.datasets import Split, load
from hotloop import LogisticSGDClassifier

TIMES = (0.25, 1, 4, 16, 64, 256)
SEEDS = 3
ONE_IN = 50


def losses(data: Split, weight: np.ndarray, aware: bool, average: bool) -> list[str]:
    """Return the loss for each length of the step."""
    unit = LogisticSGDClassifier(cv=None, max_iter=1, tol=None).fit(data.X, data.y, weight).eta0_ * 4
    told = []
    for times in TIMES:
        options = {"eta0": times * unit, "alpha": min(1 / len(data.y), 0.5 / (times * unit)), "max_iter": 1, "tol": None}
        found = []
        for seed in range(SEEDS):
            model = LogisticSGDClassifier(**options, importance_aware=aware, average=average, random_state=seed)
            try:
                model.fit(data.X, data.y, weight)
                found.append(log_loss(data.y_test, model.predict_proba(data.X_test), labels=model.classes_))
            except (FloatingPointError, ValueError):
                found.append(np.nan)
        told.append(f"{np.mean(found):.4f}" if np.isfinite(found).all() else "div")
    return told


def thinned(data: Split) -> tuple[Split, np.ndarray]:
    """Return the rows without most of the larger class, and weights that make up for it."""
    labels, counts = np.unique(data.y, return_counts=True)
    larger = data.y == labels[counts.argmax()]
    keep = ~larger | (np.random.default_rng(0).random(len(larger)) < 1 / ONE_IN)
    return Split(data.X[keep], data.y[keep], data.X_test, data.y_test), np.where(larger, float(ONE_IN), 1.0)[keep]


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", default=["adult", "bank", "spambase", "breast_cancer"])
    print("| data | rows | steps | " + " | ".join(f"x{times:g}" for times in TIMES) + " |\n|---|---|---|" + "---|" * len(TIMES))
    warnings.simplefilter("ignore")
    for name in parser.parse_args().only:
        data = load(name)
        for rows, (part, weight) in {
            "all": (data, np.ones(len(data.y))),
            f"larger class, one in {ONE_IN}": thinned(data),
        }.items():
            for average in (True, False):
                for aware in (False, True):
                    how = ("importance-aware" if aware else "plain") + (", averaged" if average else "")
                    print(f"| {name} | {rows} | {how} | " + " | ".join(losses(part, weight, aware, average)) + " |", flush=True)


if __name__ == "__main__":
    main()

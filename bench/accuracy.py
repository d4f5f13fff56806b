"""Pure defaults on raw columns beside tuned logistic regression: test log loss, and what the fit costs.

    HOTLOOP_DATA=... make accuracy        or, with one BLAS thread: python -m bench.accuracy [--only NAME ...] [--seeds 5]

The reference is LogisticRegression on scaled columns (mean and deviation; of sparse ones the largest value), its C chosen from
1e-3, 1e-2, ..., 1e3 by five-fold cross-validation on the training rows, then run on to a gradient of 1e-6. ``LRCV`` is the time
of that search, LogisticRegressionCV with scaling. It is computed once and kept in bench/results; ``--fresh`` computes it anew.

A set passes where the mean over the seeds lies above the reference by no more than the largest of 1 %, 0.001 and one standard
error of the difference, row by row. Sets of few rows are measured by five-fold cross-validation, five times: a fold then has
its own reference. Times are those of the processor, one thread: other programs disturb them little.
"""

import argparse
import warnings
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np
from scipy.sparse import issparse, vstack
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, SGDClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from bench.datasets import Split, load
from bench.measure import machine
from hotloop import LogisticSGDClassifier

# The constants of hotloop.search were chosen on these.
CHOSEN_ON = ("adult", "spambase", "covtype_head10k", "a9a", "criteo_index", "sms_spam")
DATA = {  # name here: name in bench.datasets
    "a9a": "a9a, sparse",
    "adult": "adult",
    "bank": "bank",
    "spambase": "spambase",
    "covtype_head10k": "covtype_head10k",
    "kdd99": "kdd99, all rows",
    "imdb": "imdb",
    "sms_spam": "sms_spam",
    "criteo_index": "criteo_index",
    "amazon_employee": "amazon_employee",
    "mushrooms": "mushrooms, sparse",
    "phishing": "phishing, sparse",
    "avazu_tiny": "avazu_tiny",
    "breast_cancer": "breast_cancer",
    "heart_scale": "heart_scale",
    "titanic": "titanic",
    "criteo_tiny": "criteo_tiny",
}
SMALL = ("breast_cancer", "heart_scale", "titanic", "criteo_tiny", "avazu_tiny")
KEPT = Path(__file__).parent / "results" / "accuracy"


@dataclass
class Result:
    """Losses of the test rows, averaged over repeats for small sets, and seconds of processor time of all fits."""

    losses: np.ndarray
    seconds: float


def row_losses(model, X, y: np.ndarray) -> np.ndarray:
    """Return -ln p of the label of each row, p no less than 1e-15."""
    p = np.clip(model.predict_proba(X)[np.arange(len(y)), np.searchsorted(model.classes_, y)], 1e-15, 1)
    return -np.log(p)


def splits(name: str) -> list[tuple[Split, np.ndarray]]:
    """Return training and test parts, and which rows of the whole the test rows are."""
    data = load(DATA[name])
    if name not in SMALL:
        return [(data, np.arange(len(data.y_test)))]
    both = vstack if issparse(data.X) else np.concatenate
    X, y = both([data.X, data.X_test]), np.concatenate([data.y, data.y_test])
    X = X.tocsr() if issparse(X) else X
    folds = [f for repeat in range(5) for f in StratifiedKFold(5, shuffle=True, random_state=repeat).split(y, y)]
    return [(Split(X[train], y[train], X[test], y[test]), test) for train, test in folds]


def measure(parts: list[tuple[Split, np.ndarray]], fit) -> Result:
    """Fit on every part; ``fit(X, y)`` returns the model to test and the seconds it took."""
    n = max(int(rows.max()) for _, rows in parts) + 1
    total, counts, seconds = np.zeros(n), np.zeros(n), 0.0
    for data, rows in parts:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model, took = fit(data.X, data.y)
            total[rows] += row_losses(model, data.X_test, data.y_test)
        counts[rows] += 1
        seconds += took
    return Result(total / counts, seconds)


def tuned(X, y):
    """LogisticRegressionCV, timed, then its C run on to the end."""
    scaler = MaxAbsScaler() if issparse(X) else StandardScaler()
    began = process_time()
    search = LogisticRegressionCV(
        Cs=10.0 ** np.arange(-3, 4), l1_ratios=(0.0,), cv=5, scoring="neg_log_loss", max_iter=1000, use_legacy_attributes=False
    ).fit(scaler.fit_transform(X), y)
    seconds = process_time() - began
    C = float(np.ravel(search.C_)[0])
    exact = LogisticRegression(C=C, tol=1e-6, max_iter=10_000).fit(scaler.transform(X), y)
    return make_pipeline(scaler, exact), seconds


def timed(make):
    """Return ``fit`` of ``make()``, as it stands."""

    def fit(X, y):
        model, began = make(), process_time()
        model.fit(X, y)
        return model, process_time() - began

    return fit


def reference(name: str, parts, fresh: bool) -> Result:
    """Return that of a set, kept or computed."""
    file = KEPT / f"{name}.npz"
    if fresh or not file.exists():
        found = measure(parts, tuned)
        KEPT.mkdir(parents=True, exist_ok=True)
        np.savez(file, losses=found.losses, seconds=found.seconds)
    kept = np.load(file)
    return Result(kept["losses"], float(kept["seconds"]))


def row(name: str, n_seeds: int, fresh: bool) -> tuple[list[str], bool]:
    """Return the cells of a set, and whether it passes."""
    parts = splits(name)
    base = reference(name, parts, fresh)
    ours = [measure(parts, timed(lambda s=s: LogisticSGDClassifier(random_state=s))) for s in range(n_seeds)]
    sgd = [measure(parts, timed(lambda s=s: SGDClassifier(loss="log_loss", random_state=s))) for s in range(n_seeds)]
    losses = np.array([result.losses.mean() for result in ours])
    best, difference = base.losses.mean(), np.mean([result.losses for result in ours], axis=0) - base.losses
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    within = max(0.01 * best, 0.001, error)
    passes, seconds = bool(losses.mean() <= best + within), float(np.median([result.seconds for result in ours]))
    sgd_loss, sgd_seconds = (np.mean([result.losses.mean() for result in sgd]), np.median([result.seconds for result in sgd]))
    shape = parts[0][0].X.shape
    return [
        f"{name}{' *' if name in CHOSEN_ON else ''}",
        f"{shape[0]:,} x {shape[1]:,}",
        f"{best:.4f}",
        f"{losses.mean():.4f}",
        f"{losses.max():.4f}",
        f"{within:.4f}",
        f"{100 * (losses.mean() / best - 1):+.1f} %",
        "pass" if passes else "FAIL",
        f"{seconds / len(parts):.3g}",
        f"{base.seconds / len(parts):.3g}",
        f"{base.seconds / seconds:.1f}",
        f"{sgd_loss:.4f}",
        f"{sgd_seconds / len(parts):.3g}",
    ], passes


def main() -> None:
    """Print the table; exit status 1 where a set fails."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=sorted(DATA), metavar="NAME", default=list(DATA))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--fresh", action="store_true")
    asked = parser.parse_args()
    about = machine()
    print(
        f"{about['cpu']}, one thread; numpy {about['numpy']}, Python {about['python']}; * constants were chosen on this set\n"
    )
    head = (
        "data",
        "rows x columns",
        "reference",
        "hotloop, mean",
        "worst",
        "within",
        "above",
        "",
        "seconds",
        "LRCV",
        "times",
        "SGDClassifier",
        "its seconds",
    )
    print("| " + " | ".join(head) + " |\n|---|---|" + "--:|" * (len(head) - 2), flush=True)
    failed = 0
    for name in asked.only:
        cells, passes = row(name, asked.seeds, asked.fresh)
        failed += not passes
        print("| " + " | ".join(cells) + " |", flush=True)
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()

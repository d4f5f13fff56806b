"""Pure defaults on raw columns beside tuned logistic regression: test log loss, and what the fit costs.

    HOTLOOP_DATA=... make accuracy        or, with one BLAS thread: python -m bench.quality.logistic [--only NAME ...]

The reference is LogisticRegression on scaled columns (mean and deviation; of sparse ones the largest value), its C chosen from
1e-3, 1e-2, ..., 1e3 by five-fold cross-validation on the training rows, then run on to a gradient of 1e-6. ``LRCV`` is the time
of that search, LogisticRegressionCV with scaling. It is computed once and kept in bench/results; ``--fresh`` computes it anew.

A set passes where the mean over the seeds lies above the reference by no more than the largest of 1 %, 0.001 and one standard
error of the difference, row by row. Sets of few rows are measured by five-fold cross-validation, five times: a fold then has
its own reference. Times are those of the processor, one thread: other programs disturb them little.
"""

import argparse
import json
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import process_time

import numpy as np
from scipy.sparse import csr_matrix, issparse, vstack
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, SGDClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from bench.datasets import Split, load
from bench.measure import machine
from bench.picture import save
from hotloop import LogisticSGDClassifier

# The constants of hotloop.logistic.search.halving were chosen on these.
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
KEPT = Path(__file__).parents[1] / "results" / "accuracy"


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


def plain(X, y):
    """LogisticRegression as it stands, on scaled columns."""
    scaler = MaxAbsScaler() if issparse(X) else StandardScaler()
    return timed(lambda: make_pipeline(scaler, LogisticRegression(max_iter=1000)))(X, y)


def vowpal_wabbit(X, y):
    """One pass of Vowpal Wabbit's default rule over lines of text, which are written beforehand; to read them is timed."""
    from vowpalwabbit import Workspace

    def lines(rows, labels=None):
        if not issparse(rows):
            rows = csr_matrix(rows)
        for i in range(rows.shape[0]):
            own = slice(rows.indptr[i], rows.indptr[i + 1])
            text = " ".join(f"{j}:{value:.9g}" for j, value in zip(rows.indices[own], rows.data[own], strict=True))
            yield f"{'' if labels is None else 2 * int(labels[i]) - 1} | {text}"

    class Model:
        classes_ = np.unique(y)

        @staticmethod
        def predict_proba(rows):
            p = np.array([learner.predict(line) for line in lines(rows)])
            return np.column_stack([1 - p, p])

    written = list(lines(X, y == Model.classes_[1]))
    learner, began = Workspace("--loss_function logistic --link logistic --quiet -b 22"), process_time()
    for line in written:
        learner.learn(line)
    return Model, process_time() - began


def others(name: str, parts, fresh: bool) -> dict[str, tuple[float, float]]:
    """Return seconds of a fit and loss of peers for the plot, kept or computed."""
    file = KEPT / f"{name}-others.json"
    if fresh or not file.exists():
        peers = {"LogisticRegression": plain} | ({"Vowpal Wabbit": vowpal_wabbit} if find_spec("vowpalwabbit") else {})
        found = {peer: measure(parts, fit) for peer, fit in peers.items()}
        KEPT.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({peer: (own.seconds / len(parts), own.losses.mean()) for peer, own in found.items()}))
    return {peer: tuple(point) for peer, point in json.loads(file.read_text()).items()}


@dataclass
class Row:
    """What was found on a set: seconds of one fit, losses of each seed."""

    name: str
    shape: tuple[int, int]
    base: Result
    within: float
    ours: list[tuple[float, float]]
    sgd: list[tuple[float, float]]
    base_seconds: float

    @property
    def passes(self) -> bool:
        """Whether the mean over the seeds is within what is asked."""
        return bool(np.mean([loss for _, loss in self.ours]) <= self.base.losses.mean() + self.within)

    def cells(self) -> list[str]:
        """Return the cells of the table."""
        losses, best = np.array([loss for _, loss in self.ours]), self.base.losses.mean()
        seconds = float(np.median([own for own, _ in self.ours]))
        sgd_seconds, sgd_loss = np.median([own for own, _ in self.sgd]), np.mean([loss for _, loss in self.sgd])
        return [
            f"{self.name}{' *' if self.name in CHOSEN_ON else ''}",
            f"{self.shape[0]:,} x {self.shape[1]:,}",
            f"{best:.4f}",
            f"{losses.mean():.4f}",
            f"{losses.max():.4f}",
            f"{self.within:.4f}",
            f"{losses.mean() - best:+.4f}",
            "pass" if self.passes else "FAIL",
            f"{seconds:.3g}",
            f"{self.base_seconds:.3g}",
            f"{self.base_seconds / seconds:.1f}",
            f"{sgd_loss:.4f}",
            f"{sgd_seconds:.3g}",
        ]


def compare(name: str, parts, n_seeds: int, fresh: bool) -> Row:
    """Measure one set."""
    base = reference(name, parts, fresh)
    ours = [measure(parts, timed(lambda s=s: LogisticSGDClassifier(random_state=s))) for s in range(n_seeds)]
    sgd = [measure(parts, timed(lambda s=s: SGDClassifier(loss="log_loss", random_state=s))) for s in range(n_seeds)]
    difference = np.mean([result.losses for result in ours], axis=0) - base.losses
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    points = [[(own.seconds / len(parts), own.losses.mean()) for own in results] for results in (ours, sgd)]
    within = max(0.01 * base.losses.mean(), 0.001, error)
    return Row(name, parts[0][0].X.shape, base, within, *points, base.seconds / len(parts))


def plot(rows: list[Row], peers: list[dict[str, tuple[float, float]]], title: str, path: Path) -> None:
    """Draw seconds against test log loss, one panel a set; the line is the reference, what is asked of it shaded."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(-(-len(rows) // 4), 4, figsize=(12, 2.4 * -(-len(rows) // 4)), squeeze=False)
    for panel in panels.flat[len(rows) :]:
        panel.set_visible(False)
    for panel, row, own in zip(panels.flat, rows, peers, strict=False):
        best = row.base.losses.mean()
        panel.axhspan(best, best + row.within, color="0.9")
        panel.axhline(best, color="0.6", linewidth=0.8)
        panel.plot(*zip(*row.ours, strict=True), "C0o", label="hotloop", zorder=3)
        panel.plot(*zip(*row.sgd, strict=True), "C1s", markersize=4, label="SGDClassifier")
        panel.plot(row.base_seconds, best, "C2D", label="LogisticRegressionCV")
        for (peer, point), mark in zip(own.items(), ("C3^", "C4v"), strict=False):
            panel.plot(*point, mark, label=peer)
        panel.set(xscale="log", yscale="log")
        panel.set_title(row.name, fontsize=8)
        panel.tick_params(labelsize=6, which="both")
    panels[0][0].legend(fontsize=6)
    figure.supxlabel("seconds of the fit, one thread", fontsize=8)
    figure.supylabel("test log loss", fontsize=8)
    figure.suptitle(title, fontsize=9)
    figure.tight_layout()
    save(figure, path)


def n_updates(n_draws: int = 5) -> dict[str, float]:
    """Return how much a prediction changes at most where every column is scaled by 10^(-6..6) and shifted by up to 1,000
    deviations, by type of the rows."""
    found = {}
    for dtype in (np.float64, np.float32):
        worst = 0.0
        for name in ("spambase", "covtype_head10k"):
            data, draw = load(DATA[name]), np.random.default_rng(0)
            model = LogisticSGDClassifier(random_state=0).fit(data.X.astype(dtype), data.y)
            p = model.predict_proba(data.X_test.astype(dtype))
            for _ in range(n_draws):
                by, shift = 10 ** draw.uniform(-6, 6, data.X.shape[1]), draw.uniform(-1000, 1000, data.X.shape[1])
                X, X_test = (((part + shift * data.X.std(axis=0)) * by).astype(dtype) for part in (data.X, data.X_test))
                other = LogisticSGDClassifier(random_state=0).fit(X, data.y).predict_proba(X_test)
                worst = max(worst, float(np.abs(other - p).max()))
        found[np.dtype(dtype).name] = worst
    return found


def images(n_seeds: int) -> list[tuple[float, float]]:
    """Return the test error of ten classes of images, raw bytes, and seconds of the fit, of each seed."""
    data, found = load("mnist"), []
    for seed in range(n_seeds):
        model, seconds = timed(lambda s=seed: LogisticSGDClassifier(random_state=s))(data.X, data.y)
        found.append((1 - model.score(data.X_test, data.y_test), seconds))
    return found


def main() -> None:
    """Print the table; exit status 1 where a set fails."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=sorted(DATA), metavar="NAME", default=list(DATA))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--fresh", action="store_true", help="compute what is kept in bench/results anew")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="seconds against test log loss, a panel a set")
    parser.add_argument("--all", action="store_true", help="also images of ten classes, and scaled and shifted columns")
    asked = parser.parse_args()
    about = machine()
    title = f"{about['cpu']}, one thread; numpy {about['numpy']}, Python {about['python']}"
    print(f"{title}; * constants were chosen on this set\n")
    head = ("data", "rows x columns", "reference", "hotloop, mean", "worst", "within", "above", "", "seconds", "LRCV")
    head += ("times", "SGDClassifier", "its seconds")
    print("| " + " | ".join(head) + " |\n|---|---|" + "--:|" * (len(head) - 2), flush=True)
    rows, peers = [], []
    for name in asked.only:
        parts = splits(name)
        rows.append(compare(name, parts, asked.seeds, asked.fresh))
        print("| " + " | ".join(rows[-1].cells_per_row()) + " |", flush=True)
        if asked.plot is not None:
            peers.append(others(name, parts, asked.fresh))
    if asked.plot is not None:
        plot(rows, peers, title, asked.plot)
    missed = [row.name for row in rows if not row.passes]
    if asked.all:
        errors, seconds = zip(*images(asked.seeds), strict=True)
        print(
            f"\nmnist, ten classes, raw bytes: test error {100 * np.mean(errors):.2f} %, worst {100 * max(errors):.2f} %, ",
            end="",
        )
        print(f"{np.median(seconds):.1f} s (asked: 7.6 %)")
        missed += ["mnist"] * (max(errors) > 0.076)
        for kind, change in n_updates().items():
            print(
                f"columns scaled by 10^(-6..6), shifted by up to 1,000 deviations, {kind}: predictions change by {change:.1e}"
            )
    print(f"\n{len(rows)} sets" + (f"; missed: {', '.join(missed)}" if missed else "; all pass"))
    raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    main()

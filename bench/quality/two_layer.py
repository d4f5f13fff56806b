"""How good networks with pure defaults get on raw columns, and how fast, beside scikit-learn's multi-layer perceptrons.

    HOTLOOP_DATA=... python -m bench.quality.two_layer [--only NAME ...] [--seeds 3] [--recompute]

Mean and worst of several values of random_state; the split stays (bench/datasets.py). Losses are those of the test rows,
seconds those of the processor, one thread.
The peers get standardised columns, a standardised target and float64 rows, pixels / 255 of float32 for MNIST, and are else as
scikit-learn has them: Adam, batches of 200, at most 200 epochs. Those of classification are shown with early_stopping=True,
too, which suits some sets better. What they came to is kept in results/network-peers.json with processor and versions, and used
again where those are the same; --recompute measures anew.

MNIST: TwoLayerClassifier on the bytes as they are, 128 and 800 hidden units, beside MLPClassifier with 128. A second line says
how long each takes to the error that MLPClassifier ends with: it epoch by epoch (partial_fit, the test between epochs is not
timed), hotloop by fits of 1, 2, 3, 5, 8, 12, 20 epochs, of which the first that gets there counts; its error stands beside the
time, as it may not. Both run on the same core; a time from the file is of an earlier hour: for a ratio to quote take
--recompute on a quiet machine.
"""

import argparse
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import sklearn
from sklearn.compose import TransformedTargetRegressor
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bench.datasets import Split, load
from bench.measure import machine, pin
from hotloop import TwoLayerClassifier, TwoLayerRegressor

CLASSIFIED = ("covtype_head10k", "higgs7000", "adult")
REGRESSED = ("california_housing", "diamonds", "abalone")
IMAGES = {"mnist, 128": 128, "mnist, 800": 800}
EPOCHS = (1, 2, 3, 5, 8, 12, 20)
KEPT = Path(__file__).parents[1] / "results" / "network-peers.json"


@dataclass(frozen=True)
class Fit:
    """What one fit came to: log loss, RMSE or share of errors on the test rows, seconds of the fit, epochs."""

    loss: float
    seconds: float
    epochs: int


def ours(name: str, seed: int, **more: Any) -> Any:
    """Return hotloop's estimator, pure defaults but the hidden units of MNIST."""
    if name in REGRESSED:
        return TwoLayerRegressor(random_state=seed, **more)
    return TwoLayerClassifier(random_state=seed, **({"n_hidden": IMAGES[name]} if name in IMAGES else {}), **more)


def peer(name: str, seed: int, early_stopping: bool = False) -> Any:
    """Return scikit-learn's perceptron and what it needs around it."""
    more = {"random_state": seed, "early_stopping": early_stopping}
    if name in IMAGES:
        return MLPClassifier(hidden_layer_sizes=(128,), **more)
    if name in CLASSIFIED:
        return make_pipeline(StandardScaler(), MLPClassifier(hidden_layer_sizes=(32,), **more))
    regressor = make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(64,), **more))
    return TransformedTargetRegressor(regressor, transformer=StandardScaler())


def fit(name: str, model: Any, data: Split) -> Fit:
    """Fit on the training rows and judge on the test rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of epochs that did not suffice
        before = process_time()
        model.fit(data.X, data.y)
        seconds = process_time() - before
    if name in IMAGES:
        loss = share_of_errors(model, data)
    elif name in CLASSIFIED:
        loss = log_loss(data.y_test, model.predict_proba(data.X_test))
    else:
        loss = np.sqrt(np.mean((model.predict(data.X_test) - data.y_test) ** 2))
    return Fit(float(loss), seconds, epochs_of(model))


def share_of_errors(model: Any, data: Split) -> float:
    """Return how many of the test rows are given another class."""
    return float(np.mean(model.predict(data.X_test) != data.y_test))


def epochs_of(model: Any) -> int:
    """Return the epochs of an estimator, whatever it stands in."""
    model = getattr(model, "regressor_", model)
    return int((model[-1] if hasattr(model, "steps") else model).n_iter_)


def peer_to(goal: Fit, seed: int, data: Split) -> Fit:
    """Return when MLPClassifier first has the error of ``goal``; at most twice its epochs."""
    model, seconds, classes = peer("mnist, 128", np.random.RandomState(seed)), 0.0, np.unique(data.y)
    for _ in range(2 * goal.epochs):
        before = process_time()
        model.partial_fit(data.X, data.y, classes=classes)
        seconds += process_time() - before
        error = share_of_errors(model, data)
        if error <= goal.loss:
            break
    return Fit(error, seconds, len(model.loss_curve_))  # n_iter_ is that of the last call


def ours_to(error: float, name: str, seed: int, data: Split) -> Fit:
    """Return the shortest fit that has at most that error, or the longest that was tried."""
    for epochs in EPOCHS:
        found = fit(name, ours(name, seed, max_iter=epochs, tol=None), data)
        if found.loss <= error:
            break
    return found


class Peers:
    """The peers' fits, from the file where processor and versions are the same."""

    def __init__(self, recompute: bool) -> None:
        about = machine()
        self.about = {key: about[key] for key in ("cpu", "family_model", "python", "numpy")} | {"sklearn": sklearn.__version__}
        kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
        self.fits: dict[str, list[float]] = kept["fits"] if kept.get("machine") == self.about and not recompute else {}

    def fit(self, name: str, seed: int, data: Split, way: str = "as it stands") -> Fit:
        """Return a fit: "as it stands", with "early_stopping", or of MNIST "to its error", the last one that it has."""
        key = f"{'mnist' if name in IMAGES else name}, {way}, {seed}"
        if key not in self.fits:
            rows = data
            if name in IMAGES:
                rows = Split(np.float32(data.X) / 255, data.y, np.float32(data.X_test) / 255, data.y_test)
            if way == "to its error":
                found = peer_to(self.fit(name, seed, data), seed, rows)
            else:
                found = fit(name, peer(name, seed, way == "early_stopping"), rows)
            self.fits[key] = [found.loss, found.seconds, found.epochs]
            KEPT.parent.mkdir(exist_ok=True)
            kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
            others = kept["fits"] if kept.get("machine") == self.about else {}  # another process may have added some
            KEPT.write_text(json.dumps({"machine": self.about, "fits": others | self.fits}, indent=1) + "\n")
        loss, seconds, epochs = self.fits[key]
        return Fit(loss, seconds, int(epochs))


def spread(fits: list[Fit], name: str) -> str:
    """Return mean and worst loss, an error in per cent."""
    losses = np.array([found.loss for found in fits])
    digits = 2 if name in IMAGES else 4 if name in CLASSIFIED or name == "abalone" else 0
    return " / ".join(f"{value * (100 if name in IMAGES else 1):.{digits}f}" for value in (losses.mean(), losses.max()))


def line(name: str, title: str, own: list[Fit], theirs: list[Fit]) -> str:
    """Return a row of the table; the ratios are those of the means."""
    loss, seconds, epochs = (
        [np.mean([getattr(found, key) for found in fits]) for fits in (own, theirs)] for key in ("loss", "seconds", "epochs")
    )
    kind = "error, %" if name in IMAGES else "log loss" if name in CLASSIFIED else "RMSE"
    cells = [name, title, kind, spread(own, name), spread(theirs, name), f"{100 * (loss[0] / loss[1] - 1):+.1f} %"]
    cells += [
        f"{epochs[0]:.0f}",
        f"{epochs[1]:.0f}",
        f"{seconds[0]:.3g}",
        f"{seconds[1]:.3g}",
        f"{seconds[1] / seconds[0]:.1f}",
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print the table, a row as soon as it is known."""
    names = [*IMAGES, *CLASSIFIED, *REGRESSED]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=names, default=names)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--recompute", action="store_true", help="fit the peers anew")
    asked = parser.parse_args()
    core, peers, seeds = pin(), Peers(asked.recompute), range(asked.seeds)
    about = ", ".join(f"{key} {value}" for key, value in peers.about.items())
    print(f"{about}; one thread on core {core}; mean / worst of {asked.seeds} seeds\n")
    print("| data | peer | loss | hotloop | its | above it | epochs | its | seconds | its | times |")
    print("|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|", flush=True)
    for name in asked.only:
        data = load("mnist" if name in IMAGES else name)
        own = [fit(name, ours(name, seed), data) for seed in seeds]
        for way in ("as it stands", "early_stopping") if name in CLASSIFIED else ("as it stands",):
            print(line(name, way, own, [peers.fit(name, seed, data, way) for seed in seeds]), flush=True)
        if name in IMAGES:
            theirs = [peers.fit(name, seed, data, "to its error") for seed in seeds]
            goals = [peers.fit(name, seed, data).loss for seed in seeds]
            own = [ours_to(goal, name, seed, data) for goal, seed in zip(goals, seeds, strict=True)]
            print(line(name, "to its own error", own, theirs), flush=True)


if __name__ == "__main__":
    main()

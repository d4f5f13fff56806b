"""How far pure defaults of networks on raw columns come: a table of docs/defaults.md. Nothing is timed.

    HOTLOOP_DATA=... python -m bench.quality.defaults [--only NAME ...] [--seeds 3]

Losses are of the test rows: log loss in nats, 1 - R^2 for regression. The seeds are random_state; the split stays.
"""

import argparse
import warnings

import numpy as np
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.metrics import log_loss, r2_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bench.datasets import MULTICLASS, REGRESSION, Split, load
from hotloop import TwoLayerClassifier, TwoLayerRegressor

PEER = {"hidden_layer_sizes": (32,), "max_iter": 2000}  # the rest of MLPClassifier and MLPRegressor as it stands


def test_loss(model, data: Split) -> float:
    """Fit on the training rows and return the loss on the test rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(data.X, data.y)
    if hasattr(model, "predict_proba"):
        return float(log_loss(data.y_test, model.predict_proba(data.X_test), labels=np.unique(data.y)))
    return float(1 - r2_score(data.y_test, model.predict(data.X_test)))


def losses(model, data: Split, n_seeds: int, parameter: str = "random_state") -> np.ndarray:
    """Return the test loss of each seed."""
    return np.array([test_loss(clone(model).set_params(**{parameter: seed}), data) for seed in range(n_seeds)])


def scaled(model):
    """Return the model on standardised columns."""
    return make_pipeline(StandardScaler(), model)


def spread(values: np.ndarray) -> str:
    """Return mean and worst."""
    return f"{values.mean():.4f} / {values.max():.4f}"


def relative(values: np.ndarray, base: float) -> str:
    """Return mean and worst above ``base`` in per cent."""
    return " / ".join(f"{100 * (value / base - 1):+.1f} %" for value in (values.mean(), values.max()))


def network_row(name: str, n_seeds: int) -> list[str]:
    """Return one row of the second table."""
    data = load(name)
    if name in REGRESSION:
        ours, kind = TwoLayerRegressor(), "1 - R^2"
        peer = TransformedTargetRegressor(scaled(MLPRegressor(**PEER)), transformer=StandardScaler())
        seed_of_peer = "regressor__mlpregressor__random_state"
    else:
        ours, kind = TwoLayerClassifier(), "log loss"
        peer = scaled(MLPClassifier(**PEER))
        seed_of_peer = "mlpclassifier__random_state"
    default = losses(ours, data, n_seeds)
    all_rows = losses(ours.set_params(early_stopping=False), data, n_seeds)
    theirs = losses(peer, data, n_seeds, seed_of_peer)
    above = [relative(found, theirs.mean()) for found in (default, all_rows)]
    return [name, kind, spread(default), spread(theirs), above[0], spread(all_rows), above[1]]


def table(names, head: str, row, n_seeds: int) -> None:
    """Print a table, a row as soon as it is known."""
    print(f"\n| {head} |\n|{'---|' * (head.count('|') + 1)}", flush=True)
    for name in names:
        print("| " + " | ".join(row(name, n_seeds)) + " |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    print(f"Mean / worst of {asked.seeds} seeds; a percentage is how far the loss lies above the column before it.")
    keep = set(asked.only or [*MULTICLASS, *REGRESSION])
    head = "data | loss | hotloop | MLP(32) | above it | early_stopping=False | above MLP"
    table([n for n in [*MULTICLASS, *REGRESSION] if n in keep], head, network_row, asked.seeds)


if __name__ == "__main__":
    main()

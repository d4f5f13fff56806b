"""How long until a model is as good as logistic regression gets: seconds and test log loss on real rows, ours and elsewhere.

    HOTLOOP_DATA=... python -m bench.quality.time_to_loss [--data NAME ...] [--within 1]

Each learner first runs as it stands, until it stops by itself; then anew with 1, 2, 4, ... epochs (iterations of lbfgs) until
its loss on the test rows is within a per cent of that of LogisticRegression run to its end. Only the fit is timed, with the
standardisation where there is one; a short one is repeated, and the best counts. One thread each.

Where the comparison is unequal:

- LogisticSGDClassifier and Vowpal Wabbit take the raw columns. The others get them standardised, sparse ones over their largest
  absolute value, without which they do not come near that loss. LogisticSGDClassifier chooses step size and L2 strength from
  the data; the others keep their defaults.
- LogisticRegression goes over all rows several times an iteration.
- torch has no rule to stop by, and no penalty. It runs Adam with its own step size on float32 rows, in batches of 256.
- river takes one row a call, a dict of its columns, and goes over them once: it has no epochs. The dicts are made beforehand.
  torch and river are left out where the rows are sparse, liblinear where they are dense.
- Vowpal Wabbit reads its own binary cache, written beforehand.
- liblinear has a penalty on the intercept, too.
"""

import argparse
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy.sparse import csr_matrix, issparse
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from bench.datasets import BINARY, SPARSE, Split, load
from bench.measure import machine, pin
from hotloop import LogisticSGDClassifier

Probabilities = Callable[[np.ndarray], np.ndarray]  # of the second class
DATA = ("adult", "kdd99")
MOST = 1024  # epochs
SHORT = 3.0  # seconds: fits below are repeated
ENOUGH = 10.0  # seconds of one fit, after which no longer one is tried


@dataclass(frozen=True)
class Learner:
    """A way to learn: ``prepare(data)``, not timed, returns ``fit(epochs)``, timed, which returns P(second class | row).

    ``fit(None)`` stops by its own rule; ``stops`` is False where there is none, ``repeats`` where there is but one epoch.
    ``dense`` and ``sparse`` tell which rows it takes.
    """

    name: str
    prepare: Callable[[Split], Callable[[int | None], Probabilities]]
    module: str = "sklearn"
    stops: bool = True
    repeats: bool = True
    dense: bool = True
    sparse: bool = True

    def takes(self, data: Split) -> bool:
        """Tell whether it is there and learns from such rows."""
        return find_spec(self.module) is not None and (self.sparse if issparse(data.X) else self.dense)


def estimator(make, *, scaled: bool = True):
    """Return ``prepare`` of scikit-learn estimators: ``make(epochs)``, with None as it stands, on standardised columns."""

    def prepare(data: Split):
        def fit(epochs: int | None) -> Probabilities:
            scaler = MaxAbsScaler() if issparse(data.X) else StandardScaler()
            model = make_pipeline(scaler, make(epochs)) if scaled else make(epochs)
            model.fit(data.X, data.y)
            return lambda X: model.predict_proba(X)[:, 1]

        return fit

    return prepare


def ours(epochs: int | None) -> LogisticSGDClassifier:
    """Return LogisticSGDClassifier, its defaults."""
    return LogisticSGDClassifier(random_state=0, **({} if epochs is None else {"max_iter": epochs, "tol": None}))


def ftrl(epochs: int | None) -> LogisticSGDClassifier:
    """Return its preset for sparse rows: three epochs of FTRL."""
    return LogisticSGDClassifier(optimizer="ftrl", max_iter=epochs or 3, tol=None, random_state=0)


def scikit_learn(epochs: int | None):
    """Return SGDClassifier, its defaults but the loss."""
    own = {} if epochs is None else {"max_iter": epochs, "tol": None}
    return SGDClassifier(loss="log_loss", random_state=0, **own)


def lbfgs(iterations: int | None):
    """Return LogisticRegression; as it stands, run to its end."""
    return LogisticRegression(max_iter=100_000 if iterations is None else iterations)


def liblinear(iterations: int | None):
    """Return LogisticRegression by liblinear, likewise."""
    return LogisticRegression(solver="liblinear", max_iter=10_000 if iterations is None else iterations)


def torch_adam(data: Split):
    """A linear layer by Adam, batches of 256, in an order drawn anew each epoch."""
    import torch

    torch.set_num_threads(1)

    def fit(epochs: int | None) -> Probabilities:
        torch.manual_seed(0)
        scaler = StandardScaler().fit(data.X)
        X = torch.from_numpy(scaler.transform(data.X).astype(np.float32))
        y = torch.from_numpy(data.y.astype(np.float32))
        layer, loss = torch.nn.Linear(X.shape[1], 1), torch.nn.BCEWithLogitsLoss()
        optimizer = torch.optim.Adam(layer.parameters())
        for _ in range(epochs):
            for batch in torch.randperm(len(X)).split(256):
                optimizer.zero_grad()
                loss(layer(X[batch])[:, 0], y[batch]).backward()
                optimizer.step()

        def predict(rows: np.ndarray) -> np.ndarray:
            with torch.no_grad():
                return torch.sigmoid(layer(torch.from_numpy(scaler.transform(rows).astype(np.float32))))[:, 0].numpy()

        return predict

    return fit


def river_one_by_one(data: Split):
    """Online standardisation and logistic regression, one row a call."""
    from river import compose, linear_model, preprocessing

    rows = [dict(enumerate(row)) for row in data.X.tolist()]
    labels = data.y.astype(bool).tolist()

    def fit(epochs: int | None) -> Probabilities:
        model = compose.Pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression())
        for row, label in zip(rows, labels, strict=True):
            model.learn_one(row, label)
        return lambda X: np.array([model.predict_proba_one(dict(enumerate(row)))[True] for row in X.tolist()])

    return fit


def vowpal_wabbit(data: Split):
    """Vowpal Wabbit's default rule (adaptive, normalised, invariant), logistic loss, as many bits as there are columns."""
    from vowpalwabbit import Workspace

    def text(X, labels: np.ndarray | None = None) -> list[str]:
        X = csr_matrix(X)
        lines = []
        for i, (start, stop) in enumerate(zip(X.indptr[:-1], X.indptr[1:], strict=True)):
            row = " ".join(f"{j}:{value:.9g}" for j, value in zip(X.indices[start:stop], X.data[start:stop], strict=True))
            lines.append(f"{'' if labels is None else 2 * int(labels[i]) - 1} | {row}")
        return lines

    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "rows.txt"
    path.write_text("\n".join(text(data.X, data.y)) + "\n")
    bits = max(18, int(np.ceil(np.log2(data.X.shape[1]))))
    own = f"--loss_function logistic --link logistic -b {bits} -d {path} --cache_file {path}.cache --holdout_off --quiet"
    Workspace(own).finish()  # writes the cache

    def fit(epochs: int | None) -> Probabilities:
        model = Workspace(f"{own} --passes {epochs or 1}")
        return lambda X: np.array([model.predict(line) for line in text(X)])

    fit.folder = folder  # which lasts as long
    return fit


LEARNERS = (
    Learner("LogisticRegression, lbfgs", estimator(lbfgs)),
    Learner("LogisticRegression, liblinear", estimator(liblinear), dense=False),
    Learner("LogisticSGDClassifier", estimator(ours, scaled=False)),
    Learner("LogisticSGDClassifier, FTRL", estimator(ftrl, scaled=False), dense=False),
    Learner("SGDClassifier", estimator(scikit_learn)),
    Learner("torch, Adam, batch 256", torch_adam, "torch", stops=False, sparse=False),
    Learner("river, row by row", river_one_by_one, "river", repeats=False, sparse=False),
    Learner("Vowpal Wabbit", vowpal_wabbit, "vowpalwabbit"),
)


def timed(fit, epochs: int | None, data: Split) -> tuple[float, float]:
    """Return seconds of the fit, the best of three where it is short, and the log loss on the test rows."""
    seconds: list[float] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it did not converge is what is looked at
        while len(seconds) < 3 and (not seconds or min(seconds) < SHORT):
            before = perf_counter()
            predict = fit(epochs)
            seconds.append(perf_counter() - before)
        return min(seconds), float(log_loss(data.y_test, predict(data.X_test)))


def row(learner: Learner, data: Split, target: float) -> list[str]:
    """Return a row of the table: as it stands, then the least number of epochs that reach the target."""
    fit = learner.prepare(data)
    stands = timed(fit, None, data) if learner.stops else None
    cells = [learner.name, *(("-", "-") if stands is None else (f"{stands[0]:.3g}", f"{stands[1]:.4f}"))]
    epochs = 1
    while learner.repeats and epochs <= MOST:
        seconds, loss = timed(fit, epochs, data)
        if loss <= target:
            return [*cells, f"{seconds:.3g}", str(epochs)]
        if seconds > ENOUGH:
            break
        epochs *= 2
    if not learner.repeats and stands is not None and stands[1] <= target:
        return [*cells, f"{stands[0]:.3g}", "1"]
    return [*cells, "not reached", "-"]


def main() -> None:
    """Print a table for each data set."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", nargs="+", default=DATA, choices=sorted({**BINARY, **SPARSE}), metavar="NAME")
    parser.add_argument("--within", type=float, default=1.0, help="per cent above LogisticRegression (default: %(default)s)")
    asked = parser.parse_args()
    about, core = machine(), pin()
    print(f"{about['cpu']}, one thread on core {core}; numpy {about['numpy']}, Python {about['python']}")
    if absent := [learner.name for learner in LEARNERS if find_spec(learner.module) is None]:
        print("Not installed here, left out: " + "; ".join(absent))
    for name in asked.data:
        data = load(name)
        _, best = timed(estimator(lbfgs)(data), None, data)
        target = best * (1 + asked.within / 100)
        print(f"\n{name}: {data.X.shape[0]:,} rows of {data.X.shape[1]} columns; a log loss of {target:.4f} is sought\n")
        print(f"| {name} | seconds | test log loss | seconds to {target:.4f} | epochs |\n|---|--:|--:|--:|--:|", flush=True)
        for learner in LEARNERS:
            if learner.takes(data):
                print("| " + " | ".join(row(learner, data, target)) + " |", flush=True)


if __name__ == "__main__":
    main()

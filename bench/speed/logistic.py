"""Logistic regression on dense rows: the pass alone, whole fits, many models in one read, predictions, single rows.

Under ``pytest`` the cases have an eighth of their rows.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from cases import BENCH, Case
from sklearn.linear_model import SGDClassifier

from bench.measure import Candidate
from bench.speed.peers import logistic as peers
from hotloop import LogisticSGDClassifier, kernels, reference
from hotloop.structs import ColumnMoments, DenseRows, Pass

LEVELS = kernels.available_levels()
PREFIX = 4000  # rows over which the oracle is compared
REFERENCE_ROWS = 20_000
BOUND = 1e-4  # of max|dw| / max|w| in float32, above which a speed is no result


MODELS = 16


def candidates(case: Case) -> list[Candidate]:
    """Return hotloop at each level and in each use, the peers and the reference, over the rows of the case."""
    X, y = case.rows()
    n, k = X.shape
    labels, ones, order, eta = y.astype(np.int64), np.broadcast_to(1.0, n), np.arange(n, dtype=np.intp), np.full(n, case.eta)
    mixed = kernels.permutation(n, np.arange(6, dtype=np.uint32))

    @lru_cache
    def oracle(n_samples: int, standardized: bool = False, shuffled: bool = False, of: type | None = None):
        """Weights, then intercept, in the units of X."""
        rows = (X if of is None else narrowed(of)).astype(np.float64)
        visited, center, scale = (mixed if shuffled else order)[:n_samples], None, None
        if standardized:
            moments = ColumnMoments(np.zeros(1), *np.zeros((5, k)))
            reference.column_moments(DenseRows(rows[:n_samples]), ones[:n_samples], moments, False)
            center, scale = moments.mean, 1 / np.sqrt(moments.deviation / moments.total_weight)
        W, b = np.zeros((1, k)), np.zeros(1)
        steps = Pass(visited, y, ones, eta * step_of(of))
        reference.logistic_pass(DenseRows(rows, center, scale), steps, W, b, None, None)
        if standardized:
            W, b = W * scale, b - W @ (scale * center)
        return [np.append(W, b)]

    @lru_cache
    def narrowed(of: type):
        """The rows in another type; of integers about as many values as a byte has."""
        return np.clip(32 * X + 128, 0, 255).astype(of) if np.dtype(of).kind == "u" else X.astype(of)

    def step_of(of: type | None):
        """The step size that suits them, over that of X."""
        return 1.0 if of is None or np.dtype(of).kind == "f" else 1 / (128**2 + 32**2)

    def candidate(key, name, start, train, weights, n_samples=n, oracle=oracle, itemsize=X.itemsize):
        return Candidate(case.name, key, name, n_samples, n_samples * k * itemsize, start, train, weights, oracle)

    def one_pass(backend, visited=order, of=None):
        rows, eta_of = DenseRows(X if of is None else narrowed(of)), eta * step_of(of)

        def train(weights, n_samples):
            W, b = weights
            backend.logistic_pass(rows, Pass(visited[:n_samples], y, ones, eta_of[:n_samples]), W, b, None, None)

        return train

    def at_level(level, n_models=1):
        def start():
            kernels.use_level(level)
            return np.zeros((n_models, k), X.dtype), np.zeros(n_models)

        return start

    def many(weights, n_samples):
        W, b = weights
        grid = np.broadcast_to(case.eta * 0.9 ** np.arange(MODELS), (n_samples, MODELS))
        steps = Pass(order[:n_samples], y, ones, grid, np.zeros(MODELS))
        kernels.logistic_many_pass(DenseRows(X), steps, None, np.ones(MODELS), W, b, None, None)

    def oracle_of_many(n_samples):
        found = []
        for m in range(MODELS):
            W, b = np.zeros((1, k)), np.zeros(1)
            steps = Pass(order[:n_samples], y, ones, eta * 0.9**m)
            reference.logistic_pass(DenseRows(X.astype(np.float64)), steps, W, b, None, None)
            found.append(np.append(W, b))
        return [np.array(found)]

    def estimator(standardize, shuffle=False):
        def start():
            kernels.use_level(LEVELS[0])
            return LogisticSGDClassifier(
                alpha=0.0, max_iter=1, tol=None, shuffle=shuffle, learning_rate="constant", eta0=case.eta, average=False,
                standardize=standardize, random_state=0,
            )  # fmt: skip

        return start

    def fit(model, n_samples):
        model.fit(X[:n_samples], labels[:n_samples])

    def fitted(model):
        return [np.append(model.coef_, model.intercept_)]

    def plain(weights):
        return [np.append(*weights)]

    best = LEVELS[0]
    found = [
        candidate(f"logistic_pass@{level}", f"logistic_pass, {level}", at_level(level), one_pass(kernels), plain)
        for level in LEVELS
    ]
    found.append(
        candidate(
            "logistic_pass@random-order",
            "logistic_pass, random order",
            at_level(best),
            one_pass(kernels, mixed),
            plain,
            oracle=lambda n: oracle(n, shuffled=True),
        )
    )
    if case.n_features == 1000:
        for of in (np.uint8, np.float16, np.float64):
            start = at_level(best)
            if of is np.float64:

                def start():
                    kernels.use_level(best)
                    return np.zeros((1, k)), np.zeros(1)

            found.append(
                candidate(
                    f"logistic_pass@{np.dtype(of)}",
                    f"logistic_pass, {np.dtype(of)} rows",
                    start,
                    one_pass(kernels, of=of),
                    plain,
                    oracle=lambda n, of=of: oracle(n, of=of),
                    itemsize=np.dtype(of).itemsize,
                )  # fmt: skip
            )
    found.append(
        candidate(
            "logistic_many_pass",
            f"logistic_many_pass, {MODELS} models",
            at_level(best, MODELS),
            many,
            lambda w: [np.column_stack(w)],
            oracle=oracle_of_many,
        )
    )
    if loop := peers.numba_loop(X, y, case.eta):
        found.append(candidate("numba", "numba loop, fastmath", *loop))
    for shuffle in (False, True):
        for standardize in (None, "auto"):
            name = f"LogisticSGDClassifier.fit, standardize={standardize!r}, shuffle={shuffle}"
            options = ",".join([*(["auto"] if standardize else []), *(["shuffle"] if shuffle else [])])

            def of_fit(n_samples, standardize=standardize, shuffle=shuffle):
                """A shuffled fit draws its order from the number of rows: the same fit on the reference."""
                if not shuffle:
                    return oracle(n_samples, standardize is not None)
                with pytest.MonkeyPatch.context() as patch:
                    patch.setenv("HOTLOOP_BACKEND", "reference")
                    model = estimator(standardize, True)().fit(X[:n_samples].astype(np.float64), labels[:n_samples])
                return fitted(model)

            found.append(
                candidate(f"fit@{options}".rstrip("@"), name, estimator(standardize, shuffle), fit, fitted, oracle=of_fit)
            )
        peer = peers.scikit_learn(X, y, case.eta, shuffle)
        of_peer = None if shuffle else oracle  # scikit-learn draws another order
        key = "sgd_classifier@shuffle" if shuffle else "sgd_classifier"
        found.append(candidate(key, f"scikit-learn SGDClassifier.fit, shuffle={shuffle}", *peer, oracle=of_peer))
    found += predictions(case, X, y)
    for key, name, rows, start, train in peers.others(X, y, case.eta):
        found.append(candidate(key, name, start, train, lambda state: [], rows, oracle=None))
    found.append(
        candidate("reference", "reference, plain Python", at_level(best), one_pass(reference), plain, min(n, REFERENCE_ROWS))
    )
    return found


ONE_BY_ONE = 500


def predictions(case: Case, X: np.ndarray, y: np.ndarray) -> list[Candidate]:
    """Return what predicts, all rows at once and one row a call, with the same weights; the oracle is NumPy in float64."""
    peer = SGDClassifier(loss="log_loss", max_iter=1, tol=None, eta0=case.eta, learning_rate="constant")
    peer.fit(X[:1000], y[:1000])
    model = LogisticSGDClassifier(standardize=None, max_iter=1, tol=None).fit(X[:1000], y[:1000])
    model.coef_, model.intercept_ = peer.coef_, peer.intercept_
    score = model.scorer()

    def probabilities(n_samples: int):
        m = X[:n_samples].astype(np.float64) @ peer.coef_[0].astype(X.dtype) + peer.intercept_
        return [1 / (1 + np.exp(-m))]

    def all_at_once(estimator):
        def predict(found, n_samples):
            found[:] = [estimator.predict_proba(X[:n_samples])[:, 1]]

        return predict

    def one_by_one(of_row):
        def predict(found, n_samples):
            found[:] = [np.array([of_row(i) for i in range(n_samples)])]

        return predict

    ways = [
        ("predict_proba", "predict_proba", len(X), all_at_once(model)),
        ("sgd_classifier.predict_proba", "scikit-learn predict_proba", len(X), all_at_once(peer)),
        ("scorer", "scorer, one row a call", ONE_BY_ONE, one_by_one(lambda i: score(X[i]))),
        (
            "sgd_classifier.predict_proba@row",
            "scikit-learn predict_proba, one row a call",
            ONE_BY_ONE,
            one_by_one(lambda i: peer.predict_proba(X[i : i + 1])[0, 1]),
        ),
    ]
    return [
        Candidate(case.name, key, name, n, n * X.shape[1] * X.itemsize, list, predict, lambda found: found, probabilities)
        for key, name, n, predict in ways
    ]


CASES = BENCH
QUICK = [replace(case, n_samples=case.n_samples // 8) for case in BENCH]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.name)
def test_logistic_pass(benchmark, case, level):
    found = next(c for c in _of(case) if c.key == f"logistic_pass@{level}")
    benchmark.extra_info.update(n_samples=found.n_samples, error=found.error(PREFIX))
    assert benchmark.extra_info["error"] < BOUND
    benchmark.pedantic(lambda weights: found.train(weights, found.n_samples), setup=lambda: ((found.start(),), {}), rounds=5)


@lru_cache(maxsize=1)
def _of(case):
    return candidates(case)

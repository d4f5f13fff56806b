"""Logistic regression: one pass of per-sample SGD over dense rows, without and with the estimator around it.

Under ``pytest`` the cases have an eighth of their rows.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from cases import BENCH, Case

from bench import peers
from bench.measure import Candidate
from hotloop import LogisticSGDClassifier, kernels, reference

LEVELS = kernels.available_levels()
PREFIX = 4000  # rows over which the oracle is compared
REFERENCE_ROWS = 20_000
BOUND = 1e-4  # of max|dw| / max|w| in float32, above which a speed is no result


def candidates(case: Case) -> list[Candidate]:
    """Return hotloop at each level, the estimator, the peers and the reference, over the rows of the case."""
    X, y = case.rows()
    n, k = X.shape
    labels, ones, order, eta = y.astype(np.int64), np.ones(n), np.arange(n, dtype=np.intp), np.full(n, case.eta)

    @lru_cache
    def oracle(n_samples: int, standardized: bool = False):
        """Weights, then intercept, in the units of X."""
        rows, center, scale = X[:n_samples].astype(np.float64), None, None
        if standardized:
            total, mean, deviation = np.zeros(1), np.zeros(k), np.zeros(k)
            reference.column_moments(rows, ones[:n_samples], total, mean, deviation)
            center, scale = mean, 1 / np.sqrt(deviation / total)
        W, b = np.zeros((1, k)), np.zeros(1)
        reference.logistic_pass(
            rows, y[:n_samples], ones[:n_samples], order[:n_samples], eta, 0.0, center, scale, W, b, None, None
        )
        if standardized:
            W, b = W * scale, b - W @ (scale * center)
        return [np.append(W, b)]

    def candidate(name, start, train, weights, n_samples=n, oracle=oracle):
        return Candidate(case.name, name, n_samples, n_samples * k * X.itemsize, start, train, weights, oracle)

    def one_pass(backend):
        def train(weights, n_samples):
            W, b = weights
            backend.logistic_pass(X, y, ones, order[:n_samples], eta[:n_samples], 0.0, None, None, W, b, None, None)

        return train

    def at_level(level):
        def start():
            kernels.use_level(level)
            return np.zeros((1, k), X.dtype), np.zeros(1)

        return start

    def estimator(standardize):
        def start():
            kernels.use_level(LEVELS[0])
            return LogisticSGDClassifier(
                alpha=0.0, max_iter=1, tol=None, shuffle=False, learning_rate="constant", eta0=case.eta, average=False,
                standardize=standardize,
            )  # fmt: skip

        return start

    def fit(model, n_samples):
        model.fit(X[:n_samples], labels[:n_samples])

    def fitted(model):
        return [np.append(model.coef_, model.intercept_)]

    def plain(weights):
        return [np.append(*weights)]

    found = [candidate(f"logistic_pass, {level}", at_level(level), one_pass(kernels), plain) for level in LEVELS]
    found.append(candidate("LogisticSGDClassifier.fit, standardize=None", estimator(None), fit, fitted))
    found.append(
        candidate(
            'LogisticSGDClassifier.fit, standardize="auto"', estimator("auto"), fit, fitted, oracle=lambda n: oracle(n, True)
        )
    )
    found.append(candidate("scikit-learn SGDClassifier.fit", *peers.scikit_learn(X, y, case.eta)))
    if loop := peers.numba_loop(X, y, case.eta):
        found.append(candidate("numba loop, fastmath", *loop))
    found.append(candidate("reference, plain Python", at_level(LEVELS[0]), one_pass(reference), plain, min(n, REFERENCE_ROWS)))
    return found


CASES = BENCH
QUICK = [replace(case, n_samples=case.n_samples // 8) for case in BENCH]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.name)
def test_logistic_pass(benchmark, case, level):
    found = next(c for c in _of(case) if c.name == f"logistic_pass, {level}")
    benchmark.extra_info.update(n_samples=found.n_samples, error=found.error(PREFIX))
    assert benchmark.extra_info["error"] < BOUND
    benchmark.pedantic(lambda weights: found.train(weights, found.n_samples), setup=lambda: ((found.start(),), {}), rounds=5)


@lru_cache(maxsize=1)
def _of(case):
    return candidates(case)

"""Logistic regression on rows by their non-zeros: passes, whole fits, adaptive steps.

Under ``pytest`` the cases have an eighth of their rows.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from cases import BENCH_CSR, CSRCase
from kernel_cases import BY_NAME
from kernel_cases import csr_of as csr_rows
from scipy.sparse import csr_matrix

from bench.measure import Candidate
from bench.speed.peers import logistic as peers
from hotloop import LogisticSGDClassifier, kernels, reference
from hotloop.structs import CSRRows, Pass

LEVELS = kernels.available_levels()
PREFIX = 300  # rows over which the oracle is compared: it costs the columns that they have
BOUND = 1e-4  # of max|dw| / max|w| in float32, above which a speed is no result


CASES = BENCH_CSR
QUICK = [replace(case, n_samples=case.n_samples // 8) for case in CASES]


def compressed(X, ones: bool):
    """Return the columns that rows have, and the rows with these columns alone, in float64."""
    columns, indices = np.unique(X.indices, return_inverse=True)
    narrow = csr_matrix((X.data, indices.astype(np.int32), X.indptr), shape=(X.shape[0], len(columns)))
    return columns, csr_rows(narrow, np.float64, ones=ones)


def candidates(case: CSRCase) -> list[Candidate]:
    """Return hotloop at each level and in each use, the peers and the reference, over the rows of the case."""
    X, y = case.rows()
    n, k = X.shape
    longest, labels = int(np.diff(X.indptr).max()), y.astype(np.int64)
    starts, ones, order, eta = X.indptr.astype(np.int64), np.broadcast_to(1.0, n), np.arange(n), np.full(n, case.eta)
    mixed = kernels.permutation(n, np.arange(6, dtype=np.uint32))
    values = None if case.ones else X.data

    def csr_of(data):
        return CSRRows(starts, X.indices, data, k, np.dtype(np.float32), longest)

    @lru_cache
    def oracle(n_samples: int, shuffled: bool = False):
        """Weights, then intercept; the reference sees the columns that the rows have."""
        chosen = (mixed if shuffled else order)[:n_samples]
        columns, csr = compressed(X[chosen], case.ones)
        W, b, lazy = np.zeros((1, len(columns))), np.zeros(1), np.eye(1, 6)[0]
        reference.logistic_csr_pass(csr, Pass(order[:n_samples], y[chosen], np.ones(n_samples), eta), W, b, None, None, lazy)
        found = np.zeros(k + 1)
        found[columns], found[k] = W[0], b[0]
        return [found]

    def candidate(key, name, start, train, weights, n_samples=n, oracle=oracle):
        return Candidate(case.name, key, name, n_samples, n_samples * X.nnz * 8 // n, start, train, weights, oracle)

    def at_level(level, averaged=False):
        def start():
            kernels.use_level(level)
            arrays = [np.empty((1, k), np.float32), np.zeros(1), np.empty((1, k)) if averaged else None]
            for array in (arrays[0], arrays[2]):
                if array is not None:
                    array[:] = 0  # its memory is there before the clock starts
            return [*arrays, np.zeros(1) if averaged else None, np.eye(1, 6)[0]]

        return start

    def one_pass(visited=order, data=values):
        def train(weights, n_samples):
            kernels.logistic_csr_pass(csr_of(data), Pass(visited[:n_samples], y, ones, eta), *weights)

        return train

    def of_table(kernel, alpha=0.0):
        """Return the parts of a candidate that is a case of tests/kernel_cases.py."""
        kernel_case = BY_NAME[kernel]

        def start():
            kernels.use_level(LEVELS[0])
            return kernel_case.start(k, np.float32)

        def train(arrays, n_samples):
            steps = Pass(order[:n_samples], y, ones, eta, alpha)
            kernel_case.take(kernels, csr_of(values), steps, arrays)

        def learnt(backend, arrays):
            W, b, *_ = kernel_case.found(backend, arrays, 0)
            return W[0], b

        def weights(arrays):
            return [np.append(*learnt(kernels, arrays))]

        def of_reference(n_samples):
            columns, rows = compressed(X[:n_samples], case.ones)
            arrays = kernel_case.start(len(columns), np.float64)
            kernel_case.take(reference, rows, Pass(order[:n_samples], y[:n_samples], np.ones(n_samples), eta, alpha), arrays)
            w, b = learnt(reference, arrays)
            found = np.zeros(k + 1)
            found[columns], found[k] = w, b[0]
            return [found]

        return start, train, weights, n, lru_cache(of_reference)

    def estimator(**params):
        def start():
            kernels.use_level(LEVELS[0])
            return LogisticSGDClassifier(max_iter=1, tol=None, random_state=0, **params)

        return start

    explicit = {"alpha": 0.0, "learning_rate": "constant", "eta0": case.eta, "average": False, "standardize": None}

    def fit(model, n_samples):
        model.fit(X[:n_samples] if n_samples < n else X, labels[:n_samples])

    def fitted(model):
        return [np.append(model.coef_, model.intercept_)]

    def plain(weights):
        return [np.append(weights[0], weights[1])]

    best = LEVELS[0]
    found = [
        candidate(f"logistic_csr_pass@{level}", f"logistic_csr_pass, {level}", at_level(level), one_pass(), plain)
        for level in LEVELS
    ]
    found.append(
        candidate(
            "logistic_csr_pass@random-order",
            "logistic_csr_pass, random order",
            at_level(best),
            one_pass(mixed),
            plain,
            oracle=lambda n: oracle(n, True),
        )
    )
    found.append(
        candidate("logistic_csr_pass@averaged", "logistic_csr_pass, averaged", at_level(best, True), one_pass(), plain)
    )
    if case.ones:
        found.append(
            candidate(
                "logistic_csr_pass@ones-read",
                "logistic_csr_pass, ones read",
                at_level(best),
                one_pass(data=X.data),
                plain,
            )
        )
    if loop := peers.numba_sparse_loop(X, y, case.eta):
        found.append(candidate("numba", "numba loop, fastmath", *loop))
    found.append(candidate("logistic_l1_pass", "logistic_l1_pass, elastic net", *of_table("logistic_l1_pass", 2e-6)))
    for rule in ("adagrad", "ftrl", "normalized"):
        key = f"logistic_adaptive_pass@{rule}"
        found.append(candidate(key, f"logistic_adaptive_pass, {rule}", *of_table(key)))
    for shuffle in (False, True):
        name, shuffled = f"LogisticSGDClassifier.fit, shuffle={shuffle}", "@shuffle" * shuffle
        found.append(
            candidate(
                f"sparse_fit{shuffled}",
                name,
                estimator(shuffle=shuffle, **explicit),
                fit,
                fitted,
                oracle=None if shuffle else oracle,
            )
        )
        peer = peers.scikit_learn(X, y, case.eta, shuffle)
        name = f"scikit-learn SGDClassifier.fit, shuffle={shuffle}"
        found.append(
            candidate(f"sgd_classifier{shuffled}", name, *peer, oracle=None)
        )  # its intercept takes a hundredth of the step
    found.append(candidate("sparse_fit@defaults", "LogisticSGDClassifier.fit, defaults", estimator(), fit, fitted, oracle=None))
    found.append(
        candidate("reference", "reference, plain Python", list, lambda _, n: oracle.__wrapped__(n), plain, PREFIX, oracle=None)
    )
    return found


@pytest.mark.parametrize("case", QUICK[:2], ids=lambda case: case.name)
def test_logistic_csr_pass(benchmark, case):
    found = candidates(case)[0]
    benchmark.extra_info.update(n_samples=found.n_samples, error=found.error(PREFIX))
    assert benchmark.extra_info["error"] < BOUND
    benchmark.pedantic(lambda weights: found.train(weights, found.n_samples), setup=lambda: ((found.start(),), {}), rounds=5)

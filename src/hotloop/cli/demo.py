"""``hotloop demo``: both models on real data, beside scikit-learn's converged ones; the one subcommand that needs it."""

import time
from argparse import Namespace
from typing import Any

import numpy as np

from hotloop.backend import backend_info
from hotloop.cli.demo_file import compare_on_a_file
from hotloop.cli.messages import note
from hotloop.data.batch import Batch
from hotloop.data.validation import Array
from hotloop.fit import fit_arrays
from hotloop.logistic.options import LogisticOptions
from hotloop.metrics import area_under_roc
from hotloop.training.progress_bar import ProgressBar


def run(arguments: Namespace) -> None:
    """Train, compare, print one table a data set."""
    from sklearn.datasets import load_breast_cancer, load_digits
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    print(f"hotloop: {backend_info()}")
    cancer, digits = load_breast_cancer(), load_digits()
    options = LogisticOptions(seed=arguments.seed)
    _compare(
        "breast cancer, raw columns, logistic regression", cancer.data, cancer.target, options, None,
        "LogisticRegression, standardised", LogisticRegression(max_iter=10_000, tol=1e-8),
    )  # fmt: skip
    _compare(
        "digits, raw columns, two-layer network of 32 hidden units", digits.data, digits.target, options, 32,
        "MLPClassifier((32,)), standardised", MLPClassifier((32,), max_iter=2000, random_state=arguments.seed),
    )  # fmt: skip
    compare_on_a_file(arguments.seed)


def _compare(title: str, X: Array, y: Array, options: LogisticOptions, n_hidden: int | None, peer_name: str, peer: Any) -> None:
    """Train both on four fifths of the rows and print their scores on the last fifth.

    Parameters
    ----------
    title : str
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,), int
        Class indices.
    options : LogisticOptions
    n_hidden : int or None
        Hidden units of a network; None: logistic regression.
    peer_name : str
    peer : estimator of scikit-learn
        Is trained on standardised columns.
    """
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    classes = np.unique(y)
    order = np.random.default_rng(0).permutation(len(X))
    train, test = order[: len(X) * 4 // 5], order[len(X) * 4 // 5 :]
    rows = Batch(X[train], y[train].astype(np.float64), np.ones(len(train)))
    with ProgressBar("hotloop", note=note) as progress:
        fit = fit_arrays(rows, classes, options, n_hidden, progress=progress)
    peer = make_pipeline(StandardScaler(), peer)
    start = time.perf_counter()
    peer.fit(X[train], y[train])
    peer_seconds = time.perf_counter() - start
    epochs = int(np.max(peer[-1].n_iter_))
    print(f"\n{title}: {len(X):,} rows of {X.shape[1]} columns, {len(classes)} classes, a fifth of the rows for the test")
    print(f"{'':<46}{'log loss':>10}{'accuracy':>10}{'AUC':>8}{'passes':>8}{'seconds':>9}{'rows/s':>12}")
    for name, p, passes, seconds in (
        (f"hotloop {fit.predictor.estimator_name}", fit.predictor.predict_proba(X[test]), fit.history.n_iter, fit.seconds),
        (f"scikit-learn {peer_name}", peer.predict_proba(X[test]), epochs, peer_seconds),
    ):
        truth = y[test].astype(np.intp)
        loss = float(-np.log(p[np.arange(len(p)), truth]).mean())
        accuracy = float(np.mean(p.argmax(axis=1) == truth))
        areas = [area_under_roc(p[:, c], truth == c) for c in (range(len(classes)) if len(classes) > 2 else [1])]
        rate = len(train) * passes / seconds
        print(f"{name:<46}{loss:>10.4f}{accuracy:>10.4f}{np.mean(areas):>8.4f}{passes:>8}{seconds:>9.3f}{rate:>12,.0f}")

"""Ways to train, to predict and to store a model, and the hash of what comes of it."""

import hashlib
import tempfile
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse

import hotloop
import hotloop.cli
from bench.studies.fingerprints.data import N_TRAIN, PIECES, PLAIN
from hotloop import (
    LogisticSDCAClassifier,
    LogisticSGDClassifier,
)

Case = Callable[[], Any]

Cases = dict[str, Case]

WEIGHTS = ("classes_", "coef_", "intercept_", "coefs_", "intercepts_", "feature_names_in_")

COURSE = ("n_iter_", "t_", "eta0_", "alpha_", "loss_curve_", "validation_curve_", "search_")

CHOICE = ("best_params_", "best_score_", "best_index_", "n_splits_", "cv_results_")

PREDICTIONS = ("decision_function", "predict_log_proba", "predict_proba", "predict")


def logistic(**options: Any) -> Any:
    """Return a classifier that trains for three epochs, without a search."""
    return LogisticSGDClassifier(**PLAIN | options)


def to_the_optimum(X: Any, y: Any, penalty: Any = "l2", **options: Any) -> tuple[Any, Any]:
    """Fit by dual coordinate ascent; return the model and what its certificate says."""
    if penalty != "l2":
        raise ValueError("dual coordinate ascent has an L2 penalty only")
    model = LogisticSDCAClassifier(**options).fit(X, y)
    return model, vars(model.certificate_)


def certified(estimator: Any, X: Any, y: Any) -> tuple[Any, Any]:
    """Fit; return the model and what its certificate says."""
    model = estimator.fit(X, y)
    return model, vars(hotloop.duality_gap(model, X, y))


def with_error_bars(estimator: Any, X: Any, y: Any, n_replicas: int) -> tuple[Any, Any]:
    """Fit; return the model and the deviations of its weights over bootstrap replicas."""
    model = estimator.fit(X, y)
    return model, list(hotloop.bootstrap_std(model, X, y, n_replicas))


def judged_on_the_way(estimator: Any, X: Any, y: Any) -> tuple[Any, Any]:
    """Fit; return the model and how well rows were predicted before they were trained on."""
    model = estimator.fit(X, y)
    found = hotloop.progressive_validation(model, X, y)
    return model, [found.log_loss, found.auc, found.reliability]


def absorb(digest: Any, found: Any) -> None:
    """Add all that was found to a hash: type, shape and bytes of each array."""
    if isinstance(found, dict):
        for key in sorted(found):
            absorb(digest, [key, found[key]])
    elif isinstance(found, list | tuple):
        digest.update(f"{len(found)} of ".encode())
        for part in found:
            absorb(digest, part)
    elif scipy.sparse.issparse(found):
        absorb(digest, [found.shape, found.indptr, found.indices, found.data])
    elif isinstance(found, str | None) or np.asarray(found).dtype == object:
        digest.update(repr(found if isinstance(found, str | None) else np.asarray(found).tolist()).encode())
    else:
        array = np.ascontiguousarray(found)
        digest.update(f"{array.dtype.str} {array.shape} ".encode() + array.tobytes())


def fingerprint(case: Case) -> str:
    """Return the hash of what a case returns, or the type of what it raises."""
    digest = hashlib.sha256()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            absorb(digest, case())
    except (Exception, SystemExit) as error:  # a refusal is a result, too
        return type(error).__name__
    return digest.hexdigest()[:16]


def state(model: Any, held: Any) -> list[Any]:
    """Return what a model has learnt and what it predicts."""
    if isinstance(model, LogisticSDCAClassifier):
        model.eta0_ = min(1.0, 0.5 / model.alpha_)
    learnt = [[name, getattr(model, name)] for name in (*WEIGHTS, *COURSE, *CHOICE) if hasattr(model, name)]
    predicted = [[name, getattr(model, name)(held)] for name in PREDICTIONS if hasattr(model, name)]
    score = model.scorer()
    scored = [score(row) for row in held[:3].astype(np.float64, order="C")] if isinstance(held, np.ndarray) else []
    return [learnt, predicted, scored]


def split(X: Any, y: Any) -> tuple[Any, Any, Any, Any]:
    """Return rows and targets to train on, and held ones."""
    by_place = X.iloc if hasattr(X, "iloc") else X
    return by_place[:N_TRAIN], y[:N_TRAIN], by_place[N_TRAIN:], y[N_TRAIN:]


def fitted(estimator: Any, X: Any, y: Any, **more: Any) -> list[Any]:
    """Fit and look; ``validate=True`` gives the fit the held rows, ``layout`` makes of the rows what is fitted."""
    X, y, X_held, y_held = split(X, y)
    X = more.pop("layout", lambda same: same)(X)
    if more.pop("validate", False):
        more.update(X_val=X_held, y_val=y_held)
    return state(estimator.fit(X, y, **more), X_held)


def fitted_with(train: Callable[..., tuple[Any, Any]], X: Any, y: Any) -> list[Any]:
    """Fit by a function that returns a model and something else."""
    X, y, X_held, _ = split(X, y)
    model, more = train(X=X, y=y)
    return [state(model, X_held), more, saved_and_loaded(model, X_held)[1]]


def all_of(estimator: Any, X: Any, y: Any) -> list[Any]:
    """Fit on all rows and predict them."""
    return state(estimator.fit(X, y), X)


def fitted_twice(estimator: Any, X: Any, y: Any) -> list[Any]:
    """Fit on half of the rows, then again on all."""
    X, y, X_held, _ = split(X, y)
    return [state(estimator.fit(X[part], y[part]), X_held) for part in (slice(0, None, 2), slice(None))]


def learn(estimator: Any, X: Any, y: Any, known: Any, **more: Any) -> Any:
    """Call partial_fit; ``known`` are all targets."""
    if hasattr(estimator, "predict_proba"):
        more["classes"] = np.arange(known.shape[1]) if known.ndim == 2 else np.unique(known)
    return estimator.partial_fit(X, y, **more)


def in_pieces(estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> list[Any]:
    """Learn piece by piece and look after each."""
    known, found, start = y, [], 0
    X, y, X_held, _ = split(X, y)
    for size in PIECES:
        part = slice(start, start + size)
        more = {} if sample_weight is None else {"sample_weight": sample_weight[part]}
        found.append(state(learn(estimator, X[part], y[part], known, **more), X_held))
        start += size
    return found


def saved_and_loaded(model: Any, X_held: Any) -> tuple[Any, list[Any]]:
    """Return the estimator that comes back from a file, and what file and estimator predict."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        model.save(path)
        loaded, again = hotloop.load(path), hotloop.load_estimator(path)
    return again, [loaded.predict(X_held), state(again, X_held)]


def saved_and_continued(estimator: Any, X: Any, y: Any, whole: bool) -> list[Any]:
    """Learn 75 rows, by fit or partial_fit, save, load and learn the rest."""
    known = y
    X, y, X_held, _ = split(X, y)
    model = estimator.fit(X[:75], y[:75]) if whole else learn(estimator, X[:75], y[:75], known)
    again, found = saved_and_loaded(model, X_held)
    return [*found, state(learn(again, X[75:], y[75:], known), X_held)]


def after_refusal(estimator: Any, X: Any, y: Any) -> list[Any]:
    """Learn some rows, then rows so large that most rules refuse them, and go on with others."""
    known, found = y, []
    X, y, X_held, _ = split(X, y)
    large = float(np.finfo(X.dtype).max) ** 0.9
    for part, factor in ((slice(0, 90), 1), (slice(90, 102), large), (slice(102, None), 1)):
        try:
            learn(estimator, X[part] * factor, y[part], known)
        except (FloatingPointError, ValueError) as error:
            found.append(type(error).__name__)
        found.append(state(estimator, X_held))
    return found


def assigned(estimator: Any, X: Any, y: Any) -> list[Any]:
    """Assign weights between two pieces."""
    known = y
    X, y, X_held, _ = split(X, y)
    learn(estimator, X[:90], y[:90], known)
    estimator.coef_, estimator.intercept_ = estimator.coef_ / 2, estimator.intercept_ + 1
    found = state(estimator, X_held)
    return [found, state(learn(estimator, X[90:], y[90:], known), X_held)]


def add(cases: Cases, name: str, train: Callable[..., Any], *given: Any, **more: Any) -> None:
    """Add a case, which is not carried out yet."""
    assert name not in cases, name
    cases[name] = partial(train, *given, **more)

"""An interrupt, or a lack of memory, at some lines: the estimator predicts as before, or as the new model, never neither."""

import os
import sys
import threading

import numpy as np
import pytest
from interrupts import Interrupt

from hotloop import LogisticSDCAClassifier, LogisticSGDClassifier, TwoLayerClassifier

if os.environ.get("HOTLOOP_BACKEND") == "reference":
    pytest.skip("each line of the reference would be traced: minutes a fit", allow_module_level=True)

DRAW = np.random.default_rng(0)
OLD, NEW = DRAW.standard_normal((60, 3)), DRAW.standard_normal((80, 5))
MAKERS = {
    "search": lambda: LogisticSGDClassifier(random_state=0),
    "no search": lambda: LogisticSGDClassifier(cv=None, max_iter=2, tol=None, random_state=0),
    "adagrad": lambda: LogisticSGDClassifier(optimizer="adagrad", max_iter=2, tol=None, random_state=0),
    "dual": lambda: LogisticSDCAClassifier(random_state=0),
    "network": lambda: TwoLayerClassifier(n_hidden=3, max_iter=2, tol=None, random_state=0),
}
MOMENTS = 6


def labels(X):
    return (X[:, 0] > 0).astype(int)


def answers(model, X):
    try:
        return model.predict_proba(X)
    except ValueError:
        return None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("name", MAKERS)
def test_an_estimator_is_never_left_between_two_models(name, method, error):
    if name == "dual" and method == "partial_fit":
        pytest.skip("dual coordinate ascent has no partial_fit")
    if sys.gettrace() is not None or threading.current_thread() is not threading.main_thread():
        pytest.skip("something else traces")
    X = NEW if method == "fit" else OLD[:30]
    make = MAKERS[name]
    n_lines = Interrupt(-1, error).run(lambda: getattr(make().fit(OLD, labels(OLD)), method)(X, labels(X)))
    start = Interrupt(-1, error).run(lambda: make().fit(OLD, labels(OLD)))
    for moment in np.linspace(1, n_lines - start, MOMENTS).astype(int):
        model = make().fit(OLD, labels(OLD))
        before = model.predict_proba(OLD)
        with pytest.raises(error):
            Interrupt(moment, error).run(lambda model=model: getattr(model, method)(X, labels(X)))
        old, new = answers(model, OLD), answers(model, X)
        assert (old is None) != (new is None) or method == "partial_fit", moment
        if method == "fit" and old is not None:
            assert old.tobytes() == before.tobytes(), moment
        if method == "partial_fit":
            model.partial_fit(X, labels(X))
            assert np.isfinite(model.predict_proba(OLD)).all(), moment
        else:
            model.fit(X, labels(X))
            assert model.predict_proba(X).tobytes() == make().fit(X, labels(X)).predict_proba(X).tobytes(), moment


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["no search", "network"])
def test_a_first_partial_fit_that_is_interrupted_leaves_no_model(name):
    make = MAKERS[name]

    def first(model):
        model.partial_fit(OLD[:10], labels(OLD[:10]), classes=[0, 1])

    first(make())  # what is imported or kept at a first call is not counted
    whole = make()
    n_lines = Interrupt(-1, MemoryError).run(lambda: first(whole))
    for moment in np.linspace(1, n_lines, 40).astype(int):
        model = make()
        with pytest.raises(MemoryError):
            Interrupt(moment, MemoryError).run(lambda model=model: first(model))
        if hasattr(model, "_learner"):  # the last lines
            assert np.isfinite(model.predict_proba(OLD)).all()
            assert model.n_iter_ == 1
        else:
            first(model)

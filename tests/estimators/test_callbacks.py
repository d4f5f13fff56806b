"""scikit-learn's callbacks: which tasks a fit tells of, what the models on the way predict, and that a callback can stop it."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from hotloop import LogisticSDCAClassifier, LogisticSGDClassifier, TwoLayerClassifier, TwoLayerRegressor
from hotloop.training import loop as training

callback = pytest.importorskip("sklearn.callback")


class Listener:
    """Writes down the tasks of a fit; stops after so many epochs."""

    def __init__(self, stop_after=np.inf):
        self.stop_after, self.begun, self.ended, self.models, self.life = stop_after, [], [], [], []

    def setup(self, estimator, context):
        self.life.append("setup")

    def teardown(self, estimator, context):
        self.life.append("teardown")

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
        assert len(X) == len(y)
        self.begun.append((context.task_name, context.max_subtasks))

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None, metadata=None):
        self.ended.append(context.task_name)
        self.metadata = metadata
        if context.task_name == "epoch":
            self.models.append(fitted_estimator)
        return context.task_name == "epoch" and self.ended.count("epoch") >= self.stop_after


def data(n_samples=120):
    draw = np.random.default_rng(0)
    X = draw.standard_normal((n_samples, 4))
    return X, (X[:, 0] + draw.standard_normal(n_samples) > 0).astype(int)


MODELS = {
    "logistic": LogisticSGDClassifier(random_state=0, cv=None, max_iter=4, tol=None),
    "ftrl": LogisticSGDClassifier(random_state=0, optimizer="ftrl", max_iter=4, tol=None),
    "sdca": LogisticSDCAClassifier(random_state=0, max_iter=4, tol=None),
    "classifier": TwoLayerClassifier(4, random_state=0, max_iter=4, tol=None),
    "regressor": TwoLayerRegressor(4, random_state=0, max_iter=4, tol=None),
}


@pytest.mark.parametrize("name", MODELS)
def test_epochs_and_the_models_after_them(name):
    X, y = data()
    heard, model = Listener(), MODELS[name].__sklearn_clone__()
    weight = np.linspace(1, 2, len(y))
    model.set_callbacks(heard).fit(X, y, sample_weight=weight)
    assert heard.begun == [("fit", None), ("training", 4), *[("epoch", 0)] * 4]
    assert heard.ended == [*["epoch"] * 4, "training", "fit"]
    assert heard.life == ["setup", "teardown"]
    assert heard.metadata["sample_weight"] is weight
    for epochs, found in enumerate(heard.models, 1):
        alone = MODELS[name].__sklearn_clone__().set_params(max_iter=epochs).fit(X, y, sample_weight=weight)
        assert_array_equal(found.predict(X), alone.predict(X))
    assert not np.array_equal(heard.models[0].predict(X), heard.models[-1].predict(X)) or name in ("ftrl", "sdca")
    assert not {"_callback_fit_ctx", "_skl_callbacks_to_teardown"} & set(vars(model))


@pytest.mark.parametrize("name", MODELS)
def test_a_callback_stops_the_training(name):
    X, y = data()
    model = MODELS[name].__sklearn_clone__().set_params(max_iter=100, tol=1e-9)
    heard = Listener(stop_after=3)
    model.set_callbacks(heard).fit(X, y)  # and nothing is said of a fit that did not converge
    assert model.n_iter_ == 3
    assert heard.begun == [("fit", None), ("training", None), *[("epoch", 0)] * 3]
    assert heard.ended == [*["epoch"] * 3, "training", "fit"]


def test_a_search_comes_first():
    X, y = data(400)
    heard = Listener()
    model = LogisticSGDClassifier(random_state=0).set_callbacks(heard).fit(X, y)
    assert heard.begun[:3] == [("fit", None), ("search", 0), ("training", model.n_iter_)]
    assert heard.ended == ["search", *["epoch"] * model.n_iter_, "training", "fit"]


def test_a_training_that_begins_anew_is_another(monkeypatch):
    X, y = data()
    calls, real = [], training.pass_over

    def diverge_once(*arguments):
        calls.append(None)
        if len(calls) == 3:
            raise FloatingPointError("too far")
        return real(*arguments)

    monkeypatch.setattr(training, "pass_over", diverge_once)
    heard = Listener()
    MODELS["logistic"].__sklearn_clone__().set_callbacks(heard).fit(X, y)
    assert heard.begun == [("fit", None), *[("training", 4), *[("epoch", 0)] * 3], ("training", 4), *[("epoch", 0)] * 4]
    assert heard.ended == [*["epoch"] * 3, "training", *["epoch"] * 4, "training", "fit"]


def test_nothing_where_scikit_learn_has_none(run_python):
    code = """
import sys, sklearn.linear_model, sklearn.model_selection, sklearn.pipeline
sys.modules["sklearn.callback"] = None
from hotloop import LogisticSGDClassifier
model = LogisticSGDClassifier(random_state=0).fit([[0.0], [1.0]] * 20, [0, 1] * 20)
print(hasattr(model, "set_callbacks"), model.score([[0.0], [1.0]], [0, 1]))
"""
    assert run_python(code) == "False 1.0"


def test_an_end_that_the_loss_decides():
    X, y = data()
    heard = Listener()
    with pytest.warns(ConvergenceWarning):
        LogisticSGDClassifier(cv=None, max_iter=2, tol=0.0, random_state=0).set_callbacks(heard).fit(X, y)
    assert heard.ended.count("epoch") == heard.begun.count(("epoch", 0)) == 2
    heard = Listener()
    model = LogisticSGDClassifier(cv=None, random_state=0).set_callbacks(heard).fit(X, y)
    assert heard.begun.count(("epoch", 0)) == heard.ended.count("epoch") == model.n_iter_ < 1000


def test_a_refused_fit_tears_down():
    X, y = data()
    X[3, 1] = np.nan
    heard = Listener()
    model = LogisticSGDClassifier().set_callbacks(heard)
    with pytest.raises(ValueError, match="row 3"):
        model.fit(X, y)
    assert heard.life == ["setup", "teardown"]
    assert not hasattr(model, "_callback_fit_ctx")


def test_scores_of_each_epoch_and_within_a_search():
    from sklearn.model_selection import GridSearchCV

    X, y = data()
    monitor = callback.ScoringMonitor(scoring="neg_log_loss")
    model = MODELS["logistic"].__sklearn_clone__().set_callbacks(monitor).fit(X, y)
    logs = monitor.get_logs()
    assert len(logs.data) >= 5
    assert -1 < logs.data[-1]["neg_log_loss"] < 0
    heard = Listener()
    search = GridSearchCV(MODELS["logistic"], {"alpha": [0.01, 0.1]}, cv=2)
    search.estimator = MODELS["logistic"].__sklearn_clone__().set_callbacks(heard)
    search.fit(X, y)
    assert heard.ended.count("epoch") == 5 * 4
    assert model.n_iter_ == 4

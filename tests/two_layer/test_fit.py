"""One way from options and rows to a trained network, without scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal

from hotloop import TwoLayerClassifier, TwoLayerRegressor
from hotloop.data.batch import Batch
from hotloop.data.csr import as_csr
from hotloop.estimators._base import draw_seed
from hotloop.training.callbacks import FitCallbacks
from hotloop.two_layer import auto
from hotloop.two_layer.fit import fit_two_layer, network_loss
from hotloop.two_layer.options import TwoLayerOptions

WEIGHTS = ("W1", "b1", "W2", "b2", "center", "scale", "target_center", "target_scale", "t")
FEW = {"n_hidden": 6, "max_iter": 3, "tol": None}


def drawn(n_samples=120):
    draw = np.random.default_rng(0)
    X = draw.standard_normal((n_samples, 5)) * [1, 100, 0.01, 5, 1] + [0, 1000, 0, 50, 3]
    return X, np.column_stack([np.sin(X[:, 0]) * 1000, X[:, 4] ** 2]), draw.random(n_samples)


def rows_of(kind, storage="dense"):
    X, targets, weight = drawn()
    y, classes = {
        "two": ((targets[:, 0] > 0) * 1.0, np.array(["no", "yes"])),
        "three": (np.digitize(targets[:, 0], [-300, 300]) * 1.0, np.array([3, 5, 7])),
        "labels": ((targets > np.median(targets, axis=0)) * 1.0, np.arange(2)),
        "number": (targets[:, :1], None),
        "numbers": (targets, None),
        "sigmoid_sum": (targets[:, :1], None),
    }[kind]
    return Batch(X if storage == "dense" else as_csr(sp.csr_matrix(X), np.float64), y, weight), classes


def assert_same(found, expected):
    for name in WEIGHTS:
        assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)


@pytest.mark.parametrize("storage", ["dense", "sparse"])
@pytest.mark.parametrize("kind", ["two", "three", "labels", "number", "numbers", "sigmoid_sum"])
def test_the_estimators_give_the_same_bits(backend, kind, storage):
    rows, classes = rows_of(kind, storage)
    X = drawn()[0] if storage == "dense" else sp.csr_matrix(drawn()[0])
    for own in ({}, {"optimizer": "adam", "batch_size": 8}, {"early_stopping": True}, {"dropout": 0.4, "activation": "tanh"}):
        output = {"output": "sigmoid_sum"} if kind == "sigmoid_sum" else {}
        fit = fit_two_layer(rows, TwoLayerOptions(seed=draw_seed(3), **FEW, **own, **output), classes)
        y = rows.y if classes is None or kind == "labels" else classes[rows.y.astype(int)]
        y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
        estimator = (TwoLayerRegressor if classes is None else TwoLayerClassifier)(random_state=3, **FEW, **own, **output)
        estimator.fit(X, y, sample_weight=rows.sample_weight)
        assert_same(estimator._learner.state, fit.learner.state)
        assert (estimator.loss_curve_, estimator.eta0_) == (fit.history.loss_curve, fit.config.eta0)


def test_weights_of_classes(backend):
    rows, classes = rows_of("three")
    options = TwoLayerOptions(**FEW, class_weight={3: 0.5, 7: 2.0})
    weight = rows.sample_weight * np.array([0.5, 1, 2])[rows.y.astype(int)]
    expected = fit_two_layer(replace(rows, sample_weight=weight), TwoLayerOptions(**FEW), classes)
    assert_same(fit_two_layer(rows, options, classes).learner.state, expected.learner.state)


@pytest.mark.parametrize("kind", ["three", "labels", "numbers"])
def test_validation_rows_keep_the_best_epoch(backend, kind):
    rows, classes = rows_of(kind)
    half = [Batch(rows.X[part], rows.y[part], rows.sample_weight[part]) for part in (slice(0, 60), slice(60, None))]
    options = TwoLayerOptions(n_hidden=6, max_iter=12, tol=None, eta0=0.05, learning_rate="constant")
    fit = fit_two_layer(half[0], options, classes, half[1])
    state = fit.learner.state
    scaled = half[1] if classes is not None else replace(half[1], y=state.scaled_targets(half[1].y))
    assert len(set(fit.history.validation_curve)) == 12
    assert network_loss(state, scaled) == pytest.approx(min(fit.history.validation_curve), rel=1e-12)


def test_rows_held_out_have_a_weight_and_a_share_of_each_class(backend):
    rows, classes = rows_of("three")
    weight = np.where(np.arange(120) < 40, 0.0, rows.sample_weight)
    options = TwoLayerOptions(**FEW, early_stopping=True, validation_fraction=0.25)
    fit = fit_two_layer(replace(rows, sample_weight=weight), options, classes)
    assert len(fit.history.validation_curve) == 3
    assert fit.learner.state.t in (180, 183)  # of 80 rows 60, or one more


@pytest.mark.parametrize("own", [{}, {"momentum": 0.9, "batch_size": 4}], ids=str)
def test_a_fit_that_starts_from_another(backend, own):
    """The network to start from stays as it was; without shuffling two epochs are one and another one."""
    rows, classes = rows_of("two")
    options = TwoLayerOptions(
        **FEW | {"max_iter": 1}, **own, shuffle=False, eta0=0.01, learning_rate="constant", standardize="maxabs"
    )
    first = fit_two_layer(rows, options, classes).learner.state
    before = first.copy()
    second = fit_two_layer(rows, options, classes, start=first).learner.state
    assert_same(first, before)
    whole = fit_two_layer(rows, replace(options, max_iter=2), classes).learner.state
    assert_same(replace(second, t=2 * second.t), whole)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_hidden": 7}, "the last fit had hidden units 6, this one has 7"),
        ({"activation": "tanh"}, "the last fit had activation relu, this one has tanh"),
    ],
)
def test_a_fit_starts_from_a_network_of_its_kind_only(changes, message):
    rows, classes = rows_of("two")
    options = TwoLayerOptions(**FEW)
    start = fit_two_layer(rows, options, classes).learner.state
    with pytest.raises(ValueError, match=message):
        fit_two_layer(rows, replace(options, **changes), classes, start=start)
    for other, what in (("three", "outputs 1, this one has 3"), ("number", "output sigmoid, this one has linear")):
        rows_of_other, classes_of_other = rows_of(other)
        with pytest.raises(ValueError, match=what):
            fit_two_layer(rows_of_other, options, classes_of_other, start=start)
    with pytest.raises(ValueError, match="columns 5, this one has 4"):
        fit_two_layer(replace(rows, X=rows.X[:, :4]), options, classes, start=start)
    with pytest.raises(ValueError, match="type float64, this one has"):
        fit_two_layer(replace(rows, X=rows.X.astype(np.float32)), options, classes, start=start)


def test_what_a_fit_calls_on_its_way(backend):
    rows, classes = rows_of("two")
    heard = []

    def on_start(learner, config, searches):
        heard.append((learner, learner.state.t, config, searches))

    callbacks = FitCallbacks(on_start, on_epoch=lambda history: heard.append(history.n_iter) or history.n_iter == 2)
    fit = fit_two_layer(rows, TwoLayerOptions(**FEW), classes, callbacks=callbacks)
    (learner, steps, config, searches), *epochs = heard
    assert (steps, config, searches, epochs) == (0, fit.config, False, [1, 2])
    assert fit.history.stopped
    assert learner.state is fit.learner.state  # trained in place: after Ctrl-C it is the model so far


def test_a_step_size_that_diverges_is_refused(backend, monkeypatch):
    rows, _ = rows_of("number")
    monkeypatch.setitem(auto.ETA0_NETWORK, "linear", 1e200)  # twenty times halved it diverges still
    found = []
    callbacks = FitCallbacks(lambda learner, *_: found.append(learner))
    with pytest.raises(FloatingPointError, match="eta0 was 1e"):
        fit_two_layer(rows, TwoLayerOptions(**FEW, eta0=1e200, alpha=0.0), callbacks=callbacks)
    assert found[0].state.is_finite()
    with pytest.raises(FloatingPointError, match="diverges even with step size"):
        fit_two_layer(rows, TwoLayerOptions(**FEW, alpha=0.0))


def test_weights_whose_squares_overflow_are_divergence(backend):
    """The outputs of a sum of sigmoids stay finite with any weights, the penalty does not."""
    rows, _ = rows_of("number")
    options = TwoLayerOptions(**FEW, output="sigmoid_sum", eta0=1e200, alpha=0.0)
    with pytest.raises(FloatingPointError, match="the weights are not finite.*eta0 was 1e"):
        fit_two_layer(rows, options)


def test_a_network_too_large_is_refused_before_it_is_made():
    rows, classes = rows_of("two")
    with pytest.raises(MemoryError, match="5 columns and 100000000000 hidden units needs"):
        fit_two_layer(rows, TwoLayerOptions(n_hidden=10**11), classes)


def test_no_scikit_learn(run_python):
    code = """
import sys
import numpy as np
from hotloop.data.batch import Batch
from hotloop.two_layer.fit import fit_two_layer
from hotloop.two_layer.options import TwoLayerOptions
X = np.eye(8)
fit = fit_two_layer(Batch(X, np.arange(8.0) % 2, np.ones(8)), TwoLayerOptions(max_iter=2, tol=None), np.arange(2))
print(fit.history.n_iter, sorted({"sklearn", "scipy"} & set(sys.modules)))
"""
    assert run_python(code) == "2 []"

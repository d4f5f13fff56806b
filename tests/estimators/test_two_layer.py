"""Estimators of networks: outputs, activations, sparse rows, threads, and what they refuse."""

import pickle
import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import log_loss
from tolerances import NETWORK, relative_error

import hotloop
from hotloop import TwoLayerClassifier, TwoLayerRegressor
from hotloop.two_layer.auto import SPREAD

FEW = {"n_hidden": 6, "max_iter": 4, "tol": None, "random_state": 0}


def drawn(n_samples=200, n_features=5, seed=0):
    draw = np.random.default_rng(seed)
    X = draw.standard_normal((n_samples, n_features))
    return X, np.column_stack([np.sin(X[:, 0]) + X[:, 1] * X[:, 2], X[:, 3], X[:, 4] ** 2]) + 0.1 * draw.standard_normal(
        (n_samples, 3)
    )


def of(model, parts=("W1", "b1", "W2", "b2")):
    return [getattr(model._learner.state, name) for name in parts]


def assert_same(found, expected):
    for a, b in zip(of(found), of(expected), strict=True):
        assert_array_equal(a, b)


def test_two_classes_have_one_output(backend):
    X, targets = drawn()
    y = np.where(targets[:, 0] > 0, "yes", "no")
    model = TwoLayerClassifier(**FEW).fit(X, y)
    assert model._learner.state.output == "sigmoid"
    assert model.coefs_[1].shape == (6, 1)
    margin, p = model.decision_function(X), model.predict_proba(X)
    assert_allclose(p, np.column_stack([1 - 1 / (1 + np.exp(-margin)), 1 / (1 + np.exp(-margin))]), rtol=1e-12)
    assert_array_equal(model.predict(X), np.where(margin > 0, "yes", "no"))
    assert_allclose(np.exp(model.predict_log_proba(X)), p, rtol=1e-12)


def test_several_labels_a_row(backend, tmp_path):
    """Each label is a sigmoid output; the network of one label alone is that of two classes."""
    X, targets = drawn()
    y = (targets > 0).astype(int)
    model = TwoLayerClassifier(**FEW | {"max_iter": 60}).fit(X, y, X_val=X, y_val=y)
    p = model.predict_proba(X)
    assert p.shape == (200, 3)
    assert_array_equal(model.predict(X), (p > 0.5).astype(int))
    assert model.score(X, y) > 0.7  # all three right
    losses = sum(log_loss(y[:, j], p[:, j]) for j in range(3))
    assert min(model.validation_curve_) == pytest.approx(losses, rel=1e-9)
    model.save(tmp_path / "labels.safetensors")
    again = hotloop.load(tmp_path / "labels.safetensors")
    assert_array_equal(again.predict_proba(X), p)
    assert_array_equal(hotloop.load_estimator(tmp_path / "labels.safetensors").predict(X), model.predict(X))
    with pytest.raises(ValueError, match="must hold 0 and 1"):
        TwoLayerClassifier(**FEW).fit(X, y * 2)
    with pytest.raises(ValueError, match="y_val has 2 labels, expected 3"):
        TwoLayerClassifier(**FEW).fit(X, y, X_val=X, y_val=y[:, :2])


def test_several_targets_a_row(backend, tmp_path):
    X, targets = drawn(400)
    y = targets * [1, 1000, 1e-3] + [0, 5000, 0]
    model = TwoLayerRegressor(n_hidden=16, max_iter=200, random_state=0).fit(X, y)
    assert model.predict(X).shape == (400, 3)
    assert model.score(X, y) > 0.8
    model.save(tmp_path / "targets.safetensors")
    assert_array_equal(hotloop.load(tmp_path / "targets.safetensors").predict(X), model.predict(X))
    one = TwoLayerRegressor(**FEW).fit(X, y[:, 0])
    assert one.predict(X).shape == (400,)
    assert_same(TwoLayerRegressor(**FEW).fit(X, y[:, :1]), one)
    with pytest.raises(ValueError, match="y_val has 1 targets, expected 3"):
        TwoLayerRegressor(**FEW).fit(X, y, X_val=X, y_val=y[:, 0])


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic"])
def test_each_activation_learns(backend, activation):
    X, targets = drawn(400)
    y = targets[:, 0] > 0
    eta0 = 0.3 if activation == "logistic" else 0.03
    model = TwoLayerClassifier(32, activation=activation, random_state=0, eta0=eta0, max_iter=60, tol=None).fit(X, y)
    assert model.score(X, y) > 0.85


@pytest.mark.parametrize("of_dtype", [np.float32, np.float64, np.uint8])
def test_sparse_rows_give_the_model_of_dense_ones(backend, of_dtype):
    draw = np.random.default_rng(0)
    X = (draw.integers(1, 9, (200, 30)) * (draw.random((200, 30)) < 0.2)).astype(of_dtype)
    y = X[:, 0].astype(float) - X[:, 1]
    for estimator, labels in ((TwoLayerClassifier, y > 0), (TwoLayerRegressor, y)):
        dense = estimator(**FEW, standardize="maxabs").fit(X, labels)
        sparse = estimator(**FEW).fit(sp.csr_matrix(X), labels)
        dtype = np.float64 if of_dtype is np.float64 else np.float32
        for a, b in zip(of(sparse), of(dense), strict=True):
            assert relative_error(a, b) <= NETWORK[dtype]
        assert_allclose(sparse.predict(sp.csc_matrix(X)), sparse.predict(X), rtol=1e-5)


def test_what_dense_rows_taught_predicts_sparse_ones(backend, dtype):
    X, targets = drawn()
    X = (X + 3).astype(dtype) * (X > -0.5)
    model = TwoLayerClassifier(**FEW).fit(X, targets[:, 0] > 0)
    assert_allclose(model.predict_proba(sp.csr_matrix(X)), model.predict_proba(X), rtol=0, atol=10 * NETWORK[dtype])


def test_rows_far_out_do_not_throw_a_regression_off(backend):
    """Three rows of two thousand are two hundred times as long as the others, standardised: their steps are shortened."""
    draw = np.random.default_rng(0)
    X = np.column_stack([draw.standard_normal((2000, 3)), np.zeros(2000)])
    X[[700, 1300, 1301], 3] = 0.9, 1, 1.1
    y = X[:, 0] + 5 * X[:, 3] + 0.1 * draw.standard_normal(2000)
    one = TwoLayerRegressor(8, random_state=0, max_iter=1).fit(X, y)
    stream = TwoLayerRegressor(8, random_state=0)
    for start in range(0, 2000, 250):
        stream.partial_fit(X[start : start + 250], y[start : start + 250])
    whole = TwoLayerRegressor(8, random_state=0).partial_fit(X, y)
    assert one.score(X, y) > 0.8
    assert stream.score(X, y) > 0.8
    assert_same(stream, whole)


def test_saved_before_the_first_rows_are_learnt(backend, tmp_path):
    """63 rows wait for the 64th; the file holds what they have taught, and the loaded model goes on."""
    X, targets = drawn()
    y = (targets[:, 0] > 0).astype(int)
    model = TwoLayerClassifier(**FEW).partial_fit(X[:63], y[:63], classes=[0, 1])
    model.save(tmp_path / "early")
    loaded = hotloop.load_estimator(tmp_path / "early")
    assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    loaded.partial_fit(X[63:], y[63:])
    assert loaded.t_ == 200
    assert np.isfinite(loaded.predict_proba(X)).all()
    TwoLayerClassifier(**FEW).partial_fit(X[:9], y[:9], classes=[0, 1], sample_weight=np.zeros(9)).save(tmp_path / "none")
    assert hotloop.load_estimator(tmp_path / "none").partial_fit(X, y).t_ == 200


def test_rows_that_would_be_in_the_way_are_refused_while_they_wait(backend):
    X, targets = drawn()
    three, labels = targets[:, 0].round().clip(-1, 1), (targets > 0).astype(int)
    huge = X.copy()
    huge[2, 1] = 1e200
    for start, bad in (
        ((X[:5], three[:5] * 0 + [-1, 0, 1, 0, 1]), (X[5:10], labels[5:10])),
        ((X[:5], three[:5] * 0 + [-1, 0, 1, 0, 1]), (sp.csr_matrix(X[5:10]), three[5:10] * 0)),
        ((X[:5], three[:5] * 0 + [-1, 0, 1, 0, 1]), (huge[:5], three[:5] * 0)),
    ):
        model = TwoLayerClassifier(**FEW).partial_fit(*start, classes=[-1, 0, 1])
        before = model.predict_proba(X)
        with pytest.raises((ValueError, FloatingPointError)):
            model.partial_fit(*bad)
        assert_array_equal(model.predict_proba(X), before)
    model = TwoLayerRegressor(4, random_state=0, eta0=5.0, alpha=0.0)
    with pytest.raises(FloatingPointError, match="these rows were not learnt"):
        model.partial_fit(X[:63], X[:63, 0] * 100)


@pytest.mark.parametrize("lie", [np.asfortranarray, lambda X: X[:, ::-1][:, ::-1], lambda X: X[:, ::-1].copy()[:, ::-1]])
def test_bytes_are_bytes_however_they_lie(lie):
    X = np.random.default_rng(0).integers(0, 200, (150, 6)).astype(np.uint8)
    y = X[:, 0] > X[:, 1]
    model = TwoLayerClassifier(**FEW).fit(X, y)
    assert_same(TwoLayerClassifier(**FEW).fit(lie(X), y), model)
    pandas = pytest.importorskip("pandas")
    assert_same(TwoLayerClassifier(**FEW).fit(pandas.DataFrame(X), y), model)


def test_first_weights_follow_what_rows_hold(backend):
    """Of 1,000 columns each row has 10: pre-activations start as large as those of dense rows."""
    draw = np.random.default_rng(0)
    X = sp.random(300, 1000, 0.01, "csr", rng=draw)
    X.data[:] = 1
    model = TwoLayerClassifier(200, eta0=1e-12, max_iter=1, random_state=0).fit(X, np.arange(300) % 2)
    a = X @ model._learner.state.W1
    assert (a**2).mean() == pytest.approx(SPREAD["relu"] ** 2, rel=0.1)


@pytest.mark.parametrize("n_jobs", [2, 3, -1])
def test_the_number_of_threads_changes_no_bit(backend, dtype, n_jobs):
    X, targets = drawn()
    options = FEW | {"n_hidden": 200}
    alone = TwoLayerClassifier(**options).fit(X.astype(dtype), targets[:, 0] > 0)
    assert_same(TwoLayerClassifier(**options, n_jobs=n_jobs).fit(X.astype(dtype), targets[:, 0] > 0), alone)


def test_dropout_hangs_on_the_seed(backend):
    X, targets = drawn()
    fits = [
        TwoLayerRegressor(**FEW | {"random_state": seed}, dropout=dropout).fit(X, targets[:, 0])
        for seed, dropout in ((0, 0.3), (0, 0.3), (0, 0.0), (1, 0.3))
    ]
    assert_same(fits[0], fits[1])
    assert (of(fits[0])[0] != of(fits[2])[0]).any()
    assert (of(fits[0])[0] != of(fits[3])[0]).any()


@pytest.mark.parametrize("of_dtype", [np.uint8, np.float16, np.float32])
def test_fit_and_predict_copy_no_rows(compiled, of_dtype):
    X = np.random.default_rng(0).integers(0, 2, (10_000, 400)).astype(of_dtype)
    model = TwoLayerClassifier(2, max_iter=1, tol=None, random_state=0)
    for work in (lambda: model.fit(X, X[:, 0] > 0), lambda: model.predict(X)):
        tracemalloc.start()
        work()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < X.nbytes / 2


def test_cells_that_are_not_finite_are_named(backend):
    X, targets = drawn()
    model = TwoLayerClassifier(**FEW).fit(X, targets[:, 0] > 0)
    X[150, 2] = -np.inf
    with pytest.raises(ValueError, match="infinity at row 150, column 2"):
        model.predict(X)
    with pytest.raises(ValueError, match="infinity at row 150, column 2"):
        TwoLayerClassifier(**FEW).fit(X, targets[:, 0] > 0)


@pytest.mark.parametrize(
    "options",
    [
        {"optimizer": "adam", "batch_size": 32},
        {"optimizer": "adamw", "batch_size": 32, "alpha": 0.01},
        {"batch_size": 16, "momentum": 0.9},
        {"batch_size": 16, "momentum": 0.9, "nesterovs_momentum": False},
        {"momentum": 0.5},
    ],
    ids=str,
)
def test_minibatches_learn_and_go_on(backend, options):
    """Two fits of a warm start are one of twice the epochs, moments and all."""
    X, targets = drawn(600)
    y = targets[:, 0] > 0
    model = TwoLayerClassifier(16, max_iter=60, tol=None, random_state=0, **options).fit(X, y)
    assert model.score(X, y) > 0.9
    assert_same(TwoLayerClassifier(16, max_iter=60, tol=None, random_state=0, **options).fit(X, y), model)
    options = options | {"shuffle": False, "learning_rate": "constant", "eta0": 0.01, "tol": None, "random_state": 0}
    whole = TwoLayerClassifier(16, max_iter=2, **options).fit(X, y)
    twice = TwoLayerClassifier(16, max_iter=1, warm_start=True, **options)
    assert_same(twice.fit(X, y).fit(X, y), whole)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_minibatches_of_sparse_rows(backend, optimizer):
    draw = np.random.default_rng(0)
    X = sp.random(400, 50, 0.1, "csr", rng=draw)
    y = np.asarray(X[:, :10].sum(axis=1)).ravel() > 0.5
    options = {"batch_size": 16, "max_iter": 60, "tol": None, "optimizer": optimizer, "random_state": 0}
    model = TwoLayerClassifier(
        8, momentum=0.9 if optimizer == "sgd" else 0.0, eta0=0.2 if optimizer == "sgd" else 0.02, **options
    ).fit(X, y)
    assert model.score(X, y) > 0.9


def test_bytes_have_one_unit(backend):
    """z = x / largest of all; 0 stays 0. A byte that is not 0 in any row counts as it is, and so does the lowest of int8."""
    X = np.random.default_rng(0).integers(0, 200, (100, 4)).astype(np.uint8)
    X[:, 1] //= 100
    X[:, 2] = 7
    model = TwoLayerClassifier(**FEW).fit(X, X[:, 0] > 90)
    assert_array_equal(model._learner.state.center, np.zeros(4))
    assert_array_equal(model._learner.state.scale, np.full(4, np.float32(1) / X.max()))
    own = TwoLayerClassifier(**FEW, standardize="maxabs").fit(X, X[:, 0] > 90)
    assert_array_equal(own._learner.state.scale, np.float32(1) / X.max(axis=0))
    X = np.array([[-128], [5], [3], [4]] * 5, np.int8)
    own = TwoLayerClassifier(**FEW, standardize="maxabs").fit(X, X[:, 0] > 4)
    assert_array_equal(own._learner.state.scale, [1 / 128])


ONLINE = {
    "two classes": (TwoLayerClassifier, {}),
    "labels": (TwoLayerClassifier, {}),
    "numbers": (TwoLayerRegressor, {}),
    "sum of sigmoids": (TwoLayerRegressor, {"output": "sigmoid_sum"}),
    "adam": (TwoLayerClassifier, {"optimizer": "adam", "batch_size": 20}),
}


def online(kind, n_samples=400, dtype=np.float64):
    """Return a new estimator, rows, labels and what else partial_fit takes."""
    X, targets = drawn(n_samples)
    X = (X * [1, 100, 0.01, 5, 1] + [0, 1000, 0, 50, 3]).astype(dtype)
    estimator, options = ONLINE[kind]
    y = {"labels": (targets > 0).astype(int), "numbers": targets * 1000}.get(kind, targets[:, 0])
    more = {}
    if estimator is TwoLayerClassifier and kind != "labels":
        y, more = y > 0, {"classes": [False, True]}
    return estimator(8, random_state=0, **options), X, y, more


@pytest.mark.parametrize("kind", ONLINE)
@pytest.mark.parametrize("size", [1, 7, 64, 100])
def test_pieces_give_the_bits_of_the_whole(backend, dtype, kind, size):
    model, X, y, more = online(kind, dtype=dtype)
    whole = model.partial_fit(X, y, **more)
    model, _, _, _ = online(kind)
    for start in range(0, len(X), size):
        model.partial_fit(X[start : start + size], y[start : start + size], **more)
        if start == 3 * size:
            model = pickle.loads(pickle.dumps(model))
    for found, expected in ((model._fitted_state(), whole._fitted_state()), (model._learner.state, whole._learner.state)):
        for name in ("W1", "b1", "W2", "b2", "center", "scale", "target_center", "target_scale", "t"):
            assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
    assert (model.eta0_, model.alpha_) == (whole.eta0_, whole.alpha_)
    predictions = model.predict(X)
    assert_array_equal(predictions, whole.predict(X))
    assert_array_equal(model.predict(X), predictions)  # which train nothing


def test_milestones_move_no_prediction(backend):
    """At 128 rows constants change under the weights: with a step size of almost 0 the predictions stay."""
    X, targets = drawn(200)
    X, y = X * [1, 100, 0.01, 5, 1] + [0, 1000, 0, 50, 3], targets * [1, 1000, 1e-3]
    model = TwoLayerRegressor(8, eta0=1e-300, alpha=0.0, random_state=0).partial_fit(X[:64], y[:64])
    before, center = model.predict(X), model._learner.state.center
    model.partial_fit(X[64:128], y[64:128])
    assert (model._learner.state.center != center).all()
    assert_allclose(model.predict(X), before, rtol=1e-9)


def test_online_networks_learn_and_go_on(backend, tmp_path):
    model, X, y, more = online("two classes", 2000)
    model.set_params(n_hidden=32)
    for _ in range(20):
        model.partial_fit(X, y, **more)
    assert model.score(X, y) > 0.85
    model.save(tmp_path / "online.safetensors")
    again = hotloop.load_estimator(tmp_path / "online.safetensors")
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    steps = again.t_
    again.partial_fit(X[:64], y[:64])
    assert again.t_ == steps + 64
    fitted = TwoLayerClassifier(**FEW).fit(X, y)
    before, weight = fitted._learner.state.center.copy(), np.full(48, 1e-9)  # steps that move next to nothing
    weight[5] = 1000.0
    for size, follows in ((47, False), (1, True)):  # 2047 and 2048 rows
        expected = fitted.predict_proba(X) if follows else None
        fitted.partial_fit(X[:size] + 1, y[:size], sample_weight=weight[:size])
        assert (fitted._learner.state.center != before).all() == follows
    assert_allclose(fitted.predict_proba(X), expected, atol=1e-5)


def test_online_networks_refuse_what_they_cannot_learn(backend):
    model, X, y, more = online("two classes")
    with pytest.raises(ValueError, match="needs classes="):
        model.partial_fit(X, y)
    model.partial_fit(X, y, **more)
    before = model.predict_proba(X)
    for rows, labels, message in (
        (X[:, :4], y, "features"),
        (X * np.nan, y, "NaN"),
        (X, np.where(y, 2, 0), "none of the classes"),
    ):
        with pytest.raises(ValueError, match=message):
            model.partial_fit(rows, labels)
        assert_array_equal(model.predict_proba(X), before)
    wild = TwoLayerRegressor(8, eta0=1e6, alpha=0.0, random_state=0)
    targets = drawn(400)[1][:, 0]
    with pytest.raises(FloatingPointError, match="not learnt"):
        wild.partial_fit(X, targets)

"""partial_fit: pieces of any size give the bits of one call, also across a pickle or a model file; where it equals fit."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy.sparse import csr_matrix

import hotloop
from hotloop import LogisticSGDClassifier

N = 1100  # past the milestones 64, 128, 256, 512 and 1024


def stream(n_classes=2, dtype=np.float64, n_samples=N):
    """Raw columns of very different scale, labels that depend on them, weights of which a quarter is 0."""
    draw = np.random.default_rng(n_classes)
    Z = draw.standard_normal((n_samples, 5))
    X = (Z * [1, 100, 0.01, 1, 5] + [0, 1000, 0, -3, 50]).astype(dtype)
    scores = Z @ draw.standard_normal((5, n_classes)) + draw.standard_normal((n_samples, n_classes))
    y, weight = scores.argmax(axis=1), draw.choice([0.0, 0.5, 1.0, 2.0], n_samples)
    assert len(np.unique(y)) == n_classes
    return X, y, weight


def learn(parts, X, y, weight=None, between=lambda model: model, **options):
    """partial_fit on the given parts in turn; ``between`` handles the model after each."""
    model = LogisticSGDClassifier(random_state=0, **options)
    for part in parts:
        model.partial_fit(X[part], y[part], np.unique(y), None if weight is None else weight[part])
        model = between(model)
    return model


def pieces(size, n_samples=N):
    return [slice(start, start + size) for start in range(0, n_samples, size)]


def assert_same_model(found, expected, X):
    assert_array_equal(found.coef_, expected.coef_)
    assert_array_equal(found.intercept_, expected.intercept_)
    assert_array_equal(found.decision_function(X), expected.decision_function(X))
    assert found.t_ == expected.t_


def through_pickle(model):
    return pickle.loads(pickle.dumps(model))


@pytest.fixture
def through_file(tmp_path):
    def save_and_load(model):
        model.save(tmp_path / "m.safetensors")
        return hotloop.load_estimator(tmp_path / "m.safetensors")

    return save_and_load


@pytest.mark.parametrize(("size", "n"), [(1, 300), (3, 300), (7, 600), (64, 600), (1000, N)])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_pieces_give_the_bits_of_one_call(backend, n_classes, size, n):
    X, y, weight = stream(n_classes, n_samples=n)
    whole = learn(pieces(n, n), X, y, weight)
    assert whole.t_ == (weight > 0).sum() < n
    assert_same_model(learn(pieces(size, n), X, y, weight), whole, X)
    assert whole.score(X, y) > 0.6


def test_pieces_in_either_type_without_weights(backend, dtype):
    X, y, _ = stream(dtype=dtype)
    found = learn(pieces(17), X, y)
    assert_same_model(found, learn(pieces(N), X, y), X)
    assert found.coef_.dtype == dtype


@pytest.mark.parametrize(
    "options",
    [
        {"average": False},
        {"standardize": None, "eta0": 1e-6},
        {"standardize": "maxabs", "learning_rate": "invscaling"},
        {"fit_intercept": False, "learning_rate": "optimal"},
        {"penalty": None, "learning_rate": "constant"},
        {"class_weight": {0: 0.5, 1: 3.0}},
    ],
    ids=lambda options: "-".join(map(str, options)),
)
def test_every_option_in_pieces(backend, options):
    X, y, weight = stream(n_samples=300)
    whole = learn(pieces(300, 300), X, y, weight, **options)
    assert_same_model(learn(pieces(37, 300), X, y, weight, **options), whole, X)
    plain = learn(pieces(300, 300), X, y, weight)
    assert (plain.coef_ != whole.coef_).any()


LEARNERS = {
    "sgd": {"optimizer": "sgd"},
    "l1": {"optimizer": "sgd", "penalty": "l1", "alpha": 0.01},
    "adagrad": {"optimizer": "adagrad"},
    "ftrl": {"optimizer": "ftrl", "penalty": "elasticnet", "alpha": 0.01},
    "normalized": {"optimizer": "normalized"},
}


# Where constants change, where no row has weight 0, and beside it.
cuts = st.lists(st.integers(0, 300) | st.sampled_from([63, 64, 65, 127, 128, 256]), min_size=1, max_size=8)


@pytest.mark.parametrize("kind", LEARNERS)
@settings(max_examples=15)
@given(cuts=cuts, sparse=st.booleans(), weighted=st.booleans())
def test_any_cut_gives_the_bits_of_one_call(compiled, kind, cuts, sparse, weighted):
    X, y, weight = stream(n_samples=300)
    X, weight = csr_matrix(X * (np.abs(X) > 1)) if sparse else X, weight if weighted else None
    ends = sorted({0, 300, *cuts})
    parts = [slice(*pair) for pair in zip(ends[:-1], ends[1:], strict=True)]
    whole = learn([slice(300)], X, y, weight, **LEARNERS[kind])
    assert whole.coef_.any()
    assert_same_model(learn(parts, X, y, weight, **LEARNERS[kind]), whole, X)


CUTS = [10, 63, 64, 65, 130, 600]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_pickle_between_two_pieces_changes_no_bit(backend, n_classes):
    X, y, weight = stream(n_classes)
    parts = [slice(*ends) for ends in zip([0, *CUTS], [*CUTS, N], strict=True)]
    assert_same_model(learn(parts, X, y, weight, through_pickle), learn(pieces(N), X, y, weight), X)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_model_file_between_two_pieces_changes_no_bit(backend, through_file, n_classes):
    X, y, weight = stream(n_classes, np.float32)
    parts = [slice(*ends) for ends in zip([0, *CUTS], [*CUTS, N], strict=True)]
    found = learn(parts, X, y, weight, through_file)
    assert_same_model(found, learn(pieces(N), X, y, weight), X)
    assert found.coef_.dtype == np.float32


def test_looking_at_the_model_changes_nothing(backend):
    """Predictions before the 64th row train a copy on the rows that wait."""
    X, y, weight = stream(n_samples=300)

    def look(model):
        assert np.isfinite(model.decision_function(X)).all()
        assert model.coef_.any()
        return model

    assert_same_model(learn(pieces(13, 300), X, y, weight, look), learn(pieces(300, 300), X, y, weight), X)


def test_waiting_rows_count_at_once(backend):
    """Before the 64th row the model is the one that these rows alone would give."""
    X, y, weight = stream(n_samples=40)
    model = learn([slice(40)], X, y, weight)
    assert model.t_ == (weight > 0).sum()
    assert model.score(X, y) > 0.7
    changed = X.copy()
    model_of_copy = learn([slice(40)], changed, y, weight)
    changed[:] = 0  # the caller may reuse the array
    assert_same_model(model_of_copy, model, X)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_equals_one_epoch_of_fit_in_order(backend, dtype, n_classes):
    """With the same constants and nothing that depends on all rows."""
    X, y, weight = stream(n_classes, dtype)
    X = np.ascontiguousarray(X[:, [0, 3]])
    constants = {"standardize": None, "eta0": 0.02, "alpha": 0.01, "learning_rate": "constant", "average": False}
    fitted = LogisticSGDClassifier(shuffle=False, max_iter=1, cv=None, **constants).fit(X, y, weight)
    assert_same_model(learn(pieces(100), X, y, weight, **constants), fitted, X)


def test_goes_on_where_fit_stopped(backend):
    X, y, _ = stream()
    fitted = LogisticSGDClassifier(cv=None, random_state=0, max_iter=3, tol=None).fit(X[:600], y[:600])
    before, steps = fitted.coef_, fitted.t_
    copy = through_pickle(fitted)
    fitted.partial_fit(X[600:], y[600:])
    for part in np.split(np.arange(600, N), [1, 50]):
        copy.partial_fit(X[part], y[part])
    assert_same_model(copy, fitted, X)
    assert fitted.t_ == steps + 500
    assert (fitted.coef_ != before).all()


def test_standardisation_follows_the_rows_at_the_milestones(backend):
    """Between 128 and 256 rows the constants are those of the first 128."""
    X, y, _ = stream()
    model = learn([slice(200)], X, y)
    assert model._learner.state.center == pytest.approx(X[:128].mean(axis=0), rel=1e-12)
    assert model._learner.config.alpha == 1 / 128
    model.partial_fit(X[200:256], y[200:256])
    assert model._learner.state.center == pytest.approx(X[:256].mean(axis=0), rel=1e-12)
    assert model._learner.config.alpha == 1 / 256


def test_divergence_forgets_the_piece(backend):
    X, y, weight = stream(n_samples=200)
    constants = {"standardize": None, "eta0": 0.01, "learning_rate": "constant"}
    model = learn([slice(100)], X, y, weight, **constants)
    kept = through_pickle(model)
    wild = X[100:].copy()
    wild[50:60] = 1e300
    with pytest.raises(FloatingPointError, match=r"training diverged \(.*\); these rows were not learnt. Take a smaller eta0"):
        model.partial_fit(wild, y[100:])
    assert_same_model(model, kept, X)
    assert_same_model(model.partial_fit(X[100:], y[100:]), kept.partial_fit(X[100:], y[100:]), X)


def test_bad_pieces_are_refused_and_change_nothing(backend):
    X, y, weight = stream(n_samples=200)
    model = learn([slice(100)], X, y, weight)
    kept, nan = through_pickle(model), X.copy()
    nan[150, 2] = np.nan
    for arguments, message in (
        ((nan, y), "NaN at row 150, column 2"),
        ((X[:, :4], y), "4 features"),
        ((X, y + 1), "which is none of the classes"),
        ((X, y[:-1]), "inconsistent"),
        ((X, y, [0, 1, 2]), "the first call had"),
    ):
        with pytest.raises(ValueError, match=message):
            model.partial_fit(*arguments)
        assert_same_model(model, kept, X)


def test_the_first_call_needs_classes():
    X, y, _ = stream(n_samples=20)
    with pytest.raises(ValueError, match="needs classes="):
        LogisticSGDClassifier().partial_fit(X, y)
    with pytest.raises(ValueError, match="at least two classes"):
        LogisticSGDClassifier().partial_fit(X, y, classes=[1])
    with pytest.raises(ValueError, match="class_weight='balanced' does not go with partial_fit; it needs all labels at once"):
        LogisticSGDClassifier(class_weight="balanced").partial_fit(X, y, classes=[0, 1])


def test_a_class_may_come_late(backend):
    X, y, _ = stream(3)
    order = np.argsort(y, kind="stable")
    model = LogisticSGDClassifier(random_state=0)
    for part in np.split(order, [100, 500]):
        model.partial_fit(X[part], y[part], classes=[2, 1, 0])
    assert model.classes_.tolist() == [0, 1, 2]
    assert model.coef_.shape == (3, 5)


def test_the_first_call_decides_the_type(backend):
    X, y, _ = stream(n_samples=100)
    model = LogisticSGDClassifier().partial_fit(X[:10].astype(np.float32), y[:10], classes=[0, 1])
    model.partial_fit(X[10:], y[10:])
    assert model.coef_.dtype == np.float32
    assert_array_equal(model.coef_, learn([slice(100)], X.astype(np.float32), y).coef_)


@pytest.mark.parametrize("n_rows", [100, 600])
def test_weights_assigned_are_where_it_goes_on(backend, n_rows):
    """Assigning what is there changes no more than rounding, also on raw columns."""
    X, y, _ = stream()
    model = learn([slice(n_rows)], X, y, average=False)
    witness = through_pickle(model)
    model.coef_ = model.coef_
    for later in (model, witness):
        later.partial_fit(X[n_rows : n_rows + 20], y[n_rows : n_rows + 20])
    assert model.decision_function(X) == pytest.approx(witness.decision_function(X), rel=1e-6, abs=1e-6)


def test_goes_on_after_an_interrupted_fit(backend):
    """Up to 1,024 rows the step size is 1/4 of 1 / mean(||z||^2 + 1), whether fit came to its end or not."""
    X, y, _ = stream()
    model = LogisticSGDClassifier(random_state=0, cv=None)

    def interrupt(history, tasks):
        raise KeyboardInterrupt

    model._report = interrupt
    with pytest.raises(KeyboardInterrupt):
        model.fit(X[:1000], y[:1000])
    model.partial_fit(X[1000:1024], y[1000:1024])
    assert model._learner.config.eta0 == pytest.approx(0.25 / (5 + 1), rel=1e-6)


def test_an_interrupted_partial_fit_learns_nothing(monkeypatch):
    X, y, _ = stream()
    model = learn([slice(200)], X, y)
    witness = through_pickle(model)

    def interrupt(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("hotloop.training.online.pass_over", interrupt)
        with pytest.raises(KeyboardInterrupt):
            model.partial_fit(X[200:300], y[200:300])
    for later in (model, witness):
        later.partial_fit(X[200:300], y[200:300])
    assert_array_equal(model.coef_, witness.coef_)

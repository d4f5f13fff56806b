"""Values that overflow, underflow or are subnormal: refused by name or computed right, no NaN, nothing untrained silently."""

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from hotloop import LogisticSDCAClassifier, LogisticSGDClassifier, TwoLayerClassifier, TwoLayerRegressor
from hotloop.estimators.warnings import UnscaledWarning

FEW = {"max_iter": 3, "tol": None, "random_state": 0}
MAKERS = {
    **{
        name: lambda name=name, **options: LogisticSGDClassifier(optimizer=name, **{"cv": None} | FEW | options)
        for name in ("sgd", "adagrad", "ftrl", "normalized")
    },
    "search": lambda **options: LogisticSGDClassifier(random_state=0, **options),
    "l1": lambda **options: LogisticSGDClassifier(penalty="l1", **FEW | options),
    "importance-aware": lambda **options: LogisticSGDClassifier(importance_aware=True, **FEW | options),
    "explicit step": lambda **options: LogisticSGDClassifier(eta0=0.1, cv=None, **FEW | options),
    "one-vs-rest": lambda **options: LogisticSGDClassifier(multi_class="ovr", cv=None, **FEW | options),
    "dual": lambda **options: LogisticSDCAClassifier(random_state=0, **options),
    "network": lambda **options: TwoLayerClassifier(**FEW | options),
    "adam": lambda **options: TwoLayerClassifier(optimizer="adam", batch_size=8, **FEW | options),
    "regressor": lambda **options: TwoLayerRegressor(**FEW | options),
}
FACTORS = {np.float32: (1e-43, 1e-39, 1e20, 1e30), np.float64: (1e-322, 1e-155, 1e155, 1e307)}
PLACES = np.s_[:], np.s_[:, 1]  # all, a column
DRAW = np.random.default_rng(0)
X = DRAW.standard_normal((40, 3))
LABELS = np.digitize(X[:, 0], [-0.5, 0.5])


@pytest.mark.parametrize("standardize", ["maxabs", None])
@pytest.mark.parametrize("dtype", FACTORS)
@pytest.mark.parametrize("name", MAKERS)
def test_extreme_values_are_named_or_learnt_from(compiled, name, dtype, standardize):
    for factor in FACTORS[dtype]:
        for place in PLACES:
            rows = X.copy()
            rows[place] *= factor
            with np.errstate(over="ignore"):
                rows = rows.astype(dtype)
            if not np.isfinite(rows).all():
                continue
            y = LABELS > 0 if name == "importance-aware" else LABELS
            for of in (rows, csr_matrix(rows)):
                assert_named_or_learnt(MAKERS[name](standardize=standardize), of, y)


def assert_named_or_learnt(model, rows, y):
    """Assert that a fit raises, or that its numbers are finite and its predictions differ or a warning names a column."""
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            predicted = getattr(model.fit(rows, y), "predict_proba", model.predict)(rows)
    except (ValueError, FloatingPointError):
        return
    coef = model.coef_ if hasattr(model, "coef_") else model.coefs_[0]
    for numbers in (predicted, model.loss_curve_, coef):
        assert np.isfinite(numbers).all()
    named = any(issubclass(warning.category, UnscaledWarning) for warning in said)
    assert named or np.ptp(predicted, axis=0).max() > 0


@pytest.mark.parametrize("storage", [np.asarray, csr_matrix])
@pytest.mark.parametrize(("factor", "what"), [(1e-20, "so small"), (1e20, "so large")])
@pytest.mark.parametrize("make", [MAKERS["sgd"], MAKERS["dual"], MAKERS["network"]])
def test_a_column_of_another_order_is_named_where_nothing_standardises_it(compiled, make, factor, what, storage):
    with pytest.warns(UnscaledWarning, match=f"unscaled: column 1 has values up to .*, {what}"):
        make(standardize=None).fit(storage(X * [1, factor, 1]), LABELS)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UnscaledWarning)
        make().fit(storage(X * [1, factor, 1]), LABELS)
        make(standardize=None).fit(storage(X * [1, 1e-6, 1]), LABELS)


@pytest.mark.parametrize("storage", [np.asarray, csr_matrix])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_column_too_small_for_its_largest_value_is_refused(compiled, storage, dtype):
    rows = storage((X * [1, np.finfo(dtype).tiny, 1]).astype(dtype))
    for call in ("fit", "partial_fit"):
        classes = {"classes": [0, 1, 2]} if call == "partial_fit" else {}
        with pytest.raises(ValueError, match="column 1 has values up to .* only: scale it up first"):
            getattr(MAKERS["normalized"](standardize=None), call)(rows, LABELS, **classes)

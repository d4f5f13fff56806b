"""Each warning of a fit on data that deserve it, and none on data that do not."""

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hotloop import LogisticSGDClassifier
from hotloop.data.batch import Batch
from hotloop.data.csr import from_scipy
from hotloop.estimators import warnings as complaints
from hotloop.logistic.diagnostics.leakage import find_leaked_label


def healthy(n_samples=400, n_features=6, seed=0, n_classes=2):
    draw = np.random.default_rng(seed)
    X = draw.standard_normal((n_samples, n_features))
    scores = X @ draw.standard_normal((n_features, n_classes)) + 2 * draw.gumbel(size=(n_samples, n_classes))
    return X, scores.argmax(axis=1)


def said(X, y, *, X_val=None, y_val=None, sample_weight=None, **options):
    """Return the warnings of a fit, name and text."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        LogisticSGDClassifier(random_state=0, **options).fit(X, y, sample_weight=sample_weight, X_val=X_val, y_val=y_val)
    assert all(w.filename == __file__ for w in found)
    return [(w.category.__name__.removesuffix("Warning"), str(w.message)) for w in found]


FEW_EPOCHS = {"cv": None, "max_iter": 3, "tol": None}


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("storage", ["dense", "csr"])
def test_none_on_healthy_data(storage, n_classes):
    X, y = healthy(n_classes=n_classes)
    X_val, y_val = healthy(n_classes=n_classes, seed=0)
    X = csr_matrix(np.round(X)) if storage == "csr" else X
    weight = np.random.default_rng(0).choice([0.0, 0.1, 10.0], len(y))
    for options in ({}, FEW_EPOCHS, {"optimizer": "ftrl", **FEW_EPOCHS}):
        assert said(X, y, **options) == []
        assert said(X, y, sample_weight=weight, **options) == []
    if storage == "dense":
        assert said(X, y, X_val=X_val, y_val=y_val) == []


def test_a_warning_is_of_the_line_that_fits_a_pipeline():
    X, y = healthy()
    with pytest.warns(complaints.LeakedLabelWarning) as found:
        make_pipeline(StandardScaler(), LogisticSGDClassifier(random_state=0, **FEW_EPOCHS)).fit(np.column_stack([X, y]), y)
    assert [w.filename for w in found] == [__file__]


def test_not_converged():
    X, y = healthy()
    ((name, text),) = said(X, y, cv=None, max_iter=2, alpha=1e-6)
    assert name == "NotConverged"
    assert "max_iter=2" in text
    assert issubclass(complaints.NotConvergedWarning, ConvergenceWarning)


def test_diverging():
    X, y = healthy()
    ((name, text),) = said(X, y, eta0=300.0, alpha=0, average=False, max_iter=3, tol=None)
    assert name == "Diverging"
    assert "eta0 than 300" in text
    assert "guessing by the shares of the classes, 0.69" in text
    assert text.endswith("or eta0='auto'")


def test_no_advice_to_take_what_is_taken():
    """Where eta0 is "auto": of plain steps that alpha bounds a smaller alpha, else a smaller eta0."""
    X = np.random.default_rng(1).standard_normal((1000, 4))
    text = dict(said(X, np.arange(1000) < 30, alpha=100.0, fit_intercept=False))["Diverging"]
    assert text.endswith("Take a smaller alpha than 100: it bounds the step size, now 0.005, by 0.5 / alpha")
    few, y = np.random.default_rng(0).standard_normal((10, 1)), np.arange(10) % 3
    for optimizer, eta0 in (("ftrl", "5"), ("adagrad", "1.4")):
        text = dict(said(few, y, optimizer=optimizer, max_iter=1))["Diverging"]
        assert text.endswith(f"Take a smaller eta0 than {eta0}")


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_guessing_is_by_the_shares_of_the_rows_that_count(n_classes, weighted):
    X, _ = healthy()
    y = np.minimum(np.arange(400) % 8, n_classes - 1)
    weight = np.random.default_rng(0).choice([0.0, 1.0, 6.0], 400) if weighted else np.ones(400)
    share = np.bincount(y, weight) / weight.sum()
    guessing = -(share * np.log(share)).sum() * weight[weight > 0].mean()
    options = {"eta0": 300.0, "alpha": 0, "average": False, "max_iter": 3, "tol": None}
    told = dict(said(X, y, sample_weight=weight if weighted else None, **options))
    assert f"guessing by the shares of the classes, {guessing:.3g}." in told["Diverging"]


def test_nothing_is_worse_than_guessing_where_a_class_has_no_weight_to_speak_of():
    """The loss of guessing by the shares is 0 to the last bit, and no loss is so many times that."""
    X = np.arange(10.0).reshape(2, 5) % 7
    assert "Diverging" not in dict(said(X, [1, 0], sample_weight=[3e-10, 1e-307], optimizer="ftrl"))


def test_rows_of_weight_0_leak_no_label_and_part_no_classes():
    X, y = healthy(9000)
    X[:, 4] = y
    weight = np.ones(9000)
    X[::2, 4], weight[::2] = 1 - X[::2, 4], 0.0
    assert [name for name, _ in said(X, y, sample_weight=weight, **FEW_EPOCHS)] == ["LeakedLabel"]
    X, y = healthy(60)
    y, weight = (X[:, 0] > 0).astype(int), np.ones(60)
    y[:5], weight[:5] = 1 - y[:5], 0.0
    told = said(X, y, sample_weight=weight, alpha=0.0, eta0=3.0, max_iter=300, tol=None)
    assert "Separable" in [name for name, _ in told]
    assert "all 55 rows" in dict(told)["Separable"]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_separable(n_classes):
    X, _ = healthy()
    y = (X @ np.random.default_rng(1).standard_normal((6, n_classes))).argmax(axis=1)
    X, y = X[:60], y[:60]
    told = said(X, y, alpha=0.0, eta0=3.0, max_iter=300, tol=None)
    assert [name for name, _ in told] == ["Separable"]
    assert "all 60 rows" in told[0][1]
    assert said(X, y, alpha=1e-3, eta0=3.0, max_iter=300, tol=None) == []
    X, y = np.vstack([X, X[:1]]), np.append(y, (y[0] + 1) % n_classes)  # one row in two classes
    assert "Separable" not in [name for name, _ in said(X, y, alpha=0.0, eta0=3.0, max_iter=300, tol=None)]


@pytest.mark.parametrize("storage", ["dense", "csr"])
@pytest.mark.parametrize("n_samples", [400, 9000])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_leaked_label(storage, n_samples, n_classes):
    X, y = healthy(n_samples, n_classes=n_classes)
    X[:, 4] = y == 1 if n_classes == 2 else y
    kind = csr_matrix if storage == "csr" else np.asarray
    told = said(kind(X), y, **FEW_EPOCHS)
    assert [name for name, _ in told] == ["LeakedLabel"]
    assert "column 4 alone tells 100.00%" in told[0][1]
    X[::50, 4] = 1 - X[::50, 4]  # wrong for one row in fifty
    assert said(kind(X), y, **FEW_EPOCHS) == []


def test_a_leaked_label_of_a_rare_class():
    """Some of its rows are looked at, however few there are."""
    X, _ = healthy(9000)
    y = (np.arange(9000) % 151 == 7).astype(np.int64)
    X[:, 4] = y + 0.001 * X[:, 4]
    assert "LeakedLabel" in [name for name, _ in said(X, y, **FEW_EPOCHS)]


@pytest.mark.parametrize("n_classes", [5999, 6000])
@pytest.mark.parametrize("storage", ["dense", "csr"])
def test_classes_of_one_row_leak_no_label(storage, n_classes):
    """Their means explain all of any column."""
    X, _ = healthy(6000)
    rows = Batch(X if storage == "dense" else from_scipy(csr_matrix(X)), np.arange(6000.0) % n_classes, np.ones(6000))
    assert list(find_leaked_label(rows, None, None)) == []


def test_a_column_that_is_constant_and_not_zero():
    import pandas as pd

    X, y = healthy()
    X[:, 0] = 0.1
    ((_, text),) = said(X, y, **FEW_EPOCHS)
    assert "column 0, always 0.1" in text
    X[:, 0], X[:, 2], X[:, 3] = X[:, 1] ** 2, 0, 2020
    assert [name for name, _ in said(X, y, **FEW_EPOCHS)] == ["ConstantColumn"]
    ((_, text),) = said(pd.DataFrame(X, columns=list("abcdef")), y, **FEW_EPOCHS)
    assert "1 of 6 columns" in text
    assert "column 'd', always 2020" in text


def test_few_rows():
    X, y = healthy(40, 30)
    ((name, text),) = said(X, y, **FEW_EPOCHS)
    assert name == "FewRows"
    assert "40 for 30 columns" in text
    assert said(X, y, **FEW_EPOCHS, alpha=1.0) == []
    assert said(X, y) == []  # the search chooses alpha


def test_bad_calibration():
    X, y = healthy(2000, n_classes=2)
    ((name, text),) = said(X, y, X_val=X[y == 1], y_val=y[y == 1])
    assert name == "Calibration"
    assert "share of 0.000" in text or "share of 1.000" in text
    flipped = np.where(np.random.default_rng(0).random(len(y)) < 0.35, 1 - y, y)
    ((name, text),) = said(X, y, X_val=X, y_val=flipped)
    assert name == "Calibration"
    assert "log odds would be best times 0.3" in text or "log odds would be best times 0.2" in text
    assert said(X, y, X_val=X[:150], y_val=flipped[:150]) == []  # too few to tell
    assert said(X, y, X_val=X, y_val=flipped, class_weight={0: 1, 1: 1}) == []


@pytest.mark.parametrize("storage", ["dense", "csr"])
def test_bad_calibration_of_the_rows_that_a_search_held_out(storage):
    """The last rows lack every second row of class 0, or rather, the rest of them have weight 2."""
    X, y = healthy(4000, n_classes=2)
    late = np.arange(4000) >= 3000
    kept = ~late | (y == 1) | (np.arange(4000) % 2 == 0)
    X, y, weight = X[kept], y[kept], np.where(late & (y == 0), 2.0, 1.0)[kept]
    X = csr_matrix(np.round(X)) if storage == "csr" else X
    ((name, text),) = said(X, y, cv="last")
    assert name == "Calibration"
    assert f"over the {-(-len(y) // 5) - 1} rows held out" in text or f"over the {len(y) // 5} rows held out" in text
    assert said(X, y, cv="last", sample_weight=weight) == []
    assert said(X, y, cv="last", class_weight={0: 1, 1: 1}) == []
    assert said(X, y, cv="last", alpha=1e-4, eta0=0.01, max_iter=3, tol=None) == []  # nothing searched, nothing held out
    assert said(X, y) == []  # drawn, the rows held out are like the others

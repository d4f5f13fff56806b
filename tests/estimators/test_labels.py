"""Labels and targets as users give them: a missing one is an error that names its row, whatever X is."""

import numpy as np
import pytest
from scipy import sparse

from hotloop import LogisticSGDClassifier, LogisticSGDClassifierCV, TwoLayerClassifier, TwoLayerRegressor

X = np.random.default_rng(0).standard_normal((40, 2))
TEXT = np.where(X[:, 0] > 0, "yes", "no")


def rows(kind):
    if kind == "frame":
        return pytest.importorskip("pandas").DataFrame(X, columns=["a", "b"])
    return sparse.csr_matrix(X) if kind == "CSR" else X


@pytest.mark.parametrize("kind", ["array", "frame", "CSR"])
@pytest.mark.parametrize("missing", [None, float("nan"), np.float64("nan")], ids=repr)
@pytest.mark.parametrize("estimator", [LogisticSGDClassifier, LogisticSGDClassifierCV, TwoLayerClassifier])
def test_a_missing_label_is_refused(estimator, missing, kind):
    y = TEXT.astype(object)
    y[3] = missing
    with pytest.raises(ValueError, match=r"y is missing \(NaN or None\) in row 3; leave such rows out"):
        estimator().fit(rows(kind), y)


@pytest.mark.parametrize("dtype", ["object", "string", "category"])
def test_a_missing_label_of_pandas_is_refused(dtype):
    pd = pytest.importorskip("pandas")
    y = pd.Series(TEXT, dtype=dtype)
    y[3] = None
    for kind in ("array", "frame"):
        with pytest.raises(ValueError, match="y is missing .* in row 3"):
            LogisticSGDClassifier().fit(rows(kind), y)
    nullable = pd.Series(X[:, 0]).round().astype("Int64")
    nullable[3] = None
    with pytest.raises(ValueError, match=r"y (is missing|contains NaN).* row 3"):
        TwoLayerRegressor().fit(X, nullable)


def test_missing_labels_elsewhere():
    y = TEXT.astype(object)
    y[7] = None
    with pytest.raises(ValueError, match="y_val is missing .* in row 7"):
        LogisticSGDClassifier().fit(X, TEXT, X_val=X, y_val=y)
    with pytest.raises(ValueError, match="y is missing .* in row 7"):
        LogisticSGDClassifier().partial_fit(X, y, classes=["no", "yes"])
    with pytest.raises(ValueError, match="y is missing .* in row 1"):
        TwoLayerRegressor().fit(X, np.array([[1.0, 2.0], [3.0, None]] * 20, object))


def test_labels_that_no_order_has_are_refused():
    with pytest.raises(ValueError, match="Unknown label type"):
        LogisticSGDClassifier().partial_fit(X, TEXT, classes=[0, "no", {}])
    model = LogisticSGDClassifier().partial_fit(X, TEXT, classes=["no", "yes"])
    with pytest.raises(TypeError, match="labels of mixed types: make them all text or all numbers"):
        model.partial_fit(X, TEXT, classes=[0, {}])
    with pytest.raises(ValueError, match="there are no classes"):
        LogisticSGDClassifier().partial_fit(X, TEXT, classes=[])
    with pytest.raises(ValueError, match="continuous"):
        LogisticSGDClassifier().fit(X, np.arange(len(X)) * 1e300)

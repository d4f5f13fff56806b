"""What the estimators share: attributes after an error, and what is there only while a fit runs."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from hotloop import LogisticSGDClassifier, TwoLayerClassifier, TwoLayerRegressor
from hotloop.estimators._base import restore_on_error


class Failing(BaseEstimator):
    """Sets, replaces and removes an attribute, and changes one in place, before it raises."""

    def __init__(self, error=ValueError, has_model=False):
        self.error = error
        self.has_model = has_model

    @restore_on_error
    def fit(self):
        self.replaced, self.new = "after", 1
        if self.has_model:
            self._learner = object()
        self.in_place.append("after")
        del self.removed
        if self.error is not None:
            raise self.error("refused")
        return self


@pytest.mark.parametrize("has_model", [False, True])
@pytest.mark.parametrize("error", [ValueError, TypeError, FloatingPointError, KeyboardInterrupt, MemoryError])
def test_attributes_after_an_error(error, has_model):
    model = Failing(error, has_model)
    model.replaced, model.removed, model.in_place = "before", "before", []
    with pytest.raises(error, match="refused"):
        model.fit()
    if error in (ValueError, TypeError) or not has_model:
        assert (model.replaced, model.removed, hasattr(model, "new")) == ("before", "before", False)
    else:  # the model as trained so far is of use
        assert (model.replaced, hasattr(model, "removed"), model.new) == ("after", False, 1)
    assert model.in_place == ["after"]  # objects are not copied


@pytest.mark.parametrize("estimator", [LogisticSGDClassifier, TwoLayerClassifier, TwoLayerRegressor])
def test_a_progress_bar_is_gone_after_the_fit(estimator, capsys):
    X = np.random.default_rng(0).standard_normal((40, 3))
    model = estimator(verbose=1, max_iter=2, tol=None, random_state=0)
    model.fit(X, X[:, 0] > 0)
    assert "epoch 2" in capsys.readouterr().out
    assert "_progress_bar" not in vars(model)
    with pytest.raises(ValueError, match="NaN"):
        model.fit(X * np.nan, X[:, 0] > 0)
    assert "_progress_bar" not in vars(model)

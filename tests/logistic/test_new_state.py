"""States before the first step: a restarted one is like a new one."""

import numpy as np
import pytest

from hotloop.data.batch import Batch
from hotloop.logistic.fit import fit_logistic
from hotloop.logistic.new_state import new_learner, restarted
from hotloop.logistic.options import LogisticOptions

pytestmark = pytest.mark.filterwarnings("ignore::hotloop.estimators.warnings.FitWarning")


@pytest.mark.parametrize(
    "chosen", [{}, {"optimizer": "ftrl"}, {"optimizer": "normalized"}, {"penalty": "l1", "optimizer": "sgd"}]
)
def test_a_restarted_state_trains_as_a_new_one(backend, chosen):
    draw = np.random.default_rng(0)
    rows = draw.standard_normal((120, 4)) * [1, 10, 0.1, 1]
    y = (rows @ [1, 0.1, 5, 0] + draw.standard_normal(120) > 0).astype(float)
    batch, options = Batch(rows, y, np.ones(len(y))), LogisticOptions(cv=None, max_iter=2, tol=None, **chosen)
    trained = fit_logistic(batch, options, np.array(["no", "yes"])).learner.state
    fresh = restarted(trained)
    new = new_learner(options.resolved(sparse=False, n_classes=2), rows, 2).state
    assert (type(fresh), fresh.t) == (type(new), 0)
    assert not fresh.coef().any()
    for name in ("center", "scale"):
        one, other = getattr(fresh, name), getattr(trained, name)
        assert (one is other is None) or (one == other).all()

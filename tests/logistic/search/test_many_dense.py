"""Models of a search, or bootstrap replicas: each as if it were trained alone, epoch for epoch."""

from dataclasses import replace

import numpy as np
import pytest
from many_models import COUNTS, N_SAMPLES, configs_of, rows_of, start_of
from tolerances import WEIGHTS, relative_error

from hotloop.data.batch import Batch
from hotloop.logistic.bootstrap import bootstrap_counts
from hotloop.logistic.search.many_dense import LogisticModels
from hotloop.metrics import mean_log_loss
from hotloop.training import loop as training
from hotloop.training.loop import run_epochs


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "options", [{}, {"shuffle": False}, {"learning_rate": "invscaling"}], ids=lambda o: "-".join(o) or "plain"
)
@pytest.mark.parametrize("state", [{}, {"averaged": False}, {"fit_intercept": False}], ids=lambda o: "-".join(o) or "averaged")
def test_each_model_is_the_one_trained_alone(backend, dtype, n_classes, options, state):
    rows, configs = rows_of(n_classes, dtype), configs_of(**options)
    models = LogisticModels(start_of(n_classes, dtype, **state), rows, configs, COUNTS)
    for epochs in (1, 5):
        models.train(epochs)
        for m, (found, config) in enumerate(zip(models.states, configs, strict=True)):
            own = Batch(rows.X, rows.y, rows.sample_weight * COUNTS[:, m])
            if not options.get("shuffle", True):
                own = own.take(np.flatnonzero(own.sample_weight))
            alone, _ = run_epochs(start_of(n_classes, dtype, **state), own, replace(config, max_iter=epochs))
            assert (found.t, found.n_averaged) == (alone.t, alone.n_averaged)
            assert relative_error(found.weights(), alone.weights()) < WEIGHTS[dtype]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_cuts_between_calls_change_nothing_but_rounding(backend, dtype, n_classes, monkeypatch):
    rows = rows_of(n_classes, dtype)
    whole, cut = (LogisticModels(start_of(n_classes, dtype), rows, configs_of(), COUNTS) for _ in range(2))
    whole.train(2)
    monkeypatch.setattr(training, "WORK_PER_CALL", 1)
    monkeypatch.setattr("hotloop.logistic.search.many_dense.WORK_PER_CALL", 1)
    cut.train(2)
    for a, b in zip(cut.states, whole.states, strict=True):
        assert a.t == b.t
        assert relative_error(a.weights(), b.weights()) < WEIGHTS[dtype]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_losses_are_those_of_the_chosen_rows(backend, n_classes, monkeypatch):
    monkeypatch.setattr("hotloop.logistic.search.many_dense.ROWS_AT_ONCE", 7)
    rows = rows_of(n_classes, np.float64)
    models = LogisticModels(start_of(n_classes, np.float64), rows, configs_of(), COUNTS)
    models.train(2)
    chosen = np.flatnonzero(COUNTS[:, 1] == 0)
    expected = [
        mean_log_loss(models.states[m].margins(rows.X[chosen]), rows.y[chosen], rows.sample_weight[chosen]) for m in (1, 4)
    ]
    assert np.allclose(models.losses(chosen, [1, 4]), expected, rtol=1e-12)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_model_that_diverges_is_given_up_and_the_others_go_on(backend, n_classes):
    rows, configs = rows_of(n_classes, np.float64), configs_of()
    rows = replace(rows, X=1000 * rows.X)
    alone = LogisticModels(start_of(n_classes, np.float64), rows, configs, COUNTS)
    configs[2] = replace(configs[2], eta0=1e304, alpha=0.0)  # the weights stay finite, margins do not
    models = LogisticModels(start_of(n_classes, np.float64), rows, configs, COUNTS)
    for some in (alone, models):
        some.train(3)
    assert np.isnan(models.weights(2)[0]).all()
    assert np.isnan(models.losses(np.arange(N_SAMPLES), [2])).all()
    for m in (0, 1, 3, 4, 5):
        assert relative_error(models.states[m].weights(), alone.states[m].weights()) < 1e-12


def test_bootstrap_counts_draw_every_row_alike():
    counts = bootstrap_counts(1000, 40, seed=1)
    assert (counts.sum(axis=0, dtype=int) == 1000).all()
    # a count is binomial(1000, 1/1000): variance 1 - 1/1000; the mean of 40,000 squares has a standard error of 0.01 or so
    assert abs(((counts - 1.0) ** 2).mean() - 1) < 0.05
    assert (counts == bootstrap_counts(1000, 40, seed=1)).all()
    assert len({column.tobytes() for column in counts.T}) == 40
    assert (counts[:, 0] != bootstrap_counts(1000, 1, seed=2)[:, 0]).any()

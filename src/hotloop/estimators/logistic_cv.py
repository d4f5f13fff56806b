"""LogisticSGDClassifierCV: step size, L2 strength and epochs by cross-validation, all candidates in the same reads."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import get_scorer
from sklearn.model_selection import check_cv
from sklearn.utils.validation import check_is_fitted

from hotloop.data.batch import Batch
from hotloop.data.class_weight import weigh_classes
from hotloop.data.validation import Array
from hotloop.estimators._base import draw_seed, restore_on_error, with_progress_bar
from hotloop.estimators._logistic import labelled_rows
from hotloop.estimators.logistic import LogisticSGDClassifier
from hotloop.estimators.warnings import warn
from hotloop.logistic.new_state import new_learner
from hotloop.logistic.options import LogisticOptions
from hotloop.logistic.search.grid import GridSearch, Split, check_splits, grid_of, search_grid
from hotloop.logistic.state import LogisticState
from hotloop.structs import CSRRows
from hotloop.training.progress_bar import ProgressBar

PASSED_ON = ("fit_intercept", "shuffle", "learning_rate", "power_t", "class_weight", "average", "standardize")


class LogisticSGDClassifierCV(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """LogisticSGDClassifier whose L2 strength, step size and number of epochs are chosen from a grid by cross-validation.

    This class searches the caller's own grid and splits, on all rows, and has the attributes of GridSearchCV.
    LogisticSGDClassifier has a faster search of its own: it drops hopeless candidates early and reads at most 20,000 rows.

    Every pair of ``alpha`` and ``eta0`` is trained on every split at once. For two classes each read of a row serves all pairs
    and splits, (LR-12) of docs/equations.md. For more classes, and for sparse rows, the candidates take turns. Pairs are
    judged by the log loss of the rows that they were not trained on, after 1, 2, 4, ... and ``max_iter`` epochs. The best is
    refitted on all rows. A pair that diverges gets the score NaN and is never chosen.

    Columns are standardised by the statistics of all rows, test rows included; labels of test rows are not used.

    Parameters
    ----------
    alpha : float, sequence of float, or "auto", default="auto"
        L2 strengths to try. "auto": 1e-6, 1e-5, ..., 1e-1.
    eta0 : float, sequence of float, or "auto", default="auto"
        First step sizes to try. "auto": 1/16, 1/4, 1, 4, 16 times 1 / mean(sample_weight * (||z||^2 + 1)), z the standardised
        row, but at most 1 / (2 alpha).
    cv : int, splitter or iterable of (train, test), default=5
        As in scikit-learn; a number means stratified folds. ``groups`` of ``fit`` go to the splitter. A training row that a
        split names k times, as bootstrap splits do, has k times the weight.
    max_iter : int, default=16
        Most epochs of a candidate.
    fit_intercept, shuffle, verbose, random_state, learning_rate, power_t, class_weight, average, standardize
        As for LogisticSGDClassifier. ``verbose=1`` shows the best loss whenever the candidates are judged.

    Attributes
    ----------
    best_estimator_ : LogisticSGDClassifier
        Refitted on all rows; the predictions are its own.
    best_params_ : dict
        ``alpha``, ``eta0`` and ``max_iter`` of it.
    best_score_ : float
        Mean over the splits of minus the log loss on the test part.
    best_index_ : int
        Its place in ``cv_results_``.
    cv_results_ : dict of str to array
        As GridSearchCV has it: ``params``, ``param_*``, ``split*_test_score``, ``mean_test_score``, ``std_test_score``,
        ``rank_test_score``; no times, as the candidates share them. One entry a pair and number of epochs.
    n_splits_ : int
    search_time_, refit_time_ : float
        Seconds.
    classes_, coef_, intercept_, n_iter_, n_features_in_, feature_names_in_ : as for LogisticSGDClassifier

    Notes
    -----
    Memory: a byte a row, pair and split, and three vectors of weights a pair and split.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hotloop import LogisticSGDClassifierCV
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> search = LogisticSGDClassifierCV(random_state=0).fit(X, y)
    >>> round(-search.best_score_, 2)
    0.07
    """

    classes_: Array
    best_estimator_: LogisticSGDClassifier
    _progress_bar: ProgressBar

    def __init__(
        self,
        *,
        alpha: Any = "auto",
        eta0: Any = "auto",
        cv: Any = 5,
        max_iter: int = 16,
        fit_intercept: bool = True,
        shuffle: bool = True,
        verbose: int = 0,
        random_state: Any = None,
        learning_rate: str = "auto",
        power_t: float = 0.25,
        class_weight: Any = None,
        average: bool | str = "auto",
        standardize: str | None = "auto",
    ) -> None:
        self.alpha = alpha
        self.eta0 = eta0
        self.cv = cv
        self.max_iter = max_iter
        self.fit_intercept = fit_intercept
        self.shuffle = shuffle
        self.verbose = verbose
        self.random_state = random_state
        self.learning_rate = learning_rate
        self.power_t = power_t
        self.class_weight = class_weight
        self.average = average
        self.standardize = standardize

    @with_progress_bar
    @restore_on_error
    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> "LogisticSGDClassifierCV":
        """Search, then refit the best on all rows.

        Parameters
        ----------
        X, y, sample_weight : as for LogisticSGDClassifier
            The weights count in training and in the scores.
        groups : array-like of shape (n_samples,), default=None
            Goes to the splitter ``cv``.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            As LogisticSGDClassifier; a split without test rows, or with fewer than two classes to train on.
        FloatingPointError
            Every candidate diverges.
        """
        began, seed = perf_counter(), draw_seed(self.random_state)
        given = {name: getattr(self, name) for name in PASSED_ON}
        options = LogisticOptions(**given, max_iter=self.max_iter, optimizer="sgd", seed=seed)
        rows, self.classes_ = labelled_rows(self, X, y, sample_weight)
        rows = weigh_classes(rows, self.class_weight, self.classes_)
        options = options.resolved(sparse=isinstance(rows.X, CSRRows), n_classes=len(self.classes_))
        start = new_learner(options, rows.X, len(self.classes_)).state
        assert isinstance(start, LogisticState)  # as optimizer="sgd" and penalty="l2" make it
        configs = grid_of(start, rows, options.shared(), self.alpha, self.eta0)
        splits = self._splits(rows, groups)
        for warning in check_splits(splits, rows, self.classes_):
            warn(warning)
        on_progress = self._progress_bar.searching if self.verbose else None
        grid = search_grid(start, rows, configs, splits, on_progress)
        self._keep(grid)
        self.search_time_ = perf_counter() - began
        refitted = LogisticSGDClassifier(tol=None, random_state=seed, **given, **self.best_params_)
        self.best_estimator_ = refitted.fit(X, y, sample_weight)
        self.refit_time_ = perf_counter() - began - self.search_time_
        return self

    def _splits(self, rows: Batch, groups: Any) -> list[Split]:
        n = len(rows)
        try:
            return [
                (np.arange(n)[train], np.arange(n)[test])
                for train, test in check_cv(self.cv, rows.y, classifier=True).split(np.zeros((n, 1)), rows.y, groups)
            ]
        except IndexError as error:
            raise ValueError(f"cv names a row that X, of {n} rows, does not have: {error}") from None

    def _keep(self, grid: GridSearch) -> None:
        self.best_index_, self.n_splits_ = grid.best_index, grid.scores.shape[1]
        self.cv_results_ = grid.as_dict()
        self.best_params_ = grid.params[self.best_index_]
        self.best_score_ = float(grid.mean[self.best_index_])
        self.scorer_, self.multimetric_ = get_scorer("neg_log_loss"), False

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def decision_function(self, X: Any, out: Array | None = None) -> Array:
        """As LogisticSGDClassifier has it, of the refitted model."""
        return self._best().decision_function(X, out)

    def predict_log_proba(self, X: Any) -> Array:
        """As LogisticSGDClassifier has it, of the refitted model."""
        return self._best().predict_log_proba(X)

    def predict_proba(self, X: Any, out: Array | None = None) -> Array:
        """As LogisticSGDClassifier has it, of the refitted model."""
        return self._best().predict_proba(X, out)

    def predict(self, X: Any) -> Array:
        """As LogisticSGDClassifier has it, of the refitted model."""
        return self._best().predict(X)

    def scorer(self) -> Callable[[Array], Any]:
        """As LogisticSGDClassifier has it, of the refitted model."""
        return self._best().scorer()

    def save(self, path: Any, encoder: Any = None) -> None:
        """Write the refitted model to ``path``, as :meth:`LogisticSGDClassifier.save` does."""
        self._best().save(path, encoder)

    @property
    def coef_(self) -> Array:
        """Weights of the refitted model."""
        return self._best().coef_

    @property
    def intercept_(self) -> Array:
        """Intercepts of the refitted model."""
        return self._best().intercept_

    @property
    def n_iter_(self) -> int:
        """Epochs of the refitted model."""
        return self._best().n_iter_

    def _best(self) -> LogisticSGDClassifier:
        check_is_fitted(self, "best_estimator_")
        return self.best_estimator_

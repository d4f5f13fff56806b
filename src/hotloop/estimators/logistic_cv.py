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
from hotloop.estimators._base import draw_seed, restore_on_error
from hotloop.estimators._labels import encode_labels, find_classes
from hotloop.estimators._validation import check_rows, check_weights
from hotloop.estimators.logistic import LogisticSGDClassifier
from hotloop.logistic.auto import STEP_LOGISTIC, start_logistic
from hotloop.logistic.search.grid import ALPHAS, STEPS
from hotloop.logistic.search.many_dense import LogisticModels
from hotloop.logistic.state import LogisticState
from hotloop.training.config import TrainingConfig
from hotloop.training.options import FitOptions


class LogisticSGDClassifierCV(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """LogisticSGDClassifier whose L2 strength, step size and number of epochs are chosen from a grid by cross-validation.

    For a grid and splits of the caller's, on all rows, with the attributes of GridSearchCV. LogisticSGDClassifier searches
    by itself, faster: it gives hopeless candidates up early and looks at 20,000 rows at most.

    Every pair of ``alpha`` and ``eta0`` is trained on every split at once: for two classes, each row that is read serves all
    of them, (LR-12) of docs/equations.md; for more, the candidates take turns and the classes of each share the read. Pairs are
    judged by the log loss of the rows that they were not trained on, after 1, 2, 4, ... and ``max_iter`` epochs; the best is
    refitted on all rows. A pair that diverges gets the score NaN and is never chosen.

    Columns are standardised by the statistics of all rows: those of a test part too, but not its labels.

    Parameters
    ----------
    alpha : float, sequence of float, or "auto", default="auto"
        L2 strengths to try. "auto": 1e-6, 1e-5, ..., 1e-1.
    eta0 : float, sequence of float, or "auto", default="auto"
        First step sizes to try. "auto": 1/16, 1/4, 1, 4, 16 times 1 / mean(sample_weight * (||z||^2 + 1)), z the standardised
        row, but at most 1 / (2 alpha).
    cv : int, splitter or iterable of (train, test), default=5
        As in scikit-learn; a number means stratified folds. ``groups`` of ``fit`` go to the splitter.
    max_iter : int, default=16
        Most epochs of a candidate.
    error_bars : int, default=0
        As for LogisticSGDClassifier, of the refitted model.
    fit_intercept, shuffle, verbose, random_state, learning_rate, power_t, class_weight, average, standardize
        As for LogisticSGDClassifier. ``verbose=1`` prints the best score so far whenever the candidates are judged.

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

    def __init__(
        self,
        *,
        alpha: Any = "auto",
        eta0: Any = "auto",
        cv: Any = 5,
        max_iter: int = 16,
        error_bars: int = 0,
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
        self.error_bars = error_bars
        self.fit_intercept = fit_intercept
        self.shuffle = shuffle
        self.verbose = verbose
        self.random_state = random_state
        self.learning_rate = learning_rate
        self.power_t = power_t
        self.class_weight = class_weight
        self.average = average
        self.standardize = standardize

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
            As LogisticSGDClassifier; a split without test rows, or without one of the classes to train on.
        FloatingPointError
            Every candidate diverges.
        """
        began = perf_counter()
        rows, self.classes_ = self._rows(X, y, sample_weight)
        seed = draw_seed(self.random_state)
        refitted = LogisticSGDClassifier(tol=None, random_state=seed, **{name: getattr(self, name) for name in PASSED_ON})
        refitted._options()  # refuses before the search what the refit would
        start = refitted._new_state(rows.X, len(self.classes_), "sgd")
        configs = self._candidates(start, rows, seed)
        splits = self._splits(rows, groups)
        self.n_splits_ = len(splits)
        multiplicity = np.zeros((len(rows), len(configs) * len(splits)), np.uint8)
        for f, (train, _) in enumerate(splits):
            multiplicity[train, f :: len(splits)] = 1
        models = LogisticModels(start, rows, [config for config in configs for _ in splits], multiplicity)
        most = int(self.max_iter)
        judged = [*(2**i for i in range((most - 1).bit_length())), most]
        scores = []  # by epochs, candidate and split
        for epochs in judged:
            models.train(epochs)
            of_splits = [
                -models.losses(test, range(f, multiplicity.shape[1], len(splits))) for f, (_, test) in enumerate(splits)
            ]
            scores.append(np.column_stack(of_splits))
            if self.verbose:
                best = np.nanmax(scores[-1].mean(axis=1), initial=-np.inf)
                print(
                    f"{type(self).__name__}: {len(configs)} candidates after {epochs} epochs, best score {best:.6f}", flush=True
                )
        self._keep([(config, epochs) for epochs in judged for config in configs], np.concatenate(scores))
        self.search_time_ = perf_counter() - began
        self.best_estimator_ = refitted.set_params(**self.best_params_).fit(X, y, sample_weight)
        self.refit_time_ = perf_counter() - began - self.search_time_
        return self

    def _rows(self, X: Any, y: Any, sample_weight: Any) -> tuple[Batch, Array]:
        X, y = check_rows(self, X, y, reset=True, sparse=True)
        sample_weight = check_weights(sample_weight, X)
        classes = find_classes(y[sample_weight > 0])
        if not sample_weight.all():  # a class of which all rows weigh 0 is none
            y = np.where(np.isin(y, classes), y, classes[0])
        return weigh_classes(Batch(X, encode_labels(y, classes), sample_weight), self.class_weight, classes), classes

    def _candidates(self, start: LogisticState, rows: Batch, seed: int) -> list[TrainingConfig]:
        """Return a plan a pair; standardises the state they start from."""
        automatic = isinstance(self.eta0, str) and self.eta0 == "auto"

        def options(alpha: Any, eta0: Any) -> FitOptions:
            return FitOptions(
                alpha=alpha,
                eta0=eta0,
                learning_rate=self.learning_rate,
                power_t=self.power_t,
                max_iter=self.max_iter,
                shuffle=self.shuffle,
                seed=seed,
                standardize=self.standardize,
            ).of_rows(rows.X)

        unit = start_logistic(start, rows, options(0.0, "auto" if automatic else 1.0)).eta0 / STEP_LOGISTIC
        alphas = ALPHAS if isinstance(self.alpha, str) and self.alpha == "auto" else _values(self.alpha)
        steps = [c * unit for c in STEPS] if automatic else _values(self.eta0)
        if not alphas or not steps:
            raise ValueError("alpha and eta0 must name at least one value each")
        configs = []
        for alpha in alphas:
            for eta0 in steps:
                options(alpha, eta0)  # refuses what is no step size or strength
                config = options(alpha, min(eta0, 0.5 / alpha) if automatic and alpha > 0 else eta0).config(alpha=0.0, eta0=0.0)
                if config not in configs:
                    configs.append(config)
        return configs

    def _splits(self, rows: Batch, groups: Any) -> list[tuple[Array, Array]]:
        n = len(rows)
        try:
            splits = [
                (np.arange(n)[train], np.arange(n)[test])
                for train, test in check_cv(self.cv, rows.y, classifier=True).split(np.zeros((n, 1)), rows.y, groups)
            ]
        except IndexError as error:
            raise ValueError(f"cv names a row that X, of {n} rows, does not have: {error}") from None
        if not splits:
            raise ValueError("cv gives no split")
        for f, (train, test) in enumerate(splits):
            present = np.unique(rows.y[train[rows.sample_weight[train] > 0]]).astype(int)
            if len(present) < len(self.classes_):
                absent = np.delete(self.classes_, present).tolist()
                raise ValueError(
                    f"split {f} of cv has no row of class {absent[0]!r} to train on; take fewer splits or stratify"
                )
            if not rows.sample_weight[test].any():
                raise ValueError(f"split {f} of cv has no row to judge by")
        return splits

    def _keep(self, tried: list[tuple[TrainingConfig, int]], scores: Array) -> None:
        mean = scores.mean(axis=1)
        if np.isnan(mean).all():
            raise FloatingPointError("every candidate diverged; try smaller values of eta0, or standardize='auto'")
        scored = np.where(np.isnan(mean), -np.inf, mean)
        params: list[dict[str, Any]] = [
            {"alpha": config.alpha, "eta0": config.eta0, "max_iter": epochs} for config, epochs in tried
        ]
        self.cv_results_ = {
            "params": params,
            **{f"param_{name}": np.ma.array([p[name] for p in params]) for name in params[0]},
            **{f"split{f}_test_score": scores[:, f] for f in range(scores.shape[1])},
            "mean_test_score": mean,
            "std_test_score": scores.std(axis=1),
            "rank_test_score": (1 + (scored[:, None] < scored).sum(axis=1)).astype(np.int32),
        }
        self.best_index_ = int(scored.argmax())
        self.best_params_ = params[self.best_index_]
        self.best_score_ = float(mean[self.best_index_])
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

    def save(self, path: Any) -> None:
        """Write the refitted model to ``path``; :func:`hotloop.load` reads it."""
        self._best().save(path)

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


def _values(given: Any) -> list[Any]:
    return [given] if given is None or np.ndim(given) == 0 else list(given)


PASSED_ON = (
    "error_bars",
    "fit_intercept",
    "shuffle",
    "learning_rate",
    "power_t",
    "class_weight",
    "average",
    "standardize",
)

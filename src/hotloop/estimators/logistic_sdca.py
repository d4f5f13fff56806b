"""LogisticSDCAClassifier: logistic and softmax regression to the optimum, by dual coordinate ascent."""

from typing import Any, ClassVar

from hotloop.estimators._base import restore_on_error, with_progress_bar
from hotloop.estimators._callbacks import Tasks, with_callbacks
from hotloop.estimators._constraints import parameter_constraints
from hotloop.estimators._logistic import LogisticClassifier, labelled_rows
from hotloop.logistic.diagnostics.duality_gap import Certificate
from hotloop.logistic.fit import fit_sdca
from hotloop.logistic.sdca import SDCAOptions
from hotloop.training.config import TrainingConfig


class LogisticSDCAClassifier(LogisticClassifier):
    """Logistic regression (softmax regression for more than two classes) to the optimum of a given penalty.

    Minimises sum(sample_weight * log loss) / sum(sample_weight) + alpha / 2 ||w||^2 over the weights of the standardised
    columns. The intercept is not penalised. Dual coordinate ascent, (DU-1) to (DU-7) of docs/equations.md, takes one row at a
    time, all sums in float64. It stops when the duality gap shows that the objective is within ``tol`` of its minimum. A row of
    weight 2 counts as the row twice.

    LogisticSGDClassifier is faster and chooses ``alpha`` from the data. This class is for the exact optimum of a known
    ``alpha``. It needs all rows at once: there is no ``partial_fit``.

    Parameters
    ----------
    alpha : float > 0 or "auto", default="auto"
        Strength of the L2 penalty. "auto": 1 / the sum of the weights, as ``C=1`` of LogisticRegression.
    fit_intercept : bool, default=True
    max_iter : int, default=10000
        Most epochs.
    tol : float or None, default=1e-6
        Duality gap to reach, in nats a row. None: train for ``max_iter`` epochs.
    shuffle : bool, default=True
        Visit the rows in a new order in each epoch.
    class_weight : dict, "balanced" or None, default=None
    standardize : {"auto", "std", "maxabs", "common", None}, default="auto"
        As for LogisticSGDClassifier, but "auto" is "maxabs" for sparse rows.
    verbose : int, default=0
        1 shows the epochs.
    random_state : int, RandomState or None, default=None
        The orders of the rows depend on it.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Weights in the caller's units.
    intercept_ : ndarray of shape (1,) or (n_classes,), float64
    certificate_ : hotloop.logistic.diagnostics.duality_gap.Certificate
        ``objective``, ``gradient_norm`` and ``gap`` of the model: the objective is at most ``gap`` above its minimum. Not kept
        in model files; ``hotloop.duality_gap`` computes one for any model.
    n_features_in_, feature_names_in_ : as everywhere in scikit-learn
    n_iter_ : int
        Epochs.
    t_ : int
        Steps taken.
    alpha_ : float
        What "auto" came to.
    loss_curve_ : list of float
        Per epoch the mean loss of each row just before its step, plus the penalty.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hotloop import LogisticSDCAClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = LogisticSDCAClassifier(random_state=0).fit(X, y)
    >>> model.certificate_.gap <= 1e-6
    True
    """

    _options_class = SDCAOptions
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = parameter_constraints(SDCAOptions.VALUES)
    certificate_: Certificate

    def __init__(
        self,
        *,
        alpha: float | str = "auto",
        fit_intercept: bool = True,
        max_iter: int = 10_000,
        tol: float | None = 1e-6,
        shuffle: bool = True,
        class_weight: Any = None,
        standardize: str | None = "auto",
        verbose: int = 0,
        random_state: Any = None,
    ) -> None:
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol
        self.shuffle = shuffle
        self.class_weight = class_weight
        self.standardize = standardize
        self.verbose = verbose
        self.random_state = random_state

    @with_progress_bar
    @restore_on_error
    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "LogisticSDCAClassifier":
        """Train to the optimum.

        Parameters
        ----------
        X, y, sample_weight : as for LogisticSGDClassifier

        Returns
        -------
        self

        Raises
        ------
        ValueError
            NaN or infinity (names row and column), fewer than two classes, shapes that disagree, an option that is not allowed.
        MemoryError
            So many weights do not fit. Nothing is made then.
        KeyboardInterrupt
            The model is then that of the last finished epoch.
        """
        options = self._options()
        tasks = Tasks(self, self._fitted_attributes, X, y, sample_weight)
        rows, classes = labelled_rows(self, X, y, sample_weight, finite=False)
        fit = fit_sdca(rows, options, classes, names=self._names, callbacks=self._callbacks(tasks, classes))
        assert fit.certificate is not None
        self.certificate_ = fit.certificate
        self._store(fit)
        tasks.end()
        return self

    def _keep_constants(self, config: TrainingConfig) -> None:
        self.alpha_ = config.alpha

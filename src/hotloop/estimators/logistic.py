"""LogisticSGDClassifier: logistic and softmax regression by exact per-sample SGD."""

from typing import Any, ClassVar

from hotloop.data.batch import Batch
from hotloop.data.class_weight import weigh_classes
from hotloop.data.validation import check_weights
from hotloop.estimators._base import restore_on_error, with_progress_bar
from hotloop.estimators._callbacks import Tasks, with_callbacks
from hotloop.estimators._constraints import parameter_constraints
from hotloop.estimators._labels import encode_labels, known_classes
from hotloop.estimators._logistic import LogisticClassifier, labelled_rows
from hotloop.estimators._validation import check_rows, check_validation_pair
from hotloop.logistic.fit import LogisticFit, StartWeights, check_going_on, fit_logistic
from hotloop.logistic.new_state import new_learner
from hotloop.logistic.options import VALUES, LogisticOptions
from hotloop.structs import CSRRows


class LogisticSGDClassifier(LogisticClassifier):
    """Logistic regression (softmax regression for more than two classes) by exact per-sample SGD.

    Minimises mean(sample_weight * log loss) + alpha / 2 ||w||^2 over the weights of the standardised columns, by (LR-1) to
    (LR-11) of docs/equations.md. The intercept is not penalised. Raw columns need no scaling.

    With nothing set, a search chooses step size, L2 strength and number of epochs. It trains twenty candidates on at most
    20,000 rows in shared reads, and judges them by the log loss of rows held out after 1, 2, 4, ... epochs. The best is trained
    on all rows. An option that is set is obeyed and not searched. docs/defaults.md has the rules and the evidence.

    docs/options.md lists which options go together. ``set_callbacks``, where scikit-learn has callbacks (1.9 on), follows the
    search, the training and each epoch. The functions ``hotloop.duality_gap``, ``hotloop.bootstrap_std`` and
    ``hotloop.progressive_validation`` judge a fitted model; LogisticSDCAClassifier trains to the exact optimum.

    Parameters
    ----------
    optimizer : {"auto", "sgd", "adagrad", "ftrl", "normalized"}, default="auto"
        "sgd": steps of (LR-5), one size for all weights. "adagrad" (AD-1) and "ftrl" (AD-2): each weight has its own step
        size, which falls with the gradients it has seen; for rows with rare columns, such as words and categories.
        "normalized" (AD-3): AdaGrad on columns over their largest values so far; predictions then do not depend on units; for
        streams. "auto": "ftrl" with an L1 penalty and for a model that begins with ``partial_fit`` of sparse rows while
        ``eta0``, ``average``, ``learning_rate`` and ``standardize`` are left alone; else "sgd".
    penalty : {"l2", "l1", "elasticnet", None}, default="l2"
        "l1" and "elasticnet", alpha (l1_ratio |w|_1 + (1 - l1_ratio) / 2 ||w||^2), make weights exactly 0.
    alpha : float >= 0 or "auto", default="auto"
        Strength of the penalty. "auto": by the search, from 1 / (C n_samples) with C = 100, 1, 0.1 and 0.01. Without a search
        C = 1; 0 for "adagrad" and "normalized".
    l1_ratio : float from 0 to 1, default=0.15
        Share of the L1 norm in "elasticnet".
    fit_intercept : bool, default=True
    max_iter : int or "auto", default="auto"
        Most epochs of ``fit``. "auto": 64 where they are searched, else 1000.
    tol : float, "auto" or None, default="auto"
        The fit stops when ``n_iter_no_change`` epochs in a row have not lowered the best loss by more than this. "auto": after
        the number of epochs that the search found; without a search, and with validation rows, a thousandth of the best loss.
        None: train for ``max_iter`` epochs.
    shuffle : bool, default=True
        Visit the rows in a new order in each epoch of ``fit``. ``partial_fit`` never shuffles.
    verbose : int, default=0
        1 shows the search, the epochs and the time left: a bar in a terminal where rich is installed, else lines.
    random_state : int, RandomState or None, default=None
        The orders and the choice of validation rows depend on it.
    learning_rate : {"auto", "constant", "invscaling", "optimal"}, default="auto"
        (ST-1) to (ST-4). With ``h = 1 / (eta0 alpha)``: "auto" is eta0 / (1 + t / h)^0.75, "optimal" eta0 / (1 + t / h),
        "invscaling" eta0 / (t + 1)^power_t.
    eta0 : float > 0 or "auto", default="auto"
        First step size. "auto": for "sgd" by the search, from 1/16, 1/4, 1, 4 and 16 times 1 / mean(sample_weight * (||z||^2 +
        1)), z the standardised row, at most 1 / (2 alpha); without a search 1/4. For "adagrad" 1.4 and for "ftrl" 6 over
        mean(||z||^2); for "normalized" 0.5.
    power_t : float, default=0.25
    early_stopping : bool, default=False
        Hold out ``validation_fraction`` of the rows, choose and stop by their log loss and keep the weights of the best epoch.
    validation_fraction : float, default=0.1
    n_iter_no_change : int, default=5
    class_weight : dict, "balanced" or None, default=None
    warm_start : bool, default=False
        ``fit`` starts from the weights of the last fit, without a search.
    average : bool or "auto", default="auto"
        Predict with the mean of the iterates, (LR-10). It restarts after epochs 1, 2, 4, 8, ... "auto": yes, unless the penalty
        has an L1 part.
    standardize : {"auto", "std", "maxabs", "common", None}, default="auto"
        Columns are seen as (x - center) * scale, (LR-9), on the fly: X is neither copied nor changed. "std": mean and standard
        deviation, of a column of two values their distance. "maxabs": 0 and the largest absolute value. "common", dense rows
        only: 0 and the largest value of all columns, as for the bytes of pictures. "auto": "std" for dense rows; of sparse rows
        "std" for the columns that every row has and "maxabs" for the others, or for all where columns cannot be centred (FTRL,
        AdaGrad, an L1 penalty, ``partial_fit``); None for "normalized". ``coef_`` and ``intercept_`` are in the caller's units
        in any case.
    cv : "auto", "last", int or None, default="auto"
        Which rows the search holds out. "auto": five folds, drawn several times from less than 1,000 rows, two or one of the
        five from 10,000 on. A number: so many folds. "last": the last fifth of the rows, for rows in the order of time. None:
        no search. ``groups`` and ``X_val`` of ``fit`` take precedence.
    multi_class : {"multinomial", "ovr"}, default="multinomial"
        "multinomial": softmax, (LR-6). "ovr": a model of each class against the rest, (LR-18), trained in the same reads; its
        ``loss_curve_`` is the sum over the classes.
    importance_aware : bool, default=False
        Take each step as if it were many small ones for the same row, (LR-19), without a search: a row of weight 2 moves the
        weights as the row twice, and no ``eta0`` diverges.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Weights in the caller's units. Assigning ``coef_`` or ``intercept_`` replaces what was learnt.
    intercept_ : ndarray of shape (1,) or (n_classes,), float64
    n_features_in_, feature_names_in_ : as everywhere in scikit-learn
    n_iter_ : int
        Epochs of the last fit.
    t_ : int
        Steps taken.
    eta0_, alpha_ : float
        What "auto" came to.
    search_ : dict
        Table of the search, where there was one: arrays ``alpha``, ``eta0``, ``epochs``, ``loss`` (mean log loss of the rows
        held out), ``losses`` (of each split), an entry a candidate and judgement; ``best_index``, ``n_rows``. Not kept in model
        files.
    loss_curve_ : list of float
        Per epoch the mean loss of each row just before its step, plus the penalty.
    validation_curve_ : list of float
        Per epoch the log loss of the validation rows, where there are some.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hotloop import LogisticSGDClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = LogisticSGDClassifier(random_state=0).fit(X, y)
    >>> round(model.score(X, y), 2)
    0.99
    """

    _options_class = LogisticOptions
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = parameter_constraints(VALUES)

    def __init__(
        self,
        *,
        optimizer: str = "auto",
        penalty: str | None = "l2",
        alpha: float | str = "auto",
        l1_ratio: float = 0.15,
        fit_intercept: bool = True,
        max_iter: int | str = "auto",
        tol: float | str | None = "auto",
        shuffle: bool = True,
        verbose: int = 0,
        random_state: Any = None,
        learning_rate: str = "auto",
        eta0: float | str = "auto",
        power_t: float = 0.25,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        class_weight: Any = None,
        warm_start: bool = False,
        average: bool | str = "auto",
        standardize: str | None = "auto",
        cv: int | str | None = "auto",
        multi_class: str = "multinomial",
        importance_aware: bool = False,
    ) -> None:
        self.optimizer = optimizer
        self.penalty = penalty
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol
        self.shuffle = shuffle
        self.verbose = verbose
        self.random_state = random_state
        self.learning_rate = learning_rate
        self.eta0 = eta0
        self.power_t = power_t
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.average = average
        self.standardize = standardize
        self.cv = cv
        self.multi_class = multi_class
        self.importance_aware = importance_aware

    @with_progress_bar
    @restore_on_error
    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None, groups: Any = None
    ) -> "LogisticSGDClassifier":
        """Choose what is "auto", by rows held out, and train on all rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            float32 and narrower numbers are trained in float32, the rest in float64. Arrays of float16, float32, float64,
            booleans or integers are read where they lie, a few rows at a time, if each row is contiguous, and so are CSR
            matrices; Fortran order, lists and tables are copied once, other sparse formats converted to CSR. Rows that name a
            column twice or out of order are summed and sorted in a copy.
        y : array-like of shape (n_samples,)
            Labels, two classes or more.
        sample_weight : array-like of shape (n_samples,), default=None
            A row of weight 0 moves nothing.
        X_val, y_val : array-like, default=None
            Own validation rows: the candidates are judged by their log loss instead of folds; the fit stops by it and keeps
            the weights of the best epoch.
        groups : array-like of shape (n_samples,), default=None
            Rows of a group are held out together.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            NaN or infinity (names row and column), fewer than two classes, shapes that disagree, options that do not go
            together.
        FloatingPointError
            The weights diverge with an explicit ``eta0``; the weights of the last good epoch are kept.
        MemoryError
            So many weights do not fit; says what each needs. Nothing is made then.
        KeyboardInterrupt
            The model is then as trained so far, and usable; in the search it is the best candidate so far.
        """
        options = self._options()
        check_validation_pair(X_val, y_val)
        tasks = Tasks(self, self._fitted_attributes, X, y, sample_weight)
        rows, classes = labelled_rows(self, X, y, sample_weight, finite=False)
        validation = self._own_validation(X_val, y_val, lambda y: encode_labels(y, classes, "y_val"), rows.X.dtype)
        start = None
        if self.warm_start and hasattr(self, "_learner"):
            start = StartWeights(self._fitted_learner().flushed_state().coef(), self.intercept_, self.classes_)
        fit = fit_logistic(
            rows,
            options,
            classes,
            validation=validation,
            start=start,
            groups=groups,
            names=self._names,
            callbacks=self._callbacks(tasks, classes),
        )
        self._store(fit)
        tasks.end()
        return self

    @restore_on_error
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> "LogisticSGDClassifier":
        """Train once on rows in the order given; pieces of any size give the bits of one call.

        Standardisation and what is "auto" follow the rows seen so far and take effect at 64, 128, 256, ... rows.

        Parameters
        ----------
        X, y, sample_weight : as for :meth:`fit`
        classes : array-like, default=None
            All labels that will come; needed at the first call.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            As for :meth:`fit`; a label that is not among ``classes``. Nothing is learnt then.
        FloatingPointError
            The weights diverge; nothing is learnt from these rows.
        """
        first = not hasattr(self, "_learner")
        options = self._options(draw=first)
        dtype = None if first else self._learner.state.dtype
        X, y = check_rows(self, X, y, reset=first, dtype=dtype, sparse=True)
        self.classes_ = known_classes(classes, None if first else self.classes_)
        if first:
            resolved = options.resolved(sparse=isinstance(X, CSRRows), n_classes=len(self.classes_), method="partial_fit")
        else:
            check_going_on(options, self._learner, X, len(self.classes_))
        codes = encode_labels(y, self.classes_)
        sample_weight = check_weights(sample_weight, len(X), some=False)
        rows = weigh_classes(Batch(X, codes, sample_weight), self.class_weight, self.classes_)
        learner = new_learner(resolved, X, len(self.classes_)) if first else self._learner
        learner.partial_fit(rows, sample_weight)
        self.n_iter_, self._learner = 1, learner
        if self._learner.config is not None:
            self._keep_constants(self._learner.config)
        return self

    def _store(self, fit: LogisticFit) -> None:
        super()._store(fit)
        if fit.search is not None:
            self.search_ = fit.search.as_dict()
        elif hasattr(self, "search_"):
            del self.search_

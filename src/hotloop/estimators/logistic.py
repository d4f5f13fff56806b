"""LogisticSGDClassifier: logistic and softmax regression by exact per-sample SGD."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, issparse
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from hotloop.data.batch import Batch
from hotloop.data.class_weight import weigh_classes
from hotloop.data.csr import check_finite_rows
from hotloop.data.dataframes import block_of, column_types, rows_at_once
from hotloop.data.validation import Array, check_memory, distinct, plain
from hotloop.estimators._base import TrainedBySGD, restore_on_error, with_progress_bar
from hotloop.estimators._callbacks import Tasks, with_callbacks
from hotloop.estimators._labels import encode_labels, find_classes
from hotloop.estimators._validation import check_rows, check_validation_pair, check_weights
from hotloop.estimators.warnings import warn
from hotloop.logistic.auto import fit_logistic, start_logistic
from hotloop.logistic.bootstrap import bootstrap_counts
from hotloop.logistic.diagnostics.duality_gap import Certificate, certify
from hotloop.logistic.diagnostics.fit_warnings import of_logistic_fit
from hotloop.logistic.linear_state import LinearState
from hotloop.logistic.online import LogisticLearner
from hotloop.logistic.sdca import fit_dual
from hotloop.logistic.search.halving import Search
from hotloop.logistic.search.many_dense import LogisticModels
from hotloop.logistic.state import LogisticState
from hotloop.logistic.state_adaptive import STEP, AdaptiveState
from hotloop.logistic.state_l1 import L1State
from hotloop.predictor import Predictor
from hotloop.structs import CSRRows, float_dtype
from hotloop.training.config import TrainingConfig
from hotloop.training.history import TrainingHistory
from hotloop.training.options import FitOptions
from hotloop.training.progressive_validation import ProgressiveValidation

OPTIMIZERS = ("auto", "sgd", "adagrad", "ftrl", "normalized", "sdca")


def _learns_piece_by_piece(estimator: "LogisticSGDClassifier") -> bool:
    return estimator.optimizer != "sdca"  # which needs all rows at once


class LogisticSGDClassifier(ClassifierMixin, TrainedBySGD):  # type: ignore[misc]
    """Logistic regression (softmax regression for more than two classes) by exact per-sample SGD.

    Minimises mean(sample_weight * log loss) + alpha / 2 ||w||^2 over the weights of the standardised columns, the intercept
    free, by (LR-1) to (LR-11) of docs/equations.md. Raw columns need no scaling.

    With nothing set, step size, L2 strength and the number of epochs are chosen from the data: twenty pairs are trained on at
    most 20,000 of the rows in shared reads, each with some of them held out, and judged by the log loss of those after 1, 2, 4,
    ... epochs; the best is then trained on all rows (decision 0019, docs/defaults.md). What is set is obeyed and not searched.

    ``set_callbacks``, where scikit-learn has callbacks (1.9 on), lets them follow the search, the training and each epoch.

    Parameters
    ----------
    optimizer : {"auto", "sgd", "adagrad", "ftrl", "normalized", "sdca"}, default="auto"
        "auto": "ftrl" with an L1 penalty, and where a model begins with ``partial_fit`` of sparse rows while ``eta0``,
        ``average``, ``learning_rate``, ``error_bars`` and ``standardize`` are left alone; else "sgd".
        "sgd" takes the steps of (LR-5), one size for all weights. "adagrad" (AD-1) and "ftrl" (AD-2) give each weight its own,
        which falls with the slopes that it has seen: for rows with rare columns, such as words and categories, often one to
        three epochs are enough. They need no averaging and have none; "adagrad" has no penalty.
        "normalized" (AD-3) is AdaGrad on columns over the largest value that each has shown so far: the same predictions
        whatever the units of the columns, without a look ahead, for streams. No penalty, no ``warm_start``.
        "sdca" goes to the optimum of an ``alpha`` > 0 and says how near it is: dual coordinate ascent, (DU-1) to (DU-6), a row
        at a time and all sums in float64, until the duality gap is at most ``tol``. There the mean loss is that by weight, so
        that a row of weight 2 is as good as the row twice. It has no ``partial_fit``.
    penalty : {"l2", "l1", "elasticnet", None}, default="l2"
        "l1" and "elasticnet", alpha (l1_ratio |w|_1 + (1 - l1_ratio) / 2 ||w||^2), are there for "ftrl" and for "sgd", (LR-16):
        weights that are exactly 0. With "sgd" there is then no averaging, whose mean would not be 0, no search and no
        ``error_bars``.
    alpha : float >= 0 or "auto", default="auto"
        Strength of the penalty. "auto": by the search, from 1 / (C n_samples), the strengths of LogisticRegression with C =
        100, 1, 0.1 and 0.01 on standardised columns. Without a search C = 1; 0 for "adagrad" and "normalized"; for
        "sdca" 1 / the sum of the weights.
    l1_ratio : float from 0 to 1, default=0.15
        Of "elasticnet".
    fit_intercept : bool, default=True
    max_iter : int or "auto", default="auto"
        Most epochs of ``fit``. "auto": 64 where they are searched, else 1000; 10,000 for "sdca".
    tol : float, "auto" or None, default="auto"
        The fit stops when ``n_iter_no_change`` epochs in a row have not lowered the best loss by more than this. "auto": after
        the number of epochs that the search found; without a search, and with validation rows, a thousandth of the best loss.
        None: train for ``max_iter`` epochs. For "sdca" the duality gap to reach, "auto": 1e-6 nats a row.
    shuffle : bool, default=True
        Visit the rows in a new order in each epoch of ``fit``. ``partial_fit`` never shuffles.
    verbose : int, default=0
        1 shows the search, the epochs and the time to go: a bar with rich in a terminal, else a line each.
    random_state : int, RandomState or None, default=None
        Orders and the choice of validation rows depend on it.
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
        ``fit`` starts from the weights of the last fit.
    average : bool or "auto", default="auto"
        Predict with the mean of the iterates, (LR-10). It restarts after epochs 1, 2, 4, 8, ...: the first are far from the
        optimum. "auto": yes, unless the penalty has an L1 part.
    error_bars : int, default=0
        Bootstrap replicas that ``fit`` trains after the model, for two classes all in the same reads: they say how much the
        weights hang on the rows that happened to be there. Each is trained on n_samples rows drawn with replacement, with the
        plan and the epochs of the model (Efron 1979). 0: none; a few dozen give the size of the bars, hundreds a second digit.
    standardize : {"auto", "std", "maxabs", "common", None}, default="auto"
        Columns seen as (x - center) * scale, (LR-9), on the fly: X is neither copied nor changed. "auto" is "std", mean and
        standard deviation (of a column of two values, as of a category, their distance), for dense rows, and "maxabs", 0
        and the largest absolute value, for sparse ones; for "normalized" it is None. "common", dense rows only: 0 and the
        largest of all columns, as for the bytes of pictures.
       ``coef_`` and ``intercept_`` are in the caller's units all the same.
    certify : bool, default=False
        One more read after ``fit``, for ``certificate_``. "sdca" has it anyway.
    progressive : bool, default=False
        Predict the rows of the first epoch of the training on all rows just before they are trained on: ``progressive_``.

    multi_class : {"multinomial", "ovr"}, default="multinomial"
        Of more than two classes: "multinomial" is softmax, (LR-6); "ovr" a model of each class against the rest, (LR-18), all
        trained in the same reads, by optimizer "sgd" on dense rows. Its ``loss_curve_`` is the sum over the classes.
    importance_aware : bool, default=False
        Take each step as if it were many small ones for the same row, (LR-19): a row of weight 2 moves as the row twice, and
        no ``eta0`` diverges. For large steps, where weights of rows differ by orders of magnitude, or for one pass with a
        step that nobody tuned. Of two classes, by optimizer "sgd" on dense rows; there is no search then.
    cv : "auto", "last", int or None, default="auto"
        Which rows the search holds out. "auto": those of five folds, of each class a share, drawn several times from less than
        1,000 rows; of many rows of two or one of the five. A number: of so many folds. "last": the last fifth of the rows, for
        rows in the order of time. ``groups`` and ``X_val`` of ``fit`` come first. None: no search, the rules instead. There is
        none either with ``warm_start`` from earlier weights, with ``eta0`` and ``alpha`` given, with an ``optimizer`` other
        than "sgd", or where all rows held out are of one class: then there is no ``search_``.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Weights in the caller's units. Assigning ``coef_`` or ``intercept_`` replaces what was learnt.
    intercept_ : ndarray of shape (1,) or (n_classes,), float64
    coef_std_, intercept_std_ : ndarrays like coef_ and intercept_, float64
        Standard deviations over the bootstrap replicas; where ``error_bars`` asked for them. Not kept in model files.
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
    certificate_ : hotloop.logistic.diagnostics.duality_gap.Certificate
        ``objective``, ``gradient_norm`` and ``gap``, exact, in float64: the objective is at most ``gap`` nats a row above its
        minimum. Where ``certify`` or "sdca" asked for it; not kept in model files. After "sgd" the gap is a weak bound: a
        slope of size s makes it s^2 / (2 alpha).
    progressive_ : hotloop.training.progressive_validation.ProgressiveValidation
        ``log_loss``, ``auc`` and ``reliability`` of rows by the weights before they were trained on them, where ``progressive``
        asked for it: honest, and of a model in its first epoch. Not kept in model files.
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

    classes_: Array
    _stream: LogisticLearner
    _takes_sparse = True
    _sparsified = False

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
        error_bars: int = 0,
        certify: bool = False,
        progressive: bool = False,
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
        self.error_bars = error_bars
        self.certify = certify
        self.progressive = progressive
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
            NaN or infinity (names row and column), fewer than two classes, shapes that disagree.
        FloatingPointError
            The weights diverge with an explicit ``eta0``; the weights of the last good epoch are kept.
        MemoryError
            So many weights do not fit; says what each needs. Nothing is made then.
        KeyboardInterrupt
            The model is then as trained so far, and usable; in the search it is the best candidate so far.
        """
        check_validation_pair(X_val, y_val)
        if self.optimizer == "sdca" and X_val is not None:
            raise ValueError("optimizer='sdca' stops by its duality gap, not by validation rows; leave X_val out")
        tasks = Tasks(self, self._learnt_so_far, X, y, sample_weight)
        X, y = check_rows(self, X, y, reset=True, finite=False, sparse=True)
        sample_weight = check_weights(sample_weight, X)
        optimizer = self._rule(X)
        names, options = getattr(self, "feature_names_in_", None), self._options(optimizer).of_rows(X)
        sparse = isinstance(X, CSRRows)
        untold = sparse and (optimizer != "sgd" or (options.eta0 != "auto" and options.alpha == "auto"))
        some = not distinct(sample_weight).all()
        if self.early_stopping or untold or some:
            check_finite_rows(X, names)  # else all rows meet the statistics or the first epoch, which tell
        start = self._warm_weights(X)
        classes = find_classes(y[sample_weight > 0] if some else y)
        self._check_classes(X, classes)
        if start is not None and not np.array_equal(classes, self.classes_):
            raise ValueError(f"warm_start: y has classes {classes.tolist()}, the last fit had {self.classes_.tolist()}")
        if some:  # a class of which all rows weigh 0 is none
            y = np.where(np.isin(y, classes), y, classes[0])
        codes = encode_labels(y, classes)
        rows, validation = self._validation(
            Batch(X, codes, sample_weight),
            X_val,
            y_val,
            lambda labels: encode_labels(labels, classes, "y_val"),
            stratify=True,
            seed=options.seed,
        )
        rows = weigh_classes(rows, self.class_weight, classes)
        search = self._search(options, optimizer, start, groups, len(X))

        state = self._new_state(X, len(classes), optimizer)
        if start is not None:
            state.replace_weights(*start)

        def keep(config: TrainingConfig) -> None:
            self.classes_ = classes
            self._stream = LogisticLearner(
                state=state, options=options, config=config, weight_total=rows.total_weight, frozen=sparse
            )
            if self.verbose:
                self._progress_bar.training()
            tasks.training_begins(config, searches=search is not None)

        report, progressive = partial(self._report, tasks=tasks), ProgressiveValidation() if self.progressive else None
        try:
            history: TrainingHistory
            trained: LinearState
            certificate: Certificate | None
            if optimizer == "sdca":
                trained, history, config, certificate = fit_dual(state, rows, options, report, keep, names)
            else:
                judge = None if progressive is None else progressive.epoch
                trained, history, config = fit_logistic(state, rows, options, validation, report, keep, names, search, judge)
                certificate = self._certificate(trained, rows, config) if self.certify else None
        except FloatingPointError:
            check_finite_rows(X, names)
            raise
        self._stream = replace(self._stream, state=trained, config=config)
        self._keep_search(search)
        self._keep_if_any("certificate_", certificate)
        self._keep_if_any("progressive_", progressive)
        self._keep(history, config)
        how = {"searched": search is not None and bool(search.table), "reweighed": self.class_weight is not None}
        held_out = None if search is None else search.held_out
        if validation is not None:
            held_out = trained.scores(trained.margins(validation.X)), validation.y, validation.sample_weight
        told = of_logistic_fit(trained, rows, config, history, held_out, classes, names, **how, dual=optimizer == "sdca")
        for convergence_message in told:
            warn(convergence_message)
        self._set_error_bars(rows, start)
        tasks.end()
        return self

    @available_if(_learns_piece_by_piece)  # type: ignore[untyped-decorator]
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
        first = not hasattr(self, "_stream")
        dtype = None if first else self._stream.state.dtype
        X, y = check_rows(self, X, y, reset=first, dtype=dtype, sparse=True)
        if self.class_weight == "balanced":
            raise ValueError("class_weight='balanced' needs all labels at once; give partial_fit a dict of weights")
        if first:
            if classes is None:
                raise ValueError("the first call of partial_fit needs classes=, all labels that will come")
            known = find_classes(np.asarray(classes))
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"classes={np.unique(classes).tolist()}, but the first call had {self.classes_.tolist()}")
        else:
            known = self.classes_
        self._check_classes(X, known)
        codes = encode_labels(y, known)
        sample_weight = check_weights(sample_weight, X, some=False)
        if first:
            self.classes_ = known
            optimizer = self._rule(X, online=True)
            state = self._new_state(X, len(known), optimizer)
            self._stream = LogisticLearner(state=state, options=self._options(optimizer).of_rows(X))
        self._stream.partial_fit(weigh_classes(Batch(X, codes, sample_weight), self.class_weight, known), sample_weight)
        self.n_iter_ = 1
        if self._stream.config is not None:
            self.eta0_, self.alpha_ = self._stream.config.eta0, self._stream.config.alpha
        return self

    def decision_function(self, X: Any, out: Array | None = None) -> Array:
        """Return the margins X coef^T + intercept: (n_samples,) for two classes, else (n_samples, n_classes), float64.

        ``out``, an array of that shape, is filled and returned.
        """
        return self._predicting(X, "decision_function", out=out)

    def predict_log_proba(self, X: Any) -> Array:
        """Return ln p of each class, (n_samples, n_classes); exact also where p underflows."""
        return self._predicting(X, "predict_log_proba")

    def predict_proba(self, X: Any, out: Array | None = None) -> Array:
        """Return the probability of each class, (n_samples, n_classes); fills ``out``, float64 of that shape."""
        return self._predicting(X, "predict_proba", out=out)

    def predict(self, X: Any) -> Array:
        """Return the likeliest class of each row, (n_samples,)."""
        return self._predicting(X, "predict")

    def sparsify(self) -> "LogisticSGDClassifier":
        """Let ``coef_`` be a CSR matrix, without the weights that are 0, until :meth:`densify`; returns self."""
        self._sparsified = True
        return self

    def densify(self) -> "LogisticSGDClassifier":
        """Let ``coef_`` be an array again; returns self."""
        self._sparsified = False
        return self

    def scorer(self) -> Callable[[Array], Any]:
        """Return a function of one row, a float32 or float64 array of n_features: P(``classes_[1]``), or all probabilities.

        For services that score single rows: it checks nothing but type and length. Later training does not change it.
        """
        return self._predictor().scorer()

    @property
    def coef_(self) -> Array:
        """Weights in the caller's units, (1 or n_classes, n_features), a copy; after :meth:`sparsify` a CSR matrix."""
        coef = self._learnt().flushed_state().coef()
        return csr_matrix(coef) if self._sparsified else coef

    @coef_.setter
    def coef_(self, coef: Any) -> None:
        self._replace(coef.toarray() if issparse(coef) else np.asarray(coef), self.intercept_)

    @property
    def intercept_(self) -> Array:
        """Intercepts in the caller's units, (1 or n_classes,), float64."""
        return self._learnt().flushed_state().intercept()

    @intercept_.setter
    def intercept_(self, intercept: Any) -> None:
        self._replace(self._learnt().flushed_state().coef(), np.asarray(intercept, dtype=np.float64).reshape(-1))

    @property
    def t_(self) -> int:
        """Steps taken."""
        return self._learnt().flushed_state().t

    def _learnt_so_far(self) -> dict[str, Any]:
        return {"_stream": replace(self._stream, state=self._stream.state.copy())}

    def _learnt(self) -> LogisticLearner:
        if not hasattr(self, "_stream"):
            raise AttributeError(f"this {type(self).__name__} is not fitted yet")
        return self._stream

    def _replace(self, coef: Array, intercept: Array) -> None:
        stream = self._learnt()
        shape = stream.state.n_outputs, stream.state.n_features
        if coef.shape != shape or intercept.shape != shape[:1]:
            raise ValueError(f"coef_ has shape {coef.shape} and intercept_ {intercept.shape}; expected {shape} and {shape[:1]}")
        if not (np.isfinite(coef).all() and np.isfinite(intercept).all()):
            raise ValueError("coef_ and intercept_ must be finite")
        stream.replace_weights(coef, intercept)

    def _rule(self, X: Array | CSRRows, *, online: bool = False) -> str:
        """Return what ``optimizer`` means for these rows."""
        if self.optimizer != "auto":
            return self.optimizer
        own = {name: getattr(self, name) for name in ("eta0", "average", "learning_rate", "error_bars")}
        untouched = own == {"eta0": "auto", "average": "auto", "learning_rate": "auto", "error_bars": 0}
        streamed = online and untouched and self.standardize != "std" and isinstance(X, CSRRows)
        adaptive = self.penalty in ("l1", "elasticnet") or streamed
        return "ftrl" if adaptive else "sgd"

    @property
    def _shrinks(self) -> bool:
        return self.penalty in ("l1", "elasticnet")

    @property
    def _share_of_l1(self) -> float:
        return {"l1": 1.0, "elasticnet": float(self.l1_ratio)}.get(str(self.penalty), 0.0)

    def _check_classes(self, X: Array | CSRRows, classes: Array) -> None:
        if self.importance_aware and (len(classes) > 2 or isinstance(X, CSRRows)):
            raise ValueError("importance_aware=True takes dense rows of two classes only")
        if self.multi_class == "ovr" and len(classes) > 2 and isinstance(X, CSRRows):
            raise ValueError(
                "multi_class='ovr' takes dense rows only; for sparse ones take OneVsRestClassifier(LogisticSGDClassifier())"
            )

    def _new_state(self, X: Array | CSRRows, n_classes: int, optimizer: str) -> Any:
        if self.average not in ("auto", True, False):
            raise ValueError(f"average is {self.average!r}, expected True, False or 'auto'")
        dtype, n_weights = float_dtype(X.dtype), (1 if n_classes == 2 else n_classes) * X.shape[1]
        size, kind = np.dtype(dtype).itemsize, optimizer
        if optimizer == "sdca":
            size += 16
        elif optimizer != "sgd":
            size *= 3 if optimizer == "normalized" else 2
        elif self._shrinks:
            size, kind = size + 8, "sgd with an L1 penalty"
        elif self.average:
            size, kind = size + 8, "sgd with averaging"
        copies = 1 if self.max_iter == 1 else 2  # the weights of the epoch before are kept
        check_memory(copies * size * n_weights, f"{kind}, {copies} times {size} bytes for each of {n_weights} weights,")
        if optimizer in STEP:
            return AdaptiveState.new(
                1 if n_classes == 2 else n_classes,
                X.shape[1],
                float_dtype(X.dtype),
                fit_intercept=bool(self.fit_intercept),
                rule=optimizer,
                l1_ratio=self._share_of_l1,
            )
        if optimizer == "sgd" and self._shrinks:
            n_outputs, own = 1 if n_classes == 2 else n_classes, {"fit_intercept": bool(self.fit_intercept)}
            return L1State.new(n_outputs, X.shape[1], dtype, **own, l1_ratio=self._share_of_l1)
        return LogisticState.zeros(
            1 if n_classes == 2 else n_classes,
            X.shape[1],
            float_dtype(X.dtype),
            fit_intercept=bool(self.fit_intercept),
            averaged=bool(self.average) and optimizer == "sgd",
            one_vs_rest=self.multi_class == "ovr" and n_classes > 2,
            importance_aware=bool(self.importance_aware),
        )

    def _warm_weights(self, X: Array) -> tuple[Array, Array] | None:
        if not self.warm_start or not hasattr(self, "_stream"):
            return None
        if self.coef_.shape[1] != X.shape[1]:
            raise ValueError(f"warm_start: X has {X.shape[1]} columns, the last fit had {self.coef_.shape[1]}")
        return self._learnt().flushed_state().coef(), self.intercept_

    def _search(self, options: FitOptions, optimizer: str, start: Any, groups: Any, n_samples: int) -> Search | None:
        """Return the search of this fit; None where there is nothing to search."""
        if optimizer == "sdca":  # nor is ``cv`` looked at
            return None
        known = self.cv is None or self.cv in ("auto", "last") or (isinstance(self.cv, int | np.integer) and self.cv >= 2)
        if not known:
            raise ValueError(f"cv is {self.cv!r}, expected 'auto', 'last', None or a number of folds, at least 2")
        if isinstance(self.cv, int | np.integer) and self.cv > n_samples:
            raise ValueError(f"cv is {self.cv}: more folds than the {n_samples} rows")
        if groups is not None:
            groups = np.asarray(groups)
            if groups.shape != (n_samples,):
                raise ValueError(f"groups has shape {groups.shape}, expected ({n_samples},)")
            if len(np.unique(groups)) < 2:
                raise ValueError(f"groups holds one group only, {plain(groups[0])!r}; there is nothing to hold out")
        automatic = options.alpha == "auto" or options.eta0 == "auto"
        alone = start is not None or optimizer != "sgd" or self._shrinks or self.importance_aware
        if self.cv is None or alone or not automatic:
            return None
        return Search(self.cv, groups, self._progress_bar.searching if self.verbose else None)

    def _keep_search(self, search: Search | None) -> None:
        if search is not None and search.table:
            self.search_ = search.as_dict()
        elif hasattr(self, "search_"):
            del self.search_

    def _certificate(self, state: LinearState, rows: Batch, config: TrainingConfig) -> Certificate:
        return certify(state, rows, config.alpha, float(rows.n_nonzero_weight))[0]

    def _keep_if_any(self, name: str, value: Any) -> None:
        if value is not None:
            setattr(self, name, value)
        elif hasattr(self, name):
            delattr(self, name)

    def _epochs_to_come(self) -> int | None:
        config = self._stream.config
        return config.max_iter if config is not None and config.tol is None else None

    def _set_error_bars(self, rows: Batch, start: tuple[Array, Array] | None) -> None:
        for name in {"coef_std_", "intercept_std_"} & set(vars(self)):
            delattr(self, name)
        if not self.error_bars:
            return
        state, config = self._new_state(rows.X, len(self.classes_), "sgd"), self._stream.config
        if start is not None:
            state.replace_weights(*start)
        start_logistic(state, rows, self._stream.options)
        assert config is not None
        counts = bootstrap_counts(len(rows), self.error_bars, config.seed)
        replicas = LogisticModels(state, rows, [config] * self.error_bars, counts)
        replicas.train(self.n_iter_)
        self.coef_std_ = np.std([replica.coef() for replica in replicas.states], axis=0, ddof=1, dtype=np.float64)
        self.intercept_std_ = np.std([replica.intercept() for replica in replicas.states], axis=0, ddof=1)

    def _options(self, optimizer: str = "sgd") -> FitOptions:
        if not isinstance(self.error_bars, int | np.integer) or self.error_bars < 0 or self.error_bars == 1:
            raise ValueError(f"error_bars is {self.error_bars!r}, expected 0 or a number of replicas, at least 2")
        if self.multi_class not in ("multinomial", "ovr"):
            raise ValueError(f"multi_class is {self.multi_class!r}, expected 'multinomial' or 'ovr'")
        if self.multi_class == "ovr" and (optimizer != "sgd" or self.certify or self._shrinks):
            what = f"penalty={self.penalty!r}" if self._shrinks else f"optimizer={optimizer!r}"
            what = "certify=True" if self.certify else what
            raise ValueError(f"multi_class='ovr' has no {what}; take OneVsRestClassifier(LogisticSGDClassifier({what}))")
        if self.importance_aware and (optimizer != "sgd" or self._shrinks or self.error_bars):
            what = "error_bars" if self.error_bars else f"penalty={self.penalty!r}"
            raise ValueError(f"importance_aware=True has no {what if optimizer == 'sgd' else f'optimizer={optimizer!r}'}")
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer is {self.optimizer!r}, expected one of {', '.join(OPTIMIZERS)}")
        if self.certify and self.penalty in ("l1", "elasticnet"):
            raise ValueError(f"there is no certificate of penalty={self.penalty!r}; leave certify=False")
        if self.progressive and self.warm_start:
            raise ValueError("progressive=True judges rows before they were trained on; leave warm_start=False")
        if optimizer == "sdca":
            for name, only in (("eta0", "auto"), ("early_stopping", False), ("warm_start", False), ("progressive", False)):
                if getattr(self, name) != only:
                    raise ValueError(f"optimizer='sdca' has no {name}={getattr(self, name)!r}; leave it at {only!r}")
        if self.penalty not in ("l2", "l1", "elasticnet", None):
            raise ValueError(f"penalty is {self.penalty!r}, expected 'l2', 'l1', 'elasticnet' or None")
        if not isinstance(self.l1_ratio, int | float | np.number) or not 0 <= self.l1_ratio <= 1:
            raise ValueError(f"l1_ratio is {self.l1_ratio!r}, expected a number from 0 to 1")
        if optimizer not in ("sgd", "ftrl") and self._shrinks:
            raise ValueError(f"penalty={self.penalty!r} is there for optimizer='sgd' and 'ftrl', not for {optimizer!r}")
        if optimizer == "sgd" and self._shrinks and (self.average not in ("auto", False) or self.error_bars):
            other = f"error_bars={self.error_bars}" if self.error_bars else f"average={self.average}"
            raise ValueError(f"penalty={self.penalty!r} with optimizer='sgd' has no {other}; leave it as it was")
        if optimizer in ("adagrad", "normalized") and self.penalty and self.alpha not in ("auto", 0):
            raise ValueError(f"optimizer={optimizer!r} has no penalty; take optimizer='ftrl', or leave alpha='auto'")
        if optimizer == "normalized" and self.warm_start:
            raise ValueError("optimizer='normalized' has no warm_start; its steps go on with partial_fit")
        if optimizer != "sgd":
            for name, kept in (("average", ("auto", False)), ("learning_rate", ("auto", "constant")), ("error_bars", (0,))):
                if getattr(self, name) not in kept:
                    raise ValueError(f"optimizer={optimizer!r} has no {name}={getattr(self, name)!r}; leave it at {kept[0]!r}")
        options = super()._options()
        if optimizer != "sgd":
            options = replace(options, learning_rate="constant")
        if optimizer == "normalized":
            eta0 = STEP[optimizer] if options.eta0 == "auto" else options.eta0
            options = replace(options, eta0=eta0, standardize=None if self.standardize == "auto" else self.standardize)
        return options if self.penalty else FitOptions(**{**vars(options), "alpha": 0.0})

    def _predicting(self, X: Any, method: str, **options: Any) -> Array:
        check_is_fitted(self, "classes_")
        model = self._predictor()
        size = 0 if column_types(X) is None else rows_at_once(X)
        if not 0 < size < X.shape[0]:
            return getattr(model, method)(self._rows_to_predict(X, by_blocks=True), **options)  # type: ignore[no-any-return]
        out, parts = options.get("out"), []
        for start in range(0, X.shape[0], size):  # a table is never copied whole
            try:
                part = getattr(model, method)(self._rows_to_predict(block_of(X, start, start + size), by_blocks=True))
            except ValueError:
                self._rows_to_predict(X)  # names the row of the whole table
                raise
            if out is None:
                parts.append(part)
            elif out.shape != (X.shape[0], *part.shape[1:]) or out.dtype != part.dtype:
                expected = (X.shape[0], *part.shape[1:])
                raise ValueError(f"out has shape {out.shape} and dtype {out.dtype}, expected {expected} and {part.dtype}")
            else:
                out[start : start + size] = part
        return np.concatenate(parts) if out is None else out

    def _predictor(self) -> Predictor:
        check_is_fitted(self, "classes_")
        names = getattr(self, "feature_names_in_", None)
        weights = self._stream.flushed_state().view()
        names = None if names is None else list(names)
        return Predictor(type(self).__name__, weights, self.classes_, names, self.get_params(deep=False))

"""What the estimators that train share: their options, their validation rows, and what a fit stores and shows."""

import functools
from collections.abc import Callable
from copy import deepcopy
from dataclasses import fields
from typing import Any, ClassVar, Self, TypeVar

from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from hotloop.data.batch import Batch
from hotloop.data.validation import Array, check_weights
from hotloop.estimators._callbacks import CallbackSupportMixin, Tasks
from hotloop.estimators._validation import check_rows, check_targets
from hotloop.estimators.warnings import NotConvergedWarning, warn
from hotloop.persistence.checkpoint import save_checkpoint
from hotloop.preprocessing.table_encoding import TableEncoding
from hotloop.structs import float_dtype
from hotloop.training.config import TrainingConfig
from hotloop.training.history import TrainingHistory
from hotloop.training.progress_bar import ProgressBar
from hotloop.training.values import check_values, whole_numbers

VERBOSE = {"verbose": whole_numbers(0, True, False)}

Method = TypeVar("Method", bound=Callable[..., Any])


def say(line: str) -> None:
    """Print a line of progress at once."""
    print(line, flush=True)


def draw_seed(random_state: Any) -> int:
    """Return a whole number drawn by scikit-learn's rules for ``random_state``."""
    return int(check_random_state(random_state).randint(2**31 - 1))


def restore_on_error(method: Method) -> Method:
    """Decorate ``fit`` or ``partial_fit``: an error leaves the estimator with the attributes it had.

    Only where the new model is there already, and the error is no ValueError or TypeError but an interrupt, a lack of memory or
    divergence, the estimator keeps it as trained so far.

    The attributes are bound to the objects they were bound to before. The objects are not copied: ``fit`` changes none of them,
    it makes new ones, and the learner that ``partial_fit`` trains in place restores itself when it raises.
    """

    @functools.wraps(method)
    def restoring(self: BaseEstimator, *args: Any, **kwargs: Any) -> Any:
        before = dict(vars(self))
        try:
            return method(self, *args, **kwargs)
        except BaseException as error:
            if isinstance(error, ValueError | TypeError) or vars(self).get("_learner") is before.get("_learner"):
                vars(self).clear()
                vars(self).update(before)
            raise

    return restoring  # type: ignore[return-value]


def with_progress_bar(method: Method) -> Method:
    """Decorate ``fit``: check ``verbose``; while a fit runs with it, the attribute ``_progress_bar`` shows its progress."""

    @functools.wraps(method)
    def showing(self: BaseEstimator, *args: Any, **kwargs: Any) -> Any:
        check_values(self, VERBOSE)
        if not self.verbose:
            return method(self, *args, **kwargs)
        try:
            with ProgressBar(type(self).__name__, say) as self._progress_bar:
                return method(self, *args, **kwargs)
        finally:
            vars(self).pop("_progress_bar", None)

    return showing  # type: ignore[return-value]


class TrainedBySGD(CallbackSupportMixin, BaseEstimator):  # type: ignore[misc]
    """Base of the estimators that train.

    A subclass has the parameters of ``_options_class``, and the method ``_predictor``, which returns what predicts.
    """

    _takes_sparse = False
    _options_class: ClassVar[type]
    _progress_bar: ProgressBar
    _learner: Any  # the learner of its family

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self._takes_sparse
        return tags

    def __copy__(self) -> Self:
        """Return a copy with a learner of its own: ``partial_fit`` of one that shares it would train the original, too."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        if "_learner" in vars(self):
            twin._learner = deepcopy(self._learner)
        return twin

    def _options(self, *, draw: bool = True) -> Any:
        """Return the parameters as options, of ``_options_class``; ValueError where a value, or a pair of values, is refused.

        With ``draw`` the seed is drawn; an instance as ``random_state`` is drawn from, so a fit draws once.
        """
        names = [option.name for option in fields(self._options_class) if hasattr(self, option.name)]
        given = {name: getattr(self, name) for name in names}
        return self._options_class(**given, seed=draw_seed(self.random_state) if draw else 0)

    def _own_validation(self, X_val: Any, y_val: Any, encode: Callable[[Array], Array], dtype: Any) -> Batch | None:
        """Return the validation rows that the caller of ``fit`` gave, each of weight 1; None where there are none.

        Parameters
        ----------
        X_val, y_val : array-like or None
        encode : callable
            Returns class indices, labels or targets as the training rows have them.
        dtype : numpy dtype
            Type of the training rows.
        """
        if X_val is None:
            return None
        X_val = check_rows(self, X_val, reset=False, dtype=float_dtype(dtype), sparse=self._takes_sparse)
        return Batch(X_val, encode(check_targets(y_val, X_val)), check_weights(None, len(X_val)))

    def _keep(self, history: TrainingHistory, config: TrainingConfig) -> None:
        """Store the history and the constants of a fit as attributes; warn where it did not converge."""
        self._keep_constants(config)
        self.n_iter_ = history.n_iter
        self.loss_curve_ = history.loss_curve
        if history.validation_curve:
            self.validation_curve_ = history.validation_curve
        if convergence_message := history.convergence_message(config):
            warn(NotConvergedWarning(convergence_message))

    def _keep_constants(self, config: TrainingConfig) -> None:
        """Store the constants of a fit that the estimator shows."""
        self.eta0_, self.alpha_ = config.eta0, config.alpha

    def _report(self, history: TrainingHistory, tasks: Tasks) -> bool:
        """Show an epoch and tell the callbacks of it; return whether a callback asks to stop."""
        if self.verbose:
            self._progress_bar.epoch(history, self._epochs_to_come())
        return tasks.epoch(history)

    def _epochs_to_come(self) -> int | None:
        """Return the number of epochs of the training; None where its loss decides."""
        return self.max_iter if self.tol is None and isinstance(self.max_iter, int) else None

    def _rows_to_predict(self, X: Any, **how: Any) -> Array:
        """Return rows checked as those of ``fit``, in the type of the weights; ``how`` as for ``check_rows``."""
        check_is_fitted(self)
        how["sparse"] = self._takes_sparse
        return check_rows(self, X, reset=False, dtype=self._learner.state.dtype, **how)  # type: ignore[no-any-return]

    def save(self, path: Any, encoder: Any = None) -> None:
        """Write the fitted model to ``path``. No pickle: nothing in the file is executed.

        :func:`hotloop.load` reads what predicts, :func:`hotloop.load_estimator` the whole estimator.

        Parameters
        ----------
        path : str or path
        encoder : TableEncoder or TableEncoding, default=None
            What made the rows of the model. The file then predicts from tables, here and by ``hotloop predict``.

        Raises
        ------
        ValueError
            The encoder is not fitted, or makes rows of another number of columns. What stands between both is not in the file.
        """
        check_is_fitted(self)
        predictor = self._predictor()
        if encoder is not None:
            predictor.encoding = getattr(encoder, "encoding_", encoder)
            if not isinstance(predictor.encoding, TableEncoding):
                raise ValueError(f"encoder is a {type(encoder).__name__}, expected a fitted TableEncoder")
            predictor.feature_names = predictor.encoding.feature_names
            if len(predictor.feature_names) != predictor.n_features:
                raise ValueError(f"encoder makes {len(predictor.feature_names)} columns, the model has {predictor.n_features}")
        save_checkpoint(predictor, self._learner, path)

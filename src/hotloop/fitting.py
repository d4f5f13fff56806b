"""From settings as the user gives them to a trained state: what "auto" means, for either kind of model.

The rules behind "auto", all from one read of the rows (docs/defaults.md has the evidence):

- ``standardize``: mean and standard deviation of each column, or the distance of its two values; of sparse rows the largest
  absolute value.
- ``alpha``: 1 / n_samples for logistic regression, the strength of LogisticRegression(C=1); a tenth of it for networks.
- ``eta0``: a constant / E[weight ||do/dw||^2], with o an output and w all weights; for logistic regression ||do/dw||^2 is
  ||z||^2 + 1. A step size that diverges is halved and training starts again.
- ``optimizer`` other than "sgd": ``eta0`` is a constant / E[||z||^2]; no ``alpha`` for AdaGrad, which has no penalty.
- ``learning_rate``: (ST-4) with a horizon of 1 / (eta0 alpha) steps for logistic regression, of some epochs for networks.
- ``tol``: a thousandth of the best loss.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hotloop.adaptive_state import STEP, AdaptiveState
from hotloop.backend import choose
from hotloop.logistic_state import LogisticState
from hotloop.losses import mean_log_loss, mean_log_loss_of_labels, mean_squared_error
from hotloop.schedules import LEARNING_RATES
from hotloop.sparse_rows import SparseRows, check_finite_rows
from hotloop.standardization import BY_LARGEST, STANDARDIZE, ColumnStatistics, scale_of
from hotloop.training import Course, Plan, Rows, train
from hotloop.two_layer_state import TwoLayerState
from hotloop.validation import Array

# Test log loss above that of a tuned LogisticRegression, worst of two seeds, with 0.25 / 1 / 4:
# adult +0.1 / +1.9 / +6 %, a9a +0.4 / +2.3 / +6 %, spambase -2 / -3 / -2 %, covtype_head10k +0.9 / +2.7 / +28 %,
# bank +0.6 / +0.8 / +3 %.
STEP_LOGISTIC = 0.25
# Networks; squared error bears less than the log loss, as its gradient has no bound (diamonds has rows 50 deviations out).
STEP_NETWORK = {"softmax": 1.0, "sigmoid": 0.1, "linear": 0.05, "sigmoid_sum": 0.3}
# Deviation of the first pre-activations. Small ones start where the network is all but linear, and end at better ones: MNIST
# at 20 epochs 1.95 % (1.41, as by He et al. 2015), 1.83 (0.51), 1.77 (0.28).
SPREAD = {"relu": 0.28, "tanh": 1.0, "logistic": 1.0}
STEP_OF_ACTIVATION = {"relu": 1.0, "tanh": 1.0, "logistic": 3.0}
LONGEST = 8.0  # times the mean ||z||^2 + 1 of the rows: longer rows take shorter steps
ROWS_AT_ONCE = 4096
STEP_ADAM = 1e-3  # of Kingma and Ba 2015
HORIZON_EPOCHS = {"softmax": 3, "sigmoid": 3, "linear": 10, "sigmoid_sum": 10}
# Rows that a network sees in all, and the least and most epochs that they make.
ROWS_IN_ALL = {
    "softmax": (400_000, 20, 100),
    "sigmoid": (400_000, 20, 60),
    "linear": (3_000_000, 50, 300),
    "sigmoid_sum": (3_000_000, 50, 300),
}
MAX_ITER_MINIBATCH = 200
MAX_ITER = 1000
N_HIDDEN = 64

OnEpoch = Callable[[Course], bool | None]
OnStart = Callable[[Plan], None]
# (state before the first step, rows, settings, plan without L2, validation rows) -> settings with what was found
ChooseSettings = Callable[[LogisticState, Rows, "Settings", Plan, Rows | None], "Settings"]


@dataclass(frozen=True)
class Settings:
    """The settings that both kinds of model share, as the user gives them; "auto" is chosen from the data."""

    alpha: float | str = "auto"
    eta0: float | str = "auto"
    learning_rate: str = "auto"
    power_t: float = 0.25
    max_iter: int | str = "auto"
    tol: float | str | None = "auto"
    n_iter_no_change: int = 5
    shuffle: bool = True
    seed: int = 0
    standardize: str | None = "auto"

    def __post_init__(self) -> None:
        if self.learning_rate not in LEARNING_RATES:
            raise ValueError(f"learning_rate is {self.learning_rate!r}, expected one of {', '.join(LEARNING_RATES)}")
        if self.standardize not in STANDARDIZE:
            raise ValueError(f"standardize is {self.standardize!r}, expected 'auto', 'std', 'maxabs', 'common' or None")
        for name in ("max_iter", "n_iter_no_change"):
            value, auto = getattr(self, name), " or 'auto'" if name == "max_iter" else ""
            if auto and isinstance(value, str) and value == "auto":
                continue
            if not isinstance(value, int | np.integer) or value < 1:
                raise ValueError(f"{name} is {value}, expected a positive whole number{auto}")
        for name in ("alpha", "eta0", "tol", "power_t"):
            value = getattr(self, name)
            if (value == "auto" and name != "power_t") or (value is None and name == "tol"):
                continue
            if not isinstance(value, int | float | np.number) or not 0 <= value < np.inf or (name == "eta0" and value == 0):
                positive = "a positive number" if name == "eta0" else "a number that is not negative"
                raise ValueError(f"{name} is {value!r}, expected {positive}" + (" or 'auto'" if name != "power_t" else ""))

    @property
    def need_statistics(self) -> bool:
        """Whether anything is chosen by the statistics of the columns."""
        return self.standardize is not None or self.eta0 == "auto"

    def of_rows(self, X: Array | SparseRows) -> "Settings":
        """Return the settings with the standardisation that "auto" means for rows of this kind."""
        if self.standardize == "common" and isinstance(X, SparseRows):
            raise ValueError("standardize='common' is for dense rows; take 'maxabs' or None")
        if self.standardize != "auto":
            return self
        return replace(self, standardize="maxabs" if isinstance(X, SparseRows) else "std")

    def plan(self, *, alpha: float, eta0: float, horizon: float | None = None) -> Plan:
        """Return the plan; ``alpha`` and ``eta0`` hold where the user did not decide, ``horizon`` None is 1 / (eta0 alpha)."""
        alpha = float(self.alpha) if self.alpha != "auto" else alpha
        if self.eta0 != "auto":
            eta0 = float(self.eta0)
        elif alpha > 0:
            eta0 = min(eta0, 0.5 / alpha)  # a step must not turn the weights' sign
        if horizon is None:
            horizon = 1 / (eta0 * alpha) if eta0 * alpha > 0 else np.inf
        return Plan(
            eta0=eta0,
            alpha=alpha,
            learning_rate=self.learning_rate,
            horizon=horizon,
            power_t=self.power_t,
            max_iter=MAX_ITER if self.max_iter == "auto" else int(self.max_iter),
            tol=self.tol,
            n_iter_no_change=self.n_iter_no_change,
            shuffle=self.shuffle,
            seed=self.seed,
        )


def logistic_plan(
    state: LogisticState, settings: Settings, n_rows: int, mean_weight: float, square: float | None = None
) -> Plan:
    """Return the plan for rows of which ``state.statistics`` tells the mean of weight ||z||^2, unless it is ``square``."""
    if settings.eta0 != "auto":
        square = 0.0
    elif square is None:
        square = mean_weight * state.statistics.mean_square(state.center, state.scale)
    if isinstance(state, AdaptiveState):
        eta0 = STEP[state.rule] * mean_weight / square if square > 0 else STEP[state.rule]
        return settings.plan(alpha=state.usual_alpha(n_rows), eta0=eta0)
    square += mean_weight * state.fit_intercept
    return settings.plan(alpha=1 / n_rows, eta0=STEP_LOGISTIC / square if square > 0 else 1.0)


def start_logistic(state: LogisticState, rows: Rows, settings: Settings, columns: Sequence[str] | None = None) -> Plan:
    """Standardise by the statistics of all rows and reset the counters; returns the plan. The weights stay what they tell.

    Rows that are not finite are found by their statistics, where there are some: ValueError, with the name in ``columns``.
    """
    state.t = 0
    state.statistics = ColumnStatistics(rows.X.shape[1])
    state.n_rows = rows.n_moving
    mean_weight = rows.total_weight / state.n_rows
    if isinstance(rows.X, SparseRows):
        square = _start_sparse(state, rows.X, rows, settings, columns)
        return logistic_plan(state, settings, state.n_rows, mean_weight, square)
    if settings.need_statistics:
        state.statistics.update(rows.X, rows.sample_weight, largest=settings.standardize in BY_LARGEST)
        if not state.statistics.is_finite():
            check_finite_rows(rows.X, columns)
    state.restandardize(*state.statistics.constants(settings.standardize, state.W.dtype))
    state.restart_average()
    return logistic_plan(state, settings, state.n_rows, mean_weight)


def _start_sparse(state: LogisticState, X: SparseRows, rows: Rows, settings: Settings, columns: Sequence[str] | None) -> float:
    """Standardise sparse rows; returns the mean of weight ||z||^2, 0 where nobody asks for it.

    Rows that are not finite show in what is computed: ValueError; or, where nothing is, in their margins.

    The largest values alone cost a number a column, and nothing where every value is 1; the statistics of "std" six.
    """
    dtype, n_features, sample_weight = state.W.dtype, X.n_features, rows.sample_weight
    square, total = 0.0, rows.total_weight
    if settings.standardize == "std":
        state.statistics.update(X, sample_weight)
        if not state.statistics.is_finite():
            check_finite_rows(X, columns)
        state.restandardize(*state.statistics.constants("std", dtype))
        square = total * state.statistics.mean_square(state.center, state.scale)
    else:
        center = scale = None
        if settings.standardize == "maxabs" and X.values is not None:
            largest = np.zeros(n_features, dtype)
            with np.errstate(over="ignore", invalid="ignore"):
                choose().sparse_largest(*X.arrays, sample_weight, largest)
            if not np.isfinite(largest.max(initial=0)):  # a NaN does not show here
                check_finite_rows(X, columns)
            largest[largest == 0] = 1  # rows to come may have it
            center, scale = np.zeros(n_features, dtype), scale_of(largest, dtype)
        state.restandardize(center, scale)
        if settings.eta0 == "auto":
            scale = np.zeros(0, dtype) if scale is None else scale
            with np.errstate(over="ignore", invalid="ignore"):
                square = choose().sparse_square(*X.arrays, sample_weight, scale)
            if not np.isfinite(square):
                check_finite_rows(X, columns)
    state.restart_average()
    return square / state.n_rows


def fit_logistic(
    state: LogisticState,
    rows: Rows,
    settings: Settings,
    validation: Rows | None = None,
    on_epoch: OnEpoch | None = None,
    on_start: OnStart | None = None,
    columns: Sequence[str] | None = None,
    choose_settings: ChooseSettings | None = None,
    first_pass: Callable[..., tuple[float, int]] | None = None,
) -> tuple[LogisticState, Course, Plan]:
    """Train ``state`` (its weights are where it starts) on all rows to the stop; see ``training.run_epochs``.

    ``choose_settings`` chooses what is "auto" by a search (``search.Search``); without it the rules above do. ``on_start`` is
    called with the plan when all is checked, and again when the search has chosen. ``first_pass`` takes the first epoch.
    """
    automatic_step = settings.eta0 == "auto"
    plan = start_logistic(state, rows, settings if choose_settings is None else replace(settings, alpha=0.0), columns)
    if on_start is not None:
        on_start(plan)
    if choose_settings is not None:
        plan = choose_settings(state, rows, settings, plan, validation).plan(alpha=1 / state.n_rows, eta0=plan.eta0)
        if on_start is not None:
            on_start(plan)

    def validate(state: LogisticState) -> float:
        assert validation is not None
        return mean_log_loss(state.scores(state.margins(validation.X)), validation.y, validation.sample_weight)

    return train(
        state,
        rows,
        plan,
        automatic_step=automatic_step,
        validate=validate if validation is not None else None,
        on_epoch=on_epoch,
        first_pass=first_pass,
    )


def fit_two_layer(
    state: TwoLayerState,
    rows: Rows,
    settings: Settings,
    validation: Rows | None = None,
    on_epoch: OnEpoch | None = None,
    on_start: OnStart | None = None,
    init: str | None = "auto",
) -> tuple[TwoLayerState, Course, Plan]:
    """As :func:`fit_logistic`; regression targets are in the caller's units, and scaled here.

    ``init``: how the first weights were drawn, which are scaled to the rows; None where they are those of an earlier fit.
    """
    settings = network_settings(settings, rows.X)
    statistics = ColumnStatistics(len(state.W1))
    statistics.update(rows.X, rows.sample_weight, largest=settings.standardize in BY_LARGEST)
    state.t = 0
    state.center, state.scale = statistics.constants(settings.standardize, state.W1.dtype)
    mean_square = statistics.mean_square(state.center, state.scale)
    if init is not None:
        state.fit_to(mean_square, SPREAD[state.activation] if init == "auto" else None)
    moving = rows.sample_weight > 0
    if state.is_regression:
        with np.errstate(over="ignore"):
            state.scale_targets(rows.y[moving], rows.sample_weight[moving])
        rows = Rows(rows.X, state.scaled_targets(rows.y), rows.sample_weight)
        if validation is not None:
            validation = Rows(validation.X, state.scaled_targets(validation.y), validation.sample_weight)
    square = float(rows.sample_weight[moving].mean()) * state.gradient_square(mean_square, *state.mean_squares(mean_square))
    plan = network_plan(state, settings, int(moving.sum()), square, mean_square, by_budget=validation is None)
    rows = replace(rows, share=step_shares(rows.X, state, plan.longest))
    if on_start is not None:
        on_start(plan)

    def validate(state: TwoLayerState) -> float:
        assert validation is not None
        return network_loss(state, validation)

    return train(
        state,
        rows,
        plan,
        automatic_step=settings.eta0 == "auto",
        validate=validate if validation is not None else None,
        on_epoch=on_epoch,
    )


def network_settings(settings: Settings, X: Array | SparseRows) -> Settings:
    """Return the settings with the standardisation of rows of this kind: bytes, as of pictures, have one unit."""
    if isinstance(X, SparseRows):
        if settings.standardize == "std":
            raise ValueError(
                "a network does not centre sparse rows: standardize='std' is for dense ones, take 'maxabs' or 'auto'"
            )
    elif X.dtype == np.uint8 and settings.standardize == "auto":
        return replace(settings, standardize="common")
    return settings.of_rows(X)


def network_plan(
    state: TwoLayerState, settings: Settings, n_rows: int, square: float, mean_square: float, by_budget: bool
) -> Plan:
    """Return the plan for n_rows rows with E[weight ||do/dw||^2] = square before the first step, and that mean ||z||^2.

    ``by_budget``: where neither epochs nor the stop are given, per-sample SGD trains for as many epochs as ROWS_IN_ALL makes.
    """
    rule = state.rule
    automatic = settings.max_iter == "auto"
    if not rule.by_sample:
        settings = replace(settings, max_iter=MAX_ITER_MINIBATCH) if automatic else settings
    elif automatic and settings.tol == "auto" and by_budget:
        in_all, least, most = ROWS_IN_ALL[state.output]
        settings = replace(settings, max_iter=min(max(in_all // n_rows, least), most), tol=None)
    if rule.optimizer != "sgd":  # its steps have the size of eta0, whatever the slopes
        return settings.plan(alpha=0.1 / n_rows, eta0=STEP_ADAM, horizon=np.inf)
    eta0 = STEP_NETWORK[state.output] * STEP_OF_ACTIVATION[state.activation] / square
    eta0 *= (1 - rule.momentum) * rule.batch_size**0.5
    plan = settings.plan(alpha=0.1 / n_rows, eta0=eta0, horizon=float(HORIZON_EPOCHS[state.output] * n_rows))
    bounded = settings.eta0 == "auto" and state.output == "linear" and rule.by_sample
    return replace(plan, longest=LONGEST * (mean_square + 1)) if bounded else plan


def step_shares(X: Array | SparseRows, state: TwoLayerState, longest: float) -> Array | None:
    """Return min(1, longest / (||z||^2 + 1)) of each dense row, None where all are 1.

    A squared error has no bound: a row far longer than the others, as with a number fifty deviations out, would overshoot
    its target with the step that suits them (normalised least mean squares has 1 / ||z||^2, Nagumo and Noda 1967).
    """
    if not np.isfinite(longest) or isinstance(X, SparseRows):
        return None
    share = np.ones(len(X))
    for start in range(0, len(X), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        z = X[part].astype(np.float64)
        if state.center is not None and state.scale is not None:
            z = (z - state.center) * state.scale
        share[part] = np.minimum(1.0, longest / (np.einsum("ij,ij->i", z, z) + 1))
    return share if (share < 1).any() else None


def network_loss(state: TwoLayerState, rows: Rows) -> float:
    """Return the mean loss of rows whose targets are in the units of the outputs: the log loss, or the squared error."""
    outputs = state.outputs(rows.X)
    if state.output == "sigmoid" and outputs.shape[1] > 1:
        return mean_log_loss_of_labels(outputs, rows.y, rows.sample_weight)
    loss = mean_log_loss if state.output in ("softmax", "sigmoid") else mean_squared_error
    return loss(outputs, rows.y, rows.sample_weight)

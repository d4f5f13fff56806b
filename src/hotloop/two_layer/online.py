"""Online learning of two-layer networks."""

from dataclasses import dataclass, replace

import numpy as np

from hotloop.data.batch import Batch, Vector
from hotloop.data.section import Section
from hotloop.preprocessing.standardization import BY_LARGEST, ColumnStatistics
from hotloop.training.online import OnlineLearner, check_weights, read_learner
from hotloop.training.options import FitOptions
from hotloop.two_layer.auto import SPREAD, network_config, step_shares
from hotloop.two_layer.initializers import INITS
from hotloop.two_layer.options import TwoLayerOptions
from hotloop.two_layer.state import TwoLayerState


@dataclass(kw_only=True, eq=False)
class TwoLayerLearner(OnlineLearner[TwoLayerState]):
    """A network that learns from rows as they come, in groups of 64 or in batches.

    Attributes
    ----------
    state, options, config, pending, weight_total, frozen
        As for OnlineLearner.
    init : str
        How the first weights were drawn.
    statistics, targets : ColumnStatistics
        Of the columns and of regression targets.
    first_mean_squares : (float, float)
        ``TwoLayerState.mean_squares`` before the first step.
    """

    init: str = "auto"
    statistics: ColumnStatistics
    targets: ColumnStatistics
    n_rows: int = 0
    first_mean_squares: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def new(cls, state: TwoLayerState, options: FitOptions, init: str = "auto") -> "TwoLayerLearner":
        """Return a learner before its first row."""
        statistics, targets = ColumnStatistics(state.n_features), ColumnStatistics(state.n_outputs)
        return cls(state=state, options=options, init=init, statistics=statistics, targets=targets)

    def to_section(self) -> Section:
        """Return what a file holds of the learner: everything that the next rows need."""
        section = super().to_section().with_values(init=self.init, n_rows=self.n_rows)
        section.add("statistics", self.statistics.to_section())
        section.add("targets", self.targets.to_section())
        return section.with_values(first_mean_squares=list(self.first_mean_squares))

    @classmethod
    def from_section(cls, section: Section) -> "TwoLayerLearner":
        """Return the learner that a file holds; ValueError where its parts do not fit together.

        The number of threads is that of this machine.
        """
        state = TwoLayerState.from_section(section.part("state"))
        several = state.is_regression or state.view().is_multilabel
        attributes = read_learner(section, state, TwoLayerOptions, state.n_outputs if several else 1)
        optimizer = attributes["options"].network_optimizer()
        if replace(state.optimizer, n_jobs=optimizer.n_jobs) != optimizer:
            raise ValueError(f"the options make another optimizer than {state.optimizer}")
        state.optimizer = optimizer
        of_W1, of_W2 = (float(square) for square in section.values["first_mean_squares"])
        return cls(
            init=section.choice("init", ("auto", *INITS)),
            n_rows=section.count("n_rows"),
            statistics=ColumnStatistics.from_section(section.part("statistics"), state.n_features),
            targets=ColumnStatistics.from_section(section.part("targets"), state.n_outputs),
            first_mean_squares=(of_W1, of_W2),
            **attributes,
        )

    def _count(self, rows: Batch, statistic_weight: Vector) -> None:
        self.statistics.update(rows.X, statistic_weight, largest=self.options.standardize in BY_LARGEST)
        if self.state.is_regression:
            y = np.ascontiguousarray(rows.y.reshape(len(rows), -1))
            self.targets.update(y, statistic_weight, largest=False)
        self.n_rows += len(rows)

    def _statistics(self) -> list[ColumnStatistics]:
        return [self.statistics, self.targets]

    def _set_constants(self) -> None:
        state, first = self.state, self.config is None
        constants = self.statistics.constants(self.options.standardize, state.dtype)
        mean_square = self.statistics.mean_square(*constants)
        if first:
            state.center, state.scale = constants
            state.fit_to(mean_square, SPREAD[state.activation] if self.init == "auto" else None)
            self.first_mean_squares = state.mean_squares(mean_square)
        else:
            state.restandardize(*constants)
        if state.is_regression:
            mean, deviation = self.targets.moments()
            deviation = np.sqrt(deviation / self.targets.total_weight)
            if first:
                state.choose_scale(mean, deviation)
            elif state.output == "linear":  # the values of a sum of sigmoids do not scale
                state.rescale_targets(mean, deviation)
        square = self.weight_total / self.n_rows * state.gradient_square(mean_square, *self.first_mean_squares)
        self.config = network_config(state, self.options, self.n_rows, square, mean_square, by_budget=False)

    def _to_learn(self, rows: Batch) -> Batch:
        assert self.config is not None
        y = self.state.scaled_targets(rows.y.reshape(len(rows), -1)) if self.state.is_regression else rows.y
        return replace(rows, y=y, step_share=step_shares(rows.X, self.state, self.config.longest))

    def _check(self, rows: Batch) -> None:
        check_weights(self.state)
        self.statistics.check_range(self.options.standardize, self.state.dtype)
        if self.state.is_regression:
            self.targets.check_range(None, np.float64)
        self._check_pending()

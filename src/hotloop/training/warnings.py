"""The warnings of a fit, by name; docs/warnings.md lists them all."""


class FitWarning(UserWarning):
    """Base of the warnings of a fit."""


class DivergingWarning(FitWarning):
    """The loss is far above that of guessing: the steps are too long."""


class SeparableWarning(FitWarning):
    """A plane separates the classes and the penalty is next to 0: the weights have no bound."""


class LeakedLabelWarning(FitWarning):
    """A column alone tells the classes apart."""


class ConstantColumnWarning(FitWarning):
    """Columns have one value only, and it is not 0."""


class CalibrationWarning(FitWarning):
    """Probabilities of rows held out are far from how often their classes came."""


class AbsentClassWarning(FitWarning):
    """Splits of ``cv`` lack a class to train on."""


class UnscaledWarning(FitWarning):
    """Nothing standardises a column of values beyond 1e15 or below 1e-15."""


class FewRowsWarning(FitWarning):
    """There are fewer than two rows a column, and the penalty is weak."""

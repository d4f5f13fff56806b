"""What a fit can warn of, by name: docs/warnings.md has them all."""


class FitWarning(UserWarning):
    """Base of all that a fit warns of."""


class DivergingWarning(FitWarning):
    """The loss is far above that of guessing: the steps are too long."""


class SeparableWarning(FitWarning):
    """A plane parts the classes and there is next to no penalty: the weights have no bound."""


class LeakedLabelWarning(FitWarning):
    """A column says what the label is."""


class ConstantColumnWarning(FitWarning):
    """Columns have one value only, and it is not 0."""


class CalibrationWarning(FitWarning):
    """Probabilities of rows held out are far from how often their classes came."""


class FewRowsWarning(FitWarning):
    """There are fewer than two rows a column, and the penalty is weak."""

"""Tables of values as the constraints of scikit-learn's estimators, ``_parameter_constraints``."""

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from sklearn.utils._param_validation import Interval, Options, StrOptions

from hotloop.training.values import Values


def parameter_constraints(table: Mapping[str, Values]) -> dict[str, list[Any]]:
    """Return the constraints of the options of a table, and of ``verbose`` and ``random_state``, which every estimator has."""
    constraints = {name: _constraints(values) for name, values in table.items()}
    return constraints | {"verbose": ["verbose"], "random_state": ["random_state"]}


def _constraints(values: Values) -> list[Any]:
    constraints: list[Any] = []
    if values.low is not None:
        high = None if values.high == float("inf") else values.high
        low = int(values.low) if values.whole else values.low
        constraints.append(Interval(Integral if values.whole else Real, low, high, closed=values.closed))
    if values.mapping:
        constraints.append(dict)
    text = {name for name in values.names if isinstance(name, str)}
    flags = {name for name in values.names if isinstance(name, bool)}
    if text:
        constraints.append(StrOptions(text))
    if flags:
        constraints.append("boolean" if flags == {True, False} else Options(bool, flags))
    return constraints + ([None] if None in values.names else [])

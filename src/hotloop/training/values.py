"""The values that an option may have, as data: what is checked, what a message says and what the documentation prints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Values:
    """The values that an option may have: some by name, and a range of numbers.

    Attributes
    ----------
    names : tuple
        Text, None, True and False, and numbers outside of the range.
    low, high : float or None
        Range of the numbers; None: no number is allowed.
    closed : {"left", "right", "both", "neither"}
        Which ends belong to the range.
    whole : bool
        Whether the numbers are whole.
    mapping : bool
        Whether a dict is allowed.
    elsewhere : mapping of str to str
        Names that this option no longer has, and what to take in their place.
    """

    names: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    closed: str = "both"
    whole: bool = False
    mapping: bool = False
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    def allow(self, value: Any) -> bool:
        """Tell whether an option may have this value."""
        if value is None or isinstance(value, str):
            return value in self.names
        if isinstance(value, bool | np.bool_):
            return any(value == name for name in self.names if isinstance(name, bool))
        if isinstance(value, Mapping):
            return self.mapping
        if isinstance(value, int | float | np.number) and value in [name for name in self.names if not isinstance(name, bool)]:
            return True
        if self.low is None or self.high is None or not isinstance(value, int | float | np.number):
            return False
        if self.whole and not isinstance(value, int | np.integer):
            return False
        above = self.low < value if self.closed in ("right", "neither") else self.low <= value
        below = value < self.high if self.closed in ("left", "neither") else value <= self.high
        return bool(above and below)

    def __str__(self) -> str:
        parts = [self._numbers()] if self.low is not None else []
        parts += ["a dict"] if self.mapping else []
        parts += [repr(name) for name in self.names]
        return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"

    def _numbers(self) -> str:
        """Return the range in words."""
        assert self.low is not None
        if self.whole:
            return "a positive whole number" if self.low == 1 else f"a whole number of at least {self.low:g}"
        if self.high == np.inf:
            return "a positive number" if self.closed == "neither" else "a number that is not negative"
        return f"a number {'between' if self.closed == 'neither' else 'from'} {self.low:g} {self._to} {self.high:g}"

    @property
    def _to(self) -> str:
        return {"neither": "and", "both": "to"}.get(self.closed, "to below")


def one_of(*names: Any, elsewhere: Mapping[str, str] | None = None) -> Values:
    """Return the values of an option that is chosen by name."""
    return Values(names, elsewhere=elsewhere or {})


def numbers(low: float, high: float = np.inf, *names: Any, closed: str = "left") -> Values:
    """Return the values of an option that is a number, or one of the names."""
    return Values(names, low, high, closed)


def whole_numbers(low: int, *names: Any) -> Values:
    """Return the values of an option that is a whole number of at least ``low``, or one of the names."""
    return Values(names, low, np.inf, "left", whole=True)


FLAG = one_of(True, False)


def check_seed(seed: Any) -> None:
    """Raise ValueError where a seed is no whole number from 0 to below 2^64."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**64:
        raise ValueError(f"seed is {seed!r}, expected a whole number from 0 to below 2^64")


def check_values(options: Any, table: Mapping[str, Values], names: Sequence[str] | None = None) -> None:
    """Raise ValueError for the first option that has a value that its table does not allow.

    Parameters
    ----------
    options : object
        Has an attribute for each option.
    table : mapping of str to Values
    names : sequence of str, default=None
        Options to check; None: all of the table.
    """
    for name in table if names is None else names:
        value, allowed = getattr(options, name), table[name]
        if isinstance(value, str) and value in allowed.elsewhere:
            raise ValueError(f"{name} has no {value!r}: {allowed.elsewhere[value]}")
        if not allowed.allow(value):
            raise ValueError(f"{name} is {value!r}, expected {allowed}")

"""How numbers and dates are written in a column of text: found from its distinct words, then used for every later table."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.data.arrow_arrays import arrow, as_mask, as_numpy, from_mask, strings
from hotloop.data.columns import INFINITY, NUMBER

# These stand for a missing number where all other cells are numbers, in any case. In a column of text each may be a word like
# any other ("None" of a fence, "NA" of a continent, a person called Null).
MISSING_WORDS = ("n/a", "na", "#n/a", "nan", "null", "none", "-", ".", "unknown")

_CODE = r"^[+-]?0\d+$"
_WHOLE = r"^[+-]?\d+$"
_MINUS = "[\u2010-\u2013\u2212]"  # the minus of typographers, hyphens and the en dash

_CURRENCIES = "[$\u00a2-\u00a5\u058f\u20a0-\u20c0]|USD|EUR|GBP|CHF|JPY|CNY|INR|SEK|NOK|DKK|PLN|CZK|BRL|CAD|AUD"
_UNIT = r"[%\u2030\u00b0\u00b5]?[^\W\d_]*[\u00b2\u00b3]?(/[^\W\d_]+)?"
_AROUND = re.compile(
    rf"^\(?[+-]?(?P<before>{_CURRENCIES})?\s*[+-]?[\d.,].*?(?P<after>{_CURRENCIES}|(?<![eE\W]){_UNIT}|(?<=\s){_UNIT})\)?$"
)

_BLANKS = "\u00a0\u2009\u202f"  # between thousands

_MARKS = ((".", ""), (",", ""), (".", ","), (",", "."), (".", " "), (",", " "), (".", "'"), (",", "'"), (".", "_"))

_SAMPLE = 50  # words that a notation must fit before all are tried

ISO_DATE = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$"


@dataclass(frozen=True)
class Notation:
    """How the numbers of a column are written.

    Attributes
    ----------
    decimal : {".", ","}
    thousands : str
        Mark between groups of three digits, "" for none.
    before, after : str
        What stands around each number: a currency, a unit, a per cent sign.
    no, yes : str
        Words for 0 and 1, in any case.
    """

    decimal: str = "."
    thousands: str = ""
    before: str = ""
    after: str = ""
    no: str = ""
    yes: str = ""

    def __str__(self) -> str:
        if self.yes:
            return f"{self.yes} or {self.no}"
        said = ["decimal comma"] * (self.decimal == ",") + [f"thousands {self.thousands!r}"] * bool(self.thousands)
        return ", ".join(said + [f"unit {unit!r}" for unit in (self.before, self.after) if unit])

    def parse(self, words: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the numbers that words are, and which words are none.

        A word of MISSING_WORDS is NaN. Read besides the notation itself: a typographic minus, (1.50) for -1.50, and numbers
        without their unit or mark of thousands.
        """
        pa, pc = arrow()
        if not len(words):
            return np.zeros(0), np.zeros(0, bool)
        absent = from_mask(is_missing_word(words))
        plain = self.plain(words)
        is_number = pc.match_substring_regex(plain, f"^({NUMBER}|{INFINITY})$")
        numbers = pc.if_else(pc.and_(is_number, pc.invert(absent)), plain, pa.NA).cast(pa.float64())
        values, bad = as_numpy(numbers, np.float64, np.nan), as_mask(pc.invert(pc.or_(is_number, absent)))
        for word, value in ((self.no, 0.0), (self.yes, 1.0)):
            if word:
                found = as_mask(pc.match_substring_regex(words, f"^{re.escape(word)}$", ignore_case=True))
                values[found], bad[found] = value, False
        return values, bad

    def plain(self, words: Any) -> Any:
        """Return words with what the notation adds taken away."""
        _, pc = arrow()
        if self == PLAIN and pc.all(pc.match_substring_regex(words, f"^({NUMBER})$")).as_py():
            return words
        words = pc.replace_substring_regex(words, _MINUS, "-")
        words = pc.replace_substring_regex(words, r"^\((\D*\d.*)\)$", r"-\1")
        if self.before:
            words = pc.replace_substring_regex(words, rf"^([+-]?){re.escape(self.before)}\s*", r"\1")
        if self.after:
            words = pc.replace_substring_regex(words, rf"\s*{re.escape(self.after)}$", "")
        if self.thousands:
            mark = f"[ {_BLANKS}]" if self.thousands == " " else re.escape(self.thousands)
            groups = rf"^[+-]?[1-9]\d{{0,2}}({mark}\d{{3}})+({re.escape(self.decimal)}\d*)?$"
            without = pc.replace_substring_regex(words, mark, "")
            words = pc.if_else(pc.match_substring_regex(words, groups), without, words)
        if self.decimal != ".":
            words = pc.replace_substring(pc.replace_substring(words, ".", "\u0000"), self.decimal, ".")
        return words


PLAIN = Notation()

TRUTH = Notation(no="false", yes="true")


def is_missing_word(words: Any) -> NDArray[np.bool_]:
    """Tell which words stand for a missing number."""
    pc = arrow()[1]
    found = pc.is_in(pc.utf8_lower(words), value_set=strings(MISSING_WORDS).cast(words.type))
    return as_mask(found)


def without_missing_words(words: Any) -> Any:
    """Return the words that do not stand for a missing number."""
    return words.filter(from_mask(~is_missing_word(words)))


def lacks_unit(words: Any, notation: Notation) -> NDArray[np.bool_]:
    """Tell which words are numbers without the unit of a notation."""
    _, pc = arrow()
    unit = notation.before or notation.after
    if not unit:
        return np.zeros(len(words), bool)
    has_unit = as_mask(pc.match_substring(words, unit))
    return np.asarray(~(is_missing_word(words) | has_unit))


def is_unusual(words: Any) -> bool:
    """Tell whether numbers are written as they are not in a program: (1.50), or with a typographic minus."""
    return bool(arrow()[1].any(arrow()[1].match_substring_regex(words, rf"^\(|{_MINUS}")).as_py())


def find_notation(
    words: Any, decimal: str | None = None, thousands: str | None = None, *, codes: bool = False
) -> list[Notation]:
    """Return the notation by which all words are numbers or missing: none, one, or several where the words cannot tell.

    Parameters
    ----------
    words : pyarrow.Array of strings
        Distinct words, none missing.
    decimal, thousands : str or None
        Given by the user; None: found among the marks that go with the other. Words without such marks stay.
    codes : bool, default=False
        Whether codes (see :func:`are_codes`) count as numbers.
    """
    pc = arrow()[1]
    if len(words) and pc.all(pc.match_substring_regex(words, "^(true|false)$", ignore_case=True)).as_py():
        return [TRUTH]
    words = without_missing_words(words)
    found: list[tuple[Notation, NDArray[np.float64]]] = []
    for notation in _candidates(words[:_SAMPLE].to_pylist(), decimal, thousands):
        if notation.parse(words[:_SAMPLE])[1].any():
            continue
        values, bad = notation.parse(words)
        if bad.any() or not len(words) or (not codes and are_codes(notation.plain(words))):
            continue
        if not found and np.array_equal(values, PLAIN.parse(words)[0]):
            return [PLAIN]
        if notation == PLAIN:  # the marks that the user gave fit
            break
        if not any(np.array_equal(values, other, equal_nan=True) for _, other in found):
            found.append((notation, values))
    return [notation for notation, _ in found]


def _candidates(sample: Sequence[str], decimal: str | None, thousands: str | None) -> Iterator[Notation]:
    """Yield the notations that a few words allow, the plain one first."""
    if decimal is None and thousands is None:
        yield PLAIN
        marks: Sequence[tuple[str, str]] = _MARKS
    else:
        both = decimal or ("," if thousands == "." else "."), thousands or ""
        fit = [(dot, group) for dot, group in _MARKS if decimal in (None, dot) and thousands in (None, group)]
        marks = [*(fit or [both]), (".", "")]
    units = _units([re.sub(_MINUS, "-", word) for word in sample if word.lower() not in MISSING_WORDS])
    if units is not None:
        for dot, group in marks:
            yield Notation(dot, group, *units)


def _units(sample: Sequence[str]) -> tuple[str, str] | None:
    """Return what stands before and after each number; None where numbers have different units or there are none."""
    found = [_AROUND.match(word) for word in sample]
    units = []
    for side in ("before", "after"):
        marks = [match[side] for match in found if match and match[side]]
        if len(set(marks)) > 1 or 0 < len(marks) <= len(sample) / 2:  # the odd letter is an error, not a unit
            return None
        units.append(marks[0] if marks else "")
    return (units[0], units[1]) if sample and all(found) else None


def are_codes(words: Any) -> bool:
    """Tell whether words are whole numbers that lose digits as numbers: leading zeros, or beyond 2^53."""
    pa, pc = arrow()
    if not len(words) or not pc.all(pc.match_substring_regex(words, _WHOLE)).as_py():
        return False
    if pc.any(pc.match_substring_regex(words, _CODE)).as_py():
        return True
    long = words.filter(pc.match_substring_regex(words, "^.{16}")).to_pylist()
    return any(abs(int(word)) >= 2**53 for word in long)


def parse_dates(words: Any) -> NDArray[np.float64] | None:
    """Return ISO 8601 dates and times as days since 1970-01-01, in UTC where they have a zone; None where a word is none."""
    days, bad = iso_dates(words)
    return None if bad.any() or not len(words) else days


def iso_dates(words: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the days since 1970-01-01 that words are, NaN where they are no ISO 8601 date, and which words are none."""
    like = as_mask(arrow()[1].match_substring_regex(words, ISO_DATE))
    days, bad = np.full(len(words), np.nan), ~like
    for place, word in zip(np.flatnonzero(like), words.filter(from_mask(like)).to_pylist(), strict=True):
        try:
            moment = datetime.fromisoformat(word)
            if moment.tzinfo is not None:
                moment = moment.astimezone(UTC).replace(tzinfo=None)
            days[place] = (moment - datetime(1970, 1, 1)).total_seconds() / 86_400
        except (ValueError, OverflowError):
            bad[place] = True
    return days, bad

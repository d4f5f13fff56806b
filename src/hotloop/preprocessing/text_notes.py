"""What to tell of a column that is text though it may have been meant as numbers or dates."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hotloop.data.arrow_arrays import arrow, as_mask, from_numbers
from hotloop.data.columns import Column
from hotloop.preprocessing.cells import TrainingColumn, cells
from hotloop.preprocessing.notations import ISO_DATE, PLAIN, Notation, are_codes, is_missing_word, iso_dates

FEW_WORDS = 0.1  # with a smaller share of words than this a column was perhaps meant as numbers, or dates

LEAST_ROWS = 100  # that a column of ids, of row numbers, or of free text has

SEVERAL_WORDS = 4

_LIKE_A_NUMBER = r"^[^\w\s]{0,2}\d[\d.,' ]*\s?[a-z%\x{00b0}]{0,5}$"

_LIKE_A_DATE = (
    r"^(\d{1,2}[./-]\d{1,2}[./-](\d{4})|\d{2}[./-]\d{2}[./-]\d{2}|\d{4}[./-]\d{1,2}[./-]\d{1,2}"
    r"|\d{1,2}[. -]+[A-Za-z]{3,9}[. -]+\d{2,4}|[A-Za-z]{3,9}[. ]+\d{1,2},? +\d{4})([T, ].*)?$"
)


def notes_on_text(found: TrainingColumn, notations: Sequence[Notation], *, kept: bool) -> list[str]:
    """Return what to tell of a column that is text though it looks much like numbers or dates, or if ``kept`` is free text."""
    name, column, counts = found.name, found.column, found.column.counts()
    if len(notations) > 1:
        return [no_numbers(found, notations)]
    if note := _note_on_dates(found):
        return [note]
    if kept and _is_prose(column, counts):
        share = f"{np.count_nonzero(counts):,} of {counts.sum():,}"
        note = f"{name}: {share} cells are distinct and several words long, learnt as whole cells"
        return [f"{note}; leave it out by --drop {name}, or hash its words (HashingEncoder of this column alone)"]
    _, bad = PLAIN.parse(column.words)
    n_words, n_cells = int(counts[bad].sum()), int(counts.sum())
    if 0 < n_words <= FEW_WORDS * n_cells:
        row = column.first_row(bad) or 0
        first = str(column.cell(row))[:80]
        note = f"{name}: text, since {cells(n_words)} of {n_cells} no numbers, the first {first!r} in {found.where(row)}"
        return [f"{note}; name words for missing cells by --missing, or the column by --text {name}"]
    digits = as_mask(arrow()[1].match_substring_regex(column.words, _LIKE_A_NUMBER))
    if len(column.words) > 1 and counts[digits].sum() > (1 - FEW_WORDS) * n_cells and not are_codes(column.words):
        example = str(column.cell(column.first_row(digits) or 0))[:80]
        note = f"{name}: text, though its cells look like numbers ({example!r}) that no one notation reads"
        return [f"{note}; see --decimal, --thousands"]
    return []


def _note_on_dates(found: TrainingColumn) -> str | None:
    """Return what to tell of a column of which nearly all cells are dates, or look like such."""
    name, column, counts = found.name, found.column, found.column.counts()
    pc = arrow()[1]
    for pattern, are_dates in ((ISO_DATE, True), (_LIKE_A_DATE, False)):
        like = as_mask(pc.match_substring_regex(column.words, pattern))
        bad = ~like & (counts > 0) & ~is_missing_word(column.words)
        if not counts[like].sum() or counts[bad].sum() > FEW_WORDS * counts.sum():
            continue
        if not are_dates:
            example = str(column.cell(column.first_row(like) or 0))[:80]
            said = f"text, though its cells look like dates ({example!r})"
            return f"{name}: {said}; only those such as 2026-01-31 (ISO 8601) are read"
        bad |= like & iso_dates(column.words)[1]
        row = column.first_row(bad) or 0
        since = f"since {cells(int(counts[bad].sum()))} of {counts.sum()} no dates, the first {str(column.cell(row))[:80]!r}"
        return f"{name}: text, {since} in {found.where(row)}; name words for missing cells by --missing"
    return None


def no_numbers(found: TrainingColumn, notations: Sequence[Notation]) -> str:
    """Return why a column is not read as numbers."""
    name, column = found.name, found.column
    if len(notations) > 1:
        ways, example = " or ".join(map(str, notations)), str(column.cell(int((~column.missing).argmax())))
        said = f"{name}: {example!r} and all other cells are numbers with {ways}"
        return f"{said}; say which by --decimal or --thousands"
    row = column.first_row(PLAIN.parse(column.words)[1]) or 0
    return f"{found.where(row)}, column {name!r}: expected a number, found {str(column.cell(row))[:80]!r}"


def missing_words(column: Column) -> str:
    """Return "2 cells 'n/a', '-' taken as missing", nothing where there are none."""
    counts = column.counts()
    told = np.flatnonzero(is_missing_word(column.words) & (counts > 0))
    shown = ", ".join(repr(column.words[int(place)].as_py()) for place in told)
    return f"{cells(int(counts[told].sum()))} {shown} taken as missing" if len(told) else ""


def may_be_thousands(numbers: NDArray[np.float64]) -> bool:
    """Tell whether numbers with a point have three digits behind it, and three at most before: 1.234 may be 1,234.

    Of groups of thousands a tenth end with 0; measured numbers of three digits or less end with it more often.
    """
    parts = numbers[np.isfinite(numbers) & (numbers != np.rint(numbers))]
    if not len(parts) or (np.abs(parts) < 1).any() or (np.abs(parts) >= 1000).any():
        return False
    thousandths = np.round(parts * 1000)
    with_zero = np.count_nonzero(thousandths % 10 == 0)
    return bool((np.abs(parts * 1000 - thousandths) < 1e-6).all() and with_zero <= 0.3 * len(parts))


def _is_prose(column: Column, counts: NDArray[np.intp]) -> bool:
    """Tell whether most cells are distinct, and of several words."""
    pc = arrow()[1]
    used = np.flatnonzero(counts)
    if counts.sum() < LEAST_ROWS or 2 * len(used) < counts.sum():
        return False
    blanks = pc.count_substring(column.words.take(from_numbers(used[:LEAST_ROWS])), " ")
    return float(pc.mean(blanks).as_py()) >= SEVERAL_WORDS - 1

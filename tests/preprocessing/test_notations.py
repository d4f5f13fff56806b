"""How numbers and dates are written: what a column of words is read as, and what is left as text."""

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")

from hotloop.data.arrow_arrays import strings
from hotloop.preprocessing.notations import (
    MISSING_WORDS,
    Notation,
    are_codes,
    find_notation,
    is_missing_word,
    parse_dates,
)

NAN = float("nan")


def read(words, **given):
    """The notations that fit, as text, and the numbers by the first one."""
    found = find_notation(strings(words), **given)
    return [str(notation) for notation in found], found[0].parse(strings(words))[0].tolist() if found else None


@pytest.mark.parametrize(
    ("words", "notation", "numbers"),
    [
        (["1", "2.5", "-.5", "+7", "2.", "1e3", "4E-2"], "", [1, 2.5, -0.5, 7, 2, 1e3, 4e-2]),
        (["1,5", "2,25", "-3"], "decimal comma", [1.5, 2.25, -3]),
        (["0,123", "-512,123"], "decimal comma", [0.123, -512.123]),  # no group of thousands begins with 0
        (["1,234.5", "12"], "thousands ','", [1234.5, 12]),
        (["1.234,5", "12"], "decimal comma, thousands '.'", [1234.5, 12]),
        (["1.234.567", "12"], "decimal comma, thousands '.'", [1234567, 12]),
        (["1 234", "5"], "thousands ' '", [1234, 5]),
        (["1\u00a0234", "5"], "thousands ' '", [1234, 5]),
        (["1\u202f234,5", "5"], "decimal comma, thousands ' '", [1234.5, 5]),
        (["1'234", "5"], 'thousands "\'"', [1234, 5]),
        (["1_000", "5"], "thousands '_'", [1000, 5]),
        (["5 %", "12 %"], "unit '%'", [5, 12]),
        (["5%", "12,5%"], "decimal comma, unit '%'", [5, 12.5]),
        (["$1,200.50", "-$3", "$4"], "thousands ',', unit '$'", [1200.5, -3, 4]),
        (["€ 5", "€ 6"], "unit '€'", [5, 6]),
        (["EUR 5", "EUR 6"], "unit 'EUR'", [5, 6]),
        (["5 EUR", "6,50 EUR"], "decimal comma, unit 'EUR'", [5, 6.5]),
        (["12 kg", "3kg", "7"], "unit 'kg'", [12, 3, 7]),
        (["12.5 °C", "-3 °C"], "unit '°C'", [12.5, -3]),
        (["20 km/h", "1 km/h"], "unit 'km/h'", [20, 1]),
        (["3 m²", "4 m²"], "unit 'm²'", [3, 4]),
        (["(1.50)", "2.00"], "", [-1.5, 2]),
        (["($1.50)", "$2"], "unit '$'", [-1.5, 2]),
        (["\u22123", "\u20134", "5"], "", [-3, -4, 5]),
        (["True", "false", "TRUE"], "true or false", [1, 0, 1]),
        (["inf", "-Infinity", "1"], "", [np.inf, -np.inf, 1]),
    ],
    ids=repr,
)
def test_notations(words, notation, numbers):
    assert read(words) == ([notation], numbers)


@pytest.mark.parametrize("word", [*MISSING_WORDS, *map(str.upper, MISSING_WORDS), "N/a", "Unknown"])
@pytest.mark.parametrize("numbers", [["1", "2"], ["1,5", "2,5"], ["3 kg", "4 kg", "5 kg"]], ids=repr)
def test_words_for_missing_among_numbers(word, numbers):
    parsed = read([*numbers, word])[1]
    assert np.isnan(parsed).tolist() == [False] * len(numbers) + [True]
    assert is_missing_word(strings([word, *numbers])).tolist() == [True] + [False] * len(numbers)


@pytest.mark.parametrize(
    "words",
    [
        ["x", "1"], ["n/a", "-"], ["12 kg", "3 lb"], ["12:30", "13:00"], ["1-2", "3"], ["1.2.3.4", "10.0.0.1"],
        ["1 2", "3"], ["a1", "a2"], ["Q1", "Q2"], ["1.5.", "2"], ["12 m2", "3 m2"], ["0x10", "1"], ["1e", "2"],
        ["4O", "1", "2", "3"],
        ["", "1"], ["1,23,456", "1"], ["1,2345", "2,345.5"], ["--1", "2"], ["1%", "$2"],
    ],
    ids=repr,
)  # fmt: skip
def test_words_that_are_no_numbers(words):
    assert find_notation(strings(words)) == []


def test_what_words_cannot_tell():
    ways, _ = read(["1,234", "12"])
    assert ways == ["decimal comma", "thousands ','"]
    assert read(["1,234", "12"], decimal=",") == (["decimal comma"], [1.234, 12])
    assert read(["1,234", "12"], thousands=",") == (["thousands ','"], [1234, 12])
    assert read(["1.234", "12"], decimal=",", thousands=".") == (["decimal comma, thousands '.'"], [1234, 12])
    assert read(["1.5", "2"], decimal=",") == ([""], [1.5, 2])  # it has none of the marks
    assert read(["1", "2"], decimal=",", thousands=".") == ([""], [1, 2])


def test_codes_are_no_numbers_whatever_stands_around_them():
    for words in (["01067", "1067", "n/a"], ["9007199254740993", "1", "n/a"], ["007A", "012A", "7A"]):
        assert find_notation(strings(words)) == []
    assert find_notation(strings(["01067", "1067"]), codes=True) == [Notation()]
    assert find_notation(strings(["9,007,199,254,740,993", "1"])) == []


def test_a_later_table_need_not_use_all_of_a_notation():
    notation = Notation(",", ".", "", "kg")
    values, bad = notation.parse(strings(["1.234,5 kg", "7", "1,5", "n/a", "3 lb", "1.5"]))
    assert values[:3].tolist() == [1234.5, 7, 1.5]
    assert bad.tolist() == [False, False, False, False, True, True]
    assert Notation(".", ",").parse(strings(["1,234", "0,123"]))[1].tolist() == [False, True]  # no group begins with 0


@pytest.mark.parametrize(
    ("words", "are"),
    [
        (["007", "1"], True),
        (["-01"], True),
        (["9007199254740992"], True),
        (["123456789012345678901234567890", "1"], True),
        (["9007199254740991"], False),
        (["0", "10", "-3"], False),
        (["0.5", "1"], False),
        (["01", "1.5"], False),
        (["01", "x"], False),
        ([], False),
    ],
    ids=repr,
)
def test_codes(words, are):
    assert are_codes(strings(words)) is are


@pytest.mark.parametrize(
    ("word", "days"),
    [
        ("1970-01-01", 0),
        ("2026-11-29", 20786),
        ("1969-12-31", -1),
        ("1970-01-02T12:00", 1.5),
        ("1970-01-02 06:00:00", 1.25),
        ("1970-01-01T00:00:00.5", 0.5 / 86_400),
        ("1970-01-02T00:00:00Z", 1),
        ("1970-01-02T00:00:00+12:00", 0.5),
    ],
)
def test_dates(word, days):
    assert parse_dates(strings([word])) == pytest.approx([days], abs=1e-12)


@pytest.mark.parametrize(
    "word", ["2026-13-01", "2026-02-30", "26-01-01", "2026-01", "01.02.2026", "2026-01-01x", "20260101", "12:30"]
)
def test_words_that_are_no_dates(word):
    assert parse_dates(strings(["2026-01-01", word])) is None

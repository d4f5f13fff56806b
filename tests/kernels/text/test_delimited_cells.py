"""Cells of plain text as numbers and words, of both backends."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hotloop import reference

ODD = -1
SHARED = np.array([[0, 0, 0, 0, 0, 0, 1, 2] * 4], np.int8).view(np.float64)


def read(backend, text, kinds, delimiter=",", start=0, room=20):
    """Return the number of rows, the numbers, and the words of each column of text."""
    columns = np.array(kinds, np.int8)
    n_numbers, n_texts = kinds.count(1), kinds.count(2)
    numbers = np.full((n_numbers, room), 7.5)
    ends, words = np.full((n_texts, room + 1), 9, np.int32), np.zeros((n_texts, len(text)), np.uint8)
    n_rows = backend.delimited_cells(text, start, ord(delimiter), columns, numbers, ends, words)
    cells = [
        [row[a:b].tobytes() for a, b in zip(at, at[1 : n_rows + 1], strict=False)] for at, row in zip(ends, words, strict=True)
    ]
    return n_rows, numbers[:, : max(n_rows, 0)], cells


def number(backend, cell):
    """Return the number of a cell, None where it is odd; the same with bytes behind it and at the end of the text."""
    n_rows, numbers, _ = read(backend, cell + b",5\n" + b"6,7\n" * 8, [1, 1])
    at_end = read(backend, b"8," + cell, [1, 1])
    assert (n_rows == ODD) == (at_end[0] == ODD)
    if n_rows == ODD:
        return None
    assert numbers[:, 1:].tolist() == [[6] * 8, [7] * 8]
    np.testing.assert_array_equal(numbers[0, 0], at_end[1][1, 0])
    return float(numbers[0, 0])


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (b"0", 0.0), (b"5", 5.0), (b"-12", -12.0), (b"1.5", 1.5), (b".5", 0.5), (b"-.5", -0.5), (b"5.", 5.0), (b"00.5", None),
        (b"1e3", 1000.0), (b"1E+3", 1000.0), (b"25e-1", 2.5), (b"  3.25 ", 3.25), (b"9007199254740991", 2.0**53 - 1),
        (b"9007199254740992", None), (b"9007199254740993.0", None), (b"12345678901234567890", None), (b"1e288", 1e288),
        (b"1e-300", 1e-300), (b"1e-301", None), (b"0e999", 0.0), (b"1e4294967299", None),
        (b"1e1000", None), (b"1e-1000", None), (b"1e0000000003", 1000.0),
        (b"1e99999999999999999999", None),
        (b"0.00012345678901234567890", None),
        (b"0.0001234567890123456789", 0.0001234567890123456789), (b"007", None), (b"-01", None), (b"+5", None), (b"-", None),
        (b".", None), (b"1.2.3", None), (b"1e", None), (b"1e+", None), (b"e5", None), (b"nan", None), (b"inf", None),
        (b"5x", None),
        (b"5 x", None), (b"0x10", None), (b"1,5", None), (b"\t5", None), (b"5\t", None), (b"\xa05", None), (b"\x005", None),
    ],
)  # fmt: skip
def test_numbers_and_odd_cells(backend, cell, value):
    assert number(backend, cell) == value


def test_exponents_that_make_up_for_zeros(backend):
    """The sum of exponent and digits behind the point is in range, the exponent alone is not."""
    for zeros, exponent in ((1290, 1300), (1290, 1000), (700, 999), (990, 995)):
        cell = b"." + b"0" * zeros + b"1e%d" % exponent
        assert number(backend, cell) in (None, float(cell))
    assert number(backend, b"." + b"0" * 400 + b"1e401") == 1.0


@pytest.mark.parametrize("cell", [b"", b"?", b" ", b" ? "])
def test_a_missing_cell_is_nan(backend, cell):
    assert np.isnan(number(backend, cell))


def test_the_sign_of_zero_stays(backend):
    for cell in (b"-0", b"-0.000", b"-0e5"):
        assert np.signbit(number(backend, cell))
    assert not np.signbit(number(backend, b"0.0"))


HALF_WAY = Fraction(2**53 + 1, 2**53)  # between 1 and the next float64


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e280, max_value=1e280), st.integers(1, 17))
@example(float(HALF_WAY), 17)
def test_the_nearest_float64(backend, value, digits):
    """Written in full, and with fewer digits, in any notation of Python's."""
    for cell in (repr(value), f"{value:.{digits}g}", f"{value:.{digits}e}", f"{value:.{digits}f}"):
        found = number(backend, cell.encode())
        assert found is None or (found == float(cell) and np.signbit(found) == np.signbit(float(cell))), cell
        if 1e-290 < abs(value) < 1e15 and "f" not in cell and len(cell) < 19:
            assert found is not None, cell


@given(st.integers(2**52, 2**53 - 1), st.integers(-40, -1), st.integers(-3, 3))
def test_numbers_close_to_half_way(compiled, mantissa, exponent, ulps):
    """19 digits of a number half way between two float64, and of its neighbours in the last digit."""
    exact = (mantissa + Fraction(1, 2)) * Fraction(2) ** exponent
    places = 19 - len(str(int(exact)))
    cell = str(int(exact * 10**places) + ulps).rjust(places + 1, "0")
    cell = f"{cell[:-places]}.{cell[-places:]}" if places else cell + ".0"
    found = number(compiled, cell.encode())
    assert found is None or found == float(cell)


def test_rows_and_words(backend):
    text = b'skipped,1,a b,x\r\n,?,,\r\n"q",-2.5,\xc3\xa9,last'
    n_rows, numbers, (first, second) = read(backend, text, [0, 1, 2, 2])
    assert n_rows == 3
    np.testing.assert_array_equal(numbers, [[1.0, np.nan, -2.5]])
    assert (first, second) == ([b"a b", b"", "é".encode()], [b"x", b"", b"last"])


def test_rows_from_a_start_on(backend):
    for delimiter in ",;|\t":
        text = f"a{delimiter}b\n1{delimiter}2\n3{delimiter}4\n".encode()
        assert read(backend, text, [1, 1], delimiter, start=4)[1].tolist() == [[1, 3], [2, 4]]
    assert read(backend, b"a,b\n", [1, 1], start=4)[0] == 0


@pytest.mark.parametrize(
    "text",
    [b"1\n", b"1,2,3\n", b"1,2\n\n", b"\n1,2\n", b"1,2\n3\n", b"1,2\r3,4\n", b"1\r,2\n", b"1,2\n3,4,\n",
      b"1,2\n" * 21, b"1,2\r", b"1,2\r\r\n"],
)  # fmt: skip
def test_odd_rows(backend, text):
    assert read(backend, text, [1, 1])[0] == ODD
    assert read(backend, text, [0, 0])[0] == ODD or text == b"1,2\n" * 21


@given(
    st.lists(
        st.sampled_from([b"1", b"2.5", b"-", b",", b",", b"\n", b"\r\n", b"?", b" ", b"x", b"e3", b"0", b"\xff", b"\x00"]),
        max_size=30,
    )
)
def test_kernels_equal_the_reference(compiled, pieces):
    text = b"".join(pieces)
    for kinds in ([1, 1], [2, 1], [0, 2], [1, 2, 1], [1]):
        for start in (0, len(text) // 2):
            expected, found = (read(backend, text, kinds, start=start, room=31) for backend in (reference, compiled))
            assert expected[0] == found[0]
            if expected[0] != ODD:
                np.testing.assert_array_equal(expected[1], found[1])
                assert expected[2] == found[2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": 9}, "rows from byte 9 on, of a text of 8"),
        ({"start": -1}, "rows from byte -1 on"),
        ({"delimiter": ord("5")}, "delimiter 53"),
        ({"delimiter": ord(".")}, "delimiter 46"),
        ({"delimiter": ord("\n")}, "delimiter 10"),
        ({"delimiter": 0}, "delimiter 0"),
        ({"kinds": np.zeros(0, np.int8)}, "no columns|not those of these columns"),
        ({"kinds": np.array([1, 1], np.int8)}, "not those of these columns"),
        ({"numbers": np.zeros((2, 4))}, "not those of these columns"),
        ({"ends": np.zeros((0, 5), np.int32)}, "not those of these columns"),
        ({"words": np.zeros((2, 8), np.uint8)}, "not those of these columns"),
        ({"ends": np.zeros((1, 4), np.int32)}, "too little room"),
        ({"words": np.zeros((1, 7), np.uint8)}, "too little room"),
        ({"ends": SHARED.view(np.int32), "words": SHARED.view(np.uint8)}, "overlap"),
        ({"numbers": SHARED, "kinds": SHARED.view(np.int8)[0, 6:8]}, "overlap"),
    ],
)
def test_arguments_that_cannot_be(backend, change, message):
    arguments = {"text": b"1,a\n2,b\n", "start": 0, "delimiter": ord(","), "kinds": np.array([1, 2], np.int8)}
    arguments |= {"numbers": np.zeros((1, 4)), "ends": np.zeros((1, 5), np.int32), "words": np.zeros((1, 8), np.uint8)}
    assert backend.delimited_cells(*arguments.values()) == 2
    with pytest.raises(ValueError, match=message):
        backend.delimited_cells(*(arguments | change).values())

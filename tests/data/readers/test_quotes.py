"""Quotes that pair up, and blanks before them."""

import pytest

from hotloop.data.readers.quotes import opened_at_once, quotes_pair_up


@pytest.mark.parametrize(
    ("text", "without"),
    [
        (b'"a","b"\n', b'"a","b"\n'),
        (b'a, "b"\n  "c" ,d\n', b'a,"b"\n"c" ,d\n'),
        (b' \t"a"', b'"a"'),
        (b'"x "" y"," ""z"""', b'"x "" y"," ""z"""'),
        (b'"a\n ""b""",c', b'"a\n ""b""",c'),
    ],
)
def test_blanks_before_quotes(text, without):
    assert quotes_pair_up(text, 0, ",")
    assert opened_at_once(text, 0, ",") == without
    assert opened_at_once(b"head, " + text, 6, ",") == b"head, " + without


def test_a_separator_is_no_blank():
    assert opened_at_once(b'a\t"b"\t "c"', 0, "\t") == b'a\t"b"\t"c"'
    assert opened_at_once(b'a  "b"', 0, " ") == b'a  "b"'


@pytest.mark.parametrize("text", [b'"a', b'5" pipe,"x"', b'"a"b"c"', b'"a" "b"', b'a "b"', b'""a""'])
def test_quotes_within_cells(text):
    assert opened_at_once(text, 0, ",") is None

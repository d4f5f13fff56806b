"""The options about files and columns: what becomes of them, and what contradicts itself."""

import pytest

from hotloop.cli import _parser
from hotloop.cli.table_options import columns_of_their_own, table_options
from hotloop.preprocessing.column_rules import TableOptions


def parsed(*more):
    return _parser().parse_args(["train", "t.csv", "--target", "y", "--model", "m", *more])


def test_defaults_are_those_of_the_encoder():
    assert table_options(parsed()) == TableOptions()
    assert columns_of_their_own(parsed()) == {"target": "y"}


def test_options_about_columns():
    given = ["--drop", "a", "--drop", "b", "--number", "n", "--text", "t", "--date", "d", "--missing", "x", "--missing", "-999"]
    options = table_options(
        parsed(*given, "--decimal", ",", "--thousands", ".", "--max-categories", "5", "--min-frequency", "2")
    )
    assert options == TableOptions(("a", "b"), ("n",), ("t",), ("d",), ("x", "-999"), ",", ".", 5, 2, 1)
    assert columns_of_their_own(parsed("--id", "i", "--groups", "g", "--weight", "w")) == {
        "target": "y",
        "weight": "w",
        "id": "i",
        "groups": "g",
    }
    assert columns_of_their_own(parsed("--id", "i", "--groups", "i"))["groups"] == "i"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--id", "y"], "--target and --id both name 'y'"),
        (["--weight", "w", "--id", "w"], "--weight and --id both name 'w'"),
        (["--drop", "y"], "--target and --drop both name 'y'"),
        (["--number", "i", "--id", "i"], "--id and --number both name 'i'"),
    ],
)
def test_a_column_is_one_thing(given, message):
    with pytest.raises(ValueError, match=message):
        columns_of_their_own(parsed(*given))
    assert columns_of_their_own(parsed("--text", "y")) == {"target": "y"}


def test_contradictions_of_the_encoder_are_refused():
    with pytest.raises(ValueError, match="column 'a' is named for two of drop, number, text and date"):
        table_options(parsed("--drop", "a", "--text", "a"))

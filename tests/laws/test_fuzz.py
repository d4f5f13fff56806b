"""Malformed input at every entry, a few hundred cases of each: ``python -m tests.fuzz`` runs as many as one likes."""

from importlib import import_module

import pytest
from fuzz.__main__ import ENTRIES, LAX, run_process
from fuzz.kernel_calls import CALLS
from fuzz.verdicts import judged

from hotloop.backend import Backend

pytest.importorskip("pandas")
pytest.importorskip("pyarrow")
pytestmark = pytest.mark.no_backend

CASES = {"kernels": 1500, "csr": 300, "models": 300, "arrays": 400, "files": 200, "options": 150, "tables": 300, "backends": 60}


def test_every_entry_is_here():
    assert set(CASES) == set(ENTRIES)


def test_every_function_of_a_backend_has_a_call():
    assert set(CALLS) == {name for name in vars(Backend) if not name.startswith("_")}


@pytest.mark.parametrize("name", ENTRIES)
def test_malformed_input_is_refused(name):
    """In a process of its own, which a case may end."""
    counts, findings, _ = run_process(name, 0, CASES[name], timeout=300)
    assert findings == []
    assert sum(counts.values()) == CASES[name]
    assert counts["returned"] > 0
    assert counts["ValueError"] + counts.get("DataError", 0) > CASES[name] / 10


class Entry:
    """An entry whose every case is the same."""

    __name__ = "fuzz.one"

    def __init__(self, call):
        self.call = call

    def case(self, draw):
        """Return what tells the case, and its call."""
        return lambda: "a call", self.call


def raising(error):
    def call():
        raise error

    return call


@pytest.mark.parametrize(
    "error",
    [
        IndexError("3"),
        KeyError("a"),
        ZeroDivisionError(),
        AttributeError("x"),
        MemoryError(),
        RecursionError(),
        ValueError(" "),
    ],
)
def test_what_a_case_must_not_raise_is_found(error):
    assert "a call" in judged(Entry(raising(error)), 0)[1]


def test_what_a_case_may_do_is_counted():
    assert judged(Entry(lambda: None), 0) == ("returned", None)
    assert judged(Entry(raising(ValueError("X has 3 columns"))), 0) == ("ValueError", None)
    assert judged(Entry(raising(FloatingPointError("training diverged"))), 0) == ("FloatingPointError", None)
    assert judged(Entry(raising(MemoryError("X needs 9.0 GB, and 1.0 GB are left"))), 0) == ("MemoryError", None)


def test_a_case_is_drawn_the_same_again():
    entry = import_module("fuzz.kernels")
    from fuzz.verdicts import drawn

    assert [drawn(entry, number)[0]() for number in range(9)] == [drawn(entry, number)[0]() for number in range(9)]
    assert LAX == ("kernels",)

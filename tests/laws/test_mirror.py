"""Tests lie as the sources do: a source file has a test of its name, in the same folder, or the table names other tests."""

import ast

import pytest
from mutants.table import SOURCE, TESTS, more_tests, own_test

if not SOURCE.is_dir():
    pytest.skip("the sources are not beside the tests", allow_module_level=True)
pytestmark = pytest.mark.no_backend


def has_code(path):
    """Whether a file has a function, or a class with one, of its own; what only names or holds things needs no test."""
    if path.suffix == ".pyx":
        return True
    return any(isinstance(node, ast.FunctionDef) for node in ast.walk(ast.parse(path.read_text())))


FILES = [path for path in sorted(SOURCE.rglob("*")) if path.suffix in (".py", ".pyx") and has_code(path)]
SOURCES = [path.relative_to(SOURCE).as_posix() for path in FILES]


@pytest.mark.parametrize("path", SOURCES)
def test_every_source_has_a_test(path):
    if not (TESTS / own_test(path)).exists():
        assert more_tests(path), f"there is no tests/{own_test(path)}, and MORE_TESTS of tests/mutants/table.py has no other"


def test_every_test_has_a_source():
    """Tests of what no single file does are laws."""
    mirrored = {own_test(path) for path in SOURCES}
    tests = {path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py")}
    assert len(tests) > 40
    assert {test for test in tests - mirrored if not test.startswith("laws/")} == set()

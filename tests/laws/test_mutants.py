"""The tables of mutants hold to the source: each names one line, and has tests that may notice it."""

import pytest
from mutants.results import read_results
from mutants.table import MORE_TESTS, SOURCE, TESTS, all_mutants, nearest_tests, own_test

pytestmark = [
    pytest.mark.no_backend,
    pytest.mark.skipif(not SOURCE.exists(), reason="the sources are not beside the tests"),
]
MUTANTS = all_mutants()
FILES = sorted({mutant.path for mutant in MUTANTS})


@pytest.mark.parametrize("path", FILES)
def test_every_mutant_names_one_line(path):
    assert (SOURCE / path).exists(), f"{path} is gone; its mutants move with its lines"
    text = (SOURCE / path).read_text()
    lost = [
        f"{mutant}: {len(mutant.lines(text))} lines"
        for mutant in MUTANTS
        if mutant.path == path and len(mutant.lines(text)) != 1
    ]
    assert not lost, "\n".join(lost)


def test_every_mutant_changes_its_line():
    assert not [mutant for mutant in MUTANTS if mutant.fragment == mutant.broken]
    assert len(MUTANTS) == len(set(MUTANTS)) > 400


@pytest.mark.parametrize("path", FILES)
def test_every_mutant_has_a_test(path):
    assert nearest_tests(path)


def test_every_mutant_was_killed():
    """`python -m tests.mutants` runs those without a verdict and those whose source file has changed; --stale names them."""
    results = read_results()
    alive = [
        f"{mutant}: {results.get(mutant)}" for mutant in MUTANTS if mutant not in results or results[mutant][0] != "killed"
    ]
    assert not alive, "\n".join(alive)


def test_no_test_is_named_twice_or_gone():
    for path, tests in MORE_TESTS.items():
        assert (SOURCE / path).exists(), path
        assert own_test(path) not in tests, path
        assert not [test for test in tests if not (TESTS / test).exists()], path

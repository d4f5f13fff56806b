"""The verdict on each mutant, kept in results.tsv: a run goes on where the one before stopped."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from .table import SOURCE, Mutant, all_mutants

FILE = Path(__file__).with_name("results.tsv")


class Result(NamedTuple):
    """A verdict, what killed the mutant, and the hash of the source text that the verdict is on."""

    verdict: str
    by: str
    source: str


def hash_of(text):
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_results():
    """Return {mutant: its result} of the mutants that have run."""
    rows = [line.split("\t") for line in FILE.read_text(encoding="utf-8").splitlines()[1:]] if FILE.exists() else []
    return {Mutant(*row[:4]): Result(*row[4:]) for row in rows}


def write_results(results):
    """Write the results in the order of the tables; those of mutants that are no longer in a table go."""
    rows = [Mutant._fields + Result._fields] + [mutant + results[mutant] for mutant in all_mutants() if mutant in results]
    FILE.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")


def is_stale(mutant, results):
    """Return whether the mutant has not run on the source file as it is now."""
    return mutant not in results or results[mutant].source != hash_of((SOURCE / mutant.path).read_text())

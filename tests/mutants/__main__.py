"""Break one line at a time and see a test fail: python -m tests.mutants [-k PART_OF_PATH] [-n PER_FILE] [-j WORKERS] [--all]

Each mutant changes one line of a copy of the checkout, rebuilds there what is compiled from it (with bounds checks,
HOTLOOP_DEBUG=1), and runs the tests of that file until the first failure. The verdicts stand in results.tsv; only mutants that
are not there, survived, or whose source file has changed since run again. Exit code 1 if a mutant survives or its line is no
longer there.
"""

import argparse
import queue
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from .checkout import copy_checkout, outcome
from .results import is_stale, read_results, write_results
from .table import all_mutants


def chosen(part, per_file):
    """Return the mutants of the files whose path contains ``part``, at most ``per_file`` of each, spread over the file.

    Those of Python files come first: they need no compiler.
    """
    of_file = {}
    for mutant in sorted(all_mutants(), key=lambda mutant: not mutant.path.endswith(".py")):
        if part in mutant.path:
            of_file.setdefault(mutant.path, []).append(mutant)
    for mutants in of_file.values():
        step = max(1, -(-len(mutants) // per_file)) if per_file else 1
        yield from mutants[::step]


def run(mutants, workers, results):
    """Run the mutants, each in one of as many copies as there are workers, and store each result as it comes."""
    copies = queue.Queue()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        whole = copy_checkout(Path(folder) / "0")
        for i in range(workers):
            copies.put(copy_checkout(Path(folder) / str(i), whole) if i else whole)

        def take(mutant):
            copy = copies.get()
            try:
                return mutant, outcome(copy, mutant)
            finally:
                copies.put(copy)

        try:
            for done in as_completed([pool.submit(take, mutant) for mutant in mutants]):
                mutant, result = done.result()
                results[mutant] = result
                write_results(results)
                print(f"{result.verdict:<9} {mutant}\n          by {result.by}", flush=True)
        finally:
            pool.shutdown(cancel_futures=True)  # an interrupt waits for those that run


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-k", default="", help="only the files whose path contains this")
    parser.add_argument("-n", type=int, default=0, help="a sample: at most so many mutants of a file")
    parser.add_argument("-j", type=int, default=1, help="mutants at a time")
    parser.add_argument("--all", action="store_true", help="also those that were killed on the source file as it is")
    parser.add_argument("--stale", action="store_true", help="only name the mutants that a run would take")
    arguments = parser.parse_args()
    mutants, results = list(chosen(arguments.k, arguments.n)), read_results()
    if not mutants:
        parser.error(f"no file with mutants has {arguments.k!r} in its path")
    due = [m for m in mutants if arguments.all or is_stale(m, results) or results[m].verdict != "killed"]
    if arguments.stale:
        print(*due, f"{len(due)} of {len(mutants)} mutants to run", sep="\n")
        return 0
    if due:
        run(due, arguments.j, results)
    killed = sum(results[mutant].verdict == "killed" for mutant in mutants)
    print(f"{killed} of {len(mutants)} mutants killed, {len(due)} run")
    return int(killed < len(mutants))


if __name__ == "__main__":
    sys.exit(main())

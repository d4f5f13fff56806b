"""Break one line at a time and see a test fail: python -m tests.mutants [-k PART_OF_PATH] [-n PER_FILE] [-j WORKERS]

Each mutant changes one line of a copy of the checkout, rebuilds there what is compiled from it (with bounds checks,
HOTLOOP_DEBUG=1), and runs the tests of that file until the first failure. Exit code 1 if a mutant survives or its line is no
longer there.
"""

import argparse
import os
import queue
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .checkout import copy_checkout, outcome, run_tests
from .table import all_mutants, options_for


def chosen(part, per_file):
    """Return the mutants of the files whose path contains ``part``, at most ``per_file`` of each, spread over the file."""
    of_file = {}
    for mutant in all_mutants():
        if part in mutant.path:
            of_file.setdefault(mutant.path, []).append(mutant)
    for mutants in of_file.values():
        step = max(1, -(-len(mutants) // per_file)) if per_file else 1
        yield from mutants[::step]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-k", default="", help="only the files whose path contains this")
    parser.add_argument("-n", type=int, default=0, help="a sample: at most so many mutants of a file")
    parser.add_argument("-j", type=int, default=min(4, os.cpu_count() or 1), help="mutants at a time")
    arguments = parser.parse_args()
    mutants = list(chosen(arguments.k, arguments.n))
    if not mutants:
        parser.error(f"no file with mutants has {arguments.k!r} in its path")
    copies, bad = queue.Queue(), 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(arguments.j) as pool:
        whole = copy_checkout(Path(folder) / "whole")
        for backend in ("compiled", "reference"):
            options = [options_for(path) for path in dict.fromkeys(mutant.path for mutant in mutants)]
            tests = dict.fromkeys(test for of_file in options if backend in of_file for test in of_file[2:])
            if tests and (failed := run_tests(whole, ["-n", str(arguments.j), "--backend", backend, *tests], None)):
                print(f"without a mutant, {failed} fails already")
                return 1
        for i in range(arguments.j):
            copies.put(copy_checkout(Path(folder) / str(i), whole))

        def take(mutant):
            copy = copies.get()
            try:
                return outcome(copy, mutant)
            finally:
                copies.put(copy)

        for mutant, (verdict, why) in zip(mutants, pool.map(take, mutants), strict=True):
            bad += verdict != "killed"
            print(f"{verdict:<9} {mutant}\n          by {why}", flush=True)
    print(f"{len(mutants) - bad} of {len(mutants)} mutants killed")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())

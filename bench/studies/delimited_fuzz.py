"""Random files of delimited text, each read as pandas reads it or refused: ``python -m bench.studies.delimited_fuzz 10000``.

A second number is the first seed.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

from random_files import compare, random_file


def main(n_files: int, first: int = 0) -> int:
    """Print what became of the files, and the seed of each that was read wrongly; return how many were."""
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + n_files):
            file = random_file(seed)
            try:
                found[compare(file, Path(folder, "t.csv"))] += 1
            except Exception as error:
                found["WRONG"] += 1
                print(f"seed {seed}: {type(error).__name__}: {error}\n  {file.options} {file.raw[:300]!r}")
    print(", ".join(f"{what}: {n:,}" for what, n in found.most_common()))
    return found["WRONG"]


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])) > 0)

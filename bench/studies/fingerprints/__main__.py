"""The bits of everything that is learnt, a line a case, to prove that a change of the code changes no result.

    python -m bench.studies.fingerprints --out before.txt
    python -m bench.studies.fingerprints --against before.txt

Each case fits a model, or calls a function, an encoder or the command, on small data from fixed seeds; its line is its name and
the start of the SHA-256 of all that it learnt and predicted, or the type of the error that it raised. HOTLOOP_BACKEND and
HOTLOOP_ISA say what computes, and fingerprints are to be compared only where that, the machine, the compiler and numpy are the
same. The reference leaves out the cases that search or train for long.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import hotloop
import hotloop.cli
from bench.studies.fingerprints.logistic import (
    grids,
    logistic_grid,
    logistic_options,
    logistic_rows,
    long_searches,
    many_rows,
    searches,
)
from bench.studies.fingerprints.networks import long_networks, network_grid, network_options
from bench.studies.fingerprints.others import commands, encoders, functions, long_commands
from bench.studies.fingerprints.training import Cases, fingerprint


def all_cases() -> Cases:
    """Return the cases of this backend, always in this order."""
    cases: Cases = {}
    short = [logistic_grid, logistic_options, logistic_rows, network_grid, network_options, functions, encoders, commands]
    long = [long_searches, long_networks, long_commands, many_rows]
    for fill in [*short, searches, grids, *(long if hotloop.backend_info().backend == "compiled" else [])]:
        fill(cases)
    return cases


def differences(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """Return a line for each case that differs, is missing or is new."""
    both = [name for name in before if name in now]
    lines = [f"differs  {name}: {before[name]}, now {now[name]}" for name in both if now[name] != before[name]]
    lines += [f"missing  {name}" for name in before if name not in now]
    return lines + [f"new      {name}" for name in now if name not in before]


def read(path: Path) -> dict[str, str]:
    """Return the cases of a file and their fingerprints, without the total."""
    return dict(line.split("  ") for line in path.read_text().splitlines() if not line.startswith("total  "))


def main(argv: list[str] | None = None) -> int:
    """Print the fingerprints, or what differs; 1 if a case differs or is missing."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, help="file to write the lines to")
    parser.add_argument("--against", type=Path, help="file to compare with; 1 is returned if a case differs or is missing")
    arguments = parser.parse_args(argv)
    now: dict[str, str] = {}
    for name, case in all_cases().items():
        now[name] = fingerprint(case)
        if arguments.against is None:
            print(f"{name}  {now[name]}", flush=True)
    lines = [f"{name}  {found}" for name, found in now.items()]
    lines.append(f"total  {hashlib.sha256('|'.join(lines).encode()).hexdigest()[:16]}")
    print(lines[-1])
    if arguments.out is not None:
        arguments.out.write_text("\n".join(lines) + "\n")
    if arguments.against is None:
        return 0
    found = differences(read(arguments.against), now)
    print("\n".join([*found, f"{len(now)} cases, {len(found)} of them differ, are missing or new"]))
    return int(any(not line.startswith("new") for line in found))


if __name__ == "__main__":
    sys.exit(main())

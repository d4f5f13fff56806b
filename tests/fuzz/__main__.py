"""Malformed input at every entry: python -m tests.fuzz [ENTRY ...] [--cases N] [--first N] [--case N]

Case N of an entry is always the same. Cases run in batches, each in a process of its own: where one ends the process its number
is known. Exit code 1 if there is a finding.
"""

import argparse
import faulthandler
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from importlib import import_module
from pathlib import Path

import hotloop

TESTS = Path(__file__).parents[1]
ENTRIES = ("kernels", "csr", "models", "arrays", "files", "options", "tables", "backends")
BATCH = 2000  # cases a process
LAX = ("kernels",)
REPORTS = "Sanitizer", "runtime error"  # of those that may watch the processes


def run_batch(name, numbers, log):
    """Run cases here; write the number of each before it runs, and what came of all of them at the end."""
    sys.path.insert(0, str(TESTS))
    from .limits import in_time, limited
    from .verdicts import judged

    faulthandler.enable()
    entry, counts, findings = import_module(f".{name}", __package__), Counter(), []
    with open(log, "r+b", buffering=0) as file, limited():
        for number in numbers:
            file.seek(0)
            file.write(b"%-20d" % number)
            with in_time():
                told, wrong = judged(entry, number, lax=name in LAX)
            counts[told] += 1
            if wrong:
                findings.append((number, wrong[:2000]))
        file.seek(20)
        file.write(json.dumps([counts, findings]).encode())


def described(name, number):
    """Return what tells a case, drawn in a process of its own, which drawing it may end, too."""
    command = [sys.executable, "-m", Path(__file__).parent.name, name, "--case", str(number), "--describe"]
    done = subprocess.run(command, capture_output=True, text=True, env=own_environment())
    return done.stdout.strip() or "a case that ends the process as it is drawn"


def own_environment():
    """Return the environment in which a process finds this package, and hotloop where this process has it from."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (TESTS, Path(hotloop.__file__).parents[1])))}


def run_process(name, first, last, timeout):
    """Run a batch in a process; return counts and findings, and the number to go on from."""
    with tempfile.NamedTemporaryFile() as log:
        log.write(b"%-20d" % first)
        log.flush()
        numbers = ["--first", str(first), "--cases", str(last - first)]
        command = [sys.executable, "-m", Path(__file__).parent.name, name, *numbers, "--log", log.name]
        try:
            done = subprocess.run(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=timeout, env=own_environment()
            )
            what = f"ended by signal {-done.returncode}" if done.returncode < 0 else f"exit {done.returncode}"
            errors = done.stderr.decode(errors="replace")[:3000]
        except subprocess.TimeoutExpired:
            done, what, errors = None, f"ran longer than {timeout} s", ""
        raw = Path(log.name).read_bytes()
    number = int(raw[:20])
    if done is not None and done.returncode == 0:
        counts, findings = json.loads(raw[20:])
        return Counter(counts), findings, last
    if done is not None and done.returncode > 0 and not any(report in errors for report in REPORTS):
        raise SystemExit(f"{name}, case {number}: {what}\n{errors}")
    # what ran before the crash runs again, without the case
    counts, findings = Counter({"crashed": 1}), [(number, f"{what} of {described(name, number)}\n{errors}")]
    if number > first:
        more, found, _ = run_process(name, first, number, timeout)
        counts, findings = counts + more, found + findings
    return counts, findings, number + 1


def fuzz(name, first, n_cases, timeout):
    """Run the cases of an entry in batches; print its line and its findings; return how many there are."""
    counts, findings, start, end, clock = Counter(), [], first, first + n_cases, time.monotonic()
    while start < end:
        more, found, start = run_process(name, start, min(end, start + BATCH), timeout)
        counts += more
        for number, wrong in found:
            print(f"  {name} --case {number}: {wrong}", flush=True)
        findings += found
    refused = ", ".join(f"{what} {n:,}" for what, n in counts.most_common() if what != "returned")
    seconds = time.monotonic() - clock
    print(f"{name:10} {n_cases:>9,} {counts['returned']:>9,} {len(findings):>9,}  {refused} ({seconds:.0f} s)", flush=True)
    return len(findings)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("entries", nargs="*", default=list(ENTRIES), help=", ".join(ENTRIES))
    parser.add_argument("--cases", type=int, default=2000, help="of each entry")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--case", type=int, help="this one alone, in this process")
    parser.add_argument("--timeout", type=float, default=600, help="seconds of a batch")
    parser.add_argument("--describe", action="store_true", help="only tell what the case is")
    parser.add_argument("--log", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case is not None:
        sys.path.insert(0, str(TESTS))
        from .limits import limited
        from .verdicts import drawn, judged

        for name in arguments.entries:
            if arguments.describe:
                print(drawn(import_module(f".{name}", __package__), arguments.case)[0]())
                continue
            with limited():
                print(name, *judged(import_module(f".{name}", __package__), arguments.case, lax=name in LAX), sep="\n  ")
        return 0
    if arguments.log:
        run_batch(arguments.entries[0], range(arguments.first, arguments.first + arguments.cases), arguments.log)
        return 0
    print(f"{'entry':10} {'cases':>9} {'returned':>9} {'findings':>9}  refused")
    return int(sum([fuzz(name, arguments.first, arguments.cases, arguments.timeout) for name in arguments.entries]) > 0)


if __name__ == "__main__":
    sys.exit(main())

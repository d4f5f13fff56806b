"""``python -m bench``: one table, each row a speed and its error, and results/<date>-<cpu>.json."""

import argparse
import json
import re
import warnings
from datetime import date
from pathlib import Path
from time import perf_counter, process_time

from bench.measure import Candidate, machine, pin, take_turns
from bench.speed import csr, logistic, two_layer
from bench.speed.bandwidth import read_bandwidth
from bench.speed.ratios import lost, ratios, told
from hotloop.training.warnings import FewRowsWarning

RESULTS = Path(__file__).parent / "results"
HEAD = ("case", "what", "M samples/s best", "median", "ns a sample", "of read bandwidth", "x reference", "max|dw|/max|w|")


def main() -> None:
    """Run the cases asked for, print the table and store the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Speed of the kernels, each with its error.")
    parser.add_argument("--quick", action="store_true", help="an eighth of the rows: for a look, not for figures to quote")
    parser.add_argument("--case", action="append", metavar="NAME", help="only this case; may be repeated")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each candidate (default: %(default)s)")
    parser.add_argument("--store", type=Path, metavar="FILE", help="write the ratios of speeds to a file")
    parser.add_argument("--against", type=Path, metavar="FILE", help="exit 1 if a ratio has lost a tenth of what is stored")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the speeds of the dense cases (SVG, PNG; matplotlib)")
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="count what the process itself takes, all its threads: where others run, too",
    )
    asked = parser.parse_args()
    families = [
        (family, case) for family in (logistic, csr, two_layer) for case in (family.QUICK if asked.quick else family.CASES)
    ]
    names = [case.name for _, case in families]
    if unknown := set(asked.case or ()) - set(names):
        parser.error(f"no case {', '.join(sorted(unknown))}; there are: {', '.join(names)}")

    warnings.filterwarnings("ignore", category=FewRowsWarning)  # a case of 6,400 rows of 10,000 columns has too few
    about = {**machine(), "core": pin(), "clock": "processor time" if asked.processor_time else "wall time"}
    bandwidth = read_bandwidth()
    print(f"{about['cpu']}, {about['cores']} cores, one thread on core {about['core']}, {about['clock']}; ", end="")
    print(f"reads memory at {bandwidth['best'] / 1e9:.1f} GB/s at least; numpy {about['numpy']}, Python {about['python']}\n")
    print("| " + " | ".join(HEAD) + " |\n|---|---|" + "--:|" * (len(HEAD) - 2), flush=True)
    rows = []
    for family, case in families:
        if asked.case and case.name not in asked.case:
            continue
        candidates = family.candidates(case)
        take_turns(candidates, asked.rounds, process_time if asked.processor_time else perf_counter)
        of_case = [figures(c, candidates[-1], bandwidth["best"], c.error(family.PREFIX)) for c in candidates]
        for row in of_case:
            print(line(row), flush=True)
        rows += of_case
    print()
    found = ratios(rows)
    print(*told(found), sep="\n")
    if asked.store:
        asked.store.write_text(json.dumps({"machine": about, "ratios": found}, indent=1) + "\n")
    if asked.plot:
        from bench.speed.plot import plot

        plot(rows, about, bandwidth["best"], asked.plot)
    RESULTS.mkdir(exist_ok=True)
    cpu = re.sub(r"[^a-z0-9]+", "-", about["cpu"].lower()).strip("-")
    part = [*(["quick"] if asked.quick else []), *(asked.case or [])]
    path = RESULTS / f"{'-'.join([str(date.today()), cpu, *part])}.json"
    path.write_text(json.dumps({"machine": about, "read_bandwidth": bandwidth, "rows": rows}, indent=1) + "\n")
    print(f"\n{path}")
    if asked.against:
        lines = lost(found, json.loads(asked.against.read_text())["ratios"])
        print(*lines or ["no ratio is lost"], sep="\n")
        raise SystemExit(bool(lines))


def figures(found: Candidate, reference: Candidate, bandwidth: float, error: float) -> dict[str, object]:
    """Return what is printed and stored of one candidate."""
    return {
        "case": found.case,
        "key": found.key,
        "what": found.name,
        "n_samples": found.n_samples,
        "best": found.best,
        "median": found.median,
        "nanoseconds": 1e9 / found.best,
        "share_of_bandwidth": found.n_bytes / min(found.seconds) / bandwidth,
        "times_reference": found.best / reference.best,
        "error": None if error != error else error,
        "seconds": found.seconds,
    }


def line(row) -> str:
    """Return a row of the table."""
    nanoseconds = row["nanoseconds"]
    cells = [row["case"], row["what"], f"{row['best'] / 1e6:.3g}", f"{row['median'] / 1e6:.3g}"]
    cells += [f"{nanoseconds:,.0f}" if nanoseconds >= 100 else f"{nanoseconds:.1f}", f"{100 * row['share_of_bandwidth']:.0f} %"]
    cells += [f"{row['times_reference']:,.0f}", "-" if row["error"] is None else f"{row['error']:.1e}"]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()

"""A table of people, as a file, and the command on it."""

import csv

import numpy as np

from hotloop.cli import main


def write(path, header, rows, delimiter=","):
    with open(path, "w", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(([header] if header else []) + rows)
    return path


def people(n=400, seed=0):
    """Rows of age, city, height and whether they cycle: depends on all three; some cells are missing."""
    draw = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        age, city, height = (
            int(draw.integers(18, 80)),
            str(draw.choice(["Bern", "Oslo", "Rome"])),
            round(draw.normal(170, 9), 1),
        )
        m = 0.06 * (45 - age) + {"Bern": 0.5, "Oslo": 1.5, "Rome": -2}[city] + 0.05 * (height - 170)
        cycles = "yes" if draw.random() < 1 / (1 + np.exp(-m)) else "no"
        rows.append([age, city if draw.random() > 0.05 else "?", height if draw.random() > 0.1 else "", cycles])
    return rows


HEADER = ["age", "city", "height", "cycles"]


def error_of(capsys, arguments):
    """Run the command, which must fail with one line on the standard error and nothing on the standard output."""
    assert main([str(a) for a in arguments]) == 1
    captured = capsys.readouterr()
    lines = [line for line in captured.err.splitlines() if line.startswith("hotloop: error: ")]
    assert len(lines) == 1, captured.err
    assert "Traceback" not in captured.err
    return lines[0]

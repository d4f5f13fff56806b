"""Random small files of delimited text, and whether read_table finds in each what pandas does."""

import io
import random
import re
from dataclasses import dataclass, field

import numpy as np
import pytest

pd = pytest.importorskip("pandas", reason="pandas is not installed")

from delimited_files import pieces_of  # noqa: E402

from hotloop.data.errors import DataError  # noqa: E402
from hotloop.data.readers.delimited import DelimitedReader, read_table  # noqa: E402

WORDS = ["cat", "dog", "Köln", "so so", "naïve", "x", "TRUE", "2020-01-31", "08:30", "1e", "e5", "0x1F", "1,5", "-", ".", "+"]
NO_CELL = ["", "", "?", " ", " ? "]
OTHER_MISSING = ["NA", "nan", "NaN", "null", "n/a", "None", "-nan"]
TEXT = ["a;b", "p|q", 'say "hi"', "two\nlines", "tab\there", " led by a blank", "x, y", '"', "\n", "é\r\né", "q" * 90]

MANY = 1 << 20  # bytes: all

WITHIN = '5"pipe'  # written without quotes around it

KINDS = {
    "float": lambda draw: f"{draw.gauss(0, 10):.{draw.choice([3, 6, 17])}g}",
    "point": lambda draw: draw.choice(["1.", ".5", "-.25", "+7", "2e3", "1E-05", "0", "0.0", "-0", "00.5"]),
    "whole": lambda draw: str(draw.randint(-20, 300)),
    "whole float": lambda draw: f"{draw.randint(0, 9)}.0",
    "code": lambda draw: f"{draw.randint(0, 2000):04d}",
    "signed code": lambda draw: draw.choice(["+", "-", ""]) + f"{draw.randint(0, 99):02d}",
    "long": lambda draw: str(draw.choice([2**53 - 1, 2**53, 2**53 + 1, 1582218195625938945, -(2**60), 7])),
    "large": lambda draw: draw.choice(["1e20", "9007199254740993.0", "1e308", "1e999", "3"]),
    "infinity": lambda draw: draw.choice(["inf", "-Infinity", "1.5", "2"]),
    "word": lambda draw: draw.choice(WORDS),
    "text": lambda draw: draw.choice(TEXT + WORDS),
}


@dataclass
class File:
    """Bytes, the same text with line feeds only, how to read it, and what is wrong with it: nothing if `broken` is empty."""

    raw: bytes
    text: str
    options: dict
    delimiter: str
    n_columns: int
    broken: str = ""
    sizes: dict = field(default_factory=dict)


def random_file(seed):
    """Draw a file."""
    draw = random.Random(seed)
    delimiter = draw.choice([",", ",", ";", "\t", "|", " "])
    n_columns, n_rows = draw.choice([1, 2, 2, 3, 5]), draw.choice([1, 2, 5, 20, 80])
    header = draw.random() < 0.8
    columns = [_column(draw, n_rows) for _ in range(n_columns)]
    rows = [list(row) for row in zip(*columns, strict=True)]
    broken = ""
    if n_columns > 1 and draw.random() < 0.15:
        broken, row = "ragged", draw.choice(rows)
        row[:] = row[:-1] if draw.random() < 0.5 and row[:-1] != [""] else [*row, "more"]  # not an empty line
    if n_rows == 1 and not header:  # such a row says how many columns there are
        broken, n_columns = "", len(rows[0])
    names = draw.sample(["a", "b b", "größe", "d,e", "7", "x\ty"], len(columns))
    if n_columns > 1 and draw.random() < 0.1:
        names[0] = ""
    elif n_columns > 1 and draw.random() < 0.05:
        names[0], broken = names[1], "names" if header else broken
    style = draw.choice(["least", "all", "some"])
    quoted = [_line(draw, row, delimiter, style) for row in ([names] if header else []) + rows]
    if draw.random() < 0.1:
        quoted.insert(draw.randint(1, len(quoted)), "")
    if draw.random() < 0.05 and delimiter == "," and not any(WITHIN in line or "1,5" in line for line in quoted):
        quoted = [line.replace(delimiter, f"{delimiter} ") for line in quoted]
    ends = draw.choice([["\n"], ["\n"], ["\r\n"], ["\r"], ["\n", "\r\n"], ["\n", "\r"] if draw.random() < 0.3 else ["\n"]])
    if draw.random() < 0.1:
        quoted.append("")
    text = "".join(line + (draw.choice(ends) if line else ends[-1]) for line in quoted)
    if draw.random() < 0.2 and quoted[-1]:
        text = text.removesuffix(ends[0])
    encoding = draw.choice(["utf-8", "utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
    if not "".join(quoted[header:]).strip():
        broken = "empty"
    raw = text.encode(encoding)
    options = {"header": header, "delimiter": delimiter if draw.random() < 0.8 else None}
    if encoding not in ("utf-8", "utf-8-sig"):
        if draw.random() < 0.8:
            options["encoding"] = encoding
        elif encoding == "utf-16" or not text.isascii():
            broken = "encoding"
    sizes = {
        "piece": draw.choice([64, 200, 1 << 20]),
        "block": draw.choice([50, 300, 1 << 20]),
        "head": draw.choice([40, 1 << 18]),
    }
    return File(raw, "\n".join([*quoted, ""]), options, delimiter, n_columns, broken, sizes)


def _column(draw, n_rows):
    kind = draw.choice(list(KINDS))
    cells = [KINDS[kind](draw) for _ in range(n_rows)]
    for words, share in ((NO_CELL, 0.3), (OTHER_MISSING, 0.1), (WORDS, 0.1), (["0.5", "12", "007"], 0.1), ([WITHIN], 0.02)):
        if draw.random() < share:  # this column has some of these, perhaps one alone
            for i in draw.sample(range(n_rows), draw.choice([1, n_rows // 10, n_rows // 3])):
                cells[i] = draw.choice(words)
    if draw.random() < 0.1:
        cells = [draw.choice(["", " ", "\t", "\xa0"]) + cell + draw.choice(["", " "]) for cell in cells]
    return cells


def _line(draw, cells, delimiter, style):
    parts = []
    for cell in cells:
        needed = any(mark in cell for mark in (delimiter, '"', "\n", "\r")) and cell != WITHIN
        quoted = '"' + cell.replace('"', '""') + '"'
        parts.append(quoted if needed or style == "all" or (style == "some" and draw.random() < 0.3) else cell)
    if parts == [""]:
        return '""' if draw.random() < 0.5 else ""
    return delimiter.join(parts)


def compare(file, path):
    """Return "same" or "refused"; an AssertionError says what is other than it should be."""
    path.write_bytes(file.raw)
    try:
        with pieces_of(**file.sizes):
            table = read_table(path, **file.options)
            pieces = list(DelimitedReader(path, **file.options, text=table.columns).batches())
    except DataError as error:
        message = str(error)
        if file.options["delimiter"] is None and ("--delimiter" in message or repr(file.delimiter) not in message):
            return "another separator"
        assert file.broken, f"refused, but nothing is wrong with it: {message}"
        assert re.search(r", (line|row) \d+: |--encoding|no header|empty|no rows", message), f"names no line: {message}"
        return f"refused: {file.broken}"
    if table.delimiter != file.delimiter:
        assert file.options["delimiter"] is None
        return "another separator"
    assert not file.broken, f"read, though broken: {file.broken}"
    plain = any("quotes do not pair up" in note for note in table.notes)
    frame = pd.read_csv(
        io.StringIO(file.text),  # pandas 3.1 passes over a separator that follows an empty line ended by CR
        sep=file.delimiter,
        header=0 if file.options["header"] else None,
        names=None if file.options["header"] else list(table.columns),
        dtype=str,
        keep_default_na=False,
        index_col=False,
        skip_blank_lines=file.n_columns > 1,
        skipinitialspace=file.delimiter != " ",
        quoting=3 if plain else 0,
    )
    assert table.n_rows == len(frame)
    assert len(table.columns) == frame.shape[1] == file.n_columns
    for (name, column), (_, theirs) in zip(table.columns.items(), frame.items(), strict=True):
        cells = [cell.strip() for cell in theirs]
        cells = [None if cell in ("", "?") else cell for cell in cells]
        _compare_column(name, column, cells)
        assert [cell for piece in pieces for cell in piece.columns[name].cells()] == cells, f"{name}, in pieces"
    lines = [table.line(row) for row in range(0, table.n_rows, 7)]
    assert None in lines or lines == sorted(set(lines))
    return "careful" if table.notes and "quotes" in table.notes[0] else "same"


def _compare_column(name, column, cells):
    numbers = _as_numbers([cell for cell in cells if cell is not None])
    assert column.kind == ("text" if numbers is None else "number"), f"{name!r} is {column.kind}"
    if numbers is None:
        assert column.cells() == cells, name
        return
    expected = np.full(len(cells), np.nan)
    expected[[cell is not None for cell in cells]] = numbers
    np.testing.assert_array_equal(column.numbers, expected, err_msg=name)


def _as_numbers(cells):
    """The cells as numbers if each is one, and not all of them codes; else None."""
    number = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|infinity)", re.ASCII | re.IGNORECASE)
    if not all(map(number.fullmatch, cells)):
        return None
    numbers = [float(cell) for cell in cells]
    whole = all(value.is_integer() or np.isinf(value) for value in numbers)
    codes = [c for c in cells if re.match(r"[+-]?0\d", c) or (re.fullmatch(r"[+-]?\d+", c) and abs(float(c)) >= 2**53)]
    return None if whole and codes else numbers

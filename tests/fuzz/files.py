"""Entry "files": delimited text of random files with bytes changed, through the readers and the command."""

import bz2
import contextlib
import gzip
import io
import random
import tempfile
from pathlib import Path

from delimited_files import pieces_of
from random_files import random_file

from hotloop.cli import main
from hotloop.data.readers.delimited import DelimitedReader, read_table

from .verdicts import Finding

TOKENS = [
    *(
        b'"',
        b'""',
        b",",
        b";",
        b"\t",
        b"|",
        b" ",
        b"\n",
        b"\r",
        b"\r\n",
        b"\0",
        b"\xff",
        b"\xfe\xff",
        b"\xef\xbb\xbf",
        b"\xc3",
        b"\xa0",
    ),
    *(
        b"1e999",
        b"-",
        b"nan",
        b"inf",
        b"1e-400",
        b"9" * 400,
        b"0." + b"0" * 400 + b"1",
        b"\\",
        b"'",
        b"=",
        b"#",
        b"?",
        b"\x1f\x8b\x08",
    ),
    *(
        b"x" * 5000,
        b"," * 300,
        b'"' * 99,
        b"\n" * 99,
        b"\xf0\x9f\x92\xa9",
        "ß".encode("utf-16"),
        b"\x85",
        b"\xe2\x80\xa8",
        b"\x1a",
    ),
]
ENCODINGS = [
    "utf-8",
    "latin-1",
    "utf-16",
    "utf-32",
    "ascii",
    "cp1252",
    "utf-7",
    "nonsense",
    "",
    "base64",
    "rot13",
    "idna",
    "punycode",
]
ENCODINGS += ["utf-8-sig", "shift-jis", "hex", "\0", "unicode_escape", "raw_unicode_escape", "undefined", "big5", "zlib", "uu"]
DELIMITERS = [",", ";", "\t", "\\t", "|", " ", "", "ab", "ß", '"', "\n", "\r", "\0", "x", "1", ".", "-", "\ud800", None]


def text(draw):
    """Return the bytes of a table with a target, or of a random file."""
    if draw.random() < 0.5:
        return random_file(draw.randrange(10**9)).raw
    n, mark = draw.choice([3, 30, 80]), draw.choice([",", ";", "\t"])
    lines = [mark.join(["a", "b", "t"])]
    for i in range(n):
        lines.append(
            mark.join(
                [f"{draw.gauss(0, 1):.3g}", draw.choice(["x", "y", "", '"z"']), draw.choice(["yes", "no", "yes", str(i % 2)])]
            )
        )
    return ("\n".join(lines) + "\n").encode()


def changed(draw, raw):
    """Return bytes with some of them other."""
    raw = bytearray(raw)
    for _ in range(draw.choice([0, 1, 1, 2, 5, 30])):
        place, how = draw.randrange(len(raw) + 1), draw.random()
        if how < 0.5:
            raw[place:place] = draw.choice(TOKENS)
        elif how < 0.7:
            raw[place : place + 1] = bytes([draw.randrange(256)])
        elif how < 0.85:
            del raw[place : place + draw.choice([1, 3, 100])]
        elif how < 0.95:
            end = draw.randrange(len(raw) + 1)
            raw[place:place] = raw[min(place, end) : max(place, end)][:4000]
        else:
            del raw[place:]
    if draw.random() < 0.15:
        packed = bytearray(draw.choice([gzip.compress, bz2.compress])(bytes(raw)))
        if draw.random() < 0.7:
            place = draw.randrange(len(packed))
            if draw.random() < 0.5:
                del packed[place:]
            else:
                packed[place] ^= 1 << draw.randrange(8)
        return bytes(packed)
    return bytes(raw)


def read(draw, path):
    """Read a file whole and in pieces."""
    options = {"header": draw.random() < 0.8, "delimiter": draw.choice([None, None, ",", draw.choice(DELIMITERS)])}
    options["encoding"] = draw.choice(["utf-8", "utf-8", draw.choice(ENCODINGS)])
    sizes = {"piece": draw.choice([1, 64, 1 << 20]), "block": draw.choice([50, 1 << 20]), "head": draw.choice([40, 1 << 18])}
    names = draw.choice([(), (), ("a",), ("b", "zz")])

    def call():
        with pieces_of(**sizes):
            table = read_table(path, **options, text=names, numbers=draw.random() < 0.9)
            for row in range(0, table.n_rows, 7):
                table.line(row)
            for rows in DelimitedReader(path, **options, text=names).batches():
                [column.cells() for column in rows.columns.values()]

    return f"{options} {sizes}", call


def command(draw, path):
    """Train, predict and evaluate, as the command does."""
    model = path.with_name("m")
    train = ["train", str(path), "--target", draw.choice(["t", "t", "a", "c1", "", "\0", "größe"]), "--model", str(model)]
    train += ["--epochs", "1", *draw.choice([[], [], ["--hidden", "2"], ["--no-header"], ["--json"], ["--optimizer", "ftrl"]])]
    train += draw.choice([[], [], ["--delimiter", draw.choice(DELIMITERS[:-1])], ["--encoding", draw.choice(ENCODINGS)]])
    for name in ("--drop", "--number", "--text", "--date", "--weight", "--id", "--groups", "--missing", "--validation"):
        if draw.random() < 0.06:
            train += [name, draw.choice(["a", "b", "t", "c1", "", str(path)])]
    for name in (
        "--decimal",
        "--thousands",
        "--alpha",
        "--eta0",
        "--max-categories",
        "--min-frequency",
        "--other-columns",
        "--cv",
    ):
        if draw.random() < 0.04:
            train += [name, draw.choice([",", ".", " ", "1", "0", "-1", "2", "nan", "1e300", "x", "auto"])]
    other = path.with_name("other.csv")
    other.write_bytes(changed(draw, path.read_bytes()) if draw.random() < 0.7 else path.read_bytes())
    again = [["predict", str(model), str(other)], ["evaluate", str(model), str(other)], ["inspect", str(model)]]

    def call():
        for arguments in (train, *again):
            run_command(arguments)

    return f"{train}", call


def run_command(arguments):
    """Run the command; it prints one line of an error, and no trace."""
    errors = io.StringIO()
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(output):
        try:
            code = main(arguments)
        except SystemExit as error:
            code = error.code
    lines = [line for line in errors.getvalue().splitlines() if "error:" in line]
    if code not in (0, 1, 2) or (code and len(lines) != 1) or "Traceback" in errors.getvalue():
        raise Finding(f"exit code {code} of {arguments}: {errors.getvalue()[-300:]}")
    if code == 1 and not lines[0].partition("error:")[2].strip():
        raise Finding(f"no message of {arguments}")


def case(draw):
    """Return what tells the case, and its call."""
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name, draw.choice(["t.csv", "t.csv", "t.csv.gz", "t.txt"]))
    raw = changed(draw, text(draw))
    path.write_bytes(raw)
    own = random.Random(draw.getrandbits(64))
    told, call = (read if draw.random() < 0.7 else command)(own, path)

    def within():
        with folder:
            call()

    return lambda: f"{told} {raw[:400]!r}", within

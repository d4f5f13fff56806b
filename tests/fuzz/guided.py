"""Coverage-guided fuzzing of what parses bytes: python -m tests.fuzz.guided {text,header,container} [--seconds N]

Needs atheris, which is no dependency of the package: ``make fuzz`` installs it. It starts from the small files of ``corpus``.
What it finds is written to ``crash-...`` in the working folder, and the program ends with an error.
"""

import argparse
import contextlib
import json
import sys
import tempfile
from pathlib import Path

import atheris

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))

with atheris.instrument_imports(include=["hotloop"]):
    from hotloop import load, load_estimator
    from hotloop.data.errors import DataError
    from hotloop.data.readers.delimited import read_table

from stored_models import read, write  # noqa: E402

FOLDER = Path(tempfile.mkdtemp())
ARRAYS = {}


def text(data):
    """Read a file of delimited text; the first byte says how."""
    path = FOLDER / "t.csv"
    path.write_bytes(data[1:])
    how = data[0] if data else 0
    encoding = ("utf-8", "latin-1", "utf-16", "utf-7")[how % 4]
    with contextlib.suppress(DataError):
        read_table(path, header=how & 4 == 0, delimiter=None if how & 8 == 0 else ",", encoding=encoding)


def header(data):
    """Load a model file of sound arrays, of the kind that the first byte tells, whose header is the rest."""
    from .models import stored

    if not ARRAYS:
        ARRAYS.update({number: of[1] for number, of in enumerate(stored().values())})
    path = FOLDER / "m"
    write(path, data[1:].decode(errors="replace"), ARRAYS[(data[0] if data else 0) % len(ARRAYS)])
    loaded(path)


def container(data):
    """Load a file of these bytes."""
    path = FOLDER / "m"
    path.write_bytes(data)
    loaded(path)


def loaded(path):
    """Load a file both ways."""
    for function in (load, load_estimator):
        with contextlib.suppress(ValueError):
            function(path)


def seeds(target, folder):
    """Write what a target starts from beside its corpus: the headers of files of each kind, or the files."""
    from .models import stored

    if target == "text":
        return
    for number, (_, _, raw) in enumerate(stored().values()):
        path = folder / f"{number}"
        path.write_bytes(raw)
        if target == "header":
            path.write_bytes(bytes([number]) + json.dumps(read(path)[0]).encode())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", choices=("text", "header", "container"))
    parser.add_argument("--seconds", type=int, default=60)
    arguments = parser.parse_args()
    new = Path(tempfile.mkdtemp())  # what is found on the way stays out of the corpus
    seeds(arguments.target, new)
    corpus = Path(__file__).with_name("corpus") / arguments.target
    options = [f"-max_total_time={arguments.seconds}", "-rss_limit_mb=4000", "-timeout=30", "-max_len=20000", "-verbosity=0"]
    folders = [str(new), *([str(corpus)] if corpus.is_dir() else [])]
    atheris.Setup([sys.argv[0], *options, *folders], {"text": text, "header": header, "container": container}[arguments.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()

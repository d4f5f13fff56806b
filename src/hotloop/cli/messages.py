"""What the command says beside its results: lines on the standard error, and numbers of things."""

import re
import sys

MOST_NOTES = 10


class Notes:
    """Notes on the pieces of a file: each once, with the numbers and examples of the first piece, and at most MOST_NOTES."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def tell(self, *texts: str) -> None:
        """Tell those that are new."""
        for text in texts:
            name, _, said = text.partition(": ")
            kind = name + re.sub(r"\(.*\)|'[^']*'|\d[\d,]* cells?|\d", "", said)
            if kind not in self._seen:
                self._seen.add(kind)
                if len(self._seen) <= MOST_NOTES:
                    note(text)
                elif len(self._seen) == MOST_NOTES + 1:
                    note("more columns have such notes")


def note(text: str) -> None:
    """Tell what the user should know."""
    print(f"hotloop: note: {text}", file=sys.stderr)


def warning(text: str) -> None:
    """Tell what is likely wrong."""
    print(f"hotloop: warning: {text}", file=sys.stderr)


def counted(number: int, thing: str) -> str:
    """Return "1 row", "1,000 rows"."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"

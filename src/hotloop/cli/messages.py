"""What the command says beside its results: lines on the standard error, and numbers of things."""

import sys


def note(text: str) -> None:
    """Tell what the user should know."""
    print(f"hotloop: note: {text}", file=sys.stderr)


def warning(text: str) -> None:
    """Tell what is likely wrong."""
    print(f"hotloop: warning: {text}", file=sys.stderr)


def counted(number: int, thing: str) -> str:
    """Return "1 row", "1,000 rows"."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"

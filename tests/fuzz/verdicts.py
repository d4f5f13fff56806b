"""What a case may do: return, or raise one of some errors with a plain message."""

import random
import re
import warnings
from pathlib import Path
from traceback import extract_tb

from hotloop.data.errors import DataError

ALLOWED = (ValueError, TypeError, FloatingPointError)

# MemoryError only as the check before a large array words it
ENOUGH = re.compile(r"needs .* GB, and .* GB are left")

# messages of the interpreter and of NumPy that say nothing about a parameter
INTERNAL = re.compile(
    r"not supported between|unsupported operand|is not (subscriptable|callable|iterable)|has no len|unhashable|"
    r"unexpected keyword|ufunc|bad operand|cannot unpack|object of type|positional argument|must be real number|"
    r"cannot be interpreted as an integer|list indices|slice indices|No loop matching|not understood"
)


class Finding(Exception):
    """What a case must not do."""


def drawn(entry, number):
    """Return what tells a case of an entry, and its call; the same number draws the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return entry.case(random.Random(f"{entry.__name__.rpartition('.')[2]} {number}"))


def judged(entry, number, *, lax=False):
    """Run a case; return (what it did, nothing or what is wrong with it).

    Parameters
    ----------
    entry : module
        Its ``case`` takes a ``random.Random`` and returns two callables: what tells the case, and the case.
    number : int
    lax : bool
        Whether a TypeError may have any message, as those of compiled functions do.
    """
    describe, call = drawn(entry, number)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", RuntimeWarning)
        warnings.filterwarnings("ignore", "invalid value encountered in matmul", RuntimeWarning)
        try:
            call()
        except ALLOWED as error:
            wrong = wrong_message(error, lax)
            return type_of(error), wrong and f"{wrong}: {error!r} {place_of(error)} of {describe()}"
        except MemoryError as error:
            return "MemoryError", None if ENOUGH.search(str(error)) else f"{error!r} {place_of(error)} of {describe()}"
        except BaseException as error:
            if inherited(error):
                return "returned", None
            return type(error).__name__, f"{error!r} {place_of(error)} of {describe()}"
    return "returned", None


def inherited(error):
    """Tell whether NumPy's or scikit-learn's own code raised it, in a method that an estimator inherits, such as ``score``."""
    lines = [frame.filename for frame in extract_tb(error.__traceback__)]
    return not place_of(error) and any("sklearn" in line for line in lines)


def place_of(error):
    """Return the last line of hotloop that an error has passed."""
    lines = [
        f"{Path(frame.filename).name}:{frame.lineno}"
        for frame in extract_tb(error.__traceback__)
        if "hotloop" in frame.filename
    ]
    return f"at {lines[-1]}" if lines else ""


def type_of(error):
    """Return the name of the error as the table has it."""
    kinds = (DataError, FloatingPointError, TypeError, ValueError)
    return next(kind.__name__ for kind in kinds if isinstance(error, kind))


def wrong_message(error, lax):
    """Return what is wrong with the message of an allowed error, or None."""
    if not str(error).strip():
        return "no message"
    own = "hotloop" in extract_tb(error.__traceback__)[-1].filename
    if own and not lax and isinstance(error, TypeError) and INTERNAL.search(str(error)):
        return "a message of the interpreter"
    return None

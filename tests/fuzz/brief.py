"""A value in one line, for a finding."""

from dataclasses import fields, is_dataclass

import numpy as np


def brief(value):
    """Return the value in short: of an array type, shape and, of few, the numbers."""
    if isinstance(value, np.ndarray):
        text = f"{type(value).__name__ if type(value) is not np.ndarray else ''}{value.dtype}{list(value.shape)}"
        order = "" if value.flags.c_contiguous else "F" if value.flags.f_contiguous else f"strides{value.strides}"
        few = value.reshape(-1).tolist() if 0 < value.size <= 6 else ""
        return f"{text}{order}{'' if value.flags.writeable else 'R'}{few}"
    if is_dataclass(value) and not isinstance(value, type):
        return f"{type(value).__name__}({', '.join(f'{one.name}={brief(getattr(value, one.name))}' for one in fields(value))})"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}({', '.join(map(brief, value[:9]))}{', ...' if len(value) > 9 else ''})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {brief(item)}' for key, item in list(value.items())[:9])}}}"
    text = " ".join(repr(value).split())
    return text if len(text) < 200 else f"{text[:200]}..."

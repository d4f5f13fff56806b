"""One thing of a valid argument made wrong: an array, a number, a word, an attribute of a struct."""

from dataclasses import fields, is_dataclass, replace

import numpy as np

NUMBERS = [0, -1, 1, 2, 7, 2**31 - 1, 2**31, -(2**31), 2**32, 2**53, 2**62, 2**63 - 1, -(2**63), 2**63, 2**64, 10**30]
FLOATS = [0.0, -0.0, -1.0, 0.5, 1.0, 1.5, 1e-320, 1e-45, 1e30, 3.5e38, 1e308, -1e308, np.inf, -np.inf, np.nan]
WORDS = ["", "x", "sgd", "auto", "NaN", "\0", "ß", "\ud800", "a" * 300, "softmax", "l1"]
OTHERS = [
    *(None, True, False, "", "x", b"", b"x", [], (), {}, [1], (1, 2), {"a": 1}, {1}, 1j, object(), Ellipsis, int, print),
    *(np.float32(1), np.float64("nan"), np.int64(3), np.bool_(True), np.str_("x"), np.datetime64("2020-01-01"), np.array(1.0)),
    *(np.zeros(0), np.zeros((2, 2)), np.ones(3, np.float32), np.array(["x"]), np.array([None]), np.ma.masked, slice(None)),
    *(range(3), memoryview(b"abcd"), bytearray(8), np.zeros((1, 1, 1, 1))),
]
DTYPES = [
    *("?", "b", "B", "h", "H", "i", "I", "q", "Q", "e", "f", "d", "g", "F", "D", "O", "S3", "U3", "M8[s]", "m8[s]", "V4"),
    *(">f8", ">f4", ">i4", ">i8", "f4,f8", "V0", "U0"),
]


def other_type(draw, a):
    """Return the array in another type, values aside where they have none in it."""
    dtype = np.dtype(draw.choice(DTYPES))
    try:
        with np.errstate(all="ignore"):
            return a.astype(dtype)
    except Exception:  # what has no numbers of that type
        return np.zeros(a.shape, dtype)


def longer(draw, a):
    """Return the array with one entry more along an axis."""
    axis = draw.randrange(a.ndim) if a.ndim else None
    if axis is None or a.shape[axis] == 0:
        return np.zeros([n + 1 for n in a.shape], a.dtype)
    return np.concatenate([a, a.take([-1], axis)], axis)


def shorter(draw, a):
    """Return the array cut along an axis: by one, to one, to none."""
    if not a.ndim:
        return a[None][:0]
    place = [slice(None)] * a.ndim
    place[draw.randrange(a.ndim)] = draw.choice([slice(None, -1), slice(1, None), slice(0, 1), slice(0, 0)])
    return a[tuple(place)].copy(draw.choice("CF"))


def off_place(a):
    """Return the array at an odd address."""
    memory = np.zeros(a.nbytes + 1, np.uint8)
    found = memory[1 : 1 + a.nbytes].view(a.dtype).reshape(a.shape)
    found[...] = a
    return found


def other_strides(draw, a):
    """Return a view that lies otherwise in memory."""
    how = draw.randrange(7)
    if how == 0 and a.ndim:
        return a[(slice(None, None, -1),) * a.ndim]
    if how == 1 and a.ndim:
        return np.repeat(a, 2, draw.randrange(a.ndim))[tuple(slice(None, None, 2) for _ in a.shape)]
    if how == 2:
        return np.broadcast_to(a.reshape(-1)[:1].reshape((1,) * a.ndim), a.shape) if a.size else a
    if how == 3 and not a.dtype.hasobject and a.dtype.itemsize:
        return off_place(a)
    if how == 4:
        return a.T
    return np.asfortranarray(a) if how == 5 else np.ascontiguousarray(a.T).T


def other_shape(draw, a):
    """Return the numbers in another number of dimensions."""
    return draw.choice([a[None], a[..., None], a.reshape(-1), a.reshape(-1)[:1].reshape(a.shape[:0] + (-1,)), a[None, None]])


def odd_values(draw, a):
    """Return a copy with one entry, or all, that is odd."""
    a = np.array(a, order="K")
    if not a.size or a.dtype.kind not in "fiubc":
        return a
    values = FLOATS if a.dtype.kind in "fc" else [n for n in NUMBERS if _fits(n, a.dtype)] or [1]
    with np.errstate(all="ignore"):
        if draw.random() < 0.2:
            a[...] = draw.choice(values)
        else:
            a.flat[draw.randrange(a.size)] = draw.choice(values)
    return a


def _fits(n, dtype):
    return dtype.kind == "b" or np.iinfo(dtype).min <= n <= np.iinfo(dtype).max


def mixed_values(draw, a):
    """Return the entries in another order, or the bytes of other numbers."""
    if not a.size or a.dtype.kind not in "fiub":
        return a
    generator = np.random.default_rng(draw.getrandbits(32))
    if draw.random() < 0.7:
        return generator.permutation(a.reshape(-1)).reshape(a.shape)
    bits = generator.integers(0, 2 if a.dtype.kind == "b" else 256, a.nbytes, np.uint8)
    return np.frombuffer(bits.tobytes(), a.dtype).reshape(a.shape).copy()


def other_container(draw, a):
    """Return what is no plain array but holds its numbers."""
    how = draw.randrange(7)
    if how == 0:
        return a.tolist()
    if how == 1:
        return np.ma.masked_array(a, mask=np.ones(a.shape, bool) if draw.random() < 0.5 else False)
    if how == 2 and a.ndim == 2:
        return np.matrix(a)
    if how == 3 and a.dtype.kind in "fiub" and a.flags.c_contiguous and a.dtype.isnative and a.dtype != np.longdouble:
        return memoryview(a)
    if how == 4:
        a = a.copy()
        a.flags.writeable = False
        return a
    if how == 5:
        return a.reshape(-1)[0] if a.size else np.array(0.0)
    return draw.choice(OTHERS)


ARRAY_DAMAGES = [other_type, longer, shorter, other_strides, other_shape, odd_values, odd_values, mixed_values, other_container]


def damaged(draw, value):
    """Return the value with one thing wrong, in it or of it; it may be right by chance."""
    if is_dataclass(value) and not isinstance(value, type) and draw.random() < 0.95:
        name = draw.choice([one.name for one in fields(value)])
        return replace(value, **{name: damaged(draw, getattr(value, name))})
    if isinstance(value, list | tuple) and value and draw.random() < 0.9:
        place, items = draw.randrange(len(value)), list(value)
        items[place : place + 1] = draw.choice([[damaged(draw, items[place])]] * 6 + [[], [items[place]] * 2])
        return type(value)(items)
    if isinstance(value, np.ndarray):
        try:
            return draw.choice(ARRAY_DAMAGES)(draw, value)
        except (ValueError, TypeError, OverflowError):  # what an earlier damage has left is no plain array
            return np.zeros(value.shape)
    if draw.random() < 0.3:
        return draw.choice(OTHERS)
    if isinstance(value, bool):
        return draw.choice([not value, 2, -1, 0.5, None])
    if isinstance(value, int):
        return draw.choice([*NUMBERS, value + 1, value - 1, float(value), value + 0.5])
    if isinstance(value, float):
        return draw.choice([*FLOATS, int(value) if abs(value) < 1e300 else 0, -value])
    if isinstance(value, bytes) and value:
        place = draw.randrange(len(value))
        return value[:place] + bytes([draw.randrange(256)]) + value[place + draw.choice([0, 1, 1, 5]) :]
    if isinstance(value, str):
        return draw.choice([*WORDS, value + "x", value.upper(), value[:-1]])
    if value is None:
        return draw.choice([np.zeros(1), np.zeros((1, 1)), np.zeros(draw.randrange(9)), 0, "x"])
    return draw.choice(OTHERS)

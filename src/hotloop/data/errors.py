"""Errors that name the place in the data they come from."""


class DataError(ValueError):
    """The data cannot be used as it is.

    The one-line message says where (file and line, or row, and column), what was found and what was
    expected.
    """

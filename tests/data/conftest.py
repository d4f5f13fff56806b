"""``write``: a file of given bytes."""

import pytest


@pytest.fixture
def write(tmp_path):
    def write(content, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write

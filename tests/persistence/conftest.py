"""A path to write a file to."""

import pytest


@pytest.fixture
def path(tmp_path):
    return tmp_path / "m.safetensors"

"""Benchmarks. One thread each: the variables must be set before numpy is imported. The cases are those of the tests."""

import os
import sys
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"
sys.path.append(str(Path(__file__).parents[1] / "tests"))

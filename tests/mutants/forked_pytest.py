"""Run pytest in a fork of a process that has imported the libraries already: their import takes longer than most tests."""

import multiprocessing
import os
import signal
import sys

import pytest

LIBRARIES = (
    "hypothesis",
    "numpy",
    "safetensors.numpy",
    "scipy.sparse",
    "sklearn.linear_model",
    "pandas",
    "pyarrow.csv",
    "rich",
)
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no")
MOST_SECONDS = 120  # of one test; some mutants loop for ever
PASSED = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["pytest", *LIBRARIES])


def first_failure(folder, environment, backend, tests):
    """Return the name of the first test that fails, crashes or does not end, or None where all pass.

    Parameters
    ----------
    folder : Path
        Where pytest runs; hotloop is taken from its ``src``.
    environment : dict
        All environment variables.
    backend : str
        The backend that the tests run on.
    tests : str
        A file or a test of it, from ``folder`` on.
    """
    received, sent = _forks.Pipe(duplex=False)
    process = _forks.Process(target=_run, args=(folder, environment, ["--backend", backend, tests], sent))
    process.start()
    sent.close()
    running, code = tests, None
    try:
        while code is None and received.poll(MOST_SECONDS):
            running, code = received.recv()
    except EOFError:
        pass
    if code is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.join()
    return None if code in PASSED else running


def _run(folder, environment, options, sent):
    """Send (test, None) for each test that starts, and (the last of these, the exit code) at the end."""
    os.setpgid(0, 0)  # a kill takes what the tests have started, too
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path.insert(0, f"{folder}/src")
    sys.dont_write_bytecode = True
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    reporter = _Reporter(sent, options[-1])
    sent.send((reporter.running, None))
    code = pytest.main([*OPTIONS, *options], plugins=[reporter])
    sent.send((reporter.running, int(code)))


class _Reporter:
    """Plugin of pytest that sends the name of each test as it starts."""

    def __init__(self, sent, tests):
        self._sent = sent
        self.running = tests

    def pytest_runtest_logstart(self, nodeid):
        self.running = nodeid
        self._sent.send((nodeid, None))

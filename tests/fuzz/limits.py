"""What a process that fuzzes may take: memory and time."""

import resource
import signal
from contextlib import contextmanager

MEMORY = 3 << 30  # bytes beyond what the process has: a small input must not ask for more
SECONDS = 60  # of a case


@contextmanager
def in_time():
    """Raise TimeoutError within what takes too long."""

    def stop(number, frame):
        raise TimeoutError(f"longer than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def limited():
    """Bound the memory."""
    with open("/proc/self/statm", encoding="ascii") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)

"""Tasks done ahead, on other threads, in the order in which their results are wanted."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(tasks: Iterable[Callable[[], T]], n_threads: int) -> Iterator[T]:
    """Yield the result of each task; with several threads up to that many tasks beyond it are begun.

    An error of ``tasks`` itself comes behind the results of the tasks before it.
    """
    if n_threads == 1:
        yield from (task() for task in tasks)
        return
    with ThreadPoolExecutor(n_threads) as pool:
        begun: deque[Future[T]] = deque()
        coming = iter(tasks)
        while True:
            try:
                begun.append(pool.submit(next(coming)))
            except Exception as stopped:
                error = stopped
                break
            if len(begun) > n_threads:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
        if not isinstance(error, StopIteration):
            raise error

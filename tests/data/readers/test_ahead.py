"""Tasks done ahead, in order."""

import threading

import pytest

from hotloop.data.readers.ahead import ahead

pytestmark = pytest.mark.no_backend


@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_results_come_in_order(n_threads):
    assert list(ahead((lambda i=i: i * i for i in range(20)), n_threads)) == [i * i for i in range(20)]


def test_one_thread_does_each_task_when_asked():
    begun = []
    results = ahead((lambda i=i: begun.append(i) for i in range(9)), 1)
    next(results)
    assert begun == [0]


def test_two_tasks_run_at_once():
    meet = threading.Barrier(2, timeout=60)
    assert len(list(ahead([meet.wait, meet.wait], 2))) == 2


def test_no_task_is_begun_far_ahead():
    asked = []

    def tasks():
        for i in range(20):
            asked.append(i)
            yield lambda i=i: i

    results = ahead(tasks(), 3)
    assert next(results) == 0
    assert len(asked) == 4


@pytest.mark.parametrize("n_threads", [1, 2])
def test_an_error_comes_in_its_turn(n_threads):
    results = ahead([lambda: 1, lambda: 1 // 0, lambda: 3], n_threads)
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_an_error_of_the_tasks_comes_behind_the_results(n_threads):
    def tasks():
        yield from (lambda i=i: i for i in range(4))
        raise KeyError

    results = ahead(tasks(), n_threads)
    assert [next(results) for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(KeyError):
        next(results)

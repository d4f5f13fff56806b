"""The two-layer network: the threads of a pass, which share the hidden units.

The main loop finds the blocks of rows and decides by their times how many threads take the next one. The outputs are summed over tiles
of a fixed size, so the bits do not depend on the number of threads.
"""
from cython cimport floating

from hotloop.kernels.rows.steps cimport OK, Status
from hotloop.kernels.threads.pool cimport pool_barrier, pool_clock, pool_run, pool_size, suspend_threads, thread_pool
from hotloop.kernels.two_layer.block cimport Block, Work, multiply_by_scale, next_block, take_steps

cdef enum:
    ALONE = 3    # blocks that the main thread takes alone before the workers join
    WARM_UP = 2  # blocks after which the workers have what they need in their caches


cdef struct Trial:
    # Whether the workers make the pass faster.
    int alone             # blocks that the main thread takes alone before the workers join
    int tried             # blocks of all threads
    double best_alone     # seconds
    double together       # seconds, moving average


cdef bint slower_together(Trial *trial, bint alone, double seconds) noexcept nogil:
    """Take the time of a block, of the main thread alone or of all threads; returns whether the main thread alone is faster."""
    if alone:
        trial.best_alone, trial.alone = min(trial.best_alone, seconds), trial.alone - 1
        return False
    trial.tried += 1
    if trial.tried <= WARM_UP:
        return False
    # one late block, as when the CPU takes an interrupt, decides nothing
    if trial.together == 0.0:
        trial.together = seconds
    else:
        trial.together = 0.875 * trial.together + 0.125 * min(seconds, 3 * trial.best_alone)
    return trial.together > trial.best_alone


cdef void go_on(thread_pool *pool) noexcept nogil:
    """What a thread does that is alone where several would wait for each other."""


cdef void wait_for_all(thread_pool *pool) noexcept nogil:
    pool_barrier(pool)


cdef void shut_down(Work *work) noexcept nogil:
    """Let the worker loops end."""
    work.over = True
    pool_barrier(work.pool)


cdef void worker_loop(Work *work, int rank, floating tag) noexcept nogil:
    """What every thread but the first does in a pass."""
    cdef const Block *block
    cdef double scale
    cdef Py_ssize_t since
    cdef Status status
    while True:
        pool_barrier(work.pool)
        if work.over:
            return
        block = &work.blocks[work.parity]  # the main loop passes a barrier of this block before it finds the next one
        scale, since = block.scale, block.since
        status = take_steps(work, block, rank, &scale, &since, tag)
        if block.final_barrier or status != OK:
            pool_barrier(work.pool)


cdef void main_loop(Work *work, floating tag) noexcept nogil:
    """What the first thread does in a pass: find the blocks, and decide whether the workers take part.

    Where the workers come late, since their CPUs are busy with something else, the main thread goes on alone, and threads are suspended
    for so long that the attempt has cost a fiftieth.
    """
    cdef Block *block
    cdef Py_ssize_t since = 0
    cdef double scale = 1.0, start = 0.0, seconds
    cdef Trial trial = Trial(ALONE, 0, 1e300, 0.0)
    cdef int n_threads = pool_size(work.pool) if work.n_panels > 1 else 1
    cdef bint several = n_threads > 1
    while work.status == OK:
        work.parity = 1 - work.parity
        block = &work.blocks[work.parity]
        if several:
            start = pool_clock()
        next_block(work, block, work.parity, tag)
        if not block.rows.n:
            break
        block.scale, block.since = scale, since
        block.n_threads, block.wait = 1, go_on
        if several and not trial.alone:
            block.n_threads, block.wait = n_threads, wait_for_all
        block.final_barrier = trial.tried <= WARM_UP
        if block.n_threads > 1:
            pool_barrier(work.pool)
        work.status = take_steps(work, block, 0, &scale, &since, tag)
        if block.n_threads > 1 and (block.final_barrier or work.status != OK):
            pool_barrier(work.pool)
        if several:
            seconds = pool_clock() - start
            if slower_together(&trial, block.n_threads == 1, seconds):
                suspend_threads(start + seconds + 50 * (WARM_UP + 1) * max(seconds, trial.together))
                shut_down(work)
                several = False
    if several:
        shut_down(work)
    multiply_by_scale(work, 1, 0, &scale, tag)


cdef void run_f32(void *work, int rank) noexcept nogil:
    if rank == 0:
        main_loop(<Work *>work, <float>0)
    else:
        worker_loop(<Work *>work, rank, <float>0)


cdef void run_f64(void *work, int rank) noexcept nogil:
    if rank == 0:
        main_loop(<Work *>work, <double>0)
    else:
        worker_loop(<Work *>work, rank, <double>0)


cdef void run_pass(Work *work, Py_ssize_t itemsize) noexcept nogil:
    """Train on the rows of all steps, with a thread for each panel; work.pool becomes their pool."""
    cdef thread_pool pool
    work.pool = &pool
    if work.n_panels > 1:
        pool_run(&pool, work.n_panels, run_f32 if itemsize == sizeof(float) else run_f64, work)
    elif itemsize == sizeof(float):
        run_f32(work, 0)
    else:
        run_f64(work, 0)

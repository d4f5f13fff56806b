"""Whether several threads pay at the moment: state of the process, which every kernel with threads shares. No result depends on it."""

cdef pool_time suspended_until = 0.0


cdef int allowed_threads(int n) noexcept nogil:
    """Return how many threads a kernel may use that asks for n: 1 while threads are suspended."""
    return max(1, min(n, <int>MAX_THREADS)) if pool_clock() >= suspended_until else 1


cdef void suspend_threads(double until) noexcept nogil:
    """Allow one thread only until that time of pool_clock, since other threads came late: their CPUs are busy with something else."""
    global suspended_until
    suspended_until = until

# Threads for the length of one call, and whether they pay on this machine at the moment.
cdef extern from "threads/pool.h" nogil:
    enum:
        MAX_THREADS
    struct thread_pool:
        pass
    ctypedef double pool_time
    void pool_barrier(thread_pool *)
    int pool_size(thread_pool *)
    void pool_run(thread_pool *, int, void (*)(void *, int) noexcept nogil, void *)
    double pool_clock()


cdef int allowed_threads(int n) noexcept nogil
cdef void suspend_threads(double until) noexcept nogil

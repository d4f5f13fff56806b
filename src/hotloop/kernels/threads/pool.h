/* A pool of threads for the length of one call. No thread outlives the call, so a fork between two calls finds no threads and no
   locks. Creating and joining a thread costs some 20 us, where a call takes 20 ms. */
#ifndef HOTLOOP_POOL_H
#define HOTLOOP_POOL_H
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

enum { MAX_THREADS = 64, SPINS = 4000 /* some 10 us, before others get the CPU */ };

struct thread_pool {
    void (*function)(void *argument, int rank);
    void *argument;
    atomic_int n_threads; /* the calling thread included */
    /* each in a cache line of its own: a thread that waits reads round, a thread that arrives writes arrived */
    _Alignas(64) atomic_int arrived;
    _Alignas(64) atomic_uint round; /* may wrap */
};

/* A time of pool_clock that any thread may change while others read it. */
typedef _Atomic double pool_time;

struct pool_worker {
    struct thread_pool *pool;
    int rank;
};

/* Return when all threads have arrived here. */
static inline void pool_barrier(struct thread_pool *pool)
{
    const unsigned round = atomic_load_explicit(&pool->round, memory_order_relaxed);
    const int before = atomic_fetch_add_explicit(&pool->arrived, 1, memory_order_acq_rel);
    if (before == atomic_load(&pool->n_threads) - 1) {
        atomic_store_explicit(&pool->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&pool->round, round + 1, memory_order_release);
        return;
    }
    for (long spins = 0; atomic_load_explicit(&pool->round, memory_order_acquire) == round; spins++) {
        if (spins < SPINS) {
#if defined(__x86_64__)
            __builtin_ia32_pause();
#endif
        } else if (spins < 2 * SPINS) {
            sched_yield();
        } else {
            const struct timespec pause = {0, 50000};
            nanosleep(&pause, NULL);
        }
    }
}

static void *pool_worker_start(void *given)
{
    const struct pool_worker *worker = given;
    pool_barrier(worker->pool);
    worker->pool->function(worker->pool->argument, worker->rank);
    return NULL;
}

/* Run function(argument, rank) for the ranks 0 to n - 1 at once, rank 0 in the calling thread. There are fewer ranks where the system
   creates no more threads. */
static inline void pool_run(struct thread_pool *pool, int n, void (*function)(void *, int), void *argument)
{
    pthread_t threads[MAX_THREADS];
    struct pool_worker workers[MAX_THREADS];
    int created = 1;
    if (n > MAX_THREADS) n = MAX_THREADS;
    pool->function = function, pool->argument = argument;
    atomic_init(&pool->n_threads, n);
    atomic_init(&pool->arrived, 0);
    atomic_init(&pool->round, 0);
    for (; created < n; created++) {
        workers[created].pool = pool, workers[created].rank = created;
        if (pthread_create(&threads[created], NULL, pool_worker_start, &workers[created])) break;
    }
    atomic_store(&pool->n_threads, created); /* those that wait at the barrier already need rank 0 to go on */
    pool_barrier(pool);
    function(argument, 0);
    for (int rank = 1; rank < created; rank++) pthread_join(threads[rank], NULL);
}

/* Threads of the pool, for a function that it runs. */
static inline int pool_size(struct thread_pool *pool)
{
    return atomic_load(&pool->n_threads);
}

/* Seconds of a clock that only moves forward. */
static inline double pool_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + 1e-9 * now.tv_nsec;
}
#endif

/* Drives the pool of threads under ThreadSanitizer, which reports every access that no barrier orders: `make sanitize`. Ends with 0 where
   every sum is right. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pthread.h>

static _Thread_local int creatable = 1000; /* threads that the system has left for this thread */

static int create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    return creatable-- > 0 ? pthread_create(thread, attributes, start, argument) : 11;
}
#define pthread_create create
#include "threads/pool.h"
#undef pthread_create

enum { ROUNDS = 50 };

/* What the threads of one call share, without any atomic: the barriers must order all of it. */
struct work {
    struct thread_pool pool;
    long written[MAX_THREADS];
    long total;
    int depth;
};

static void check(int holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "not so: %s\n", what);
    exit(1);
}

static long run(int n_threads, int depth);

/* Each thread writes its own number, rank 0 adds up those of all, each thread reads the sum. */
static void add_up(void *argument, int rank)
{
    struct work *work = argument;
    const int n = pool_size(&work->pool);
    for (long round = 1; round <= ROUNDS; round++) {
        work->written[rank] = round * (rank + 1);
        pool_barrier(&work->pool);
        if (rank == 0) {
            work->total = 0;
            for (int i = 0; i < n; i++) work->total += work->written[i];
        }
        pool_barrier(&work->pool);
        check(work->total == round * n * (n + 1) / 2, "the sum is that of all threads");
    }
    if (work->depth) check(run(3, work->depth - 1) == ROUNDS * 6, "a pool within a thread of another");
}

/* Return the last sum. */
static long run(int n_threads, int depth)
{
    struct work work = {.depth = depth};
    pool_run(&work.pool, n_threads, add_up, &work);
    return work.total;
}

static void *submit(void *unused)
{
    (void)unused;
    for (int n = 1; n <= 4; n++) check(run(n, 0) == ROUNDS * n * (n + 1) / 2, "a pool beside others");
    return NULL;
}

int main(void)
{
    pthread_t submitters[4];
    int status;
    for (int i = 0; i < 4; i++) check(!pthread_create(&submitters[i], NULL, submit, NULL), "a thread starts");
    for (int i = 0; i < 4; i++) pthread_join(submitters[i], NULL);
    check(run(2, 1) == ROUNDS * 3, "a pool that holds others");
    check(run(MAX_THREADS + 1, 0) == ROUNDS * MAX_THREADS * (MAX_THREADS + 1) / 2, "never more threads than the most");
    for (creatable = 3; creatable > 0;) {
        const int n = creatable + 1;
        check(run(6, 0) == ROUNDS * n * (n + 1) / 2, "fewer threads where the system creates no more");
        creatable = n - 2;
    }
    creatable = 1000;
    const pid_t child = fork();
    if (child == 0) exit(run(3, 0) != ROUNDS * 6);
    check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0, "a pool behind a fork");
    puts("the pool of threads: no race");
    return 0;
}

/* A team of threads for the length of one call: nothing outlives it, so a fork between calls finds no threads and no locks.
   Creating and joining a thread costs some 20 us, where a call takes 20 ms. */
#ifndef HOTLOOP_TEAM_H
#define HOTLOOP_TEAM_H
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

enum { MOST_THREADS = 64, SPINS = 4000 /* some 10 us, before others get the CPU */ };

struct team {
    void (*work)(void *what, int rank);
    void *what;
    atomic_int n; /* threads, the caller's among them */
    /* each in a cache line of its own: who waits reads one of them, who comes writes the other */
    _Alignas(64) atomic_int arrived;
    _Alignas(64) atomic_int round;
};

struct member {
    struct team *team;
    int rank;
};

/* Return when all n threads have come here. */
static inline void team_meet(struct team *team)
{
    const int round = atomic_load_explicit(&team->round, memory_order_relaxed);
    const int before = atomic_fetch_add_explicit(&team->arrived, 1, memory_order_acq_rel);
    if (before == atomic_load(&team->n) - 1) {
        atomic_store_explicit(&team->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&team->round, round + 1, memory_order_release);
        return;
    }
    for (long spins = 0; atomic_load_explicit(&team->round, memory_order_acquire) == round; spins++) {
        if (spins < SPINS) {
#if defined(__x86_64__)
            __builtin_ia32_pause();
#endif
        } else if (spins < 2 * SPINS) {
            sched_yield();
        } else {
            const struct timespec a_moment = {0, 50000};
            nanosleep(&a_moment, NULL);
        }
    }
}

static void *team_member(void *given)
{
    const struct member *member = given;
    team_meet(member->team);
    member->team->work(member->team->what, member->rank);
    return NULL;
}

/* Run work(what, rank) for the ranks 0 to n - 1 at once, rank 0 in this thread; with fewer where the system gives no more threads. */
static inline void team_run(struct team *team, int n, void (*work)(void *, int), void *what)
{
    pthread_t threads[MOST_THREADS];
    struct member members[MOST_THREADS];
    int made = 1;
    if (n > MOST_THREADS) n = MOST_THREADS;
    team->work = work, team->what = what;
    atomic_init(&team->n, n);
    atomic_init(&team->arrived, 0);
    atomic_init(&team->round, 0);
    for (; made < n; made++) {
        members[made].team = team, members[made].rank = made;
        if (pthread_create(&threads[made], NULL, team_member, &members[made])) break;
    }
    atomic_fetch_add(&team->arrived, n - made); /* in place of those that could not be made */
    team_meet(team);
    atomic_store(&team->n, made); /* before rank 0 meets anybody in work */
    work(what, 0);
    for (int rank = 1; rank < made; rank++) pthread_join(threads[rank], NULL);
}

/* Threads that there are, from within work. */
static inline int team_size(struct team *team)
{
    return atomic_load(&team->n);
}

/* Seconds of a clock that only moves forward. */
static inline double team_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + 1e-9 * now.tv_nsec;
}
#endif

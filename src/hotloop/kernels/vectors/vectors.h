/* The vector primitives of the kernels: one table of functions for each instruction-set level.
   level.h holds the code, written once; baseline.c, x86_64_v3.c and x86_64_v4.c compile it; choose.c picks one. */
#ifndef HOTLOOP_VECTORS_H
#define HOTLOOP_VECTORS_H
#include <stddef.h>

/* What the recurrence knows of a group of rows, and the margins it finds. A row of weight 0 has step 0, keep 1, counted 0. */
enum { GROUP = 256 };
struct group {
    double sign[GROUP];    /* 1 for y = 0, -1 for y = 1 */
    double weight[GROUP];  /* of the loss */
    double step[GROUP];    /* eta weight */
    double keep[GROUP];    /* 1 - eta alpha */
    double counted[GROUP]; /* whether the iterate after it counts in the average */
    double margin[GROUP];  /* found: sign times margin */
};

#define PRIMITIVES(REAL)                                                                                                           \
    /* sum_j x_j y_j */                                                                                                            \
    REAL (*dot)(ptrdiff_t n, const REAL *x, const REAL *y);                                                                        \
    /* w_j <- c w_j + d x_j */                                                                                                     \
    void (*scale_add)(ptrdiff_t n, REAL c, REAL *w, REAL d, const REAL *x);                                                        \
    /* total_j <- total_j + w_j */                                                                                                 \
    void (*accumulate)(ptrdiff_t n, const REAL *w, double *total);                                                                 \
    /* z_j = (x_j - center_j) scale_j                                                            (LR-9) */                         \
    void (*standardize)(ptrdiff_t n, const REAL *x, const REAL *center, const REAL *scale, REAL *z);                               \
    /* One block of four rows in one pass. It finishes the block before, rows p:                                                   \
           total <- total + c[5] w + sum_i c[6 + i] p_i (unless total is NULL), w <- c[0] w + sum_i c[1 + i] p_i,                  \
       and takes of the rows q, with that w, the dots q_i . w and the Gram entries q_0.q_1, q_0.q_2, q_0.q_3, q_1.q_2,             \
       q_1.q_3, q_2.q_3: r[0..3], r[4..9]. The rows `ahead` are fetched into the cache. */                                         \
    void (*block)(ptrdiff_t n, REAL *w, double *total, const REAL *c, const REAL *const *p, const REAL *const *q,                  \
                  const REAL *const *ahead, REAL *r);                                                                              \
    /* The first half of `block` alone, to the same bits. */                                                                       \
    void (*finish)(ptrdiff_t n, REAL *w, double *total, const REAL *c, const REAL *const *p);                                      \
    /* The recurrence inside a block, (LR-12): from r the margins and gradients of rows s to s + 3, one after the other, and from  \
       these the c of `block`. Returns -1, or the row of which the margin is not finite. */                                        \
    int (*recurrence)(const REAL *r, struct group *rows, ptrdiff_t s, double *b, double *b_total, REAL *c);                        \
    /* p_j = exp(m_j), at most 3 units in the last place off for |m_j| <= 700 (double) or 85 (float) */                            \
    void (*exponential)(ptrdiff_t n, const REAL *m, REAL *p);                                                                      \
    /* p_j = 1 / (1 + exp(-m_j)), at most 4 units in the last place off                          (LR-2) */                         \
    void (*logistic)(ptrdiff_t n, const REAL *m, REAL *p)

struct vectors_f32 { PRIMITIVES(float); };
struct vectors_f64 { PRIMITIVES(double); };
struct vectors {
    const char *level;
    /* *loss <- *loss + weight times loss of the first n rows, n a multiple of 8, four by four; overwrites the margins (LR-3) */
    void (*losses)(ptrdiff_t n, struct group *rows, double *loss);
    struct vectors_f32 f32;
    struct vectors_f64 f64;
};

/* The table of a level by name ("baseline", "x86-64-v3", "x86-64-v4"); NULL where this build or this CPU lacks it. */
const struct vectors *vectors_of_level(const char *level);

#endif

/* The vector primitives of the kernels: one table of functions for each instruction-set level.
   level.h holds the code, written once; baseline.c, x86_64_v3.c and x86_64_v4.c compile it; choose.c picks one. */
#ifndef HOTLOOP_VECTORS_H
#define HOTLOOP_VECTORS_H
#include <stddef.h>

#define PRIMITIVES(REAL)                                                                                     \
    /* sum_j x_j y_j */                                                                                      \
    REAL (*dot)(ptrdiff_t n, const REAL *x, const REAL *y);                                                  \
    /* w_j <- c w_j + d x_j */                                                                               \
    void (*scale_add)(ptrdiff_t n, REAL c, REAL *w, REAL d, const REAL *x);                                  \
    /* total_j <- total_j + w_j */                                                                           \
    void (*accumulate)(ptrdiff_t n, const REAL *w, double *total);                                           \
    /* z_j = (x_j - center_j) scale_j                                                            (LR-9) */   \
    void (*standardize)(ptrdiff_t n, const REAL *x, const REAL *center, const REAL *scale, REAL *z);         \
    /* p_j = exp(m_j), at most 2 units in the last place off for |m_j| <= 700 (double) or 85 (float) */      \
    void (*exponential)(ptrdiff_t n, const REAL *m, REAL *p);                                                \
    /* p_j = 1 / (1 + exp(-m_j)), at most 4 units in the last place off                          (LR-2) */   \
    void (*logistic)(ptrdiff_t n, const REAL *m, REAL *p)

struct vectors_f32 { PRIMITIVES(float); };
struct vectors_f64 { PRIMITIVES(double); };
struct vectors {
    const char *level;
    struct vectors_f32 f32;
    struct vectors_f64 f64;
};

/* The table of a level by name ("baseline", "x86-64-v3", "x86-64-v4"); NULL where this build or this CPU lacks it. */
const struct vectors *vectors_of_level(const char *level);

#endif

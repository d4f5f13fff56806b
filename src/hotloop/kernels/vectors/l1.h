/* Steps with an L1 penalty, (LR-16) and (LR-17), for one REAL type: included by level.h. */

/* A difference is rounded to REAL once: many small parts of the penalty, each below half a unit of a large weight, still count, as
   those of the row and the penalty together are rounded up as often as down. */
static inline REAL NAME(shrunk_step)(REAL w, REAL d, REAL l1)
{
    const REAL moved = w + d, size = moved < 0 ? -moved : moved;
    return size > l1 ? w + (d - (moved < 0 ? -l1 : l1)) : 0;
}

static void NAME(shrink_step)(
    ptrdiff_t n, ptrdiff_t width, REAL l1, REAL l2, const REAL *restrict c, const REAL *restrict x, REAL *restrict W)
{
    if (width == 1) {
        const REAL along = c[0];
        for (ptrdiff_t j = 0; j < n; j++) W[j] = NAME(shrunk_step)(W[j], along * x[j] - l2 * W[j], l1);
    } else
        for (ptrdiff_t j = 0; j < n; j++)
            for (ptrdiff_t i = 0; i < width; i++) {
                REAL *w = W + j * width + i;
                *w = NAME(shrunk_step)(*w, c[i] * x[j] - l2 * *w, l1);
            }
}

/* What rounding to REAL keeps from a weight, or takes off too much, stays owed. */
static inline void NAME(catch_up_one)(double shrinks, REAL *w, double *shrunk)
{
    const double size = *w < 0 ? -(double)*w : (double)*w, left = size - (shrinks - *shrunk);
    const int some = size > 0 && left > 0;
    const REAL now = some ? (REAL)left : 0;
    *w = *w < 0 ? -now : now;
    *shrunk = some ? shrinks + (left - (double)now) : shrinks;
}

static void NAME(catch_up)(ptrdiff_t n, ptrdiff_t width, const int32_t *at, double shrinks, REAL *restrict W, double *restrict shrunk)
{
    if (width == 1)
        for (ptrdiff_t j = 0; j < n; j++) NAME(catch_up_one)(shrinks, W + at[j], shrunk + at[j]);
    else
        for (ptrdiff_t j = 0; j < n; j++)
            for (ptrdiff_t i = at[j] * width; i < (at[j] + 1) * width; i++) NAME(catch_up_one)(shrinks, W + i, shrunk + i);
}

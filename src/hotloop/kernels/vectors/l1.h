/* Steps with an L1 penalty, (LR-16) and (LR-17), for one REAL type: included by primitives.h. */

/* A difference is rounded to REAL once, of the step of the row and the penalty together. It is rounded up as often as down, so many
   small penalties count, though each is below half a unit in the last place of a large weight. */
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

/* The part of the penalty that rounding to REAL leaves out, or applies too much, stays due. */
static inline void NAME(apply_l1_to)(double shrinks, REAL *w, double *shrunk)
{
    const double size = *w < 0 ? -(double)*w : (double)*w, left = size - (shrinks - *shrunk);
    const int remains = size > 0 && left > 0;
    const REAL now = remains ? (REAL)left : 0;
    *w = *w < 0 ? -now : now;
    *shrunk = remains ? shrinks + (left - (double)now) : shrinks;
}

static void NAME(apply_l1)(ptrdiff_t n, ptrdiff_t width, const int32_t *at, double shrinks, REAL *restrict W, double *restrict shrunk)
{
    if (width == 1)
        for (ptrdiff_t j = 0; j < n; j++) NAME(apply_l1_to)(shrinks, W + at[j], shrunk + at[j]);
    else
        for (ptrdiff_t j = 0; j < n; j++)
            for (ptrdiff_t i = at[j] * width; i < at[j] * width + width; i++) NAME(apply_l1_to)(shrinks, W + i, shrunk + i);
}

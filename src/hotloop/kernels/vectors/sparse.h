/* Rows given by their non-zeros, for one REAL type: x_j at column at_j, j < n, no column twice; x NULL is a row of ones. Included
   by primitives.h after blocks.h. Sums run in a fixed order. */

/* Makes the compiler hold four numbers in four registers, instead of packing them into a vector. */
#if defined(__x86_64__)
#define APART(s) __asm__("" : "+x"(s##0), "+x"(s##1), "+x"(s##2), "+x"(s##3))
#elif defined(__aarch64__)
#define APART(s) __asm__("" : "+w"(s##0), "+w"(s##1), "+w"(s##2), "+w"(s##3))
#else
#define APART(s)
#endif

/* Loads one by one: they read what the row before has just stored, and a gather has to wait until such stores have left the store
   buffer. Written out for 32, as a CPU predicts by the address of a load whether it depends on a store. The rest of four is one
   jump, so that the branches of rows of one length, as of categories, are all predicted. A pass, ns a row (Zen 5, float32), by
   gathers, by a loop of four, and so: 75 among 47,236 columns 87, 78, 79; 39 among 2^20, of one length 80, 79, 52, of any 83, 81,
   79; among 2^24 108, 102, 82 and 109, 105, 97. */
static inline __attribute__((always_inline)) REAL NAME(any_gather_dot)(
    ptrdiff_t n, const REAL *x, const int32_t *at, const REAL *w, const ptrdiff_t stride, const int ones)
{
#define TERM(i) (ones ? w[at[i] * stride] : x[i] * w[at[i] * stride])
#define FOUR(i) s0 += TERM(i), s1 += TERM(i + 1), s2 += TERM(i + 2), s3 += TERM(i + 3);
#define ON(i) APART(s); n -= i, at += i, x = ones ? x : x + i;
    REAL s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    while (n >= 32) {
        FOUR(0) FOUR(4) FOUR(8) FOUR(12) FOUR(16) FOUR(20) FOUR(24) FOUR(28)
        ON(32)
    }
    if (n >= 16) {
        FOUR(0) FOUR(4) FOUR(8) FOUR(12)
        ON(16)
    }
    while (n >= 4) {
        FOUR(0)
        ON(4)
    }
    switch (n) {
    case 3: s2 += TERM(2); /* fall through */
    case 2: s1 += TERM(1); /* fall through */
    case 1: s0 += TERM(0);
    }
#undef ON
#undef FOUR
#undef TERM
    return (s0 + s2) + (s1 + s3);
}

static REAL NAME(gather_dot)(ptrdiff_t n, const REAL *x, const int32_t *at, const REAL *w)
{
    return x ? NAME(any_gather_dot)(n, x, at, w, 1, 0) : NAME(any_gather_dot)(n, x, at, w, 1, 1);
}

/* Four columns are read before the first of them is written: loads do not wait for stores of their own row. */
static inline __attribute__((always_inline)) void NAME(any_scatter_add)(
    ptrdiff_t n, REAL c, double d, const REAL *restrict x, const int32_t *restrict at, REAL *restrict w, double *restrict total,
    const int ones)
{
#define MOVED(i) (ones ? w[at[i]] + c : w[at[i]] + c * x[i])
    ptrdiff_t j = 0;
    for (; j + 4 <= n; j += 4) {
        const int32_t a0 = at[j], a1 = at[j + 1], a2 = at[j + 2], a3 = at[j + 3];
        const REAL w0 = MOVED(j), w1 = MOVED(j + 1), w2 = MOVED(j + 2), w3 = MOVED(j + 3);
        if (total) {
            const double t0 = total[a0] + d * ((double)w0 - w[a0]), t1 = total[a1] + d * ((double)w1 - w[a1]);
            const double t2 = total[a2] + d * ((double)w2 - w[a2]), t3 = total[a3] + d * ((double)w3 - w[a3]);
            total[a0] = t0, total[a1] = t1, total[a2] = t2, total[a3] = t3;
        }
        w[a0] = w0, w[a1] = w1, w[a2] = w2, w[a3] = w3;
    }
    for (; j < n; j++) {
        const REAL after = MOVED(j);
        if (total) total[at[j]] += d * ((double)after - w[at[j]]);
        w[at[j]] = after;
    }
#undef MOVED
}

static void NAME(scatter_add)(
    ptrdiff_t n, REAL c, double d, const REAL *restrict x, const int32_t *restrict at, REAL *restrict w, double *restrict total)
{
    if (!total)
        x ? NAME(any_scatter_add)(n, c, d, x, at, w, NULL, 0) : NAME(any_scatter_add)(n, c, d, x, at, w, NULL, 1);
    else
        x ? NAME(any_scatter_add)(n, c, d, x, at, w, total, 0) : NAME(any_scatter_add)(n, c, d, x, at, w, total, 1);
}

/* Four are read before the first of them is written: loads do not wait for stores of their own row. z may be x. */
static void NAME(gather_scale)(ptrdiff_t n, const REAL *x, const int32_t *at, const REAL *scale, REAL *z)
{
#define SCALED(i) (x ? x[i] * scale[at[i]] : scale[at[i]])
    ptrdiff_t j = 0;
    for (; j + 4 <= n; j += 4) {
        const REAL z0 = SCALED(j), z1 = SCALED(j + 1), z2 = SCALED(j + 2), z3 = SCALED(j + 3);
        z[j] = z0, z[j + 1] = z1, z[j + 2] = z2, z[j + 3] = z3;
    }
    for (; j < n; j++) z[j] = SCALED(j);
#undef SCALED
}

static void NAME(gather_rows)(
    ptrdiff_t n, ptrdiff_t width, const REAL *restrict x, const int32_t *restrict at, const REAL *restrict W, REAL *restrict m)
{
    for (ptrdiff_t c = 0; c < width; c++) m[c] = 0;
    for (ptrdiff_t j = 0; j < n; j++) {
        const REAL *w = W + at[j] * width, x_j = x ? x[j] : 1;
        for (ptrdiff_t c = 0; c < width; c++) m[c] += x_j * w[c];
    }
}

static void NAME(scatter_rows)(
    ptrdiff_t n, ptrdiff_t width, const REAL *restrict c, double d, const REAL *restrict x, const int32_t *restrict at,
    REAL *restrict W, double *restrict total)
{
    if (width == 1) {
        NAME(scatter_add)(n, c[0], d, x, at, W, total);
        return;
    }
    for (ptrdiff_t j = 0; j < n; j++) {
        REAL *w = W + at[j] * width;
        const REAL x_j = x ? x[j] : 1;
        if (total)
            for (ptrdiff_t i = 0; i < width; i++) {
                const REAL before = w[i], after = before + x_j * c[i];
                w[i] = after;
                total[at[j] * width + i] += d * ((double)after - before);
            }
        else
            for (ptrdiff_t i = 0; i < width; i++) w[i] += x_j * c[i];
    }
}

/* -weight eta g of a row, from e = -sign weight eta and its margin m: see `share` */
static REAL NAME(step_along)(REAL e, REAL sign, REAL m)
{
    return NAME(share)(e, sign * m * (REAL)-1.44269504088896340736);
}

/* How many of p[1..n] do not exceed the one before; outside gets a bit where one of them is negative or above last. */
static ptrdiff_t NAME(count_descents)(ptrdiff_t n, const INT *p, INT last, INT *outside)
{
    const IVEC zero = {0}, most = zero + last;
    IVEC fallen = zero, out = zero;
    ptrdiff_t j = 1, count = 0;
    for (; j + LANES <= n + 1; j += LANES) {
        PREFETCH(p + j + 2048);
        const IVEC a = *(const IVEC *)(p + j), before = *(const IVEC *)(p + j - 1);
        fallen -= (IVEC)(a <= before);
        out |= (IVEC)(a < zero) | (IVEC)(a > most);
    }
    for (int i = 0; i < (int)LANES; i++) count += fallen[i], *outside |= out[i];
    for (; j <= n; j++) count += p[j] <= p[j - 1], *outside |= -(p[j] < 0 || p[j] > last);
    return count;
}

/* Copies column numbers as int32; returns whether one is negative or above last. Each is read once, so that no other thread can
   change it between the check and its use. */
static int NAME(take_columns)(ptrdiff_t n, const INT *p, INT last, int32_t *columns)
{
    INT outside = 0;
    for (ptrdiff_t j = 0; j < n; j++) {
        const INT column = p[j];
        outside |= (column < 0) | (column > last);
        columns[j] = (int32_t)column;
    }
    return outside != 0;
}

#undef APART

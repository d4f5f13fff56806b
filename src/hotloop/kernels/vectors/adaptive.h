/* Adaptive steps, (AD-1) to (AD-3), of a row given by its non-zeros x_j at column at_j, for one REAL type: included by
   primitives.h. The state of a column is pairs, from pair[2 at_j width] on: weight and sum of squared gradients (AdaGrad), or z and
   that sum (FTRL). The two lie side by side, so that a column costs one cache line. x NULL is a row of ones. */
#if MANTISSA_BITS == 23
#define TINY 1e-30f
#else
#define TINY 1e-200
#endif
#define INLINE static inline __attribute__((always_inline))

/* The pairs of LANES columns from memory to registers, and back, the first m of them, without a detour by the stack: a vector
   loaded from there waits until its parts are stored. A pass, ns a row (Zen 5, float32, rows of 75 among 47,236 columns), by way of
   the stack and so: AdaGrad 289 and 156, FTRL 328 and 214. */
#if MANTISSA_BITS == 23
typedef double NAME(two) __attribute__((may_alias, aligned(sizeof(REAL))));
typedef double NAME(twos) __attribute__((vector_size(VECTOR_BYTES), may_alias));
#define TWO(i) (*(NAME(two) *)(pair + 2 * (at[i] * width)))
#if VECTOR_BYTES == 16
#define TWOS(i) (NAME(twos)){TWO(i), TWO(i + 1)}
#define EVEN 0, 2, 4, 6
#define ODD 1, 3, 5, 7
#define LOW 0, 4, 1, 5
#define HIGH 2, 6, 3, 7
#elif VECTOR_BYTES == 32
#define TWOS(i) (NAME(twos)){TWO(i), TWO(i + 1), TWO(i + 2), TWO(i + 3)}
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14
#define ODD 1, 3, 5, 7, 9, 11, 13, 15
#define LOW 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH 4, 12, 5, 13, 6, 14, 7, 15
#else
#define TWOS(i) (NAME(twos)){TWO(i), TWO(i + 1), TWO(i + 2), TWO(i + 3), TWO(i + 4), TWO(i + 5), TWO(i + 6), TWO(i + 7)}
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODD 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#endif
INLINE void NAME(take_pairs)(const int32_t *at, ptrdiff_t width, const REAL *pair, VEC *z, VEC *s)
{
    const VEC a = (VEC)TWOS(0), b = (VEC)TWOS(LANES / 2);
    *z = SHUFFLE(IVEC, a, b, EVEN), *s = SHUFFLE(IVEC, a, b, ODD);
}

INLINE void NAME(put_pairs)(ptrdiff_t m, const int32_t *at, ptrdiff_t width, REAL *pair, VEC z, VEC s)
{
    NAME(twos) both[2] = {(NAME(twos))SHUFFLE(IVEC, z, s, LOW), (NAME(twos))SHUFFLE(IVEC, z, s, HIGH)};
    const double *p = (const double *)both;
    for (ptrdiff_t j = 0; j < m; j++) TWO(j) = p[j];
}
#undef TWO
#undef TWOS
#undef EVEN
#undef ODD
#undef LOW
#undef HIGH
#else
INLINE void NAME(take_pairs)(const int32_t *at, ptrdiff_t width, const REAL *pair, VEC *z, VEC *s)
{
    for (ptrdiff_t j = 0; j < LANES; j++) (*z)[j] = pair[2 * (at[j] * width)], (*s)[j] = pair[2 * (at[j] * width) + 1];
}

INLINE void NAME(put_pairs)(ptrdiff_t m, const int32_t *at, ptrdiff_t width, REAL *pair, VEC z, VEC s)
{
    for (ptrdiff_t j = 0; j < m; j++) pair[2 * (at[j] * width)] = z[j], pair[2 * (at[j] * width) + 1] = s[j];
}
#endif

INLINE VEC NAME(roots)(VEC a)
{
    REAL r[LANES];
    memcpy(r, &a, sizeof r);
    for (ptrdiff_t j = 0; j < LANES; j++) r[j] = ROOT(r[j]);
    memcpy(&a, r, sizeof a);
    return a;
}

/* The columns and values of the last m < LANES non-zeros of a row. The last one is repeated to fill the vector; it is not put back
   twice. */
INLINE void NAME(last_of_row)(ptrdiff_t m, const int32_t *at, const REAL *x, int32_t *indices, REAL *values)
{
    for (ptrdiff_t j = 0; j < LANES; j++) {
        indices[j] = at[j < m ? j : m - 1];
        values[j] = x ? x[j < m ? j : m - 1] : 1;
    }
}

static REAL NAME(adaptive_margin)(ptrdiff_t n, const REAL *x, const int32_t *at, ptrdiff_t width, const REAL *pair)
{
    if (width == 1) return x ? NAME(any_gather_dot)(n, x, at, pair, 2, 0) : NAME(any_gather_dot)(n, x, at, pair, 2, 1);
    return x ? NAME(any_gather_dot)(n, x, at, pair, 2 * width, 0) : NAME(any_gather_dot)(n, x, at, pair, 2 * width, 1);
}

/* (AD-2): of LANES columns the weights and the roots of their sums of squares */
INLINE VEC NAME(weights_of)(const int32_t *at, ptrdiff_t width, const REAL *pair, REAL l1, REAL l2, REAL beta, REAL inverse, VEC *root)
{
    const VEC zero = {0};
    VEC z, s;
    NAME(take_pairs)(at, width, pair, &z, &s);
    const IVEC negative = (IVEC)(z < zero);
    const VEC size = NAME(select)(negative, -z, z), over = NAME(select)((IVEC)(size > zero + l1), size - l1, zero);
    *root = NAME(roots)(s);
    const VEC below = (beta + *root) * inverse + l2;
    return NAME(select)((IVEC)(below > zero), NAME(select)(negative, over, -over), zero) / (below + (REAL)TINY);
}

static void NAME(adaptive_weights)(
    ptrdiff_t n, const int32_t *restrict at, ptrdiff_t width, const REAL *restrict pair, const struct adaptive_rule *rule,
    REAL *restrict w, REAL *restrict root)
{
    const REAL l1 = (REAL)rule->l1, l2 = (REAL)rule->l2, beta = (REAL)rule->beta, inverse = (REAL)(1 / rule->eta);
    ptrdiff_t j = 0;
    VEC r;
    for (; j + LANES <= n; j += LANES) {
        STORE(w + j) = NAME(weights_of)(at + j, width, pair, l1, l2, beta, inverse, &r);
        STORE(root + j) = r;
    }
    if (j == n) return;
    int32_t indices[LANES];
    REAL values[LANES];
    NAME(last_of_row)(n - j, at + j, NULL, indices, values);
    const VEC found = NAME(weights_of)(indices, width, pair, l1, l2, beta, inverse, &r);
    for (ptrdiff_t i = 0; j < n; i++, j++) w[j] = found[i], root[j] = r[i];
}

/* A step of gradients g x_j from m of LANES columns. */
INLINE void NAME(adaptive_step)(
    ptrdiff_t m, VEC gradient, const int32_t *at, ptrdiff_t width, REAL *pair, const int ftrl, REAL beta, REAL eta, VEC w, VEC root)
{
    VEC z, s;
    NAME(take_pairs)(at, width, pair, &z, &s);
    s += gradient * gradient;
    if (ftrl)
        z += gradient - (NAME(roots)(s) - root) * eta * w; /* (AD-2); eta is its inverse */
    else { /* (AD-1); a gradient whose square underflows changes nothing */
        const VEC zero = {0}, below = beta + NAME(roots)(s);
        z -= eta * NAME(select)((IVEC)(below > zero), gradient, zero) / (below + (REAL)TINY);
    }
    NAME(put_pairs)(m, at, width, pair, z, s);
}

INLINE void NAME(any_adaptive_update)(
    ptrdiff_t n, const REAL *restrict x, const int32_t *restrict at, ptrdiff_t width, REAL *restrict pair, const int ftrl,
    const struct adaptive_rule *rule, REAL g, const REAL *restrict w, const REAL *restrict root)
{
    const REAL beta = (REAL)rule->beta, eta = ftrl ? 1 / (REAL)rule->eta : (REAL)rule->eta;
    const VEC zero = {0};
    ptrdiff_t j = 0;
    for (; j + LANES <= n; j += LANES)
        NAME(adaptive_step)(LANES, x ? g * LOAD(x + j) : zero + g, at + j, width, pair, ftrl, beta, eta, ftrl ? LOAD(w + j) : zero,
                            ftrl ? LOAD(root + j) : zero);
    if (j == n) return;
    int32_t indices[LANES];
    REAL values[LANES], own_w[LANES] = {0}, own_root[LANES] = {0};
    NAME(last_of_row)(n - j, at + j, x ? x + j : NULL, indices, values);
    for (ptrdiff_t i = 0; ftrl && i < n - j; i++) own_w[i] = w[j + i], own_root[i] = root[j + i];
    NAME(adaptive_step)(n - j, g * LOAD(values), indices, width, pair, ftrl, beta, eta, LOAD(own_w), LOAD(own_root));
}

static void NAME(adaptive_update)(
    ptrdiff_t n, const REAL *x, const int32_t *at, ptrdiff_t width, REAL *pair, const struct adaptive_rule *rule, REAL g, const REAL *w,
    const REAL *root)
{
    if (rule->ftrl)
        NAME(any_adaptive_update)(n, x, at, width, pair, 1, rule, g, w, root);
    else if (width == 1)
        NAME(any_adaptive_update)(n, x, at, 1, pair, 0, rule, g, NULL, NULL);
    else
        NAME(any_adaptive_update)(n, x, at, width, pair, 0, rule, g, NULL, NULL);
}

/* q = the row over the largest values of its columns, its own included, which sums of squares follow (AD-3); returns sum_j q_j^2.
   */
static double NAME(normalize)(
    ptrdiff_t n, const REAL *restrict x, const int32_t *restrict at, ptrdiff_t width, REAL *restrict pair, REAL *restrict largest,
    REAL *restrict q)
{
    double sum = 0;
    for (ptrdiff_t j = 0; j < n; j++) {
        const REAL x_j = x ? x[j] : 1, size = x_j < 0 ? -x_j : x_j, before = largest[at[j]];
        if (size > before) {
            const REAL ratio = before / size;
            for (ptrdiff_t i = at[j] * width; i < at[j] * width + width; i++) pair[2 * i + 1] *= ratio * ratio;
            largest[at[j]] = size;
        }
        q[j] = size > before ? (x_j < 0 ? -1 : 1) : before > 0 ? x_j / before : 0;
        sum += (double)q[j] * q[j];
    }
    return sum;
}

#undef TINY
#undef INLINE

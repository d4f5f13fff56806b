/* Vectors of numbers, element by element: sums, exp and the logistic function, for one REAL type. */
static REAL NAME(dot)(ptrdiff_t n, const REAL *x, const REAL *y)
{
    VEC s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}; /* four chains hide the latency of the fused multiply-add */
    ptrdiff_t j = 0;
    for (; j + 4 * LANES <= n; j += 4 * LANES) {
        s0 += LOAD(x + j) * LOAD(y + j);
        s1 += LOAD(x + j + LANES) * LOAD(y + j + LANES);
        s2 += LOAD(x + j + 2 * LANES) * LOAD(y + j + 2 * LANES);
        s3 += LOAD(x + j + 3 * LANES) * LOAD(y + j + 3 * LANES);
    }
    for (; j + LANES <= n; j += LANES) s0 += LOAD(x + j) * LOAD(y + j);
    REAL tail = 0;
    for (; j < n; j++) tail += x[j] * y[j];
    return NAME(sum)((s0 + s1) + (s2 + s3)) + tail;
}

/* In float64, by as many sums at every level. */
#define SQUARES 8
static double NAME(sum_of_squares)(ptrdiff_t n, const REAL *w)
{
    double s[SQUARES] = {0}, sum = 0;
    ptrdiff_t j = 0;
    for (; j + SQUARES <= n; j += SQUARES)
        for (int i = 0; i < SQUARES; i++) s[i] += (double)w[j + i] * w[j + i];
    for (int i = 0; j < n; i++, j++) s[i] += (double)w[j] * w[j];
    for (int i = 0; i < SQUARES; i++) sum += s[i];
    return sum;
}

static void NAME(scale_add)(ptrdiff_t n, REAL c, REAL *w, REAL d, const REAL *x)
{
    ptrdiff_t j = 0;
    for (; j + LANES <= n; j += LANES) STORE(w + j) = c * LOAD(w + j) + d * LOAD(x + j);
    for (; j < n; j++) w[j] = c * w[j] + d * x[j];
}

static void NAME(accumulate)(ptrdiff_t n, const REAL *w, double *total)
{
    for (ptrdiff_t j = 0; j < n; j++) total[j] += w[j];
}

static const REAL NAME(inverse_factorial)[14] = {
    1, 1, (REAL)(1.0 / 2), (REAL)(1.0 / 6), (REAL)(1.0 / 24), (REAL)(1.0 / 120), (REAL)(1.0 / 720), (REAL)(1.0 / 5040),
    (REAL)(1.0 / 40320), (REAL)(1.0 / 362880), (REAL)(1.0 / 3628800), (REAL)(1.0 / 39916800), (REAL)(1.0 / 479001600),
    (REAL)(1.0 / 6227020800.0)};

/* exp(r) for |r| <= ln(2) / 2 by its series up to r^(TERMS - 1) / (TERMS - 1)!, whose remainder is below 0.35^TERMS / TERMS!: 5e-9
   (float), 4e-18 (double); summed in pairs (Estrin), which halves its latency. */
static inline VEC NAME(series_vec)(VEC r)
{
    VEC term[TERMS / 2];
    for (int k = 0; k < TERMS / 2; k++) term[k] = NAME(inverse_factorial)[2 * k] + NAME(inverse_factorial)[2 * k + 1] * r;
    for (int m = TERMS / 2; m > 1; m = (m + 1) / 2) {
        r *= r;
        for (int k = 0; k < m / 2; k++) term[k] = term[2 * k] + term[2 * k + 1] * r;
        if (m % 2) term[m / 2] = term[m - 1];
    }
    return term[0];
}

/* exp(x) = 2^i exp(r), i = round(x / ln 2), |r| <= ln(2) / 2. Beyond +-EXP_LIMIT the argument is clamped. */
static inline VEC NAME(exp_vec)(VEC x)
{
    const VEC zero = {0}, limit = zero + (REAL)EXP_LIMIT;
    x = NAME(select)((IVEC)(x < -limit), -limit, x);
    x = NAME(select)((IVEC)(x > limit), limit, x);
    /* adding 1.5 2^MANTISSA_BITS rounds to an integer, which then stands in the low bits */
    const REAL round = (REAL)((INT)3 << (MANTISSA_BITS - 1));
    const VEC shifted = x * (REAL)1.44269504088896340736 + round, i = shifted - round;
    const VEC r = (x - i * (REAL)LN2_HIGH) - i * (REAL)LN2_LOW;
    const IVEC exponent = (IVEC)shifted - (IVEC)(zero + round) + EXPONENT_BIAS;
    return NAME(series_vec)(r) * (VEC)(exponent << MANTISSA_BITS);
}

/* With e = exp(-|m|) <= 1: 1 / (1 + e) for m >= 0, else e / (1 + e); nothing overflows. */
static inline VEC NAME(logistic_vec)(VEC m)
{
    const VEC zero = {0}, one = zero + 1;
    const IVEC positive = (IVEC)(m >= zero);
    const VEC e = NAME(exp_vec)(NAME(select)(positive, -m, m));
    const VEC p = NAME(select)(positive, one, e) / (one + e);
    return NAME(select)((IVEC)(m == m), p, m); /* a NaN stays one */
}

#define ELEMENTWISE(stem, function)                                                          \
    static void NAME(stem)(ptrdiff_t n, const REAL *m, REAL *p)                              \
    {                                                                                        \
        ptrdiff_t j = 0;                                                                     \
        for (; j + LANES <= n; j += LANES) STORE(p + j) = NAME(function)(LOAD(m + j));       \
        if (j < n) { /* the tail takes the same path, so an element's value never depends on its place */ \
            VEC t = {0};                                                                     \
            memcpy(&t, m + j, (size_t)(n - j) * sizeof(REAL));                               \
            t = NAME(function)(t);                                                           \
            memcpy(p + j, &t, (size_t)(n - j) * sizeof(REAL));                               \
        }                                                                                    \
    }
ELEMENTWISE(exponential, exp_vec)
ELEMENTWISE(logistic, logistic_vec)

#undef ELEMENTWISE
#undef SQUARES

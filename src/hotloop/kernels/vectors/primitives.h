/* The primitives for one REAL type, in GCC vector extensions (GCC and Clang). Included twice by level.h. */
#define NAME(stem) CONCAT(stem, SHORT, LEVEL)
#define LANES ((ptrdiff_t)(VECTOR_BYTES / sizeof(REAL)))
#define VEC NAME(vec)
#define IVEC NAME(ivec)
#define HALF NAME(half)
#define IHALF NAME(ihalf)
typedef REAL VEC __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));
typedef INT IVEC __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));
typedef REAL HALF __attribute__((vector_size(16), aligned(sizeof(REAL)), may_alias)); /* for what is left of a row */
typedef INT IHALF __attribute__((vector_size(16), aligned(sizeof(REAL)), may_alias));
#define LOAD(p) (*(const VEC *)(p))
#define STORE(p) (*(VEC *)(p))
#if MANTISSA_BITS == 23
#define ROOT __builtin_sqrtf
#else
#define ROOT __builtin_sqrt
#endif

/* Written out: GCC takes a loop over halves through the stack, 5 to 8 ns later */
static inline REAL NAME(sum)(VEC a)
{
    HALF part[VECTOR_BYTES / 16];
    memcpy(part, &a, sizeof a);
#if VECTOR_BYTES == 64
    part[0] += part[2], part[1] += part[3];
#endif
#if VECTOR_BYTES >= 32
    part[0] += part[1];
#endif
    const HALF s = part[0];
#if MANTISSA_BITS == 23
    return (s[0] + s[2]) + (s[1] + s[3]);
#else
    return s[0] + s[1];
#endif
}

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

/* a where the mask is all ones, b where it is all zeros */
static inline VEC NAME(select)(IVEC mask, VEC a, VEC b)
{
    return (VEC)((mask & (IVEC)a) | (~mask & (IVEC)b));
}

static inline __attribute__((always_inline)) void NAME(moments_of)(
    ptrdiff_t n, const int rows, const REAL *const *x, const double *weight, const double *share, double *restrict mean,
    double *restrict deviation)
{
    for (ptrdiff_t j = 0; j < n; j++) {
        double m = mean[j], sum = deviation[j];
        for (int i = 0; i < rows; i++) {
            const REAL value = x[i][j];
            const double d = value - m;
            m += share[i] * d;
            sum += weight[i] * d * (value - m);
        }
        mean[j] = m, deviation[j] = sum;
    }
}

static inline __attribute__((always_inline)) void NAME(extremes_of)(
    ptrdiff_t n, const int rows, const REAL *const *x, int extremes, REAL *restrict lowest, REAL *restrict highest, REAL *restrict others)
{
    /* In one loop with the moments the compiler finds no vectors: 1,000 columns 1,550 ns a row. To take a value twice changes nothing. */
    for (ptrdiff_t start = 0; start < n && n >= LANES; start += LANES) {
        const ptrdiff_t j = start + LANES <= n ? start : n - LANES;
        VEC low = LOAD(lowest + j), high = LOAD(highest + j);
        IVEC other = (IVEC)LOAD(others + j);
        INT all = -1;
        for (int l = 0; l < LANES; l++) all &= other[l];
        if (all && !extremes) continue;
        for (int i = 0; i < rows; i++) {
            const VEC value = LOAD(x[i] + j);
            if (!all) other |= (IVEC)(value != low) & (IVEC)(value != high) & (IVEC)(low != high);
            low = NAME(select)((IVEC)(value < low), value, low);
            high = NAME(select)((IVEC)(value > high), value, high);
        }
        STORE(lowest + j) = low, STORE(highest + j) = high, STORE(others + j) = (VEC)other;
    }
    for (ptrdiff_t j = 0; j < n && n < LANES; j++) {
        REAL low = lowest[j], high = highest[j];
        const int known = others[j] != 0;
        if (known && !extremes) continue;
        for (int i = 0; i < rows; i++) {
            const REAL value = x[i][j];
            if (!known && value != low && value != high && low != high) others[j] = 1;
            low = value < low ? value : low;
            high = value > high ? value : high;
        }
        lowest[j] = low, highest[j] = high;
    }
}

/* Four rows at once, to the same bits: what is kept of the columns comes from the cache once for them. 1,000 float32 columns on Zen 4,
   extremes of all, 480 -> 316 ns a row. */
static void NAME(moments)(
    ptrdiff_t n, ptrdiff_t rows, const REAL *const *x, const double *weight, const double *share, double *mean, double *deviation,
    int extremes, REAL *lowest, REAL *highest, REAL *others)
{
    for (; rows >= 4; rows -= 4, x += 4, weight += 4, share += 4) {
        NAME(moments_of)(n, 4, x, weight, share, mean, deviation);
        NAME(extremes_of)(n, 4, x, extremes, lowest, highest, others);
    }
    for (; rows > 0; rows--, x++, weight++, share++) {
        NAME(moments_of)(n, 1, x, weight, share, mean, deviation);
        NAME(extremes_of)(n, 1, x, extremes, lowest, highest, others);
    }
}

/* Rows of any type: one loop a type, for the compiler to vectorise. */
#define LOADER(TYPE, name, VALUE)                                                                                        \
    static void NAME(load_##name)(ptrdiff_t n, const void *row, const REAL *restrict center, const REAL *restrict scale, \
                                  REAL *restrict z)                                                                      \
    {                                                                                                                    \
        const TYPE *restrict x = row;                                                                                    \
        if (center)                                                                                                      \
            for (ptrdiff_t j = 0; j < n; j++) z[j] = (VALUE(x[j]) - center[j]) * scale[j];                               \
        else                                                                                                             \
            for (ptrdiff_t j = 0; j < n; j++) z[j] = VALUE(x[j]);                                                        \
    }
LOADER(uint8_t, u8, (REAL))
LOADER(int8_t, i8, (REAL))
LOADER(uint16_t, u16, (REAL))
LOADER(int16_t, i16, (REAL))
LOADER(uint32_t, u32, (REAL))
LOADER(int32_t, i32, (REAL))
LOADER(uint64_t, u64, (REAL))
LOADER(int64_t, i64, (REAL))
#if defined(__F16C__) && MANTISSA_BITS == 23
/* By the conversion of the CPU, to the same bits: 3.1 -> 4 M rows/s of a pass over 1,000 columns on AVX2. */
static void NAME(load_f16)(ptrdiff_t n, const void *row, const REAL *restrict center, const REAL *restrict scale, REAL *restrict z)
{
    typedef short HALVES __attribute__((vector_size(16), aligned(2), may_alias));
    typedef float FLOATS __attribute__((vector_size(32), aligned(4), may_alias));
    const uint16_t *x = row;
    ptrdiff_t j = 0;
    for (; j + 8 <= n; j += 8) {
        FLOATS value = __builtin_ia32_vcvtph2ps256(*(const HALVES *)(x + j));
        if (center) value = (value - *(const FLOATS *)(center + j)) * *(const FLOATS *)(scale + j);
        *(FLOATS *)(z + j) = value;
    }
    for (; j < n; j++) z[j] = center ? (half_value(x[j]) - center[j]) * scale[j] : half_value(x[j]);
}
#else
LOADER(uint16_t, f16, (REAL)half_value)
#endif
LOADER(float, f32, (REAL))
LOADER(double, f64, (REAL))

static void NAME(load)(int type, ptrdiff_t n, const void *x, const REAL *center, const REAL *scale, REAL *z)
{
    static void (*const of_type[TYPES])(ptrdiff_t, const void *, const REAL *, const REAL *, REAL *) = {
        [U8] = NAME(load_u8),   [I8] = NAME(load_i8),   [U16] = NAME(load_u16), [I16] = NAME(load_i16), [U32] = NAME(load_u32),
        [I32] = NAME(load_i32), [U64] = NAME(load_u64), [I64] = NAME(load_i64), [F16] = NAME(load_f16), [F32] = NAME(load_f32),
        [F64] = NAME(load_f64)};
    of_type[type](n, x, center, scale, z);
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
#undef LOADER

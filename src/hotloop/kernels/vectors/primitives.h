/* The primitives for one REAL type, in GCC vector extensions (GCC and Clang). Included twice by level.h. */
#define NAME(stem) JOIN(stem, SHORT, LEVEL)
#define LANES ((ptrdiff_t)(VECTOR_BYTES / sizeof(REAL)))
#define VEC NAME(vec)
#define IVEC NAME(ivec)
typedef REAL VEC __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));
typedef INT IVEC __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));
#define LOAD(p) (*(const VEC *)(p))
#define STORE(p) (*(VEC *)(p))

static inline REAL NAME(sum)(VEC a)
{
    REAL lane[LANES];
    memcpy(lane, &a, sizeof lane);
    for (ptrdiff_t half = LANES / 2; half; half /= 2)
        for (ptrdiff_t i = 0; i < half; i++) lane[i] += lane[i + half];
    return lane[0];
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

static void NAME(standardize)(ptrdiff_t n, const REAL *x, const REAL *center, const REAL *scale, REAL *z)
{
    ptrdiff_t j = 0;
    for (; j + LANES <= n; j += LANES) STORE(z + j) = (LOAD(x + j) - LOAD(center + j)) * LOAD(scale + j);
    for (; j < n; j++) z[j] = (x[j] - center[j]) * scale[j];
}

static const REAL NAME(inverse_factorial)[14] = {
    1, 1, (REAL)(1.0 / 2), (REAL)(1.0 / 6), (REAL)(1.0 / 24), (REAL)(1.0 / 120), (REAL)(1.0 / 720), (REAL)(1.0 / 5040),
    (REAL)(1.0 / 40320), (REAL)(1.0 / 362880), (REAL)(1.0 / 3628800), (REAL)(1.0 / 39916800), (REAL)(1.0 / 479001600),
    (REAL)(1.0 / 6227020800.0)};

/* exp(r) for |r| <= ln(2) / 2 by its series up to r^(TERMS - 1) / (TERMS - 1)!, whose remainder is below 0.35^TERMS / TERMS!: 5e-9
   (float), 4e-18 (double); summed in pairs (Estrin), which halves its latency. */
#define SERIES(V, name)                                                                          \
    static inline V NAME(name)(V r)                                                              \
    {                                                                                            \
        V term[TERMS / 2];                                                                       \
        for (int k = 0; k < TERMS / 2; k++)                                                      \
            term[k] = NAME(inverse_factorial)[2 * k] + NAME(inverse_factorial)[2 * k + 1] * r;   \
        for (int m = TERMS / 2; m > 1; m = (m + 1) / 2) {                                        \
            r *= r;                                                                              \
            for (int k = 0; k < m / 2; k++) term[k] = term[2 * k] + term[2 * k + 1] * r;         \
            if (m % 2) term[m / 2] = term[m - 1];                                                \
        }                                                                                        \
        return term[0];                                                                          \
    }
SERIES(VEC, series_vec)
SERIES(REAL, series_one)

/* a where the mask is all ones, b where it is all zeros */
static inline VEC NAME(select)(IVEC mask, VEC a, VEC b)
{
    return (VEC)((mask & (IVEC)a) | (~mask & (IVEC)b));
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

/* ---- four rows at a time ---- */

#define HALF NAME(half)
typedef REAL HALF __attribute__((vector_size(16), aligned(sizeof(REAL)), may_alias)); /* for what is left of a row */
#define LOAD_HALF(p) (*(const HALF *)(p))

/* The lanes of a vector as 16 bytes, and those as a number: a fixed order of addition. */
static inline HALF NAME(fold)(VEC a)
{
    HALF part[VECTOR_BYTES / 16], sum;
    memcpy(part, &a, sizeof a);
    sum = part[0];
    for (size_t i = 1; i < VECTOR_BYTES / 16; i++) sum += part[i];
    return sum;
}

static inline REAL NAME(sum_half)(HALF a)
{
    return TAIL_LANES == 4 ? (a[0] + a[2 % TAIL_LANES]) + (a[1] + a[3 % TAIL_LANES]) : a[0] + a[1];
}

/* w and its total at place j, updated by the block before; V is VEC, HALF or REAL */
#define UPDATE(V, at)                                                                                              \
    V x = *(const V *)(w + j);                                                                                     \
    {                                                                                                              \
        const V a = *(const V *)(p0 + j), b = *(const V *)(p1 + j), c = *(const V *)(p2 + j), d = *(const V *)(p3 + j); \
        if (total) {                                                                                               \
            const V t = c5 * x + c6 * a + c7 * b + c8 * c + c9 * d;                                                \
            REAL lane[sizeof(V) / sizeof(REAL)];                                                                   \
            memcpy(lane, &t, sizeof t);                                                                            \
            for (size_t i = 0; i < sizeof(V) / sizeof(REAL); i++) total[j + (ptrdiff_t)i] += lane[i];              \
        }                                                                                                          \
        x = c0 * x + c1 * a + c2 * b + c3 * c + c4 * d;                                                            \
        *(V *)(w + j) = x;                                                                                         \
    }

#define COEFFICIENTS                                                                                               \
    const REAL c0 = c_[0], c1 = c_[1], c2 = c_[2], c3 = c_[3], c4 = c_[4];                                         \
    const REAL c5 = c_[5], c6 = c_[6], c7 = c_[7], c8 = c_[8], c9 = c_[9];                                         \
    const REAL *p0 = p[0], *p1 = p[1], *p2 = p[2], *p3 = p[3];

static inline __attribute__((always_inline)) void NAME(any_block)(
    ptrdiff_t n, REAL *restrict w, double *restrict total, const REAL *c_, const REAL *const *p, const REAL *const *q,
    const REAL *const *ahead, REAL *r)
{
    COEFFICIENTS
    const REAL *q0 = q[0], *q1 = q[1], *q2 = q[2], *q3 = q[3], *n0 = ahead[0], *n1 = ahead[1], *n2 = ahead[2], *n3 = ahead[3];
    VEC A0 = {0}, A1 = {0}, A2 = {0}, A3 = {0}, G0 = {0}, G1 = {0}, G2 = {0}, G3 = {0}, G4 = {0}, G5 = {0};
    ptrdiff_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        UPDATE(VEC, j)
        const VEC a = LOAD(q0 + j), b = LOAD(q1 + j), c = LOAD(q2 + j), d = LOAD(q3 + j);
        __builtin_prefetch(n0 + j), __builtin_prefetch(n1 + j), __builtin_prefetch(n2 + j), __builtin_prefetch(n3 + j);
        A0 += a * x, A1 += b * x, A2 += c * x, A3 += d * x;
        G0 += a * b, G1 += a * c, G2 += a * d, G3 += b * c, G4 += b * d, G5 += c * d;
    }
    HALF B0 = NAME(fold)(A0), B1 = NAME(fold)(A1), B2 = NAME(fold)(A2), B3 = NAME(fold)(A3);
    HALF H0 = NAME(fold)(G0), H1 = NAME(fold)(G1), H2 = NAME(fold)(G2), H3 = NAME(fold)(G3), H4 = NAME(fold)(G4), H5 = NAME(fold)(G5);
    for (; j + TAIL_LANES <= n; j += TAIL_LANES) {
        UPDATE(HALF, j)
        const HALF a = LOAD_HALF(q0 + j), b = LOAD_HALF(q1 + j), c = LOAD_HALF(q2 + j), d = LOAD_HALF(q3 + j);
        B0 += a * x, B1 += b * x, B2 += c * x, B3 += d * x;
        H0 += a * b, H1 += a * c, H2 += a * d, H3 += b * c, H4 += b * d, H5 += c * d;
    }
    r[0] = NAME(sum_half)(B0), r[1] = NAME(sum_half)(B1), r[2] = NAME(sum_half)(B2), r[3] = NAME(sum_half)(B3);
    r[4] = NAME(sum_half)(H0), r[5] = NAME(sum_half)(H1), r[6] = NAME(sum_half)(H2), r[7] = NAME(sum_half)(H3);
    r[8] = NAME(sum_half)(H4), r[9] = NAME(sum_half)(H5);
    for (; j < n; j++) {
        UPDATE(REAL, j)
        const REAL a = q0[j], b = q1[j], c = q2[j], d = q3[j];
        r[0] += a * x, r[1] += b * x, r[2] += c * x, r[3] += d * x;
        r[4] += a * b, r[5] += a * c, r[6] += a * d, r[7] += b * c, r[8] += b * d, r[9] += c * d;
    }
}

static void NAME(block)(
    ptrdiff_t n, REAL *w, double *total, const REAL *c, const REAL *const *p, const REAL *const *q, const REAL *const *ahead, REAL *r)
{
    if (total)
        NAME(any_block)(n, w, total, c, p, q, ahead, r);
    else
        NAME(any_block)(n, w, NULL, c, p, q, ahead, r);
}

static void NAME(finish)(ptrdiff_t n, REAL *restrict w, double *restrict total, const REAL *c_, const REAL *const *p)
{
    COEFFICIENTS
    ptrdiff_t j = 0;
    for (; j + LANES <= n; j += LANES) { UPDATE(VEC, j) }
    for (; j + TAIL_LANES <= n; j += TAIL_LANES) { UPDATE(HALF, j) }
    for (; j < n; j++) { UPDATE(REAL, j) }
}

/* 1 / (1 + exp(-u)) of one number, as exp_vec but for speed in a chain: clamped to +-EXP_LIMIT, which costs no branch. */
static inline REAL NAME(logistic_one)(REAL u)
{
    const REAL round = (REAL)((INT)3 << (MANTISSA_BITS - 1));
    REAL x = -u;
    x = x < (REAL)EXP_LIMIT ? x : (REAL)EXP_LIMIT;
    x = x > -(REAL)EXP_LIMIT ? x : -(REAL)EXP_LIMIT;
    const REAL shifted = x * (REAL)1.44269504088896340736 + round, i = shifted - round;
    const REAL r = (x - i * (REAL)LN2_HIGH) - i * (REAL)LN2_LOW;
    INT bits, zero_bits;
    memcpy(&bits, &shifted, sizeof bits), memcpy(&zero_bits, &round, sizeof bits);
    bits = (bits - zero_bits + EXPONENT_BIAS) * ((INT)1 << MANTISSA_BITS);
    REAL power;
    memcpy(&power, &bits, sizeof power);
    return 1 / (1 + NAME(series_one)(r) * power);
}

static int NAME(recurrence)(const REAL *r, struct group *rows, ptrdiff_t s, double *b, double *b_total, REAL *c)
{
    /* After row i the weights are keep_i w + sum_j a_j kept_ji x_j, the intercept b + sum_j a_j (which nothing shrinks). With
       u = sign m, sign 1 for y = 0 and -1 for y = 1, the gradient p - y is sign / (1 + exp(-u)), (LR-2) and (LR-4). What does not hang
       on the row before is computed first: from one sigmoid to the next there is one multiply-add. */
    const double *sign = rows->sign + s, *step = rows->step + s, *keep = rows->keep + s, *counted = rows->counted + s;
    const REAL k0 = (REAL)keep[0], k1 = (REAL)keep[1], k2 = (REAL)keep[2], k3 = (REAL)keep[3];
    const REAL g0 = (REAL)sign[0], g1 = (REAL)sign[1], g2 = (REAL)sign[2], g3 = (REAL)sign[3];
    const REAL one = b ? 1 : 0, b0 = b ? (REAL)*b : 0;
    const REAL e0 = -g0 * (REAL)step[0], e1 = -g1 * (REAL)step[1], e2 = -g2 * (REAL)step[2], e3 = -g3 * (REAL)step[3];
    const REAL r4 = g1 * (r[4] + one), r5 = g2 * (k1 * r[5] + one), r6 = g3 * (k1 * k2 * r[6] + one);
    const REAL r7 = g2 * (r[7] + one), r8 = g3 * (k2 * r[8] + one), r9 = g3 * (r[9] + one);
    REAL u0 = g0 * (r[0] + b0), u1 = g1 * (k0 * r[1] + b0), u2 = g2 * (k0 * k1 * r[2] + b0), u3 = g3 * (k0 * k1 * k2 * r[3] + b0);
    REAL a0 = e0 * NAME(logistic_one)(u0); /* (LR-12) */
    u1 += a0 * r4, u2 += a0 * r5, u3 += a0 * r6;
    REAL a1 = e1 * NAME(logistic_one)(u1);
    u2 += a1 * r7, u3 += a1 * r8;
    REAL a2 = e2 * NAME(logistic_one)(u2);
    u3 += a2 * r9;
    REAL a3 = e3 * NAME(logistic_one)(u3);
    double *margin = rows->margin + s;
    margin[0] = u0, margin[1] = u1, margin[2] = u2, margin[3] = u3;
    if (!((u0 - u0) + (u1 - u1) + (u2 - u2) + (u3 - u3) == 0)) {
        for (int i = 0; i < 4; i++)
            if (counted[i] && !(margin[i] - margin[i] == 0)) return i;
        if (!counted[0]) a0 = 0; /* the rows that fill up a block move nothing, whatever their margin */
        if (!counted[1]) a1 = 0;
        if (!counted[2]) a2 = 0;
        if (!counted[3]) a3 = 0;
        for (int i = 0; i < 4; i++)
            if (!counted[i]) margin[i] = 0;
    }

    /* (LR-5) and, for the iterates that count, (LR-10) */
    const REAL n0 = (REAL)counted[0], n1 = (REAL)counted[1], n2 = (REAL)counted[2], n3 = (REAL)counted[3];
    const REAL after2 = n2 + k3 * n3, after1 = n1 + k2 * after2, after0 = n0 + k1 * after1;
    c[0] = k0 * k1 * k2 * k3;
    c[1] = k1 * k2 * k3 * a0, c[2] = k2 * k3 * a1, c[3] = k3 * a2, c[4] = a3;
    c[5] = k0 * after0, c[6] = after0 * a0, c[7] = after1 * a1, c[8] = after2 * a2, c[9] = n3 * a3;
    if (b) {
        const double b1 = *b + a0, b2 = b1 + a1, b3 = b2 + a2, b4 = b3 + a3;
        *b = b4;
        if (b_total) *b_total += (counted[0] * b1 + counted[1] * b2) + (counted[2] * b3 + counted[3] * b4);
    }
    return -1;
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
#undef SERIES
#undef COEFFICIENTS
#undef UPDATE
#undef LOAD_HALF
#undef HALF
#undef STORE
#undef LOAD
#undef IVEC
#undef VEC
#undef LANES
#undef NAME

/* Exact blocks of four rows, (LR-12), for one REAL type. Included by primitives.h after lanes.h and elementwise.h. */
/* S_i += x times column j of row q_i */
#define DOTS(V, S) S##0 += AT(V, q0 + j) * x, S##1 += AT(V, q1 + j) * x, S##2 += AT(V, q2 + j) * x, S##3 += AT(V, q3 + j) * x;

/* The products of four rows with w, which is loaded once; the order of addition is the same for each of them. */
static inline QUAD NAME(four_dots)(
    ptrdiff_t n, const REAL *q0, const REAL *q1, const REAL *q2, const REAL *q3, const REAL *w)
{
    VEC A0 = {0}, A1 = {0}, A2 = {0}, A3 = {0};
    HALF B0 = {0}, B1 = {0}, B2 = {0}, B3 = {0};
    ptrdiff_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        const VEC x = LOAD(w + j);
        DOTS(VEC, A)
    }
    for (; j + HALF_LANES <= n; j += HALF_LANES) {
        const HALF x = AT(HALF, w + j);
        DOTS(HALF, B)
    }
    QUAD sum = NAME(sums)(B0 + NAME(fold)(A0), B1 + NAME(fold)(A1), B2 + NAME(fold)(A2), B3 + NAME(fold)(A3));
    for (; j < n; j++) sum += (QUAD){q0[j], q1[j], q2[j], q3[j]} * w[j];
    return sum;
}

/* Narrow rows in fours, wide ones one by one. Measured in order on AVX2 (Zen 3), ns a row, one by one and in fours: float32 at 8
   columns 4.0 and 2.1, at 28 8.3 and 6.5, at 96 20.5 and 19.6, at 128 28 and 36, at 1,000 185 and 210; float64 at 64 26 and 40. The
   CPU prefetches four streams, each a row long, worse than one. */
static void NAME(margins)(
    ptrdiff_t n, ptrdiff_t n_rows, const void *x, ptrdiff_t stride, const REAL *w, double b, double *m, ptrdiff_t m_stride)
{
    const char *row = x;
    if (n > 6 * LINE) {
        for (ptrdiff_t i = 0; i < n_rows; i++) m[i * m_stride] = b + NAME(dot)(n, (const REAL *)(row + i * stride), w);
        return;
    }
    for (ptrdiff_t i = 0; i < n_rows; i += 4, row += 4 * stride) {
        const ptrdiff_t left = n_rows - i; /* the first row stands in for those that are missing */
        const QUAD sum = NAME(four_dots)(n, (const REAL *)row, (const REAL *)(row + (left > 1 ? stride : 0)),
                                         (const REAL *)(row + (left > 2 ? 2 * stride : 0)),
                                         (const REAL *)(row + (left > 3 ? 3 * stride : 0)), w);
        for (ptrdiff_t k = 0; k < (left < 4 ? left : 4); k++) m[(i + k) * m_stride] = b + sum[k];
    }
}

/* ln(2)^k / k! */
static const REAL NAME(power_of_two)[14] = {
    1, (REAL)0.69314718055994530942, (REAL)0.24022650695910071233, (REAL)0.055504108664821579953,
    (REAL)0.0096181291076284771620, (REAL)0.0013333558146428443423, (REAL)1.5403530393381609954e-4,
    (REAL)1.5252733804059840280e-5, (REAL)1.3215486790144309488e-6, (REAL)1.0178086009239699728e-7,
    (REAL)7.0549116208011233299e-9, (REAL)4.4455382718708114976e-10, (REAL)2.5678435993488205142e-11,
    (REAL)1.3691488853904128881e-12};

/* e / (1 + 2^v) of one number with the least latency: a block waits for it four times. |v| is clamped below the largest exponent
   (no branch that is ever taken on healthy data), and the power is as in exp_vec, to base 2. */
static inline REAL NAME(share)(REAL e, REAL v)
{
    const REAL limit = EXPONENT_BIAS - 1, round = (REAL)((INT)3 << (MANTISSA_BITS - 1));
    v = v < limit ? v : limit;
    v = v > -limit ? v : -limit;
    const REAL shifted = v + round, i = shifted - round;
    REAL f = v - i, term[TERMS / 2], power;
    INT bits, round_bits;
    memcpy(&bits, &shifted, sizeof bits), memcpy(&round_bits, &round, sizeof bits);
    bits = (bits - round_bits + EXPONENT_BIAS) * ((INT)1 << MANTISSA_BITS);
    memcpy(&power, &bits, sizeof power);
    for (int k = 0; k < TERMS / 2; k++) term[k] = NAME(power_of_two)[2 * k] + NAME(power_of_two)[2 * k + 1] * f;
    for (int m = TERMS / 2; m > 1; m = (m + 1) / 2) {
        f *= f;
        for (int k = 0; k < m / 2; k++) term[k] = term[2 * k] + term[2 * k + 1] * f;
        if (m % 2) term[m / 2] = term[m - 1];
    }
    return e / (1 + term[0] * power);
}

/* What four steps do to w and its total: w <- c0 w + c1 p_0 + ... + c4 p_3, total <- total + c5 w + c6 p_0 + ... + c9 p_3. */
struct NAME(update) {
    REAL c0, c1, c2, c3, c4, c5, c6, c7, c8, c9;
};

/* Products of the rows q with each other, lane by lane: q_0 q_1, q_0 q_2, q_0 q_3, q_1 q_2, q_1 q_3, q_2 q_3. */
struct NAME(grams) {
    VEC s0, s1, s2, s3, s4, s5;
};

/* w and its total at column j, by the update u of the rows p; V is VEC, HALF or REAL */
#define UPDATE(V)                                                                                                     \
    V x = AT(V, w + j);                                                                                               \
    if (total) {                                                                                                      \
        const V t = c5 * x + c6 * AT(V, p0 + j) + c7 * AT(V, p1 + j) + c8 * AT(V, p2 + j) + c9 * AT(V, p3 + j); \
        REAL lane[sizeof(V) / sizeof(REAL)];                                                                          \
        memcpy(lane, &t, sizeof t);                                                                                   \
        for (size_t i = 0; i < sizeof(V) / sizeof(REAL); i++) total[j + (ptrdiff_t)i] += lane[i];                     \
    }                                                                                                                 \
    x = c0 * x + c1 * AT(V, p0 + j) + c2 * AT(V, p1 + j) + c3 * AT(V, p2 + j) + c4 * AT(V, p3 + j);         \
    *(V *)(w + j) = x;
/* S_k += the products at column j of the rows q with each other */
#define GRAM(V, S, j)                                                                                                 \
    {                                                                                                                 \
        const V q_0 = AT(V, q0 + (j)), q_1 = AT(V, q1 + (j)), q_2 = AT(V, q2 + (j)), q_3 = AT(V, q3 + (j));           \
        S##0 += q_0 * q_1, S##1 += q_0 * q_2, S##2 += q_0 * q_3, S##3 += q_1 * q_2, S##4 += q_1 * q_3, S##5 += q_2 * q_3; \
    }

/* How rows are prefetched: narrow ones all at once before the block, wide ones four lines an iteration, row by row in the order of
   memory; rows converted just now not at all. */
#define PREFETCH_WIDE                                                                                                 \
    if (width == WIDE && fetched < 4) {                                                                               \
        for (int i_ = 0; i_ < 4; i_++) PREFETCH((const REAL *)ahead[fetched] + fetch_from + i_ * LINE);               \
        if ((fetch_from += 4 * LINE) >= n) {                                                                          \
            PREFETCH((const REAL *)ahead[fetched] + n - 1); /* a row that starts inside a line has one more */        \
            fetched++, fetch_from = 0;                                                                                \
        }                                                                                                             \
    }

/* The coefficients of four steps of gradients -a_i / eta_i, (LR-5), and of the iterates that count, (LR-10): those of weight not 0.
   */
static inline __attribute__((always_inline)) struct NAME(update) NAME(update_of)(
    QUAD k, REAL a0, REAL a1, REAL a2, REAL a3, const REAL *weight, int averaged, double *b, double *b_total)
{
    const REAL k1 = k[1], k2 = k[2], k3 = k[3];
    struct NAME(update) u = {.c4 = a3, .c3 = k3 * a2, .c2 = k2 * k3 * a1, .c1 = k1 * k2 * k3 * a0, .c0 = k[0] * k1 * k2 * k3};
    const REAL counts0 = weight[0] != 0, counts1 = weight[1] != 0, counts2 = weight[2] != 0, counts3 = weight[3] != 0;
    if (averaged) {
        const REAL after2 = counts2 + k3 * counts3, after1 = counts1 + k2 * after2, after0 = counts0 + k1 * after1;
        u.c5 = k[0] * after0, u.c6 = after0 * a0, u.c7 = after1 * a1, u.c8 = after2 * a2, u.c9 = counts3 * a3;
    }
    if (b) {
        const double b1 = *b + a0, b2 = b1 + a1, b3 = b2 + a2, b4 = b3 + a3;
        *b = b4;
        if (b_total) *b_total += (counts0 * b1 + counts1 * b2) + (counts2 * b3 + counts3 * b4);
    }
    return u;
}

/* The recurrence of the rows p, (LR-12). After row i the weights are decay_i w + sum_j a_j kept_ji x_j, the intercept b + sum_j a_j
   (which nothing shrinks). With u = sign m, sign 1 for y = 0 and -1 for y = 1, the gradient p - y is sign / (1 + exp(-u)), (LR-2)
   and (LR-4), and exp(-u) = 2^v. What does not depend on the row before is computed first: from one sigmoid to the next there is
   one multiply-add. While the chain of four sigmoids runs, the products of the first `early` columns of q are taken. Returns as
   `block` does. */
static inline __attribute__((always_inline)) int NAME(recurrence)(
    REAL *group, ptrdiff_t s, const struct model *model, const int averaged, const REAL *r, const void *const *q, const ptrdiff_t early,
    struct NAME(grams) *G, struct NAME(update) *u)
{
    const REAL *q0 = q[0], *q1 = q[1], *q2 = q[2], *q3 = q[3];
    double *b = model->b;
    const QUAD ones = {1, 1, 1, 1}, sign = AT(QUAD, group + SIGN + s), k = AT(QUAD, group + DECAY + s);
    const QUAD e = -sign * AT(QUAD, group + STEP_SIZE + s), h = sign * (REAL)-1.44269504088896340736; /* 1 / ln(2) */
    const QUAD before = SHUFFLE(IQUAD, k, ones, 4, 0, 1, 2) * SHUFFLE(IQUAD, k, ones, 4, 4, 0, 1) * SHUFFLE(IQUAD, k, ones, 4, 4, 4, 0);
    const QUAD between = SHUFFLE(IQUAD, k, ones, 4, 1, 1, 4) * SHUFFLE(IQUAD, k, ones, 4, 4, 2, 4);
    const REAL one = b ? 1 : 0, b0 = b ? (REAL)*b : 0;
    const QUAD ga = SHUFFLE(IQUAD, h, h, 1, 2, 3, 2) * (between * AT(QUAD, r + 4) + one);
    const QUAD gb = h[3] * (SHUFFLE(IQUAD, k, ones, 2, 4, 4, 4) * AT(QUAD, r + 8) + one);
    const QUAD v = (h * before) * AT(QUAD, r) + h * b0;
    REAL v0 = v[0], v1 = v[1], v2 = v[2], v3 = v[3];
    const REAL a0 = NAME(share)(e[0], v0); /* (LR-12) */
    v1 += a0 * ga[0], v2 += a0 * ga[1], v3 += a0 * ga[2];
    for (ptrdiff_t j = 0; j < early; j += LANES) GRAM(VEC, G->s, j)
    const REAL a1 = NAME(share)(e[1], v1);
    v2 += a1 * ga[3], v3 += a1 * gb[0];
    const REAL a2 = NAME(share)(e[2], v2);
    v3 += a2 * gb[1];
    const REAL a3 = NAME(share)(e[3], v3);
    const QUAD margins = (QUAD){v0, v1, v2, v3} * (REAL)-0.69314718055994530942;
    *(QUAD *)(group + MARGIN + s) = margins;
    const REAL *weight = group + WEIGHT + s, any = (v0 + v1) + (v2 + v3);
    if (!(any - any == 0))
        for (int i = 0; i < 4; i++) {
            if (weight[i] == 0) group[MARGIN + s + i] = 0; /* what fills up a block changes nothing, whatever its margin */
            else if (!(margins[i] - margins[i] == 0)) return i;
        }
    *u = NAME(update_of)(k, a0, a1, a2, a3, weight, averaged, b, model->b_total);
    return -1;
}

static inline __attribute__((always_inline)) int NAME(any_block)(
    ptrdiff_t n, REAL *restrict w, double *restrict total, const struct model *model, REAL *group, ptrdiff_t s,
    const struct block_rows *rows, REAL *r, const enum width width)
{
    const REAL *q0 = rows->q[0], *q1 = rows->q[1], *q2 = rows->q[2], *q3 = rows->q[3];
    const void *const *ahead = rows->ahead;
    const ptrdiff_t early = width == NARROW ? 0 : LINE;
    struct NAME(grams) G = {{0}, {0}, {0}, {0}, {0}, {0}};
    struct NAME(update) u;
    ptrdiff_t j, fetched = 0, fetch_from = 0;
    if (width == NARROW)
        for (int i = 0; i < 4; i++) {
            for (j = 0; j < n; j += LINE) PREFETCH((const REAL *)ahead[i] + j);
            PREFETCH((const REAL *)ahead[i] + n - 1);
        }
    const int refused = NAME(recurrence)(group, s, model, total != NULL, r, rows->q, early, &G, &u);
    if (refused >= 0) return refused;

    const REAL c0 = u.c0, c1 = u.c1, c2 = u.c2, c3 = u.c3, c4 = u.c4, c5 = u.c5, c6 = u.c6, c7 = u.c7, c8 = u.c8, c9 = u.c9;
    /* Sums in variables: in structs 247 -> 277 ns a row of 1,000 on SSE2. */
    const REAL *p0 = rows->p[0], *p1 = rows->p[1], *p2 = rows->p[2], *p3 = rows->p[3];
    VEC A0 = {0}, A1 = {0}, A2 = {0}, A3 = {0}, G0 = G.s0, G1 = G.s1, G2 = G.s2, G3 = G.s3, G4 = G.s4, G5 = G.s5;
    for (j = 0; j < early; j += LANES) {
        if (j % LINE == 0) { PREFETCH_WIDE }
        UPDATE(VEC)
        DOTS(VEC, A)
    }
    while (j + LINE <= n) {
        PREFETCH_WIDE
        for (ptrdiff_t i = 0; i < LINE / LANES; i++, j += LANES) {
            UPDATE(VEC)
            DOTS(VEC, A)
            GRAM(VEC, G, j)
        }
    }
    while (width == WIDE && fetched < 4) { PREFETCH_WIDE }
    for (; j + LANES <= n; j += LANES) {
        UPDATE(VEC)
        DOTS(VEC, A)
        GRAM(VEC, G, j)
    }
    /* The last columns, fewer than a vector. In a function of their own 24.7 -> 25.9 ns a row of 28 on AVX-512. */
    HALF B0 = {0}, B1 = {0}, B2 = {0}, B3 = {0}, H0 = {0}, H1 = {0}, H2 = {0}, H3 = {0}, H4 = {0}, H5 = {0};
    for (; j + HALF_LANES <= n; j += HALF_LANES) {
        UPDATE(HALF)
        DOTS(HALF, B)
        GRAM(HALF, H, j)
    }
    B0 += NAME(fold)(A0), B1 += NAME(fold)(A1), B2 += NAME(fold)(A2), B3 += NAME(fold)(A3);
    H0 += NAME(fold)(G0), H1 += NAME(fold)(G1), H2 += NAME(fold)(G2);
    H3 += NAME(fold)(G3), H4 += NAME(fold)(G4), H5 += NAME(fold)(G5);
    *(QUAD *)r = NAME(sums)(B0, B1, B2, B3);
    *(QUAD *)(r + 4) = NAME(sums)(H0, H1, H2, H3);
    *(QUAD *)(r + 8) = NAME(sums)(H4, H5, H4, H5);
    for (; j < n; j++) {
        UPDATE(REAL)
        const REAL q_0 = q0[j], q_1 = q1[j], q_2 = q2[j], q_3 = q3[j];
        r[0] += q_0 * x, r[1] += q_1 * x, r[2] += q_2 * x, r[3] += q_3 * x;
        r[4] += q_0 * q_1, r[5] += q_0 * q_2, r[6] += q_0 * q_3, r[7] += q_1 * q_2, r[8] += q_1 * q_3, r[9] += q_2 * q_3;
    }
    return -1;
}

/* Which variant is taken changes no bit. Measured with float32 rows. AVX2 (Zen 3), M rows/s in order: at 28 columns 47 with no
   early product, 43 with some; at 128 columns 24.4 prefetched row by row, 19 a line of each row. AVX-512 (Zen 5), ns a row at
   random: at 28 columns 30 prefetched 8 rows ahead, 23 with 16; at 128 columns 50 and 32, of which the last line of a row is half.
   What PREFETCH saves stands in level.h. */
static int NAME(block)(const struct model *model, REAL *group, ptrdiff_t s, const struct block_rows *rows, REAL *r)
{
    const ptrdiff_t n = model->n_features;
    REAL *w = model->W;
    double *total = model->W_total;
#define BLOCK_OF(width)                                                             \
    (total ? NAME(any_block)(n, w, total, model, group, s, rows, r, width)          \
           : NAME(any_block)(n, w, NULL, model, group, s, rows, r, width))
    if (rows->ahead[0] == rows->q[0] && n >= 8 * LINE) return BLOCK_OF(READY);
    return n < 8 * LINE ? BLOCK_OF(NARROW) : BLOCK_OF(WIDE);
}

/* Adds weight times loss of the first n rows of a group, n a multiple of 4: log(1 + exp(u)) = max(u, 0) + log(1 + e), (LR-3), with
   e = exp(-|u|). log(1 + e) is 2 artanh(e / (2 + e)), whose series falls by 9 a term: what is left out is below 9^-8 / 17 of it
   (float), 9^-16 / 33 (double). */
static void NAME(losses)(ptrdiff_t n, REAL *rows, double *loss)
{
    static const REAL inverse_odd[] = {
        1, (REAL)(1.0 / 3), (REAL)(1.0 / 5), (REAL)(1.0 / 7), (REAL)(1.0 / 9), (REAL)(1.0 / 11), (REAL)(1.0 / 13), (REAL)(1.0 / 15),
        (REAL)(1.0 / 17), (REAL)(1.0 / 19), (REAL)(1.0 / 21), (REAL)(1.0 / 23), (REAL)(1.0 / 25), (REAL)(1.0 / 27),
        (REAL)(1.0 / 29), (REAL)(1.0 / 31)};
    enum { N_TERMS = MANTISSA_BITS == 23 ? 8 : 16 };
    const VEC zero = {0};
    REAL *m = rows + MARGIN;
    for (ptrdiff_t s = 0; s < n; s += LANES) {
        const VEC u = LOAD(m + s);
        const VEC top = (VEC)((IVEC)(u > zero) & (IVEC)u);
        const VEC e = NAME(exp_vec)(u - 2 * top), q = e / (2 + e), square = q * q;
        VEC series = zero + inverse_odd[N_TERMS - 1];
        for (int i = N_TERMS - 2; i >= 0; i--) series = series * square + inverse_odd[i];
        STORE(m + s) = LOAD(rows + WEIGHT + s) * (2 * q * series + top);
    }
    /* block by block, so that the sum does not depend on where a pass is cut */
    double sum = *loss;
    for (ptrdiff_t s = 0; s < n; s += 4) sum += (m[s] + m[s + 1]) + (m[s + 2] + m[s + 3]);
    *loss = sum;
}

#undef BLOCK_OF
#undef PREFETCH_WIDE
#undef DOTS
#undef UPDATE

/* Many models, or the classes of a softmax, in one read of the rows: (LR-12) with a model a lane, for one REAL type. Included by
   primitives.h after blocks.h. The Gram entries of a block are shared. `width` is the number of lanes, a multiple of LANES; weights
   lie by vectors of lanes, then columns: W[width / LANES][n][LANES]. */
#define STRIPE 128 /* columns */

/* exp(m_i - top) of one row in place, their sum and the largest margin `top`, (LR-6) */
static inline void NAME(softmax_row)(ptrdiff_t width, REAL *m, REAL *top, REAL *sum)
{
    VEC t = LOAD(m), s = {0};
    for (ptrdiff_t v = LANES; v < width; v += LANES) t = NAME(select)((IVEC)(LOAD(m + v) > t), LOAD(m + v), t);
    REAL lane[LANES];
    memcpy(lane, &t, sizeof lane);
    *top = lane[0];
    for (ptrdiff_t i = 1; i < LANES; i++) *top = lane[i] > *top ? lane[i] : *top;
    for (ptrdiff_t v = 0; v < width; v += LANES) {
        const VEC e = NAME(exp_vec)(LOAD(m + v) - *top);
        STORE(m + v) = e;
        s += e;
    }
    *sum = NAME(sum)(s);
}

/* a where the step is not 0; else 0, even of a NaN */
static inline VEC NAME(moving)(VEC step, VEC a)
{
    const VEC zero = {0};
    return (VEC)((IVEC)(step != zero) & (IVEC)a);
}

/* a, at least low and at most high */
static inline IVEC NAME(within)(IVEC a, INT low, INT high)
{
    for (ptrdiff_t i = 0; i < LANES; i++) a[i] = a[i] < low ? low : a[i] > high ? high : a[i];
    return a;
}

/* e / (1 + 2^v), as `share` of blocks.h. Here the exponent is clamped beside the series, not before it: 16 models on AVX-512, 28
   columns, 25 -> 21 ns a row. An infinite v gives NaN. */
static inline VEC NAME(shares)(VEC e, VEC v)
{
    const REAL round = (REAL)((INT)3 << (MANTISSA_BITS - 1));
    INT low;
    memcpy(&low, &round, sizeof low);
    low -= EXPONENT_BIAS;
    const VEC shifted = v + round;
    const VEC power = (VEC)((NAME(within)((IVEC)shifted, low + 1, low + 2 * EXPONENT_BIAS) - low) << MANTISSA_BITS);
    VEC f = v - (shifted - round), term[TERMS / 2];
    for (int k = 0; k < TERMS / 2; k++) term[k] = NAME(power_of_two)[2 * k] + NAME(power_of_two)[2 * k + 1] * f;
    for (int m = TERMS / 2; m > 1; m = (m + 1) / 2) {
        f *= f;
        for (int k = 0; k < m / 2; k++) term[k] = term[2 * k] + term[2 * k + 1] * f;
        if (m % 2) term[m / 2] = term[m - 1];
    }
    return e / (1 + term[0] * power);
}

/* The recurrence of LANES models of their own; what does not depend on the row before is computed first. */
static inline void NAME(separate_rows)(
    ptrdiff_t v, ptrdiff_t width, const REAL *lanes, VEC base, REAL one, const REAL *r, REAL *margins, REAL *gradient)
{
    const REAL *sign = lanes + v, *step = sign + 4 * width, *decay = sign + 8 * width, *dots = r + 8 + v;
    const VEC s0 = LOAD(sign), s1 = LOAD(sign + width), s2 = LOAD(sign + 2 * width), s3 = LOAD(sign + 3 * width);
    const VEC e0 = -s0 * LOAD(step), e1 = -s1 * LOAD(step + width), e2 = -s2 * LOAD(step + 2 * width), e3 = -s3 * LOAD(step + 3 * width);
    const REAL of_two = (REAL)-1.44269504088896340736; /* -1 / ln(2) */
    const VEC h0 = of_two * s0, h1 = of_two * s1, h2 = of_two * s2, h3 = of_two * s3; /* the gradient is s / (1 + 2^u), u = h m */
    const VEC k0 = LOAD(decay), k1 = LOAD(decay + width), k2 = LOAD(decay + 2 * width), k12 = k1 * k2, k01 = k0 * k1;
    VEC u0 = h0 * (LOAD(dots) + base), u1 = h1 * (k0 * LOAD(dots + width) + base);
    VEC u2 = h2 * (k01 * LOAD(dots + 2 * width) + base), u3 = h3 * (k01 * k2 * LOAD(dots + 3 * width) + base);
    const VEC g1 = h1 * (r[0] + one), g2 = h2 * (k1 * r[1] + one), g3 = h3 * (k12 * r[2] + one), g21 = h2 * (r[3] + one);
    const VEC g31 = h3 * (k2 * r[4] + one), g32 = h3 * (r[5] + one);
    const VEC a0 = NAME(moving)(e0, NAME(shares)(e0, u0)); /* (LR-12) */
    u1 += a0 * g1, u2 += a0 * g2, u3 += a0 * g3;
    const VEC a1 = NAME(moving)(e1, NAME(shares)(e1, u1));
    u2 += a1 * g21, u3 += a1 * g31;
    const VEC a2 = NAME(moving)(e2, NAME(shares)(e2, u2));
    u3 += a2 * g32;
    STORE(gradient) = a0, STORE(gradient + width) = a1, STORE(gradient + 2 * width) = a2;
    STORE(gradient + 3 * width) = NAME(moving)(e3, NAME(shares)(e3, u3));
    const REAL back = (REAL)-0.69314718055994530942; /* -ln(2); 1 / s is s */
    STORE(margins) = back * s0 * u0, STORE(margins + width) = back * s1 * u1;
    STORE(margins + 2 * width) = back * s2 * u2, STORE(margins + 3 * width) = back * s3 * u3;
}

/* b as the weights have it */
static inline VEC NAME(narrowed)(const double *b)
{
    REAL lane[LANES];
    VEC base;
    for (ptrdiff_t l = 0; l < LANES; l++) lane[l] = (REAL)b[l];
    memcpy(&base, lane, sizeof base);
    return base;
}

/* b takes the steps of four rows, row by row */
static inline void NAME(step_intercepts)(ptrdiff_t width, const REAL *gradient, const REAL *step, double *b, double *b_total)
{
    if (b_total)
        for (int i = 0; i < 4; i++)
            for (ptrdiff_t l = 0; l < LANES; l++) {
                b[l] += gradient[i * width + l];
                b_total[l] += step[i * width + l] != 0 ? b[l] : 0;
            }
    else
        for (ptrdiff_t l = 0; l < LANES; l++)
            b[l] = (((b[l] + gradient[l]) + gradient[width + l]) + gradient[2 * width + l]) + gradient[3 * width + l];
}

/* The recurrence of the classes of a softmax, row after row: the sum couples all lanes. Returns as `many` does. */
static inline int NAME(softmax_rows)(ptrdiff_t width, const REAL *lanes, const double *b, REAL one, const REAL *r, REAL *found)
{
    static const int gram_of[4][3] = {{0, 0, 0}, {0, 0, 0}, {1, 3, 0}, {2, 4, 5}}; /* indices of x_j . x_i, j < i, in r */
    const REAL *decay = lanes + 8 * width, *dots = r + 8;
    REAL *gradient = found + 4 * width;
    for (int i = 0; i < 4; i++) {
        const REAL *s_i = lanes + i * width, *e_i = lanes + (4 + i) * width;
        REAL *m_i = found + i * width, *a_i = gradient + i * width, top, row_sum;
        for (ptrdiff_t v = 0; v < width; v += LANES) {
            VEC kept = LOAD(decay + v) * 0 + 1, sum = {0}; /* kept: what is left at row i of the weights after row j */
            for (int j = i - 1; j >= 0; j--) {
                sum += LOAD(gradient + j * width + v) * (kept * r[gram_of[i][j]] + one);
                kept *= LOAD(decay + j * width + v);
            }
            STORE(m_i + v) = kept * LOAD(dots + i * width + v) + NAME(narrowed)(b + v) + sum; /* (LR-1), (LR-12) */
        }
        memcpy(a_i, m_i, (size_t)width * sizeof(REAL));
        NAME(softmax_row)(width, a_i, &top, &row_sum);
        if (!(top - top == 0 && row_sum - row_sum == 0) && e_i[0] != 0) return i;
        found[8 * width + 2 * i] = top, found[8 * width + 2 * i + 1] = row_sum;
        for (ptrdiff_t v = 0; v < width; v += LANES)
            STORE(a_i + v) = NAME(moving)(LOAD(e_i + v), LOAD(e_i + v) * (LOAD(s_i + v) - LOAD(a_i + v) / row_sum)); /* (LR-8) */
    }
    return -1;
}

/* What four steps do to the weights of LANES models and their total, as `update` of blocks.h with a model a lane. */
struct NAME(updates) {
    VEC c0, c1, c2, c3, c4, c5, c6, c7, c8, c9;
};

static inline __attribute__((always_inline)) struct NAME(updates) NAME(updates_of)(
    ptrdiff_t width, const REAL *gradient, const REAL *step, const REAL *decay, const int averaged)
{
    const VEC a0 = LOAD(gradient), a1 = LOAD(gradient + width), a2 = LOAD(gradient + 2 * width), a3 = LOAD(gradient + 3 * width);
    const VEC k1 = LOAD(decay + width), k2 = LOAD(decay + 2 * width), k3 = LOAD(decay + 3 * width), zero = {0}, ones = zero + 1;
    struct NAME(updates) u = {
        .c0 = LOAD(decay) * k1 * k2 * k3, .c1 = k1 * k2 * k3 * a0, .c2 = k2 * k3 * a1, .c3 = k3 * a2, .c4 = a3};
    VEC counts[4];
    for (int i = 0; i < 4; i++) counts[i] = (VEC)((IVEC)(LOAD(step + i * width) != zero) & (IVEC)ones);
    if (averaged) { /* (LR-10) */
        const VEC after2 = counts[2] + k3 * counts[3], after1 = counts[1] + k2 * after2, after0 = counts[0] + k1 * after1;
        u.c5 = LOAD(decay) * after0, u.c6 = after0 * a0, u.c7 = after1 * a1, u.c8 = after2 * a2, u.c9 = counts[3] * a3;
    }
    return u;
}

/* Writes the Gram entries of the rows q to r[0..5]; G has their sums over whole vectors of columns, lane by lane. */
static inline __attribute__((always_inline)) void NAME(finish_grams)(
    ptrdiff_t n, const void *const *q, const struct NAME(grams) G, REAL *r)
{
    const REAL *q0 = q[0], *q1 = q[1], *q2 = q[2], *q3 = q[3];
    HALF H0 = {0}, H1 = {0}, H2 = {0}, H3 = {0}, H4 = {0}, H5 = {0};
    ptrdiff_t j = n / LANES * LANES;
    for (; j + HALF_LANES <= n; j += HALF_LANES) GRAM(HALF, H, j)
    H0 += NAME(fold)(G.s0), H1 += NAME(fold)(G.s1), H2 += NAME(fold)(G.s2);
    H3 += NAME(fold)(G.s3), H4 += NAME(fold)(G.s4), H5 += NAME(fold)(G.s5);
    *(QUAD *)r = NAME(sums)(H0, H1, H2, H3);
    const QUAD last = NAME(sums)(H4, H5, H4, H5);
    r[4] = last[0], r[5] = last[1];
    for (; j < n; j++) {
        r[0] += q0[j] * q1[j], r[1] += q0[j] * q2[j], r[2] += q0[j] * q3[j];
        r[3] += q1[j] * q2[j], r[4] += q1[j] * q3[j], r[5] += q2[j] * q3[j];
    }
}

/* Columns are taken STRIPE at a time, for the products with each other and with the weights to find the rows q in the first-level
   cache, which the weights of 1,000 columns and 16 models fill: 452 -> 385 ns a row there on AVX-512, float64 970 -> 790. */
static inline __attribute__((always_inline)) int NAME(any_many)(
    ptrdiff_t n, ptrdiff_t width, int softmax, const struct lanes *lanes, REAL *restrict total, const REAL *steps,
    const struct block_rows *rows, REAL *r, REAL *found)
{
    REAL *restrict W = lanes->W;
    double *b = lanes->b, *b_total = total ? lanes->b_total : NULL;
    const int intercept = lanes->intercept;
    const REAL *step = steps + 4 * width, *decay = steps + 8 * width;
    REAL *gradient = found + 4 * width; /* eta times it, negative */
    const REAL one = intercept ? 1 : 0;
    if (softmax) {
        const int refused = NAME(softmax_rows)(width, steps, b, one, r, found);
        if (refused >= 0) return refused;
    } else
        for (ptrdiff_t v = 0; v < width; v += LANES)
            NAME(separate_rows)(v, width, steps, NAME(narrowed)(b + v), one, r, found + v, gradient + v);

    struct NAME(grams) G = {{0}, {0}, {0}, {0}, {0}, {0}};
    const REAL *p0 = rows->p[0], *p1 = rows->p[1], *p2 = rows->p[2], *p3 = rows->p[3];
    const REAL *q0 = rows->q[0], *q1 = rows->q[1], *q2 = rows->q[2], *q3 = rows->q[3];
    const void *const *ahead = rows->ahead;
    for (ptrdiff_t v = 0; v < width; v += LANES) {
        const struct NAME(updates) u = NAME(updates_of)(width, gradient + v, step + v, decay + v, total != NULL);
        if (intercept) NAME(step_intercepts)(width, gradient + v, step + v, b + v, b_total ? b_total + v : NULL);
        VEC m0 = {0}, m1 = {0}, m2 = {0}, m3 = {0};
        for (ptrdiff_t j = 0, g = 0; j < n;) {
            const ptrdiff_t stop = j + STRIPE < n ? j + STRIPE : n;
            for (; j < stop; j++) {
                VEC w = LOAD(W + (v * n + j * LANES));
                if (total) {
                    REAL *t = total + (v * n + j * LANES);
                    STORE(t) = LOAD(t) + u.c5 * w + u.c6 * p0[j] + u.c7 * p1[j] + u.c8 * p2[j] + u.c9 * p3[j];
                }
                w = u.c0 * w + u.c1 * p0[j] + u.c2 * p1[j] + u.c3 * p2[j] + u.c4 * p3[j]; /* (LR-5) */
                STORE(W + (v * n + j * LANES)) = w;
                m0 += w * q0[j], m1 += w * q1[j], m2 += w * q2[j], m3 += w * q3[j];
            }
            for (; v == 0 && g + LANES <= stop; g += LANES) {
                for (int i = 0; i < 4; i++) PREFETCH((const REAL *)ahead[i] + g);
                GRAM(VEC, G.s, g)
            }
        }
        STORE(r + 8 + v) = m0, STORE(r + 8 + width + v) = m1, STORE(r + 8 + 2 * width + v) = m2, STORE(r + 8 + 3 * width + v) = m3;
    }
    for (int i = 0; i < 4; i++) PREFETCH((const REAL *)ahead[i] + n - 1);
    NAME(finish_grams)(n, rows->q, G, r);
    return -1;
}

static int NAME(many)(
    ptrdiff_t n, ptrdiff_t width, int softmax, const struct lanes *lanes, const REAL *steps, const struct block_rows *rows, REAL *r,
    REAL *found)
{
    return lanes->total ? NAME(any_many)(n, width, softmax, lanes, lanes->total, steps, rows, r, found)
                        : NAME(any_many)(n, width, softmax, lanes, NULL, steps, rows, r, found);
}

/* Here for the vectors of the level: 16 models alike 9 -> 2 ns a row, 20 models by folds 53 -> 29 (AVX-512). */
static void NAME(prepare)(
    ptrdiff_t n, double y, double weight, const unsigned char *restrict multiplicity, const double *eta,
    const struct model_steps *models, REAL *restrict sign, REAL *restrict step, REAL *restrict decay)
{
    const double *target = models->target, *alpha = models->alpha;
    ptrdiff_t *restrict n_updates = models->n_updates;
    const ptrdiff_t eta_stride = models->eta_stride, model_stride = models->model_stride;
    for (ptrdiff_t m = 0; m < n; m++) sign[m] = y == target[m] ? -1 : 1;
    if (multiplicity)
        for (ptrdiff_t m = 0; m < n; m++) {
            const int moves = multiplicity[m] != 0;
            const double size = moves * eta[n_updates[m] * eta_stride + m * model_stride];
            step[m] = (REAL)(size * (weight * multiplicity[m])), decay[m] = (REAL)(1 - size * alpha[m]);
            n_updates[m] += moves;
        }
    else if (model_stride == 1)
        for (ptrdiff_t m = 0; m < n; m++) step[m] = (REAL)(eta[m] * weight), decay[m] = (REAL)(1 - eta[m] * alpha[m]);
    else
        for (ptrdiff_t m = 0; m < n; m++) {
            const double size = eta[m * model_stride];
            step[m] = (REAL)(size * weight), decay[m] = (REAL)(1 - size * alpha[m]);
        }
}

#undef STRIPE

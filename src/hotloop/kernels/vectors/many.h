/* Many models, or the classes of a softmax, in one read of the rows: (LR-12) with a model a lane, for one REAL type. Included by
   level.h after blocks.h. The Gram entries of a block are shared. `width` is the number of lanes, a multiple of LANES; weights lie
   by vectors of lanes, then columns: W[width / LANES][n][LANES]. */

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

static inline __attribute__((always_inline)) int NAME(any_many)(
    ptrdiff_t n, ptrdiff_t width, REAL *restrict W, REAL *restrict total, const REAL *lanes, double *b, double *b_total,
    int intercept, int softmax, const REAL *const *p, const REAL *const *q, const REAL *const *ahead, REAL *r, REAL *found)
{
    const REAL *sign = lanes, *step = lanes + 4 * width, *keep = lanes + 8 * width, *dots = r + 8;
    REAL *gradient = found + 4 * width; /* eta times it, negative */
    const REAL one = intercept ? 1 : 0;

    /* the recurrence, row after row; where the lanes are models of their own all rows of one vector are done before the next */
    for (int i = 0; i < 4; i++) {
        static const int of[4][3] = {{0, 0, 0}, {0, 0, 0}, {1, 3, 0}, {2, 4, 5}}; /* places of x_j . x_i, j < i */
        const REAL *s_i = sign + i * width, *e_i = step + i * width;
        REAL *m_i = found + i * width, *a_i = gradient + i * width;
        for (ptrdiff_t v = 0; v < width; v += LANES) {
            VEC kept = LOAD(keep + v) * 0 + 1, sum = {0}; /* kept: what is left at row i of the weights after row j */
            for (int j = i - 1; j >= 0; j--) {
                sum += LOAD(gradient + j * width + v) * (kept * r[of[i][j]] + one);
                kept *= LOAD(keep + j * width + v);
            }
            VEC base;
            for (ptrdiff_t l = 0; l < LANES; l++) base[l] = (REAL)b[v + l];
            const VEC m = kept * LOAD(dots + i * width + v) + base + sum; /* (LR-1), (LR-12) */
            STORE(m_i + v) = m;
            if (!softmax) {
                const VEC y_sign = LOAD(s_i + v);
                STORE(a_i + v) = NAME(moving)(LOAD(e_i + v), -y_sign * LOAD(e_i + v) / (1 + NAME(exp_vec)(-y_sign * m))); /* (LR-2), (LR-4) */
            }
        }
        if (softmax) {
            REAL top, sum;
            memcpy(a_i, m_i, (size_t)width * sizeof(REAL));
            NAME(softmax_row)(width, a_i, &top, &sum);
            if (!(top - top == 0 && sum - sum == 0) && e_i[0] != 0) return i;
            found[8 * width + 2 * i] = top, found[8 * width + 2 * i + 1] = sum;
            for (ptrdiff_t v = 0; v < width; v += LANES)
                STORE(a_i + v) = NAME(moving)(LOAD(e_i + v), LOAD(e_i + v) * (LOAD(s_i + v) - LOAD(a_i + v) / sum)); /* (LR-8) */
        }
    }

    for (ptrdiff_t v = 0; v < width; v += LANES) {
        const VEC a0 = LOAD(gradient + v), a1 = LOAD(gradient + width + v), a2 = LOAD(gradient + 2 * width + v);
        const VEC c4 = LOAD(gradient + 3 * width + v), k1 = LOAD(keep + width + v), k2 = LOAD(keep + 2 * width + v);
        const VEC k3 = LOAD(keep + 3 * width + v), c3 = k3 * a2, c2 = k2 * k3 * a1, c1 = k1 * k2 * k3 * a0;
        const VEC c0 = LOAD(keep + v) * k1 * k2 * k3, zero = {0}, ones = zero + 1;
        VEC c5 = zero, c6 = zero, c7 = zero, c8 = zero, c9 = zero, counts[4];
        for (int i = 0; i < 4; i++) counts[i] = (VEC)((IVEC)(LOAD(step + i * width + v) != zero) & (IVEC)ones);
        if (total) { /* (LR-10) */
            const VEC after2 = counts[2] + k3 * counts[3], after1 = counts[1] + k2 * after2, after0 = counts[0] + k1 * after1;
            c5 = LOAD(keep + v) * after0, c6 = after0 * a0, c7 = after1 * a1, c8 = after2 * a2, c9 = counts[3] * c4;
        }
        if (intercept)
            for (ptrdiff_t l = 0; l < LANES; l++)
                for (int i = 0; i < 4; i++) {
                    b[v + l] += gradient[i * width + v + l];
                    if (b_total) b_total[v + l] += counts[i][l] * b[v + l];
                }
        VEC m0 = {0}, m1 = {0}, m2 = {0}, m3 = {0};
        const REAL *p0 = p[0], *p1 = p[1], *p2 = p[2], *p3 = p[3], *q0 = q[0], *q1 = q[1], *q2 = q[2], *q3 = q[3];
        for (ptrdiff_t j = 0; j < n; j++) {
            VEC w = LOAD(W + (v * n + j * LANES));
            if (total)
                STORE(total + (v * n + j * LANES)) = LOAD(total + (v * n + j * LANES)) + c5 * w + c6 * p0[j] + c7 * p1[j] + c8 * p2[j] + c9 * p3[j];
            w = c0 * w + c1 * p0[j] + c2 * p1[j] + c3 * p2[j] + c4 * p3[j]; /* (LR-5) */
            STORE(W + (v * n + j * LANES)) = w;
            m0 += w * q0[j], m1 += w * q1[j], m2 += w * q2[j], m3 += w * q3[j];
        }
        STORE(r + 8 + v) = m0, STORE(r + 8 + width + v) = m1, STORE(r + 8 + 2 * width + v) = m2, STORE(r + 8 + 3 * width + v) = m3;
    }

    VEC G0 = {0}, G1 = {0}, G2 = {0}, G3 = {0}, G4 = {0}, G5 = {0};
    const REAL *q0 = q[0], *q1 = q[1], *q2 = q[2], *q3 = q[3];
    ptrdiff_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        const VEC x0 = LOAD(q0 + j), x1 = LOAD(q1 + j), x2 = LOAD(q2 + j), x3 = LOAD(q3 + j);
        for (int i = 0; i < 4; i++) __builtin_prefetch(ahead[i] + j);
        G0 += x0 * x1, G1 += x0 * x2, G2 += x0 * x3, G3 += x1 * x2, G4 += x1 * x3, G5 += x2 * x3;
    }
    for (int i = 0; i < 4; i++) __builtin_prefetch(ahead[i] + n - 1);
    r[0] = NAME(sum)(G0), r[1] = NAME(sum)(G1), r[2] = NAME(sum)(G2);
    r[3] = NAME(sum)(G3), r[4] = NAME(sum)(G4), r[5] = NAME(sum)(G5);
    for (; j < n; j++) {
        r[0] += q0[j] * q1[j], r[1] += q0[j] * q2[j], r[2] += q0[j] * q3[j];
        r[3] += q1[j] * q2[j], r[4] += q1[j] * q3[j], r[5] += q2[j] * q3[j];
    }
    return -1;
}

static int NAME(many)(
    ptrdiff_t n, ptrdiff_t width, REAL *W, REAL *total, const REAL *lanes, double *b, double *b_total, int intercept, int softmax,
    const REAL *const *p, const REAL *const *q, const REAL *const *ahead, REAL *r, REAL *found)
{
    return total ? NAME(any_many)(n, width, W, total, lanes, b, b_total, intercept, softmax, p, q, ahead, r, found)
                 : NAME(any_many)(n, width, W, NULL, lanes, b, NULL, intercept, softmax, p, q, ahead, r, found);
}

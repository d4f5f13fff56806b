/* Small matrix products and layers of the two-layer network, for one REAL type: included by level.h after blocks.h. Of rows of hidden
   units `stride` apart, `width` units are taken, a multiple of LINE; rows x of samples are found through pointers. Each sum runs over
   the columns one after the other, so it does not depend on how columns, rows and units are cut. */
#define COLUMNS 32 /* taken at once, so that their weights stay in the first-level cache for all rows: 0.82 -> 1 at 784 x 128 */
#define TILE_ROWS (VECTOR_BYTES == 64 ? 8 : 4) /* 4 x 2 accumulators, two weights and a value of x fit 16 registers */
#define TILE_VECS (VECTOR_BYTES == 64 ? 1 : 2)
#define UNROLL _Pragma("GCC unroll 8")

/* A[i] (+)= sum of x_i[j] W[at_j] over the columns from `begin` to `end`, for `rows` samples and `vecs` vectors of hidden units */
static inline __attribute__((always_inline)) void NAME(product_tile)(
    ptrdiff_t begin, ptrdiff_t end, const int rows, const int vecs, const REAL *const *x, const int32_t *at, ptrdiff_t stride,
    const REAL *W, REAL *A)
{
    VEC a[8][4];
    const REAL *p[8];
    UNROLL for (int i = 0; i < rows; i++) {
        p[i] = x[i];
        UNROLL for (int v = 0; v < vecs; v++) a[i][v] = begin ? LOAD(A + i * stride + v * LANES) : (VEC){0};
    }
    for (ptrdiff_t j = begin; j < end; j++) {
        const REAL *w = W + (at ? at[j] : j) * stride;
        VEC u[4];
        UNROLL for (int v = 0; v < vecs; v++) u[v] = LOAD(w + v * LANES);
        UNROLL for (int i = 0; i < rows; i++)
            UNROLL for (int v = 0; v < vecs; v++) a[i][v] += p[i][j] * u[v];
    }
    UNROLL for (int i = 0; i < rows; i++)
        UNROLL for (int v = 0; v < vecs; v++) STORE(A + i * stride + v * LANES) = a[i][v];
}

static void NAME(product)(
    ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x, const int32_t *at, ptrdiff_t stride, ptrdiff_t width, const REAL *W, REAL *A)
{
    if (!n)
        for (ptrdiff_t i = 0; i < n_rows; i++) memset(A + i * stride, 0, (size_t)width * sizeof(REAL));
    for (ptrdiff_t begin = 0; begin < n; begin += COLUMNS) {
        const ptrdiff_t end = begin + COLUMNS < n ? begin + COLUMNS : n;
        for (ptrdiff_t h = 0; h < width; h += TILE_VECS * LANES) {
            ptrdiff_t i = 0;
            for (; i + TILE_ROWS <= n_rows; i += TILE_ROWS)
                NAME(product_tile)(begin, end, TILE_ROWS, TILE_VECS, x + i, at, stride, W + h, A + i * stride + h);
            for (; i < n_rows; i++)
                NAME(product_tile)(begin, end, 1, TILE_VECS, x + i, at, stride, W + h, A + i * stride + h);
        }
    }
}

/* W[at_j] += sum_i x_i[j] D_i for `columns` of them */
static inline __attribute__((always_inline)) void NAME(outer_tile)(
    ptrdiff_t j, const int columns, const int vecs, ptrdiff_t n_rows, const REAL *const *x, const int32_t *at, ptrdiff_t stride,
    const REAL *D, REAL *W)
{
    VEC u[4][4];
    REAL *w[4];
    UNROLL for (int c = 0; c < columns; c++) {
        w[c] = W + (at ? at[j + c] : j + c) * stride;
        UNROLL for (int v = 0; v < vecs; v++) u[c][v] = LOAD(w[c] + v * LANES);
    }
    for (ptrdiff_t i = 0; i < n_rows; i++) {
        const REAL *p = x[i] + j;
        VEC d[4];
        UNROLL for (int v = 0; v < vecs; v++) d[v] = LOAD(D + i * stride + v * LANES);
        UNROLL for (int c = 0; c < columns; c++)
            UNROLL for (int v = 0; v < vecs; v++) u[c][v] += p[c] * d[v];
    }
    UNROLL for (int c = 0; c < columns; c++)
        UNROLL for (int v = 0; v < vecs; v++) STORE(w[c] + v * LANES) = u[c][v];
}

static void NAME(add_outer)(
    ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x, const int32_t *at, ptrdiff_t stride, ptrdiff_t width, const REAL *D,
    REAL *W)
{
    ptrdiff_t j = 0;
    for (; j + 4 <= n; j += 4)
        for (ptrdiff_t h = 0; h < width; h += TILE_VECS * LANES)
            NAME(outer_tile)(j, 4, TILE_VECS, n_rows, x, at, stride, D + h, W + h);
    for (; j < n; j++)
        for (ptrdiff_t h = 0; h < width; h += TILE_VECS * LANES)
            NAME(outer_tile)(j, 1, TILE_VECS, n_rows, x, at, stride, D + h, W + h);
}

/* The columns in which a row is not 0, rising; `used` has room for n numbers and the widest vector. Returns how many there are. */
static ptrdiff_t NAME(columns_in_use)(ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x, REAL *used, int32_t *at)
{
    INT *bits = (INT *)used;
    ptrdiff_t m = 0, j = 0;
    for (; j + LANES <= n; j += LANES) {
        IVEC any = {0};
        for (ptrdiff_t i = 0; i < n_rows; i++) any |= *(const IVEC *)(x[i] + j);
        *(IVEC *)(used + j) = any;
    }
    for (; j < n; j++) {
        used[j] = 0;
        for (ptrdiff_t i = 0; i < n_rows; i++)
            if (x[i][j] != 0) used[j] = 1;
    }
    for (j = 0; j < n; j++) {
        INT any;
        memcpy(&any, bits + j, sizeof any);
        at[m] = (int32_t)j;
        m += any != 0;
    }
    return m;
}

/* G[i][l] = x_i . x_l for l < i < n_rows <= 8, rows of G 8 long */
static void NAME(gram)(ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x, REAL *G)
{
    for (ptrdiff_t i = 1; i < n_rows; i++)
        for (ptrdiff_t l = 0; l < i; l += 4) {
            const QUAD four = NAME(four_dots)(n, x[l], x[l + 1 < i ? l + 1 : l], x[l + 2 < i ? l + 2 : l], x[l + 3 < i ? l + 3 : l], x[i]);
            memcpy(G + 8 * i + l, &four, sizeof four);
        }
}

/* The hidden activation z of a, by (NN-2), and its derivative by a where z is known; a NaN stays one */
static inline VEC NAME(activation_vec)(int activation, VEC a)
{
    const VEC zero = {0};
    if (activation == RELU) return NAME(select)((IVEC)(a <= zero), zero, a);
    if (activation == LOGISTIC) return NAME(logistic_vec)(a);
    return 2 * NAME(logistic_vec)(2 * a) - 1;
}

static inline VEC NAME(slope_vec)(int activation, VEC z)
{
    const VEC zero = {0}, one = zero + 1;
    if (activation == RELU) return NAME(select)((IVEC)(z > zero), one, zero);
    return activation == LOGISTIC ? z * (1 - z) : 1 - z * z;
}

static void NAME(hidden)(
    int activation, ptrdiff_t stride, ptrdiff_t width, ptrdiff_t n, const REAL *a, const REAL *g, const REAL *D, REAL scale,
    const REAL *b, REAL *z)
{
    for (ptrdiff_t h = 0; h < width; h += LANES) {
        VEC s = LOAD(a + h);
        for (ptrdiff_t l = 0; l < n; l++) s += g[l] * LOAD(D + l * stride + h);
        STORE(z + h) = NAME(activation_vec)(activation, scale * s + LOAD(b + h));
    }
}

static void NAME(activate)(int activation, ptrdiff_t width, const REAL *b, REAL *z)
{
    for (ptrdiff_t h = 0; h < width; h += LANES) STORE(z + h) = NAME(activation_vec)(activation, LOAD(z + h) + LOAD(b + h));
}

static void NAME(drop)(
    ptrdiff_t first, ptrdiff_t width, uint32_t limit, uint32_t key, uint32_t step, REAL factor, const REAL *z, REAL *mask, REAL *kept)
{
    const uint32_t row = JOIN(mix, of, LEVEL)(step + key);
    for (ptrdiff_t h = 0; h < width; h++) {
        mask[h] = JOIN(mix, of, LEVEL)(row ^ (uint32_t)(first + h) * 0x9e3779b9u) < limit ? 0 : factor;
        kept[h] = z[h] * mask[h];
    }
}

static void NAME(slope_back)(
    int activation, ptrdiff_t stride, ptrdiff_t width, ptrdiff_t n_outputs, const REAL *delta, const REAL *z, const REAL *mask,
    const REAL *V, REAL factor, REAL *d)
{
    for (ptrdiff_t h = 0; h < width; h += LANES) {
        VEC s = {0};
        for (ptrdiff_t c = 0; c < n_outputs; c++) s += delta[c] * LOAD(V + c * stride + h);
        s *= NAME(slope_vec)(activation, LOAD(z + h));
        if (mask) s *= LOAD(mask + h);
        STORE(d + h) = factor * s;
    }
}

static void NAME(backward)(
    int activation, ptrdiff_t stride, ptrdiff_t width, ptrdiff_t n_outputs, const REAL *delta, REAL keep, REAL step, REAL factor,
    const REAL *z, const REAL *mask, REAL *V, REAL *b, REAL *d)
{
    for (ptrdiff_t h = 0; h < width; h += LANES) {
        const VEC z_h = LOAD(z + h);
        VEC kept = z_h, s = {0};
        if (mask) kept *= LOAD(mask + h);
        for (ptrdiff_t c = 0; c < n_outputs; c++) {
            const VEC v = LOAD(V + c * stride + h);
            s += delta[c] * v;
            STORE(V + c * stride + h) = keep * v - (step * delta[c]) * kept;
        }
        s *= NAME(slope_vec)(activation, z_h);
        if (mask) s *= LOAD(mask + h);
        STORE(b + h) = LOAD(b + h) - step * s;
        STORE(d + h) = factor * s;
    }
}

static void NAME(backward_sum)(
    int activation, ptrdiff_t width, REAL delta, REAL keep, REAL step, REAL factor, const REAL *z, const REAL *mask, const REAL *s,
    REAL *V, REAL *b, REAL *d)
{
    for (ptrdiff_t h = 0; h < width; h += LANES) {
        const VEC z_h = LOAD(z + h), s_h = LOAD(s + h), v = LOAD(V + h);
        VEC kept = z_h;
        if (mask) kept *= LOAD(mask + h);
        const VEC slope = delta * s_h * (1 - s_h);                                                     /* (NN-5) */
        VEC a = slope * v * NAME(slope_vec)(activation, z_h);                                          /* (NN-8) */
        if (mask) a *= LOAD(mask + h);
        STORE(V + h) = keep * v - step * slope * kept;
        STORE(b + h) = LOAD(b + h) - step * a;
        STORE(d + h) = factor * a;
    }
}

/* One step of minibatch training of n weights by their slopes g, with L2 of strength alpha (in the slopes, or for AdamW beside them). */
static void NAME(momentum)(
    ptrdiff_t n, const REAL *restrict g, REAL *restrict w, REAL *restrict velocity, REAL eta, REAL alpha, REAL momentum, int nesterov)
{
    for (ptrdiff_t j = 0; j < n; j++) {
        const REAL step = eta * (g[j] + alpha * w[j]), v = momentum * velocity[j] - step;
        velocity[j] = v;
        w[j] += nesterov ? momentum * v - step : v;
    }
}

static void NAME(adam)(
    ptrdiff_t n, const REAL *restrict g, REAL *restrict w, REAL *restrict first, REAL *restrict second, REAL eta, REAL alpha, REAL keep,
    REAL beta1, REAL beta2, REAL epsilon)
{
    for (ptrdiff_t j = 0; j < n; j++) {
        const REAL slope = g[j] + alpha * w[j];
        const REAL m = beta1 * first[j] + (1 - beta1) * slope, v = beta2 * second[j] + (1 - beta2) * slope * slope;
        first[j] = m, second[j] = v;
        w[j] = keep * w[j] - eta * m / (ROOT(v) + epsilon);
    }
}

#undef UNROLL
#undef TILE_VECS
#undef TILE_ROWS
#undef COLUMNS

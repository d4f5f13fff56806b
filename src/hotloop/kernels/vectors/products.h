/* Small matrix products of the two-layer network, for one REAL type: included by primitives.h after blocks.h. Of rows of hidden
   units `stride` apart, `width` units are taken, a multiple of LINE; rows x of samples are found through pointers. Each sum runs
   over the columns one after the other, so it does not depend on how columns, rows and units are cut. */
#define COLUMNS 32 /* taken at once, so that their weights stay in the first-level cache for all rows: 0.82 -> 1 at 784 x 128 */
/* Accumulators of a tile: 8, which with two weights and a value of x fit 16 registers, else 16 of 32. With 8 of 32: 0.75 of the
   speed at 784 x 128, 0.95 at 28 x 32. */
#define MANY_REGISTERS (VECTOR_BYTES == 64)
#define TILE_ROWS (MANY_REGISTERS ? 8 : 4)
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

static inline __attribute__((always_inline)) void NAME(product_strip)(
    ptrdiff_t begin, ptrdiff_t end, const int vecs, ptrdiff_t n_rows, const REAL *const *x, const int32_t *at, ptrdiff_t stride,
    const REAL *W, REAL *A)
{
    ptrdiff_t i = 0;
    for (; i + TILE_ROWS <= n_rows; i += TILE_ROWS)
        NAME(product_tile)(begin, end, TILE_ROWS, vecs, x + i, at, stride, W, A + i * stride);
    for (; i < n_rows; i++) NAME(product_tile)(begin, end, 1, vecs, x + i, at, stride, W, A + i * stride);
}

/* Bit j tells whether x_j is not 0, for n <= 64 of them. */
static inline uint64_t NAME(nonzeros)(ptrdiff_t n, const REAL *x)
{
    uint64_t bits = 0;
    ptrdiff_t j = 0;
#if VECTOR_BYTES == 64 && MANTISSA_BITS == 23
    for (; j + LANES <= n; j += LANES) bits |= (uint64_t)_mm512_cmp_ps_mask(_mm512_loadu_ps(x + j), _mm512_setzero_ps(), _CMP_NEQ_UQ) << j;
#elif VECTOR_BYTES == 64
    for (; j + LANES <= n; j += LANES) bits |= (uint64_t)_mm512_cmp_pd_mask(_mm512_loadu_pd(x + j), _mm512_setzero_pd(), _CMP_NEQ_UQ) << j;
#elif VECTOR_BYTES == 32 && MANTISSA_BITS == 23
    for (; j + LANES <= n; j += LANES)
        bits |= (uint64_t)(unsigned)_mm256_movemask_ps(_mm256_cmp_ps(_mm256_loadu_ps(x + j), _mm256_setzero_ps(), _CMP_NEQ_UQ)) << j;
#elif VECTOR_BYTES == 32
    for (; j + LANES <= n; j += LANES)
        bits |= (uint64_t)(unsigned)_mm256_movemask_pd(_mm256_cmp_pd(_mm256_loadu_pd(x + j), _mm256_setzero_pd(), _CMP_NEQ_UQ)) << j;
#endif
    for (; j < n; j++) bits |= (uint64_t)(x[j] != 0) << j;
    return bits;
}

/* Rows of which half or more is 0, as those of images, go by their non-zeros: WORD columns at a time, whose weights stay in the
   first-level cache, as the bits of one number. What is left out would have added 0. Of MNIST with 128 hidden units, a whole pass,
   ns a row on Zen 4 with AVX-512: 2,210; by the columns in which one of eight rows is not 0, packed: 2,590. */
#define WORD 64
#define ONE_POINTER(p) __asm__("" : "+r"(p)) /* else GCC keeps one for each of its vectors, more than there are registers */

/* Whether half of the first and the last row or more is 0 */
static int NAME(mostly_zeros)(ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x)
{
    ptrdiff_t count = 0;
    if (n < WORD || !n_rows) return 0;
    for (ptrdiff_t j = 0; j < n; j += WORD) {
        const ptrdiff_t m = n - j < WORD ? n - j : WORD;
        count += __builtin_popcountll(NAME(nonzeros)(m, x[0] + j)) + __builtin_popcountll(NAME(nonzeros)(m, x[n_rows - 1] + j));
    }
    return count <= n;
}

/* a (+)= sum of x[j] W[j] over the columns j whose bit is set */
static inline __attribute__((always_inline)) void NAME(product_of_bits)(
    uint64_t bits, int first, const int vecs, const REAL *x, ptrdiff_t stride, const REAL *W, REAL *A)
{
    VEC a[8];
    UNROLL for (int v = 0; v < vecs; v++) a[v] = first ? (VEC){0} : LOAD(A + v * LANES);
    for (; bits; bits &= bits - 1) {
        const int j = __builtin_ctzll(bits);
        const REAL p = x[j], *w = W + j * stride;
        ONE_POINTER(w);
        UNROLL for (int v = 0; v < vecs; v++) a[v] += p * LOAD(w + v * LANES);
    }
    UNROLL for (int v = 0; v < vecs; v++) STORE(A + v * LANES) = a[v];
}

static void NAME(product_by_nonzeros)(
    ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x, ptrdiff_t stride, ptrdiff_t width, const REAL *W, REAL *A)
{
    for (ptrdiff_t j = 0; j < n; j += WORD, W += WORD * stride)
        for (ptrdiff_t i = 0; i < n_rows; i++) {
            const REAL *p = x[i] + j;
            REAL *a = A + i * stride;
            const uint64_t bits = NAME(nonzeros)(n - j < WORD ? n - j : WORD, p);
            ptrdiff_t h = 0;
            for (; h + 8 * LANES <= width; h += 8 * LANES) NAME(product_of_bits)(bits, j == 0, 8, p, stride, W + h, a + h);
            for (; h + 2 * LANES <= width; h += 2 * LANES) NAME(product_of_bits)(bits, j == 0, 2, p, stride, W + h, a + h);
            for (; h < width; h += LANES) NAME(product_of_bits)(bits, j == 0, 1, p, stride, W + h, a + h);
        }
}

static void NAME(product)(
    ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x, const int32_t *at, ptrdiff_t stride, ptrdiff_t width, const REAL *W, REAL *A)
{
    if (!at && NAME(mostly_zeros)(n, n_rows, x)) {
        NAME(product_by_nonzeros)(n, n_rows, x, stride, width, W, A);
        return;
    }
    if (!n)
        for (ptrdiff_t i = 0; i < n_rows; i++) memset(A + i * stride, 0, (size_t)width * sizeof(REAL));
    for (ptrdiff_t begin = 0; begin < n; begin += COLUMNS) {
        const ptrdiff_t end = begin + COLUMNS < n ? begin + COLUMNS : n;
        ptrdiff_t h = 0;
        for (; h + 2 * LANES <= width; h += 2 * LANES) NAME(product_strip)(begin, end, 2, n_rows, x, at, stride, W + h, A + h);
        for (; h < width; h += LANES) NAME(product_strip)(begin, end, 1, n_rows, x, at, stride, W + h, A + h);
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

/* W[j] += sum of x_i[j] D_i of one or two rows over the columns j whose bit is set: two share the loads and stores of W */
static inline __attribute__((always_inline)) void NAME(outer_of_bits)(
    uint64_t bits, const int rows, const int vecs, const REAL *x, const REAL *y, ptrdiff_t stride, const REAL *D, REAL *W)
{
    VEC d[2][8];
    UNROLL for (int v = 0; v < vecs; v++) d[0][v] = LOAD(D + v * LANES), d[1][v] = LOAD(D + (rows - 1) * stride + v * LANES);
    for (; bits; bits &= bits - 1) {
        const int j = __builtin_ctzll(bits);
        const REAL p = x[j], q = y[j];
        REAL *w = W + j * stride;
        ONE_POINTER(w);
        UNROLL for (int v = 0; v < vecs; v++) {
            VEC u = LOAD(w + v * LANES) + p * d[0][v];
            if (rows == 2) u += q * d[1][v];
            STORE(w + v * LANES) = u;
        }
    }
}

static void NAME(outer_by_nonzeros)(
    ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x, ptrdiff_t stride, ptrdiff_t width, const REAL *D, REAL *W)
{
    enum { VECS = MANY_REGISTERS ? 8 : 4 };
    for (ptrdiff_t j = 0; j < n; j += WORD, W += WORD * stride) {
        const ptrdiff_t m = n - j < WORD ? n - j : WORD;
        ptrdiff_t i = 0;
        for (; i + 2 <= n_rows; i += 2) {
            const REAL *p = x[i] + j, *q = x[i + 1] + j, *d = D + i * stride;
            const uint64_t bits = NAME(nonzeros)(m, p) | NAME(nonzeros)(m, q);
            ptrdiff_t h = 0;
            for (; h + VECS * LANES <= width; h += VECS * LANES) NAME(outer_of_bits)(bits, 2, VECS, p, q, stride, d + h, W + h);
            for (; h + 2 * LANES <= width; h += 2 * LANES) NAME(outer_of_bits)(bits, 2, 2, p, q, stride, d + h, W + h);
            for (; h < width; h += LANES) NAME(outer_of_bits)(bits, 2, 1, p, q, stride, d + h, W + h);
        }
        if (i < n_rows) {
            const REAL *p = x[i] + j;
            const uint64_t bits = NAME(nonzeros)(m, p);
            for (ptrdiff_t h = 0; h < width; h += LANES) NAME(outer_of_bits)(bits, 1, 1, p, p, stride, D + i * stride + h, W + h);
        }
    }
}

static void NAME(add_outer)(
    ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x, const int32_t *at, ptrdiff_t stride, ptrdiff_t width, const REAL *D,
    REAL *W)
{
    ptrdiff_t j = 0;
    if (!at && NAME(mostly_zeros)(n, n_rows, x)) {
        NAME(outer_by_nonzeros)(n, n_rows, x, stride, width, D, W);
        return;
    }
    for (; j + 4 <= n; j += 4) {
        ptrdiff_t h = 0;
        for (; MANY_REGISTERS && h + 4 * LANES <= width; h += 4 * LANES) NAME(outer_tile)(j, 4, 4, n_rows, x, at, stride, D + h, W + h);
        for (; h + 2 * LANES <= width; h += 2 * LANES) NAME(outer_tile)(j, 4, 2, n_rows, x, at, stride, D + h, W + h);
        for (; h < width; h += LANES) NAME(outer_tile)(j, 4, 1, n_rows, x, at, stride, D + h, W + h);
    }
    for (; j < n; j++)
        for (ptrdiff_t h = 0; h < width; h += LANES) NAME(outer_tile)(j, 1, 1, n_rows, x, at, stride, D + h, W + h);
}

/* G[l] = x_i . x_l for l < i < 8 */
static inline void NAME(gram_row)(ptrdiff_t n, ptrdiff_t i, const REAL *const *x, REAL *G)
{
    for (ptrdiff_t l = 0; l < i; l += 4) {
        const QUAD four = NAME(four_dots)(n, x[l], x[l + 1 < i ? l + 1 : l], x[l + 2 < i ? l + 2 : l], x[l + 3 < i ? l + 3 : l], x[i]);
        memcpy(G + l, &four, sizeof four);
    }
}

/* G[i][l] = x_i . x_l for l < i < n_rows <= 8, rows of G 8 long */
static void NAME(gram)(ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x, REAL *G)
{
    for (ptrdiff_t i = 1; i < n_rows; i++) NAME(gram_row)(n, i, x, G + 8 * i);
}

#undef WORD
#undef ONE_POINTER
#undef UNROLL
#undef MANY_REGISTERS
#undef TILE_ROWS
#undef COLUMNS

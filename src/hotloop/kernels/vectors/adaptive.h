/* Adaptive steps, (AD-1) to (AD-3), of a row given by its non-zeros x_j at column at_j, for one REAL type: included by level.h. What a
   column has learnt stands as pairs in pair[(at_j width + place) 2]: weight and sum of squared slopes (AdaGrad), or z and that sum
   (FTRL), side by side, so that a column costs one line of the cache. x NULL stands for ones. */
#define CHUNK 16

#if MANTISSA_BITS == 23
#define TINY 1e-30f
#else
#define TINY 1e-200
#endif

static void NAME(adaptive_weights)(
    ptrdiff_t n, const int32_t *restrict at, ptrdiff_t width, ptrdiff_t place, const REAL *restrict pair, int ftrl, REAL l1, REAL l2,
    REAL beta, REAL inverse, REAL *restrict w, REAL *restrict root)
{
    for (ptrdiff_t begin = 0; begin < n; begin += CHUNK) {
        const ptrdiff_t m = n - begin < CHUNK ? n - begin : CHUNK;
        REAL z[CHUNK] = {0}, s[CHUNK] = {0}, found[CHUNK];
        for (ptrdiff_t j = 0; j < m; j++) {
            const REAL *p = pair + 2 * (at[begin + j] * width + place);
            z[j] = p[0], s[j] = p[1];
        }
        if (ftrl)
            for (int j = 0; j < CHUNK; j++) { /* (AD-2) */
                const REAL size = z[j] < 0 ? -z[j] : z[j], over = size > l1 ? size - l1 : 0;
                s[j] = ROOT(s[j]);
                found[j] = -(z[j] < 0 ? -over : over) / ((beta + s[j]) * inverse + l2 + (REAL)TINY);
            }
        else
            memcpy(found, z, sizeof z);
        memcpy(w + begin, found, (size_t)m * sizeof(REAL));
        memcpy(root + begin, s, (size_t)m * sizeof(REAL));
    }
}

static void NAME(adaptive_update)(
    ptrdiff_t n, const REAL *restrict x, const int32_t *restrict at, ptrdiff_t width, ptrdiff_t place, REAL *restrict pair, int ftrl,
    REAL beta, REAL eta, REAL g, const REAL *restrict w, const REAL *restrict root)
{
    const REAL inverse = 1 / eta;
    for (ptrdiff_t begin = 0; begin < n; begin += CHUNK) {
        const ptrdiff_t m = n - begin < CHUNK ? n - begin : CHUNK;
        REAL z[CHUNK] = {0}, s[CHUNK] = {0}, u[CHUNK], slope[CHUNK] = {0}, r[CHUNK] = {0};
        for (ptrdiff_t j = 0; j < m; j++) {
            const REAL *p = pair + 2 * (at[begin + j] * width + place);
            z[j] = p[0], s[j] = p[1];
            slope[j] = x ? g * x[begin + j] : g;
        }
        if (ftrl) {
            memcpy(r, root + begin, (size_t)m * sizeof(REAL));
            memcpy(u, z, sizeof z);
            for (ptrdiff_t j = 0; j < m; j++) u[j] = w[begin + j];
            for (int j = 0; j < CHUNK; j++) { /* (AD-2) */
                s[j] += slope[j] * slope[j];
                z[j] += slope[j] - (ROOT(s[j]) - r[j]) * inverse * u[j];
            }
        } else
            for (int j = 0; j < CHUNK; j++) { /* (AD-1) */
                s[j] += slope[j] * slope[j];
                z[j] -= eta * slope[j] / (beta + ROOT(s[j]) + (REAL)TINY);
            }
        for (ptrdiff_t j = 0; j < m; j++) {
            REAL *p = pair + 2 * (at[begin + j] * width + place);
            p[0] = z[j], p[1] = s[j];
        }
    }
}

/* q = the row over the largest values of its columns, its own included, which sums of squares follow (AD-3); returns sum_j q_j^2. */
static double NAME(normalize)(
    ptrdiff_t n, const REAL *restrict x, const int32_t *restrict at, ptrdiff_t width, REAL *restrict pair, REAL *restrict largest,
    REAL *restrict q)
{
    double sum = 0;
    for (ptrdiff_t j = 0; j < n; j++) {
        const REAL x_j = x ? x[j] : 1, size = x_j < 0 ? -x_j : x_j, before = largest[at[j]];
        if (size > before) {
            const REAL ratio = before / size;
            for (ptrdiff_t i = at[j] * width; i < (at[j] + 1) * width; i++) pair[2 * i + 1] *= ratio * ratio;
            largest[at[j]] = size;
        }
        q[j] = size > before ? (x_j < 0 ? -1 : 1) : before > 0 ? x_j / before : 0;
        sum += (double)q[j] * q[j];
    }
    return sum;
}

#undef TINY
#undef CHUNK

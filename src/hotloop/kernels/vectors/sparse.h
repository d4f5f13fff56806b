/* Rows given by their non-zeros, for one REAL type: x_j at column at_j, j < n, no column twice. x NULL stands for ones. Included by
   level.h after blocks.h. Sums run over 8 lanes in a fixed order, with or without the gather of the CPU. */
#define SPARSE_LANES 8

static inline REAL NAME(fold_lanes)(const REAL *s)
{
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

#if defined(__AVX2__) && MANTISSA_BITS == 23
static const int32_t NAME(masks)[2 * SPARSE_LANES] = {-1, -1, -1, -1, -1, -1, -1, -1};
#endif

static REAL NAME(gather_dot)(ptrdiff_t n, const REAL *x, const int32_t *at, const REAL *w)
{
    REAL s[SPARSE_LANES] = {0};
    ptrdiff_t j = 0;
#if defined(__AVX2__) && MANTISSA_BITS == 23
    /* 390 -> 600 M non-zeros/s of a pass over rows of 75 among 47,236 columns (Zen 3) */
    __m256 sum = _mm256_setzero_ps(), next = sum;
    for (; j + 2 * SPARSE_LANES <= n; j += 2 * SPARSE_LANES) {
        __m256 a = _mm256_i32gather_ps(w, _mm256_loadu_si256((const __m256i *)(at + j)), 4);
        __m256 b = _mm256_i32gather_ps(w, _mm256_loadu_si256((const __m256i *)(at + j + SPARSE_LANES)), 4);
        if (x) a *= _mm256_loadu_ps(x + j), b *= _mm256_loadu_ps(x + j + SPARSE_LANES);
        sum += a, next += b;
    }
    for (; j < n; j += SPARSE_LANES) { /* the last lanes may be masked */
        const __m256i left = _mm256_loadu_si256((const __m256i *)(NAME(masks) + (n - j < SPARSE_LANES ? SPARSE_LANES - (n - j) : 0)));
        const __m256i places = _mm256_maskload_epi32(at + j, left);
        __m256 a = _mm256_mask_i32gather_ps(_mm256_setzero_ps(), w, places, (__m256)left, 4);
        if (x) a *= _mm256_maskload_ps(x + j, left);
        sum += a;
    }
    sum += next;
    memcpy(s, &sum, sizeof s);
    return NAME(fold_lanes)(s);
#elif defined(__AVX2__)
    __m256d low = _mm256_setzero_pd(), high = low;
    for (; j + SPARSE_LANES <= n; j += SPARSE_LANES) {
        __m256d a = _mm256_i32gather_pd(w, _mm_loadu_si128((const __m128i *)(at + j)), 8);
        __m256d b = _mm256_i32gather_pd(w, _mm_loadu_si128((const __m128i *)(at + j + 4)), 8);
        if (x) a *= _mm256_loadu_pd(x + j), b *= _mm256_loadu_pd(x + j + 4);
        low += a, high += b;
    }
    memcpy(s, &low, sizeof low), memcpy(s + 4, &high, sizeof high);
    for (int i = 0; j < n; i++, j++) s[i] += x ? x[j] * w[at[j]] : w[at[j]];
    return NAME(fold_lanes)(s);
#else
    for (; j + SPARSE_LANES <= n; j += SPARSE_LANES)
        for (int i = 0; i < SPARSE_LANES; i++) s[i] += x ? x[j + i] * w[at[j + i]] : w[at[j + i]];
    for (int i = 0; j < n; i++, j++) s[i] += x ? x[j] * w[at[j]] : w[at[j]];
    return NAME(fold_lanes)(s);
#endif
}

/* total takes what w really moved by, rounding included: then total and w fit each other to the precision of double. */
static void NAME(scatter_add)(
    ptrdiff_t n, REAL c, double d, const REAL *restrict x, const int32_t *restrict at, REAL *restrict w, double *restrict total)
{
    if (!total && x)
        for (ptrdiff_t j = 0; j < n; j++) w[at[j]] += c * x[j];
    else if (!total)
        for (ptrdiff_t j = 0; j < n; j++) w[at[j]] += c;
    else
        for (ptrdiff_t j = 0; j < n; j++) {
            const REAL before = w[at[j]], after = before + (x ? c * x[j] : c);
            w[at[j]] = after;
            total[at[j]] += d * ((double)after - before);
        }
}

static void NAME(gather_scale)(ptrdiff_t n, const REAL *x, const int32_t *at, const REAL *scale, REAL *z)
{
    if (x)
        for (ptrdiff_t j = 0; j < n; j++) z[j] = x[j] * scale[at[j]];
    else
        for (ptrdiff_t j = 0; j < n; j++) z[j] = scale[at[j]];
}

static void NAME(gather_rows)(
    ptrdiff_t n, ptrdiff_t width, const REAL *restrict x, const int32_t *restrict at, const REAL *restrict W, REAL *restrict m)
{
    for (ptrdiff_t c = 0; c < width; c++) m[c] = 0;
    for (ptrdiff_t j = 0; j < n; j++) {
        const REAL *w = W + at[j] * width, x_j = x ? x[j] : 1;
        for (ptrdiff_t c = 0; c < width; c++) m[c] += x_j * w[c];
    }
}

static void NAME(scatter_rows)(
    ptrdiff_t n, ptrdiff_t width, const REAL *restrict c, double d, const REAL *restrict x, const int32_t *restrict at,
    REAL *restrict W, double *restrict total)
{
    for (ptrdiff_t j = 0; j < n; j++) {
        REAL *w = W + at[j] * width;
        const REAL x_j = x ? x[j] : 1;
        if (total)
            for (ptrdiff_t i = 0; i < width; i++) {
                const REAL before = w[i], after = before + x_j * c[i];
                w[i] = after;
                total[at[j] * width + i] += d * ((double)after - before);
            }
        else
            for (ptrdiff_t i = 0; i < width; i++) w[i] += x_j * c[i];
    }
}

/* -weight eta g of a row, from e = -sign weight eta and its margin m: see `share` */
static REAL NAME(step_along)(REAL e, REAL sign, REAL m)
{
    return NAME(share)(e, sign * m * (REAL)-1.44269504088896340736);
}

static double NAME(sum_of_squares)(ptrdiff_t n, const REAL *w)
{
    double s[SPARSE_LANES] = {0}, sum = 0;
    ptrdiff_t j = 0;
    for (; j + SPARSE_LANES <= n; j += SPARSE_LANES)
        for (int i = 0; i < SPARSE_LANES; i++) s[i] += (double)w[j + i] * w[j + i];
    for (int i = 0; j < n; i++, j++) s[i] += (double)w[j] * w[j];
    for (int i = 0; i < SPARSE_LANES; i++) sum += s[i];
    return sum;
}

#undef SPARSE_LANES

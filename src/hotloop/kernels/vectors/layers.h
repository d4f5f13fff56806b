/* Layers of the two-layer network, forward and back, and its blocks, for one REAL type. Of rows of hidden units `stride` apart,
   `width` units are taken, a multiple of LINE. Included by primitives.h after products.h. */
/* The hidden activation z of a, by (NN-2), and its derivative by a where z is known; a NaN stays one */
static inline VEC NAME(activation_vec)(int activation, VEC a)
{
    const VEC zero = {0};
    if (activation == RELU) return NAME(select)((IVEC)(a <= zero), zero, a);
    if (activation == LOGISTIC) return NAME(logistic_vec)(a);
    return 2 * NAME(logistic_vec)(2 * a) - 1;
}

static inline VEC NAME(derivative_vec)(int activation, VEC z)
{
    const VEC zero = {0}, one = zero + 1;
    if (activation == RELU) return NAME(select)((IVEC)(z > zero), one, zero);
    return activation == LOGISTIC ? z * (1 - z) : 1 - z * z;
}

/* Hidden units h and on of a row in a block, (NN-2) and (NN-10) */
static inline __attribute__((always_inline)) VEC NAME(hidden_vec)(
    int activation, ptrdiff_t stride, ptrdiff_t n, const REAL *a, const REAL *g, const REAL *D, REAL scale, const REAL *b, ptrdiff_t h)
{
    VEC s = LOAD(a + h);
    for (ptrdiff_t l = 0; l < n; l++) s += g[l] * LOAD(D + l * stride + h);
    return NAME(activation_vec)(activation, scale * s + LOAD(b + h));
}

static void NAME(hidden)(
    const struct layer *layer, ptrdiff_t n, const REAL *a, const REAL *g, const REAL *D, REAL scale, REAL *z)
{
    const int activation = layer->activation;
    const ptrdiff_t stride = layer->stride, width = layer->width;
    const REAL *b = layer->b1;
    for (ptrdiff_t h = 0; h < width; h += LANES) STORE(z + h) = NAME(hidden_vec)(activation, stride, n, a, g, D, scale, b, h);
}

static void NAME(activate)(int activation, ptrdiff_t width, const REAL *b, REAL *z)
{
    for (ptrdiff_t h = 0; h < width; h += LANES) STORE(z + h) = NAME(activation_vec)(activation, LOAD(z + h) + LOAD(b + h));
}

static void NAME(drop)(
    ptrdiff_t first, ptrdiff_t width, uint32_t limit, uint32_t key, uint32_t step, REAL factor, const REAL *z, REAL *mask, REAL *kept)
{
    const uint32_t row = CONCAT(mix, of, LEVEL)(step + key);
    for (ptrdiff_t h = 0; h < width; h++) {
        mask[h] = CONCAT(mix, of, LEVEL)(row ^ (uint32_t)(first + h) * 0x9e3779b9u) < limit ? 0 : factor;
        kept[h] = z[h] * mask[h];
    }
}

static void NAME(hidden_gradient)(
    const struct layer *layer, const REAL *delta, const REAL *z, const REAL *mask, REAL factor, REAL *d)
{
    const int activation = layer->activation;
    const ptrdiff_t stride = layer->stride, width = layer->width, n_outputs = layer->n_outputs;
    const REAL *V = layer->V;
    for (ptrdiff_t h = 0; h < width; h += LANES) {
        VEC s = {0};
        for (ptrdiff_t c = 0; c < n_outputs; c++) s += delta[c] * LOAD(V + c * stride + h);
        s *= NAME(derivative_vec)(activation, LOAD(z + h));
        if (mask) s *= LOAD(mask + h);
        STORE(d + h) = factor * s;
    }
}

static void NAME(backward)(
    const struct layer *layer, const REAL *delta, REAL decay, REAL step, REAL factor, const REAL *z, const REAL *mask, REAL *d)
{
    const int activation = layer->activation;
    const ptrdiff_t stride = layer->stride, width = layer->width, n_outputs = layer->n_outputs;
    REAL *b = layer->b1, *V = layer->V;
    for (ptrdiff_t h = 0; h < width; h += LANES) {
        const VEC z_h = LOAD(z + h);
        VEC kept = z_h, s = {0};
        if (mask) kept *= LOAD(mask + h);
        for (ptrdiff_t c = 0; c < n_outputs; c++) {
            const VEC v = LOAD(V + c * stride + h);
            s += delta[c] * v;
            STORE(V + c * stride + h) = decay * v - (step * delta[c]) * kept;
        }
        s *= NAME(derivative_vec)(activation, z_h);
        if (mask) s *= LOAD(mask + h);
        STORE(b + h) = LOAD(b + h) - step * s;
        STORE(d + h) = factor * s;
    }
}

static void NAME(backward_sum)(
    const struct layer *layer, REAL delta, REAL decay, REAL step, REAL factor, const REAL *z, const REAL *mask, const REAL *s, REAL *d)
{
    const int activation = layer->activation;
    const ptrdiff_t width = layer->width;
    REAL *b = layer->b1, *V = layer->V;
    for (ptrdiff_t h = 0; h < width; h += LANES) {
        const VEC z_h = LOAD(z + h), s_h = LOAD(s + h), v = LOAD(V + h);
        VEC kept = z_h;
        if (mask) kept *= LOAD(mask + h);
        const VEC gradient = delta * s_h * (1 - s_h);                                                     /* (NN-5) */
        VEC a = gradient * v * NAME(derivative_vec)(activation, z_h);                                          /* (NN-8) */
        if (mask) a *= LOAD(mask + h);
        STORE(V + h) = decay * v - step * gradient * kept;
        STORE(b + h) = LOAD(b + h) - step * a;
        STORE(d + h) = factor * a;
    }
}

static const INT NAME(first_lanes)[2 * VECTOR_BYTES / sizeof(REAL)] = {[0 ... VECTOR_BYTES / sizeof(REAL) - 1] = -1};

/* A block of a network of one output, a sigmoid or linear, of all its hidden units. Each row needs the result of the row before, so
   the latency of one row counts: from the sum of its hidden units to their gradients and back. The Gram entries of a row are
   computed while the row before is in flight (all of them before the first row: 1.06 of the time). Returns how many rows were taken:
   all before the first whose output is not finite. */
static ptrdiff_t NAME(block_of_one)(
    const struct layer *layer, ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x, const int32_t *at, struct row_step *steps, REAL *A,
    REAL *D, REAL *z)
{
    const int activation = layer->activation, sigmoid = layer->sigmoid;
    const ptrdiff_t stride = layer->stride, n_hidden = layer->n_hidden;
    REAL *W = layer->W1, *b = layer->b1, *V = layer->V, *b2 = layer->b2;
    REAL g[8];
    ptrdiff_t i = 0;
    NAME(product)(n, n_rows, x, at, stride, stride, W, A);                                             /* (NN-1) */
    for (; i < n_rows; i++) {
        const REAL *a = A + i * stride;
        const REAL y = (REAL)steps[i].y, step = (REAL)steps[i].step, decay = (REAL)steps[i].decay, scale = (REAL)steps[i].scale;
        const REAL factor = (REAL)steps[i].factor;
        VEC even = {0}, odd = {0};
        NAME(gram_row)(n, i, x, g);
        for (ptrdiff_t h = 0; h < n_hidden; h += LANES) {
            VEC z_h = NAME(hidden_vec)(activation, stride, i, a, g, D, scale, b, h);
            if (h + LANES > n_hidden) z_h = (VEC)((IVEC)z_h & *(const IVEC *)(NAME(first_lanes) + LANES - (n_hidden - h)));
            STORE(z + h) = z_h;
            const VEC sum = odd + z_h * LOAD(V + h); /* two sums in turn: an addition need not wait for the one before */
            odd = even, even = sum;
        }
        const REAL out = NAME(sum)(even + odd) + *b2;                                                  /* (NN-3) */
        steps[i].output = out;
        if (!(out - out == 0)) break;
        const REAL delta = (sigmoid ? NAME(share)(1, out * (REAL)-1.44269504088896340736) : out) - y;  /* (NN-7) */
        for (ptrdiff_t h = 0; h < n_hidden; h += LANES) {
            const VEC z_h = LOAD(z + h), v = LOAD(V + h), gradient = v * NAME(derivative_vec)(activation, z_h);
            STORE(D + i * stride + h) = delta * (factor * gradient);                                      /* (NN-8) */
            STORE(V + h) = decay * v - (step * delta) * z_h;                                            /* (NN-9) */
            STORE(b + h) = LOAD(b + h) - (step * delta) * gradient;
        }
        *b2 -= step * delta;
    }
    NAME(add_outer)(n, i, x, at, stride, stride, D, W);                                                /* (NN-9) */
    return i;
}

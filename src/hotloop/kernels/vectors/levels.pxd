# The vector primitives (vectors/vectors.h) of the active instruction-set level, for the other kernels to cimport.
from cython cimport floating
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t


cdef extern from "vectors/vectors.h" nogil:
    enum:
        GROUP, SLOTS, SIGN, WEIGHT, STEP, KEEP, MARGIN, ROWS
    enum:
        U8, I8, U16, I16, U32, I32, U64, I64, F16, F32, F64, TYPES
    enum:
        RELU, TANH, LOGISTIC
    enum:
        ROUNDS
    struct vectors_f32:
        float (*dot)(Py_ssize_t, const float *, const float *) noexcept nogil
        void (*margins)(Py_ssize_t, Py_ssize_t, const void *, Py_ssize_t, const float *, double, double *,
                        Py_ssize_t) noexcept nogil
        void (*scale_add)(Py_ssize_t, float, float *, float, const float *) noexcept nogil
        void (*accumulate)(Py_ssize_t, const float *, double *) noexcept nogil
        void (*moments)(Py_ssize_t, Py_ssize_t, const float *const *, const double *, const double *, double *, double *, int,
                        float *, float *, float *) noexcept nogil
        void (*load[TYPES])(Py_ssize_t, const void *, const float *, const float *, float *) noexcept nogil
        int (*block)(Py_ssize_t, float *, double *, float *, Py_ssize_t, double *, double *, const float *const *,
                     const float *const *, const float *const *, float *) noexcept nogil
        void (*losses)(Py_ssize_t, float *, double *) noexcept nogil
        Py_ssize_t n_lanes
        int (*many)(Py_ssize_t, Py_ssize_t, float *, float *, const float *, double *, double *, int, int, const float *const *,
                    const float *const *, const float *const *, float *, float *) noexcept nogil
        void (*prepare)(Py_ssize_t, double, double, const double *, const unsigned char *, const double *, Py_ssize_t, Py_ssize_t,
                        const double *, Py_ssize_t *, float *, float *, float *) noexcept nogil
        void (*exponential)(Py_ssize_t, const float *, float *) noexcept nogil
        void (*logistic)(Py_ssize_t, const float *, float *) noexcept nogil
        float (*gather_dot)(Py_ssize_t, const float *, const int32_t *, const float *) noexcept nogil
        void (*scatter_add)(Py_ssize_t, float, double, const float *, const int32_t *, float *, double *) noexcept nogil
        void (*gather_scale)(Py_ssize_t, const float *, const int32_t *, const float *, float *) noexcept nogil
        void (*gather_rows)(Py_ssize_t, Py_ssize_t, const float *, const int32_t *, const float *, float *) noexcept nogil
        void (*scatter_rows)(Py_ssize_t, Py_ssize_t, const float *, double, const float *, const int32_t *, float *,
                             double *) noexcept nogil
        float (*step_along)(float, float, float) noexcept nogil
        double (*sum_of_squares)(Py_ssize_t, const float *) noexcept nogil
        float (*adaptive_margin)(Py_ssize_t, const float *, const int32_t *, Py_ssize_t, const float *) noexcept nogil
        void (*adaptive_weights)(Py_ssize_t, const int32_t *, Py_ssize_t, const float *, float, float, float, float, float *,
                                 float *) noexcept nogil
        void (*adaptive_update)(Py_ssize_t, const float *, const int32_t *, Py_ssize_t, float *, bint, float, float, float, const float *,
                                const float *) noexcept nogil
        double (*normalize)(Py_ssize_t, const float *, const int32_t *, Py_ssize_t, float *, float *, float *) noexcept nogil
        void (*shrink_step)(Py_ssize_t, Py_ssize_t, float, float, const float *, const float *, float *) noexcept nogil
        void (*catch_up)(Py_ssize_t, Py_ssize_t, const int32_t *, double, float *, double *) noexcept nogil
        void (*product)(Py_ssize_t, Py_ssize_t, const float *const *, const int32_t *, Py_ssize_t, Py_ssize_t, const float *,
                        float *) noexcept nogil
        void (*add_outer)(Py_ssize_t, Py_ssize_t, const float *const *, const int32_t *, Py_ssize_t, Py_ssize_t, const float *,
                          float *) noexcept nogil
        void (*gram)(Py_ssize_t, Py_ssize_t, const float *const *, float *) noexcept nogil
        void (*hidden)(int, Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *, const float *, const float *, float, const float *,
                       float *) noexcept nogil
        void (*activate)(int, Py_ssize_t, const float *, float *) noexcept nogil
        void (*drop)(Py_ssize_t, Py_ssize_t, uint32_t, uint32_t, uint32_t, float, const float *, float *, float *) noexcept nogil
        void (*slope_back)(int, Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *, const float *, const float *, const float *, float,
                           float *) noexcept nogil
        void (*backward)(int, Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *, float, float, float, const float *, const float *, float *,
                         float *, float *) noexcept nogil
        void (*backward_sum)(int, Py_ssize_t, float, float, float, float, const float *, const float *, const float *, float *, float *,
                             float *) noexcept nogil
        Py_ssize_t (*block_of_one)(int, bint, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *const *, const int32_t *,
                                   const double (*)[5], float *, float *, float *, float *, float *, float *, float *, double *) noexcept nogil
        void (*momentum)(Py_ssize_t, const float *, float *, float *, float, float, float, bint) noexcept nogil
        void (*adam)(Py_ssize_t, const float *, float *, float *, float *, float, float, float, float, float, float) noexcept nogil
    struct vectors_f64:
        double (*dot)(Py_ssize_t, const double *, const double *) noexcept nogil
        void (*margins)(Py_ssize_t, Py_ssize_t, const void *, Py_ssize_t, const double *, double, double *,
                        Py_ssize_t) noexcept nogil
        void (*scale_add)(Py_ssize_t, double, double *, double, const double *) noexcept nogil
        void (*accumulate)(Py_ssize_t, const double *, double *) noexcept nogil
        void (*moments)(Py_ssize_t, Py_ssize_t, const double *const *, const double *, const double *, double *, double *, int,
                        double *, double *, double *) noexcept nogil
        void (*load[TYPES])(Py_ssize_t, const void *, const double *, const double *, double *) noexcept nogil
        int (*block)(Py_ssize_t, double *, double *, double *, Py_ssize_t, double *, double *, const double *const *,
                     const double *const *, const double *const *, double *) noexcept nogil
        void (*losses)(Py_ssize_t, double *, double *) noexcept nogil
        Py_ssize_t n_lanes
        int (*many)(Py_ssize_t, Py_ssize_t, double *, double *, const double *, double *, double *, int, int, const double *const *,
                    const double *const *, const double *const *, double *, double *) noexcept nogil
        void (*prepare)(Py_ssize_t, double, double, const double *, const unsigned char *, const double *, Py_ssize_t, Py_ssize_t,
                        const double *, Py_ssize_t *, double *, double *, double *) noexcept nogil
        void (*exponential)(Py_ssize_t, const double *, double *) noexcept nogil
        void (*logistic)(Py_ssize_t, const double *, double *) noexcept nogil
        double (*gather_dot)(Py_ssize_t, const double *, const int32_t *, const double *) noexcept nogil
        void (*scatter_add)(Py_ssize_t, double, double, const double *, const int32_t *, double *, double *) noexcept nogil
        void (*gather_scale)(Py_ssize_t, const double *, const int32_t *, const double *, double *) noexcept nogil
        void (*gather_rows)(Py_ssize_t, Py_ssize_t, const double *, const int32_t *, const double *, double *) noexcept nogil
        void (*scatter_rows)(Py_ssize_t, Py_ssize_t, const double *, double, const double *, const int32_t *, double *,
                             double *) noexcept nogil
        double (*step_along)(double, double, double) noexcept nogil
        double (*sum_of_squares)(Py_ssize_t, const double *) noexcept nogil
        double (*adaptive_margin)(Py_ssize_t, const double *, const int32_t *, Py_ssize_t, const double *) noexcept nogil
        void (*adaptive_weights)(Py_ssize_t, const int32_t *, Py_ssize_t, const double *, double, double, double, double, double *,
                                 double *) noexcept nogil
        void (*adaptive_update)(Py_ssize_t, const double *, const int32_t *, Py_ssize_t, double *, bint, double, double, double, const double *,
                                const double *) noexcept nogil
        double (*normalize)(Py_ssize_t, const double *, const int32_t *, Py_ssize_t, double *, double *, double *) noexcept nogil
        void (*shrink_step)(Py_ssize_t, Py_ssize_t, double, double, const double *, const double *, double *) noexcept nogil
        void (*catch_up)(Py_ssize_t, Py_ssize_t, const int32_t *, double, double *, double *) noexcept nogil
        void (*product)(Py_ssize_t, Py_ssize_t, const double *const *, const int32_t *, Py_ssize_t, Py_ssize_t, const double *,
                        double *) noexcept nogil
        void (*add_outer)(Py_ssize_t, Py_ssize_t, const double *const *, const int32_t *, Py_ssize_t, Py_ssize_t, const double *,
                          double *) noexcept nogil
        void (*gram)(Py_ssize_t, Py_ssize_t, const double *const *, double *) noexcept nogil
        void (*hidden)(int, Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, const double *, const double *, double, const double *,
                       double *) noexcept nogil
        void (*activate)(int, Py_ssize_t, const double *, double *) noexcept nogil
        void (*drop)(Py_ssize_t, Py_ssize_t, uint32_t, uint32_t, uint32_t, double, const double *, double *, double *) noexcept nogil
        void (*slope_back)(int, Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, const double *, const double *, const double *, double,
                           double *) noexcept nogil
        void (*backward)(int, Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, double, double, double, const double *, const double *, double *,
                         double *, double *) noexcept nogil
        void (*backward_sum)(int, Py_ssize_t, double, double, double, double, const double *, const double *, const double *, double *, double *,
                             double *) noexcept nogil
        Py_ssize_t (*block_of_one)(int, bint, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *const *, const int32_t *,
                                   const double (*)[5], double *, double *, double *, double *, double *, double *, double *, double *) noexcept nogil
        void (*momentum)(Py_ssize_t, const double *, double *, double *, double, double, double, bint) noexcept nogil
        void (*adam)(Py_ssize_t, const double *, double *, double *, double *, double, double, double, double, double, double) noexcept nogil
    struct vectors:
        const char *level
        void (*fetch)(Py_ssize_t, const void *) noexcept nogil
        void (*fetch_pair)(Py_ssize_t, const void *, const void *) noexcept nogil
        void (*fetch_places)(Py_ssize_t, const void *, bint, const void *, Py_ssize_t) noexcept nogil
        void (*permute)(uint64_t, int, int, const uint32_t *, uint64_t *) noexcept nogil
        Py_ssize_t (*falls)(Py_ssize_t, const int32_t *, int32_t, int32_t *) noexcept nogil
        Py_ssize_t (*falls_wide)(Py_ssize_t, const int64_t *, int64_t, int64_t *) noexcept nogil
        vectors_f32 f32
        vectors_f64 f64
    const vectors *vectors_of_level(const char *level)


cdef const vectors *active


cdef inline floating dot(const vectors *v, Py_ssize_t n, const floating *x, const floating *y) noexcept nogil:
    if floating is float:
        return v.f32.dot(n, x, y)
    else:
        return v.f64.dot(n, x, y)


cdef inline void margins(
    const vectors *v, Py_ssize_t n, Py_ssize_t n_rows, const void *x, Py_ssize_t stride, const floating *w, double b, double *m,
    Py_ssize_t m_stride
) noexcept nogil:
    if floating is float:
        v.f32.margins(n, n_rows, x, stride, w, b, m, m_stride)
    else:
        v.f64.margins(n, n_rows, x, stride, w, b, m, m_stride)


cdef inline void scale_add(
    const vectors *v, Py_ssize_t n, floating c, floating *w, floating d, const floating *x
) noexcept nogil:
    if floating is float:
        v.f32.scale_add(n, c, w, d, x)
    else:
        v.f64.scale_add(n, c, w, d, x)


cdef inline void accumulate(const vectors *v, Py_ssize_t n, const floating *w, double *total) noexcept nogil:
    if floating is float:
        v.f32.accumulate(n, w, total)
    else:
        v.f64.accumulate(n, w, total)


cdef inline void moments(
    const vectors *v, Py_ssize_t n, Py_ssize_t rows, const floating *const *x, const double *weight, const double *share,
    double *mean, double *deviation, bint extremes, floating *lowest, floating *highest, floating *others
) noexcept nogil:
    if floating is float:
        v.f32.moments(n, rows, x, weight, share, mean, deviation, extremes, lowest, highest, others)
    else:
        v.f64.moments(n, rows, x, weight, share, mean, deviation, extremes, lowest, highest, others)


cdef inline void load(
    const vectors *v, int type, Py_ssize_t n, const void *x, const floating *center, const floating *scale, floating *z
) noexcept nogil:
    if floating is float:
        v.f32.load[type](n, x, center, scale, z)
    else:
        v.f64.load[type](n, x, center, scale, z)


cdef inline void standardize(
    const vectors *v, Py_ssize_t n, const floating *x, const floating *center, const floating *scale, floating *z
) noexcept nogil:
    if floating is float:
        v.f32.load[<int>F32](n, x, center, scale, z)
    else:
        v.f64.load[<int>F64](n, x, center, scale, z)


cdef inline int block(
    const vectors *v, Py_ssize_t n, floating *w, double *total, floating *rows, Py_ssize_t s, double *b, double *b_total,
    const floating **p, const floating **q, const floating **ahead, floating *r
) noexcept nogil:
    if floating is float:
        return v.f32.block(n, w, total, rows, s, b, b_total, p, q, ahead, r)
    else:
        return v.f64.block(n, w, total, rows, s, b, b_total, p, q, ahead, r)


cdef inline void losses(const vectors *v, Py_ssize_t n, floating *rows, double *loss) noexcept nogil:
    if floating is float:
        v.f32.losses(n, rows, loss)
    else:
        v.f64.losses(n, rows, loss)


cdef inline void prepare(
    const vectors *v, Py_ssize_t n, double y, double weight, const double *target, const unsigned char *multiplicity,
    const double *eta, Py_ssize_t eta_stride, Py_ssize_t model_stride, const double *alpha, Py_ssize_t *moved, floating *sign,
    floating *step, floating *keep
) noexcept nogil:
    if floating is float:
        v.f32.prepare(n, y, weight, target, multiplicity, eta, eta_stride, model_stride, alpha, moved, sign, step, keep)
    else:
        v.f64.prepare(n, y, weight, target, multiplicity, eta, eta_stride, model_stride, alpha, moved, sign, step, keep)


cdef inline int many(
    const vectors *v, Py_ssize_t n, Py_ssize_t width, floating *W, floating *total, const floating *lanes, double *b,
    double *b_total, int intercept, int softmax, const floating **p, const floating **q, const floating **ahead, floating *r,
    floating *found
) noexcept nogil:
    if floating is float:
        return v.f32.many(n, width, W, total, lanes, b, b_total, intercept, softmax, p, q, ahead, r, found)
    else:
        return v.f64.many(n, width, W, total, lanes, b, b_total, intercept, softmax, p, q, ahead, r, found)


cdef inline void exponential(const vectors *v, Py_ssize_t n, const floating *m, floating *p) noexcept nogil:
    if floating is float:
        v.f32.exponential(n, m, p)
    else:
        v.f64.exponential(n, m, p)


cdef inline void logistic(const vectors *v, Py_ssize_t n, const floating *m, floating *p) noexcept nogil:
    if floating is float:
        v.f32.logistic(n, m, p)
    else:
        v.f64.logistic(n, m, p)


cdef inline floating gather_dot(
    const vectors *v, Py_ssize_t n, const floating *x, const int32_t *at, const floating *w
) noexcept nogil:
    if floating is float:
        return v.f32.gather_dot(n, x, at, w)
    else:
        return v.f64.gather_dot(n, x, at, w)


cdef inline void scatter_add(
    const vectors *v, Py_ssize_t n, floating c, double d, const floating *x, const int32_t *at, floating *w, double *total
) noexcept nogil:
    if floating is float:
        v.f32.scatter_add(n, c, d, x, at, w, total)
    else:
        v.f64.scatter_add(n, c, d, x, at, w, total)


cdef inline void gather_scale(
    const vectors *v, Py_ssize_t n, const floating *x, const int32_t *at, const floating *scale, floating *z
) noexcept nogil:
    if floating is float:
        v.f32.gather_scale(n, x, at, scale, z)
    else:
        v.f64.gather_scale(n, x, at, scale, z)


cdef inline void gather_rows(
    const vectors *v, Py_ssize_t n, Py_ssize_t width, const floating *x, const int32_t *at, const floating *W, floating *m
) noexcept nogil:
    if floating is float:
        v.f32.gather_rows(n, width, x, at, W, m)
    else:
        v.f64.gather_rows(n, width, x, at, W, m)


cdef inline void scatter_rows(
    const vectors *v, Py_ssize_t n, Py_ssize_t width, const floating *c, double d, const floating *x, const int32_t *at,
    floating *W, double *total
) noexcept nogil:
    if floating is float:
        v.f32.scatter_rows(n, width, c, d, x, at, W, total)
    else:
        v.f64.scatter_rows(n, width, c, d, x, at, W, total)


cdef inline floating step_along(
    const vectors *v, floating e, floating sign, floating m
) noexcept nogil:
    if floating is float:
        return v.f32.step_along(e, sign, m)
    else:
        return v.f64.step_along(e, sign, m)


cdef inline double sum_of_squares(
    const vectors *v, Py_ssize_t n, const floating *w
) noexcept nogil:
    if floating is float:
        return v.f32.sum_of_squares(n, w)
    else:
        return v.f64.sum_of_squares(n, w)


cdef inline floating adaptive_margin(
    const vectors *v, Py_ssize_t n, const floating *x, const int32_t *at, Py_ssize_t width, const floating *pair
) noexcept nogil:
    if floating is float:
        return v.f32.adaptive_margin(n, x, at, width, pair)
    else:
        return v.f64.adaptive_margin(n, x, at, width, pair)


cdef inline void adaptive_weights(
    const vectors *v, Py_ssize_t n, const int32_t *at, Py_ssize_t width, const floating *pair, floating l1, floating l2,
    floating beta, floating inverse, floating *w, floating *root
) noexcept nogil:
    if floating is float:
        v.f32.adaptive_weights(n, at, width, pair, l1, l2, beta, inverse, w, root)
    else:
        v.f64.adaptive_weights(n, at, width, pair, l1, l2, beta, inverse, w, root)


cdef inline void adaptive_update(
    const vectors *v, Py_ssize_t n, const floating *x, const int32_t *at, Py_ssize_t width, floating *pair, bint ftrl,
    floating beta, floating eta, floating g, const floating *w, const floating *root
) noexcept nogil:
    if floating is float:
        v.f32.adaptive_update(n, x, at, width, pair, ftrl, beta, eta, g, w, root)
    else:
        v.f64.adaptive_update(n, x, at, width, pair, ftrl, beta, eta, g, w, root)


cdef inline double normalize(
    const vectors *v, Py_ssize_t n, const floating *x, const int32_t *at, Py_ssize_t width, floating *pair, floating *largest,
    floating *q
) noexcept nogil:
    if floating is float:
        return v.f32.normalize(n, x, at, width, pair, largest, q)
    else:
        return v.f64.normalize(n, x, at, width, pair, largest, q)


cdef inline void shrink_step(
    const vectors *v, Py_ssize_t n, Py_ssize_t width, floating l1, floating l2, const floating *c, const floating *x, floating *W
) noexcept nogil:
    if floating is float:
        v.f32.shrink_step(n, width, l1, l2, c, x, W)
    else:
        v.f64.shrink_step(n, width, l1, l2, c, x, W)


cdef inline void catch_up(
    const vectors *v, Py_ssize_t n, Py_ssize_t width, const int32_t *at, double shrinks, floating *W, double *shrunk
) noexcept nogil:
    if floating is float:
        v.f32.catch_up(n, width, at, shrinks, W, shrunk)
    else:
        v.f64.catch_up(n, width, at, shrinks, W, shrunk)


cdef inline void product(
    const vectors *v, Py_ssize_t n, Py_ssize_t n_rows, const floating **x, const int32_t *at, Py_ssize_t stride, Py_ssize_t
    width, const floating *W, floating *A
) noexcept nogil:
    if floating is float:
        v.f32.product(n, n_rows, x, at, stride, width, W, A)
    else:
        v.f64.product(n, n_rows, x, at, stride, width, W, A)


cdef inline void add_outer(
    const vectors *v, Py_ssize_t n, Py_ssize_t n_rows, const floating **x, const int32_t *at, Py_ssize_t stride, Py_ssize_t
    width, const floating *D, floating *W
) noexcept nogil:
    if floating is float:
        v.f32.add_outer(n, n_rows, x, at, stride, width, D, W)
    else:
        v.f64.add_outer(n, n_rows, x, at, stride, width, D, W)


cdef inline void gram(
    const vectors *v, Py_ssize_t n, Py_ssize_t n_rows, const floating **x, floating *G
) noexcept nogil:
    if floating is float:
        v.f32.gram(n, n_rows, x, G)
    else:
        v.f64.gram(n, n_rows, x, G)


cdef inline void hidden(
    const vectors *v, int activation, Py_ssize_t stride, Py_ssize_t width, Py_ssize_t n, const floating *a, const floating
    *g, const floating *D, floating scale, const floating *b, floating *z
) noexcept nogil:
    if floating is float:
        v.f32.hidden(activation, stride, width, n, a, g, D, scale, b, z)
    else:
        v.f64.hidden(activation, stride, width, n, a, g, D, scale, b, z)


cdef inline void activate(
    const vectors *v, int activation, Py_ssize_t width, const floating *b, floating *z
) noexcept nogil:
    if floating is float:
        v.f32.activate(activation, width, b, z)
    else:
        v.f64.activate(activation, width, b, z)


cdef inline void drop(
    const vectors *v, Py_ssize_t first, Py_ssize_t width, uint32_t limit, uint32_t key, uint32_t step, floating factor, const
    floating *z, floating *mask, floating *kept
) noexcept nogil:
    if floating is float:
        v.f32.drop(first, width, limit, key, step, factor, z, mask, kept)
    else:
        v.f64.drop(first, width, limit, key, step, factor, z, mask, kept)


cdef inline void slope_back(
    const vectors *v, int activation, Py_ssize_t stride, Py_ssize_t width, Py_ssize_t n_outputs, const floating *delta, const
    floating *z, const floating *mask, const floating *V, floating factor, floating *d
) noexcept nogil:
    if floating is float:
        v.f32.slope_back(activation, stride, width, n_outputs, delta, z, mask, V, factor, d)
    else:
        v.f64.slope_back(activation, stride, width, n_outputs, delta, z, mask, V, factor, d)


cdef inline void backward(
    const vectors *v, int activation, Py_ssize_t stride, Py_ssize_t width, Py_ssize_t n_outputs, const floating *delta,
    floating keep, floating step, floating factor, const floating *z, const floating *mask, floating *V, floating *b,
    floating *d
) noexcept nogil:
    if floating is float:
        v.f32.backward(activation, stride, width, n_outputs, delta, keep, step, factor, z, mask, V, b, d)
    else:
        v.f64.backward(activation, stride, width, n_outputs, delta, keep, step, factor, z, mask, V, b, d)


cdef inline void backward_sum(
    const vectors *v, int activation, Py_ssize_t width, floating delta, floating keep, floating step, floating factor, const
    floating *z, const floating *mask, const floating *s, floating *V, floating *b, floating *d
) noexcept nogil:
    if floating is float:
        v.f32.backward_sum(activation, width, delta, keep, step, factor, z, mask, s, V, b, d)
    else:
        v.f64.backward_sum(activation, width, delta, keep, step, factor, z, mask, s, V, b, d)


cdef inline Py_ssize_t block_of_one(
    const vectors *v, int activation, bint sigmoid, Py_ssize_t stride, Py_ssize_t n_hidden, Py_ssize_t n, Py_ssize_t n_rows,
    const floating **x, const int32_t *at, const double (*numbers)[5], floating *W, floating *b, floating *V, floating *b2, floating *A,
    floating *D, floating *z, double *o
) noexcept nogil:
    if floating is float:
        return v.f32.block_of_one(activation, sigmoid, stride, n_hidden, n, n_rows, x, at, numbers, W, b, V, b2, A, D, z, o)
    else:
        return v.f64.block_of_one(activation, sigmoid, stride, n_hidden, n, n_rows, x, at, numbers, W, b, V, b2, A, D, z, o)


cdef inline void momentum(
    const vectors *v, Py_ssize_t n, const floating *g, floating *w, floating *velocity, floating eta, floating alpha,
    floating momentum, bint nesterov
) noexcept nogil:
    if floating is float:
        v.f32.momentum(n, g, w, velocity, eta, alpha, momentum, nesterov)
    else:
        v.f64.momentum(n, g, w, velocity, eta, alpha, momentum, nesterov)


cdef inline void adam(
    const vectors *v, Py_ssize_t n, const floating *g, floating *w, floating *first, floating *second, floating eta, floating alpha,
    floating keep, floating beta1, floating beta2, floating epsilon
) noexcept nogil:
    if floating is float:
        v.f32.adam(n, g, w, first, second, eta, alpha, keep, beta1, beta2, epsilon)
    else:
        v.f64.adam(n, g, w, first, second, eta, alpha, keep, beta1, beta2, epsilon)

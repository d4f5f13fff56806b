# The vector primitives of the active instruction-set level, for the other kernels to cimport. vectors/table.h says what each computes.
from cython cimport floating
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t


cdef extern from "vectors/fused.h" nogil:
    enum:
        GROUP, SLOTS, SIGN, WEIGHT, STEP_SIZE, DECAY, MARGIN, ROWS
    enum:
        U8, I8, U16, I16, U32, I32, U64, I64, F16, F32, F64, TYPES
    enum:
        RELU, TANH, LOGISTIC
    enum:
        ROUNDS
    struct block_rows:
        const void *p[4]
        const void *q[4]
        const void *ahead[4]
    struct model:
        Py_ssize_t n_outputs
        Py_ssize_t n_features
        void *W
        double *W_total
        double *b
        double *b_total
    struct lanes:
        void *W
        void *total
        double *b
        double *b_total
        bint intercept
    struct model_steps:
        const double *target
        const double *alpha
        Py_ssize_t *n_updates
        Py_ssize_t eta_stride
        Py_ssize_t model_stride
    struct column_moments:
        double *mean
        double *deviation
        void *lowest
        void *highest
        void *others
        bint extremes
    struct adaptive_rule:
        bint ftrl
        double beta
        double eta
        double l1
        double l2
    struct layer:
        int activation
        bint sigmoid
        Py_ssize_t stride
        Py_ssize_t width
        Py_ssize_t n_hidden
        Py_ssize_t n_outputs
        void *W1
        void *b1
        void *V
        void *b2
    struct row_step:
        double y
        double step
        double decay
        double scale
        double factor
        double output
    struct adam_rule:
        double eta
        double alpha
        double decay
        double beta_1
        double beta_2
        double epsilon
    struct vectors_f32:
        Py_ssize_t n_lanes
    struct vectors_f64:
        Py_ssize_t n_lanes
    struct vectors:
        const char *level
        void (*prefetch)(Py_ssize_t n_bytes, const void *x) noexcept nogil
        void (*prefetch_pair)(Py_ssize_t n_bytes, const void *x, const void *y) noexcept nogil
        void (*prefetch_indices)(Py_ssize_t n, const void *indices, bint wide, const void *base, Py_ssize_t width) noexcept nogil
        void (*permute)(uint64_t first, int low_bits, int high_bits, const uint32_t *keys, uint64_t *indices) noexcept nogil
        bint (*take_columns)(Py_ssize_t n, const int32_t *p, int32_t last, int32_t *columns) noexcept nogil
        bint (*take_columns_wide)(Py_ssize_t n, const int64_t *p, int64_t last, int32_t *columns) noexcept nogil
        Py_ssize_t (*count_descents)(Py_ssize_t n, const int32_t *p, int32_t last, int32_t *outside) noexcept nogil
        Py_ssize_t (*count_descents_wide)(Py_ssize_t n, const int64_t *p, int64_t last, int64_t *outside) noexcept nogil
        vectors_f32 f32
        vectors_f64 f64
    const vectors *vectors_of_level(const char *level)

    # vectors and dense rows
    floating dot(const vectors *v, Py_ssize_t n, const floating *x, const floating *y)
    double sum_of_squares(const vectors *v, Py_ssize_t n, const floating *w)
    void scale_add(const vectors *v, Py_ssize_t n, floating c, floating *w, floating d, const floating *x)
    void accumulate(const vectors *v, Py_ssize_t n, const floating *w, double *total)
    void exponential(const vectors *v, Py_ssize_t n, const floating *m, floating *p)
    void logistic(const vectors *v, Py_ssize_t n, const floating *m, floating *p)
    void load(const vectors *v, int type, Py_ssize_t n, const void *x, const floating *center, const floating *scale, floating *z)
    void moments(
        const vectors *v, Py_ssize_t n, Py_ssize_t n_rows, const floating *const *x, const double *weight, const double *share,
        const column_moments *columns)
    void margins(
        const vectors *v, Py_ssize_t n, Py_ssize_t n_rows, const void *x, Py_ssize_t stride, const floating *w, double b, double *m,
        Py_ssize_t m_stride)
    int block(const vectors *v, const model *model, floating *group, Py_ssize_t s, const block_rows *rows, floating *r)
    void losses(const vectors *v, Py_ssize_t n, floating *rows, double *loss)

    # many models
    int many(
        const vectors *v, Py_ssize_t n, Py_ssize_t width, bint softmax, const lanes *lanes, const floating *steps,
        const block_rows *rows, floating *r, floating *found)
    void prepare(
        const vectors *v, Py_ssize_t n, double y, double weight, const unsigned char *multiplicity, const double *eta,
        const model_steps *models, floating *sign, floating *step, floating *decay)

    # sparse rows
    floating gather_dot(const vectors *v, Py_ssize_t n, const floating *x, const int32_t *at, const floating *w)
    void scatter_add(
        const vectors *v, Py_ssize_t n, floating c, double d, const floating *x, const int32_t *at, floating *w, double *total)
    void gather_scale(const vectors *v, Py_ssize_t n, const floating *x, const int32_t *at, const floating *scale, floating *z)
    void gather_rows(
        const vectors *v, Py_ssize_t n, Py_ssize_t width, const floating *x, const int32_t *at, const floating *W, floating *m)
    void scatter_rows(
        const vectors *v, Py_ssize_t n, Py_ssize_t width, const floating *c, double d, const floating *x, const int32_t *at, floating *W,
        double *total)
    floating step_along(const vectors *v, floating e, floating sign, floating m)
    void shrink_step(
        const vectors *v, Py_ssize_t n, Py_ssize_t width, floating l1, floating l2, const floating *c, const floating *x, floating *W)
    void apply_l1(
        const vectors *v, Py_ssize_t n, Py_ssize_t width, const int32_t *at, double shrinks, floating *W, double *shrunk)
    floating adaptive_margin(
        const vectors *v, Py_ssize_t n, const floating *x, const int32_t *at, Py_ssize_t width, const floating *pair)
    void adaptive_weights(
        const vectors *v, Py_ssize_t n, const int32_t *at, Py_ssize_t width, const floating *pair, const adaptive_rule *rule,
        floating *w, floating *root)
    void adaptive_update(
        const vectors *v, Py_ssize_t n, const floating *x, const int32_t *at, Py_ssize_t width, floating *pair,
        const adaptive_rule *rule, floating g, const floating *w, const floating *root)
    double normalize(
        const vectors *v, Py_ssize_t n, const floating *x, const int32_t *at, Py_ssize_t width, floating *pair, floating *largest,
        floating *q)

    # the two-layer network
    void product(
        const vectors *v, Py_ssize_t n, Py_ssize_t n_rows, const floating **x, const int32_t *at, Py_ssize_t stride,
        Py_ssize_t width, const floating *W, floating *A)
    void add_outer(
        const vectors *v, Py_ssize_t n, Py_ssize_t n_rows, const floating **x, const int32_t *at, Py_ssize_t stride,
        Py_ssize_t width, const floating *D, floating *W)
    void gram(const vectors *v, Py_ssize_t n, Py_ssize_t n_rows, const floating **x, floating *G)
    void hidden(
        const vectors *v, const layer *layer, Py_ssize_t n, const floating *a, const floating *g, const floating *D, floating scale,
        floating *z)
    void activate(const vectors *v, int activation, Py_ssize_t width, const floating *b, floating *z)
    void drop(
        const vectors *v, Py_ssize_t first, Py_ssize_t width, uint32_t limit, uint32_t key, uint32_t step, floating factor,
        const floating *z, floating *mask, floating *kept)
    void hidden_gradient(
        const vectors *v, const layer *layer, const floating *delta, const floating *z, const floating *mask, floating factor,
        floating *d)
    void backward(
        const vectors *v, const layer *layer, const floating *delta, floating decay, floating step, floating factor,
        const floating *z, const floating *mask, floating *d)
    void backward_sum(
        const vectors *v, const layer *layer, floating delta, floating decay, floating step, floating factor, const floating *z,
        const floating *mask, const floating *s, floating *d)
    Py_ssize_t block_of_one(
        const vectors *v, const layer *layer, Py_ssize_t n, Py_ssize_t n_rows, const floating **x, const int32_t *at, row_step *steps,
        floating *A, floating *D, floating *z)
    void momentum(
        const vectors *v, Py_ssize_t n, const floating *g, floating *w, floating *velocity, floating eta, floating alpha,
        floating momentum, bint nesterov)
    void adam(
        const vectors *v, Py_ssize_t n, const floating *g, floating *w, floating *first, floating *second, const adam_rule *rule)


cdef const vectors *active

/* The vector primitives of the kernels: one table of functions for each instruction-set level.
   level.h holds the code, written once; baseline.c, x86_64_v3.c and x86_64_v4.c compile it; choose.c picks one. */
#ifndef HOTLOOP_VECTORS_H
#define HOTLOOP_VECTORS_H
#include <stddef.h>
#include <stdint.h>

/* What the recurrence of (LR-12) knows of a group of rows, and the margins it finds: one array, where the fields start.
   A row of weight 0, which fills up a block, has step 0 and keep 1; the iterate after it is not counted in the average. */
enum {
    GROUP = 256,
    SLOTS = GROUP + 16, /* a waiting block, the group, and room for the widest vector to run over its end */
    SIGN = 0,           /* 1 for y = 0, -1 for y = 1 */
    WEIGHT = SLOTS,     /* of the loss */
    STEP = 2 * SLOTS,   /* eta weight */
    KEEP = 3 * SLOTS,   /* 1 - eta alpha */
    MARGIN = 4 * SLOTS, /* found: sign times margin */
    ROWS = 5 * SLOTS
};

enum { ROUNDS = 6 };

/* Activations of the hidden units of a network. */
enum { RELU, TANH, LOGISTIC };

/* The types that rows may have in memory. */
enum { U8, I8, U16, I16, U32, I32, U64, I64, F16, F32, F64, TYPES };

#define PRIMITIVES(REAL)                                                                                                           \
    /* sum_j x_j y_j */                                                                                                            \
    REAL (*dot)(ptrdiff_t n, const REAL *x, const REAL *y);                                                                        \
    /* m[i m_stride] = b + sum_j x_j w_j, (LR-1), of n_rows rows from x on, `stride` bytes apart: a row has the same bits wherever it\
       stands */                                                                                                                   \
    void (*margins)(ptrdiff_t n, ptrdiff_t n_rows, const void *x, ptrdiff_t stride, const REAL *w, double b, double *m,            \
                    ptrdiff_t m_stride);                                                                                           \
    /* w_j <- c w_j + d x_j */                                                                                                     \
    void (*scale_add)(ptrdiff_t n, REAL c, REAL *w, REAL d, const REAL *x);                                                        \
    /* total_j <- total_j + w_j */                                                                                                 \
    void (*accumulate)(ptrdiff_t n, const REAL *w, double *total);                                                                 \
    /* Welford (West 1979), of rows one after the other, whose share of the weight so far is `share`:                              \
       d_j = x_j - mean_j, mean_j <- mean_j + share d_j, deviation_j <- deviation_j + weight d_j (x_j - mean_j);                   \
       lowest_j and highest_j go along, and others_j is no longer 0 from the first value on that is a third one; the      \
       extremes may then end, unless they are asked for */                                                                         \
    void (*moments)(ptrdiff_t n, ptrdiff_t rows, const REAL *const *x, const double *weight, const double *share, double *mean,    \
                    double *deviation, int extremes, REAL *lowest, REAL *highest, REAL *others);                                   \
    /* z_j = (x_j - center_j) scale_j, (LR-9), of a row of each type; z_j = x_j where center is NULL */                            \
    void (*load[TYPES])(ptrdiff_t n, const void *x, const REAL *center, const REAL *scale, REAL *z);                               \
    /* One block of four rows in one pass. From r it finds the margins and gradients of the rows p, slots s to s + 3 of the group, \
       one after the other (LR-12), and finishes their update of w, its total (unless NULL), b and b_total (unless NULL); of the   \
       rows q it takes, with that w, the dots q_i . w and the Gram entries q_0.q_1, q_0.q_2, q_0.q_3, q_1.q_2, q_1.q_3, q_2.q_3:   \
       r[0..3], r[4..9] (r has 12 places). The rows `ahead` are fetched into the cache. Returns -1; or the place of a row whose    \
       margin is not finite, and then nothing but margins has changed. */                                                          \
    int (*block)(ptrdiff_t n, REAL *w, double *total, REAL *rows, ptrdiff_t s, double *b, double *b_total,                         \
                 const REAL *const *p, const REAL *const *q, const REAL *const *ahead, REAL *r);                                   \
    /* *loss <- *loss + weight times loss of the first n rows of a group, n a multiple of 4; overwrites the margins (LR-3) */      \
    void (*losses)(ptrdiff_t n, REAL *rows, double *loss);                                                                         \
    /* lanes of a vector: models that `many` takes side by side */                                                                 \
    ptrdiff_t n_lanes;                                                                                                             \
    /* As `block` for `width` models at once, a multiple of n_lanes, or the classes of a softmax. W[width / n_lanes][n][n_lanes]   \
       and its total (or NULL); lanes[3][4][width]: of the rows p for each model the sign (softmax: 1 for the class of the row,    \
       else 0), step and keep; b[width] is added to each margin and learnt with `intercept`, b_total goes with total.              \
       r[8 + 4 width]: the six Gram entries, then the dots of each row. found[8 width + 8]: the margins of the rows p, what their  \
       steps add along each row, and for a softmax the largest margin of each row and the sum of exp(margin - largest).            \
       Returns -1; or, for a softmax, the place of a row whose margins are not finite, and then nothing but found has changed. */  \
    int (*many)(ptrdiff_t n, ptrdiff_t width, REAL *W, REAL *total, const REAL *lanes, double *b, double *b_total,                 \
                int intercept, int softmax, const REAL *const *p, const REAL *const *q, const REAL *const *ahead, REAL *r,        \
                REAL *found);                                                                                                      \
    /* What `many` needs of a row of class y for each of n models that are their own: sign -1 for those whose target it is, else 1;  \
       step, the weight times the step size; keep, 1 less that times alpha. Model m has the weight `multiplicity[m]` times, unless  \
       NULL: where that is 0 the row moves nothing, else the model takes its next step size, eta[moved[m] eta_stride + m model_stride],\
       and moved[m] grows. Without multiplicity all take eta[m model_stride]. The places of the arrays `lanes` of a row. */          \
    void (*prepare)(ptrdiff_t n, double y, double weight, const double *target, const unsigned char *multiplicity,                 \
                    const double *eta, ptrdiff_t eta_stride, ptrdiff_t model_stride, const double *alpha, ptrdiff_t *moved,        \
                    REAL *sign, REAL *step, REAL *keep);                                                                           \
    /* p_j = exp(m_j), at most 3 units in the last place off for |m_j| <= 700 (double) or 85 (float) */                            \
    void (*exponential)(ptrdiff_t n, const REAL *m, REAL *p);                                                                      \
    /* p_j = 1 / (1 + exp(-m_j)), at most 4 units in the last place off                          (LR-2) */                         \
    void (*logistic)(ptrdiff_t n, const REAL *m, REAL *p);                                                                         \
    /* Rows given by their non-zeros x_j at column at_j, no column twice; x NULL stands for ones.                                  \
       sum_j x_j w[at_j] */                                                                                                        \
    REAL (*gather_dot)(ptrdiff_t n, const REAL *x, const int32_t *at, const REAL *w);                                              \
    /* w[at_j] += c x_j, and, unless total is NULL, total[at_j] += d times what w[at_j] has moved by */                            \
    void (*scatter_add)(ptrdiff_t n, REAL c, double d, const REAL *x, const int32_t *at, REAL *w, double *total);                  \
    /* z_j = x_j scale[at_j]; z may be x */                                                                                        \
    void (*gather_scale)(ptrdiff_t n, const REAL *x, const int32_t *at, const REAL *scale, REAL *z);                               \
    /* The same with W[.][width]: m_c = sum_j x_j W[at_j][c]; W[at_j][i] += c_i x_j, total[at_j][i] += d times its move */         \
    void (*gather_rows)(ptrdiff_t n, ptrdiff_t width, const REAL *x, const int32_t *at, const REAL *W, REAL *m);                   \
    void (*scatter_rows)(ptrdiff_t n, ptrdiff_t width, const REAL *c, double d, const REAL *x, const int32_t *at, REAL *W,         \
                         double *total);                                                                                           \
    /* e / (1 + exp(-sign m)): with e = -sign weight eta what a step of a row of margin m adds along it (LR-4) */                  \
    REAL (*step_along)(REAL e, REAL sign, REAL m);                                                                                 \
    /* sum_j w_j^2 */                                                                                                              \
    double (*sum_of_squares)(ptrdiff_t n, const REAL *w);                                                                          \
    /* See adaptive.h. The margin of a row by the weights of AdaGrad, which are the first of each pair */                          \
    REAL (*adaptive_margin)(ptrdiff_t n, const REAL *x, const int32_t *at, ptrdiff_t width, const REAL *pair);                     \
    /* the weights w_j of FTRL that a row meets, and the roots of their sums of squares */                                         \
    void (*adaptive_weights)(ptrdiff_t n, const int32_t *at, ptrdiff_t width, const REAL *pair, REAL l1, REAL l2, REAL beta,       \
                             REAL inverse, REAL *w, REAL *root);                                                                   \
    /* the step that a row of slope g (times its weight) takes; from those weights and roots, by FTRL */                           \
    void (*adaptive_update)(ptrdiff_t n, const REAL *x, const int32_t *at, ptrdiff_t width, REAL *pair, int ftrl, REAL beta,       \
                            REAL eta, REAL g, const REAL *w, const REAL *root);                                                    \
    double (*normalize)(ptrdiff_t n, const REAL *x, const int32_t *at, ptrdiff_t width, REAL *pair, REAL *largest, REAL *q);       \
    /* A step of a dense row under an L1 penalty: W_ji <- soft((1 - l2) W_ji + c_i x_j, l1)                              (LR-16) */\
    void (*shrink_step)(ptrdiff_t n, ptrdiff_t width, REAL l1, REAL l2, const REAL *c, const REAL *x, REAL *W);                    \
    /* Takes off the weights of the columns at_j what they owe: `shrinks` less what each has shrunk so far             (LR-17) */  \
    void (*catch_up)(ptrdiff_t n, ptrdiff_t width, const int32_t *at, double shrinks, REAL *W, double *shrunk);                    \
    /* Of the two-layer network, see network.h: n_rows samples x_i, and `width` hidden units, a multiple of 64 bytes, of rows `stride`\
       apart. `at` NULL stands for all columns.                                                                                    \
       A_i = sum_j x_i[j] W[at_j]                                                                                                  \
       W[at_j] += sum_i x_i[j] D_i                                                                                                 \
       G[8 i + l] = x_i . x_l, l < i < n_rows <= 8 */                                                                              \
    void (*product)(ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x, const int32_t *at, ptrdiff_t stride, ptrdiff_t width,     \
                    const REAL *W, REAL *A);                                                                                       \
    void (*add_outer)(ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x, const int32_t *at, ptrdiff_t stride, ptrdiff_t width,   \
                      const REAL *D, REAL *W);                                                                                     \
    void (*gram)(ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x, REAL *G);                                                    \
    /* z = activation(scale (a + sum_{l<n} g_l D_l) + b)                                        (NN-1), (NN-2), (NN-10)            \
       z = activation(z + b)                                                                                                       \
       mask_j = 0 for the units that a step drops, else factor; kept = mask z                              (NN-11) */              \
    void (*hidden)(int activation, ptrdiff_t stride, ptrdiff_t width, ptrdiff_t n, const REAL *a, const REAL *g, const REAL *D,    \
                   REAL scale, const REAL *b, REAL *z);                                                                            \
    void (*activate)(int activation, ptrdiff_t width, const REAL *b, REAL *z);                                                     \
    void (*drop)(ptrdiff_t first, ptrdiff_t width, uint32_t limit, uint32_t key, uint32_t step, REAL factor, const REAL *z,        \
                 REAL *mask, REAL *kept);                                                                                          \
    /* With the slope of the activation at z (times the mask, unless NULL):                                                        \
       d = factor (sum_c delta_c V_c) slope                                                                (NN-8)                  \
       and with V_c <- keep V_c - step delta_c z mask, b <- b - step d / factor                            (NN-9)                  \
       the same where the output is a sum of sigmoids s                                                    (NN-5) */               \
    void (*slope_back)(int activation, ptrdiff_t stride, ptrdiff_t width, ptrdiff_t n_outputs, const REAL *delta, const REAL *z,   \
                       const REAL *mask, const REAL *V, REAL factor, REAL *d);                                                     \
    void (*backward)(int activation, ptrdiff_t stride, ptrdiff_t width, ptrdiff_t n_outputs, const REAL *delta, REAL keep,         \
                     REAL step, REAL factor, const REAL *z, const REAL *mask, REAL *V, REAL *b, REAL *d);                          \
    void (*backward_sum)(int activation, ptrdiff_t width, REAL delta, REAL keep, REAL step, REAL factor, const REAL *z,            \
                         const REAL *mask, const REAL *s, REAL *V, REAL *b, REAL *d);                                              \
    /* A block of a network of one output                                                        (NN-1) to (NN-10) */            \
    ptrdiff_t (*block_of_one)(int activation, int sigmoid, ptrdiff_t stride, ptrdiff_t n_hidden, ptrdiff_t n, ptrdiff_t n_rows,    \
                              const REAL *const *x, const int32_t *at, const double (*numbers)[5], REAL *W, REAL *b, REAL *V,      \
                              REAL *b2, REAL *A, REAL *D, REAL *z, double *o);                                                     \
    /* One step of minibatches by the slopes g                                                             (NN-12, NN-13) */       \
    void (*momentum)(ptrdiff_t n, const REAL *g, REAL *w, REAL *velocity, REAL eta, REAL alpha, REAL momentum, int nesterov);      \
    void (*adam)(ptrdiff_t n, const REAL *g, REAL *w, REAL *first, REAL *second, REAL eta, REAL alpha, REAL keep, REAL beta1,      \
                 REAL beta2, REAL epsilon)

struct vectors_f32 { PRIMITIVES(float); };
struct vectors_f64 { PRIMITIVES(double); };
struct vectors {
    const char *level;
    /* brings n_bytes into the cache */
    void (*fetch)(ptrdiff_t n_bytes, const void *x);
    /* brings n_bytes of each into the cache: one loop, whose end the CPU guesses wrongly once */
    void (*fetch_pair)(ptrdiff_t n_bytes, const void *x, const void *y);
    /* brings base[places[j] * width], j < n, into the cache; places are int64 (wide) or int32 */
    void (*fetch_places)(ptrdiff_t n, const void *places, int wide, const void *base, ptrdiff_t width);
    /* GROUP places of a permutation of 0 ... 2^(low_bits + high_bits) - 1, from the first on: a Feistel network of ROUNDS rounds
       on the two parts of the place, each below 33 bits (Luby and Rackoff 1988) */
    void (*permute)(uint64_t first, int low_bits, int high_bits, const uint32_t *keys, uint64_t *places);
    /* how many of p[1], ..., p[n] do not exceed the one before; sets bits of outside where one of them is negative or above last */
    ptrdiff_t (*falls)(ptrdiff_t n, const int32_t *p, int32_t last, int32_t *outside);
    ptrdiff_t (*falls_wide)(ptrdiff_t n, const int64_t *p, int64_t last, int64_t *outside);
    struct vectors_f32 f32;
    struct vectors_f64 f64;
};

/* The table of a level by name ("baseline", "x86-64-v3", "x86-64-v4"); NULL where this build or this CPU lacks it. */
const struct vectors *vectors_of_level(const char *level);

#endif

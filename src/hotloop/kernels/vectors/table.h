/* The list of the vector primitives, each once. It is included several times, so it has no guard: vectors.h makes the structs of it,
   fused.h the functions that Cython calls, level.h the tables of a level. Whoever includes it defines

     PRIMITIVE(result, name, (parameters), (their names))    a function for REAL = float and for REAL = double
     COMMON(result, name, (parameters))                      a function of neither

   To add a primitive:
   1. write its line here, below a comment that says what it computes and by which equation;
   2. write its body, `static result NAME(name)(parameters)`, in the header of its subject, which primitives.h includes;
   3. if a kernel calls it, declare it in levels.pxd with `floating` for REAL: a declaration that differs does not compile;
   4. test it by the kernel that calls it, and add mutants of its body to tests/mutants/kernels/vectors.toml. */

/* ---- vectors and dense rows: elementwise.h, blocks.h ---- */

/* sum_j x_j y_j */
PRIMITIVE(REAL, dot, (ptrdiff_t n, const REAL *x, const REAL *y), (n, x, y))
/* sum_j w_j^2 */
PRIMITIVE(double, sum_of_squares, (ptrdiff_t n, const REAL *w), (n, w))
/* w_j <- c w_j + d x_j */
PRIMITIVE(void, scale_add, (ptrdiff_t n, REAL c, REAL *w, REAL d, const REAL *x), (n, c, w, d, x))
/* total_j <- total_j + w_j */
PRIMITIVE(void, accumulate, (ptrdiff_t n, const REAL *w, double *total), (n, w, total))
/* p_j = exp(m_j), at most 3 units in the last place off for |m_j| <= 700 (double) or 85 (float) */
PRIMITIVE(void, exponential, (ptrdiff_t n, const REAL *m, REAL *p), (n, m, p))
/* p_j = 1 / (1 + exp(-m_j)), at most 4 units in the last place off                                                          (LR-2) */
PRIMITIVE(void, logistic, (ptrdiff_t n, const REAL *m, REAL *p), (n, m, p))
/* z_j = (x_j - center_j) scale_j of a row of type `type` (U8 to F64); z_j = x_j where center is NULL                        (LR-9) */
PRIMITIVE(void, load, (int type, ptrdiff_t n, const void *x, const REAL *center, const REAL *scale, REAL *z),
          (type, n, x, center, scale, z))
/* The moments of columns after Welford (West 1979), row by row, `share` the part of a row's weight in the weight so far: d_j = x_j
   - mean_j, mean_j <- mean_j + share d_j, deviation_j <- deviation_j + weight d_j (x_j - mean_j). lowest_j and highest_j are the
   extremes so far. others_j becomes nonzero at the third distinct value of a column; from then on its extremes are no longer kept,
   unless `extremes` asks for them. */
PRIMITIVE(void, moments,
          (ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x, const double *weight, const double *share,
           const struct column_moments *columns),
          (n, n_rows, x, weight, share, columns))
/* m[i m_stride] = b + sum_j x_j w_j of n_rows rows from x on, `stride` bytes apart; the bits of a row do not depend on i    (LR-1)
   */
PRIMITIVE(void, margins,
          (ptrdiff_t n, ptrdiff_t n_rows, const void *x, ptrdiff_t stride, const REAL *w, double b, double *m, ptrdiff_t m_stride),
          (n, n_rows, x, stride, w, b, m, m_stride))
/* One block of four rows in one pass over w. From r it finds the margins and gradients of the rows p, slots s to s + 3 of the
   group, one after the other (LR-12). It finishes their update of the model, of one output. Of the rows q it takes, with the new w,
   the dots q_i . w into r[0..3] and the Gram entries q_0.q_1, q_0.q_2, q_0.q_3, q_1.q_2, q_1.q_3, q_2.q_3 into r[4..9]; r has 12
   entries. It prefetches the rows `ahead`. Returns -1; or the index of a row whose margin is not finite, and then only margins have
   changed. */
PRIMITIVE(int, block, (const struct model *model, REAL *group, ptrdiff_t s, const struct block_rows *rows, REAL *r),
          (model, group, s, rows, r))
/* *loss <- *loss + weight times loss of the first n rows of a group, n a multiple of 4; overwrites the margins              (LR-3) */
PRIMITIVE(void, losses, (ptrdiff_t n, REAL *rows, double *loss), (n, rows, loss))

/* ---- many models in one read of the rows: many.h ---- */

/* As `block` for `width` models at once, a multiple of n_lanes, or for the classes of a softmax. steps[3][4][width]: of the rows p
   for each model the sign (softmax: 1 for the class of the row, else 0), step and decay. r[8 + 4 width]: the six Gram entries, from
   r[8] on the dots of each row. found[8 width + 8]: the margins of the rows p, what their steps add along each row, and for a
   softmax the largest margin of each row and the sum of exp(margin - largest). Returns -1; or, for a softmax, the index of a row
   whose margins are not finite, and then only found has changed. */
PRIMITIVE(int, many,
          (ptrdiff_t n, ptrdiff_t width, int softmax, const struct lanes *lanes, const REAL *steps, const struct block_rows *rows, REAL *r,
           REAL *found),
          (n, width, softmax, lanes, steps, rows, r, found))
/* The entries of `steps` for a row of class y and n separate models: sign, -1 where y is target[m], else 1; step, the weight times
   the step size; decay, 1 less step size times alpha. With multiplicity (not NULL) model m has the weight multiplicity[m] times:
   where that is 0 the row changes nothing, else the model takes its next step size, eta[n_updates[m] eta_stride + m model_stride],
   and n_updates[m] grows. Without, all models take eta[m model_stride]. */
PRIMITIVE(void, prepare,
          (ptrdiff_t n, double y, double weight, const unsigned char *multiplicity, const double *eta, const struct model_steps *models,
           REAL *sign, REAL *step, REAL *decay),
          (n, y, weight, multiplicity, eta, models, sign, step, decay))

/* ---- sparse rows: sparse.h, l1.h, adaptive.h. A row is n non-zeros x_j at columns at_j, no column twice; x NULL is a row of ones
   ---- */

/* sum_j x_j w[at_j] */
PRIMITIVE(REAL, gather_dot, (ptrdiff_t n, const REAL *x, const int32_t *at, const REAL *w), (n, x, at, w))
/* w[at_j] += c x_j; total[at_j] += d times the change of w[at_j], unless total is NULL */
PRIMITIVE(void, scatter_add, (ptrdiff_t n, REAL c, double d, const REAL *x, const int32_t *at, REAL *w, double *total),
          (n, c, d, x, at, w, total))
/* z_j = x_j scale[at_j]; z may be x */
PRIMITIVE(void, gather_scale, (ptrdiff_t n, const REAL *x, const int32_t *at, const REAL *scale, REAL *z), (n, x, at, scale, z))
/* gather_dot for W[.][width]: m_c = sum_j x_j W[at_j][c] */
PRIMITIVE(void, gather_rows, (ptrdiff_t n, ptrdiff_t width, const REAL *x, const int32_t *at, const REAL *W, REAL *m),
          (n, width, x, at, W, m))
/* scatter_add for W[.][width]: W[at_j][i] += c_i x_j; total[at_j][i] += d times the change */
PRIMITIVE(void, scatter_rows,
          (ptrdiff_t n, ptrdiff_t width, const REAL *c, double d, const REAL *x, const int32_t *at, REAL *W, double *total),
          (n, width, c, d, x, at, W, total))
/* e / (1 + exp(-sign m)): with e = -sign weight eta, what the step of a row of margin m adds along it                       (LR-4) */
PRIMITIVE(REAL, step_along, (REAL e, REAL sign, REAL m), (e, sign, m))
/* A step of a dense row under an L1 penalty: W_ji <- soft((1 - l2) W_ji + c_i x_j, l1)                                      (LR-16) */
PRIMITIVE(void, shrink_step, (ptrdiff_t n, ptrdiff_t width, REAL l1, REAL l2, const REAL *c, const REAL *x, REAL *W),
          (n, width, l1, l2, c, x, W))
/* Applies to the weights of the columns at_j the L1 penalty that is due: `shrinks` less what each has had, `shrunk`         (LR-17) */
PRIMITIVE(void, apply_l1, (ptrdiff_t n, ptrdiff_t width, const int32_t *at, double shrinks, REAL *W, double *shrunk),
          (n, width, at, shrinks, W, shrunk))
/* The margin of a row by the weights of AdaGrad, the first of each pair                                                     (AD-1) */
PRIMITIVE(REAL, adaptive_margin, (ptrdiff_t n, const REAL *x, const int32_t *at, ptrdiff_t width, const REAL *pair),
          (n, x, at, width, pair))
/* The weights w_j of FTRL at the columns of a row, and the roots of their sums of squares                                   (AD-2) */
PRIMITIVE(void, adaptive_weights,
          (ptrdiff_t n, const int32_t *at, ptrdiff_t width, const REAL *pair, const struct adaptive_rule *rule, REAL *w, REAL *root),
          (n, at, width, pair, rule, w, root))
/* The step of a row of gradient g (times its weight): AdaGrad; or FTRL, from those weights and roots                (AD-1), (AD-2) */
PRIMITIVE(void, adaptive_update,
          (ptrdiff_t n, const REAL *x, const int32_t *at, ptrdiff_t width, REAL *pair, const struct adaptive_rule *rule, REAL g,
           const REAL *w, const REAL *root),
          (n, x, at, width, pair, rule, g, w, root))
/* q_j = x_j over the largest |value| of its column so far, x_j included; sums of squares follow. Returns sum_j q_j^2        (AD-3) */
PRIMITIVE(double, normalize,
          (ptrdiff_t n, const REAL *x, const int32_t *at, ptrdiff_t width, REAL *pair, REAL *largest, REAL *q),
          (n, x, at, width, pair, largest, q))

/* ---- the two-layer network: products.h, layers.h. n_rows samples x_i; `width` hidden units, a multiple of 64 bytes, of rows
   `stride` apart; `at` NULL is all columns ---- */

/* A_i = sum_j x_i[j] W[at_j]                                                                                                (NN-1) */
PRIMITIVE(void, product,
          (ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x, const int32_t *at, ptrdiff_t stride, ptrdiff_t width,
           const REAL *W, REAL *A),
          (n, n_rows, x, at, stride, width, W, A))
/* W[at_j] += sum_i x_i[j] D_i                                                                                               (NN-9) */
PRIMITIVE(void, add_outer,
          (ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x, const int32_t *at, ptrdiff_t stride, ptrdiff_t width,
           const REAL *D, REAL *W),
          (n, n_rows, x, at, stride, width, D, W))
/* G[8 i + l] = x_i . x_l, l < i < n_rows <= 8                                                                              (NN-10) */
PRIMITIVE(void, gram, (ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x, REAL *G), (n, n_rows, x, G))
/* z = activation(scale (a + sum_{l<n} g_l D_l) + b1)                                                              (NN-2), (NN-10) */
PRIMITIVE(void, hidden,
          (const struct layer *layer, ptrdiff_t n, const REAL *a, const REAL *g, const REAL *D, REAL scale, REAL *z),
          (layer, n, a, g, D, scale, z))
/* z = activation(z + b)                                                                                                     (NN-2) */
PRIMITIVE(void, activate, (int activation, ptrdiff_t width, const REAL *b, REAL *z), (activation, width, b, z))
/* mask_j = 0 for the units that step number `step` drops, else factor; kept = mask z. The units are `first` and on         (NN-11) */
PRIMITIVE(void, drop,
          (ptrdiff_t first, ptrdiff_t width, uint32_t limit, uint32_t key, uint32_t step, REAL factor, const REAL *z, REAL *mask,
           REAL *kept),
          (first, width, limit, key, step, factor, z, mask, kept))
/* d = factor (sum_c delta_c V_c) activation'(z) mask; mask NULL is all ones                                                 (NN-8) */
PRIMITIVE(void, hidden_gradient,
          (const struct layer *layer, const REAL *delta, const REAL *z, const REAL *mask, REAL factor, REAL *d),
          (layer, delta, z, mask, factor, d))
/* The same, and V_c <- decay V_c - step delta_c z mask, b1 <- b1 - step d / factor                                   (NN-8), (NN-9) */
PRIMITIVE(void, backward,
          (const struct layer *layer, const REAL *delta, REAL decay, REAL step, REAL factor, const REAL *z, const REAL *mask, REAL *d),
          (layer, delta, decay, step, factor, z, mask, d))
/* The same where the output is a sum of sigmoids s                                                          (NN-5), (NN-8), (NN-9) */
PRIMITIVE(void, backward_sum,
          (const struct layer *layer, REAL delta, REAL decay, REAL step, REAL factor, const REAL *z, const REAL *mask, const REAL *s,
           REAL *d),
          (layer, delta, decay, step, factor, z, mask, s, d))
/* A block of a network of one output, see layers.h                                                                (NN-1) to (NN-10) */
PRIMITIVE(ptrdiff_t, block_of_one,
          (const struct layer *layer, ptrdiff_t n, ptrdiff_t n_rows, const REAL *const *x, const int32_t *at, struct row_step *steps,
           REAL *A, REAL *D, REAL *z),
          (layer, n, n_rows, x, at, steps, A, D, z))
/* One minibatch step of n weights w along their gradients g, with L2 of strength alpha                                      (NN-12) */
PRIMITIVE(void, momentum,
          (ptrdiff_t n, const REAL *g, REAL *w, REAL *velocity, REAL eta, REAL alpha, REAL momentum, int nesterov),
          (n, g, w, velocity, eta, alpha, momentum, nesterov))
/* The same by Adam; for AdamW alpha is 0 and `decay` shrinks the weights beside it                                           (NN-13) */
PRIMITIVE(void, adam,
          (ptrdiff_t n, const REAL *g, REAL *w, REAL *first, REAL *second, const struct adam_rule *rule),
          (n, g, w, first, second, rule))

/* ---- of no type: level.h, sparse.h ---- */

/* Prefetches n_bytes */
COMMON(void, prefetch, (ptrdiff_t n_bytes, const void *x))
/* Prefetches n_bytes of each of two in one loop, whose end the CPU mispredicts once */
COMMON(void, prefetch_pair, (ptrdiff_t n_bytes, const void *x, const void *y))
/* Prefetches base[indices[j] * width], j < n; indices are int64 (wide) or int32 */
COMMON(void, prefetch_indices, (ptrdiff_t n, const void *indices, int wide, const void *base, ptrdiff_t width))
/* GROUP entries, from the first on, of a permutation of 0 ... 2^(low_bits + high_bits) - 1: a Feistel network of ROUNDS rounds on
   the two parts of the index, each below 33 bits (Luby and Rackoff 1988) */
COMMON(void, permute, (uint64_t first, int low_bits, int high_bits, const uint32_t *keys, uint64_t *indices))
/* How many of p[1], ..., p[n] do not exceed the one before; sets bits of outside where one of them is negative or above last */
COMMON(int, take_columns, (ptrdiff_t n, const int32_t *p, int32_t last, int32_t *columns))
COMMON(int, take_columns_wide, (ptrdiff_t n, const int64_t *p, int64_t last, int32_t *columns))
COMMON(ptrdiff_t, count_descents, (ptrdiff_t n, const int32_t *p, int32_t last, int32_t *outside))
COMMON(ptrdiff_t, count_descents_wide, (ptrdiff_t n, const int64_t *p, int64_t last, int64_t *outside))

#undef PRIMITIVE
#undef COMMON

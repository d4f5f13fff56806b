/* The vector primitives of the kernels: one table of functions for each instruction-set level. table.h lists the functions; level.h
   holds their code, written once; baseline.c, x86_64_v3.c and x86_64_v4.c compile it; choose.c picks a table by the name of its
   level. */
#ifndef HOTLOOP_VECTORS_H
#define HOTLOOP_VECTORS_H
#include <stddef.h>
#include <stdint.h>

/* The fields of a group of rows in one array: what the recurrence of (LR-12) reads of each row, and the margins that it finds. A
   name is the place where its field starts. A row of weight 0, which fills up a block, has step 0 and decay 1; the iterate after it
   is not counted in the average. */
enum {
    GROUP = 256,
    SLOTS = GROUP + 16, /* a pending block, the group, and room for the widest vector to run over its end */
    SIGN = 0,           /* 1 for y = 0, -1 for y = 1 */
    WEIGHT = SLOTS,     /* of the loss */
    STEP_SIZE = 2 * SLOTS,   /* eta weight */
    DECAY = 3 * SLOTS,   /* 1 - eta alpha */
    MARGIN = 4 * SLOTS, /* found: sign times margin */
    ROWS = 5 * SLOTS
};

enum { ROUNDS = 6 }; /* of the network of `permute` */

/* Activations of the hidden units of a network. */
enum { RELU, TANH, LOGISTIC };

/* The types that rows may have in memory. */
enum { U8, I8, U16, I16, U32, I32, U64, I64, F16, F32, F64, TYPES };

/* Parameters that belong together, for both types: void is REAL. */

/* The rows of a block: those whose steps are taken, those whose inner products are taken, those that are prefetched. */
struct block_rows {
    const void *p[4], *q[4], *ahead[4];
};

/* The weights of logistic regression, (n_outputs, n_features) or its transpose. */
struct model {
    ptrdiff_t n_outputs, n_features;
    void *W;         /* NULL where there are no columns */
    double *W_total; /* sum of the iterates; NULL: no averaging */
    double *b;       /* NULL: no intercept */
    double *b_total; /* goes with b and W_total */
};

/* The weights of `many`. */
struct lanes {
    void *W;         /* [width / n_lanes][n][n_lanes] */
    void *total;     /* sum of the iterates; NULL: no averaging */
    double *b;       /* [width]; added to each margin, learnt with `intercept` */
    double *b_total; /* goes with total */
    int intercept;
};

/* What `prepare` knows of each model. */
struct model_steps {
    const double *target, *alpha;
    ptrdiff_t *n_updates;
    ptrdiff_t eta_stride, model_stride;
};

/* The moments of columns, extremes and others of the type of the rows. */
struct column_moments {
    double *mean, *deviation;
    void *lowest, *highest, *others;
    int extremes;
};

/* The rule of a step of AdaGrad or of FTRL; l1 and l2 times the steps so far. */
struct adaptive_rule {
    int ftrl;
    double beta, eta, l1, l2;
};

/* Hidden units of a network, all or those of a thread, and their weights: W1, b1, W2 transposed and b2. Rows of W1 and of V are
   `stride` apart; `width` is n_hidden up to whole cache lines. */
struct layer {
    int activation, sigmoid; /* sigmoid: of the output of `block_of_one` */
    ptrdiff_t stride, width, n_hidden, n_outputs;
    void *W1, *b1, *V, *b2;
};

/* The step of a row in `block_of_one`, and the output that it finds. */
struct row_step {
    double y, step;
    double decay;  /* 1 - eta alpha */
    double scale;  /* of W1 before the row */
    double factor; /* -step over the scale after it */
    double output;
};

/* The rule of a step of Adam. */
struct adam_rule {
    double eta, alpha, decay, beta_1, beta_2, epsilon;
};

/* The primitives for one type; n_lanes is how many models `many` takes side by side: the lanes of a vector. */
#define PRIMITIVE(result, name, parameters, arguments) result(*name) parameters;
#define COMMON(result, name, parameters)
#define REAL float
struct vectors_f32 {
    ptrdiff_t n_lanes;
#include "table.h"
};
#undef REAL
#define PRIMITIVE(result, name, parameters, arguments) result(*name) parameters;
#define COMMON(result, name, parameters)
#define REAL double
struct vectors_f64 {
    ptrdiff_t n_lanes;
#include "table.h"
};
#undef REAL

#define PRIMITIVE(result, name, parameters, arguments)
#define COMMON(result, name, parameters) result(*name) parameters;
struct vectors {
    const char *level;
#include "table.h"
    struct vectors_f32 f32;
    struct vectors_f64 f64;
};

/* The table of a level by name ("baseline", "x86-64-v3", "x86-64-v4"); NULL where this build or this CPU lacks it. */
const struct vectors *vectors_of_level(const char *level);

#endif

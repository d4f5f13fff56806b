/* The primitives as functions that Cython calls: levels.pxd declares each once, with `floating` for REAL. In C Cython writes the
   call with the name of the function behind __pyx_fuse_0, where `floating` is float, or __pyx_fuse_1, where it is double. */
#ifndef HOTLOOP_FUSED_H
#define HOTLOOP_FUSED_H
#include "vectors.h"

#define UNWRAP(...) __VA_ARGS__
#define COMMON(result, name, parameters)
#define PRIMITIVE(result, name, parameters, arguments) \
    static inline result __pyx_fuse_0##name(const struct vectors *v, UNWRAP parameters) { return v->f32.name arguments; }
#define REAL float
#include "table.h"
#undef REAL
#define COMMON(result, name, parameters)
#define PRIMITIVE(result, name, parameters, arguments) \
    static inline result __pyx_fuse_1##name(const struct vectors *v, UNWRAP parameters) { return v->f64.name arguments; }
#define REAL double
#include "table.h"
#undef REAL
#undef UNWRAP

#endif

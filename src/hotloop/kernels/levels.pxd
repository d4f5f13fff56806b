# The vector primitives (vectors/vectors.h) of the active instruction-set level, for the other kernels to cimport.
from cython cimport floating


cdef extern from "vectors/vectors.h" nogil:
    struct vectors_f32:
        float (*dot)(Py_ssize_t, const float *, const float *) noexcept nogil
        void (*scale_add)(Py_ssize_t, float, float *, float, const float *) noexcept nogil
        void (*accumulate)(Py_ssize_t, const float *, double *) noexcept nogil
        void (*standardize)(Py_ssize_t, const float *, const float *, const float *, float *) noexcept nogil
        void (*exponential)(Py_ssize_t, const float *, float *) noexcept nogil
        void (*logistic)(Py_ssize_t, const float *, float *) noexcept nogil
    struct vectors_f64:
        double (*dot)(Py_ssize_t, const double *, const double *) noexcept nogil
        void (*scale_add)(Py_ssize_t, double, double *, double, const double *) noexcept nogil
        void (*accumulate)(Py_ssize_t, const double *, double *) noexcept nogil
        void (*standardize)(Py_ssize_t, const double *, const double *, const double *, double *) noexcept nogil
        void (*exponential)(Py_ssize_t, const double *, double *) noexcept nogil
        void (*logistic)(Py_ssize_t, const double *, double *) noexcept nogil
    struct vectors:
        const char *level
        vectors_f32 f32
        vectors_f64 f64
    const vectors *vectors_of_level(const char *level)


cdef const vectors *active


cdef inline floating dot(const vectors *v, Py_ssize_t n, const floating *x, const floating *y) noexcept nogil:
    if floating is float:
        return v.f32.dot(n, x, y)
    else:
        return v.f64.dot(n, x, y)


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


cdef inline void standardize(
    const vectors *v, Py_ssize_t n, const floating *x, const floating *center, const floating *scale, floating *z
) noexcept nogil:
    if floating is float:
        v.f32.standardize(n, x, center, scale, z)
    else:
        v.f64.standardize(n, x, center, scale, z)


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

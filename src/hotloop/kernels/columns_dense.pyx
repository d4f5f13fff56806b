"""Statistics of the columns of dense rows, in one read."""
import numpy as np

from cython cimport floating

from hotloop.kernels cimport levels, samples


cdef void take_rows(
    const levels.vectors *v, const char *X, Py_ssize_t stride, int type, Py_ssize_t n_samples, Py_ssize_t n_features,
    floating *scratch, const double *sample_weight, Py_ssize_t weight_stride, double *total_weight, double *mean,
    double *deviation
) noexcept nogil:
    cdef Py_ssize_t i
    cdef double weight
    cdef const floating *x
    for i in range(n_samples):
        weight = sample_weight[i * weight_stride]
        if weight != 0.0:
            total_weight[0] += weight
            x = samples.row(v, X + i * stride, type, n_features, <const floating *>NULL, <const floating *>NULL, scratch)
            levels.moments(v, n_features, x, weight, weight / total_weight[0], mean, deviation)     # (LR-9)


def column_moments(
    X not None,
    const double[:] sample_weight not None,
    double[::1] total_weight not None,
    double[::1] mean not None,
    double[::1] deviation not None,
):
    """See hotloop.reference.column_moments. The GIL is released."""
    cdef samples.Samples rows = samples.Samples(X)
    if sample_weight.shape[0] != rows.n_samples:
        raise ValueError("sample_weight must have one entry a row of X")
    if mean.shape[0] != rows.n_features or deviation.shape[0] != rows.n_features or total_weight.shape[0] != 1:
        raise ValueError(f"mean and deviation must have {rows.n_features} entries, total_weight one")
    cdef bint empty = rows.n_samples == 0 or rows.n_features == 0
    cdef double[::1] scratch = np.empty(max(rows.n_features, 1))
    cdef const double *weight0 = NULL if rows.n_samples == 0 else &sample_weight[0]
    cdef Py_ssize_t stride = sample_weight.strides[0] // <Py_ssize_t>sizeof(double)
    cdef double *mean0 = NULL if empty else &mean[0]
    cdef double *deviation0 = NULL if empty else &deviation[0]
    with nogil:
        if rows.type in (levels.F32, levels.F16, levels.U8, levels.I8, levels.U16, levels.I16):
            take_rows(levels.active, rows.data, rows.stride, rows.type, rows.n_samples, rows.n_features, <float *>&scratch[0],
                      weight0, stride, &total_weight[0], mean0, deviation0)
        else:
            take_rows(levels.active, rows.data, rows.stride, rows.type, rows.n_samples, rows.n_features, &scratch[0], weight0,
                      stride, &total_weight[0], mean0, deviation0)

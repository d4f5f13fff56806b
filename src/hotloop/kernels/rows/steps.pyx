"""The steps of a pass over rows; all checks of its arrays."""
cimport cython
from cpython.buffer cimport PyBUF_FORMAT, PyBUF_STRIDES, PyBuffer_Release, PyObject_GetBuffer


cdef int get_doubles(array, Py_buffer *view, str name) except -1:
    """Take the buffer of an array of float64, which may be read-only."""
    PyObject_GetBuffer(array, view, PyBUF_FORMAT | PyBUF_STRIDES)
    if view.itemsize != sizeof(double) or view.format[0] != c"d":
        raise ValueError(f"{name} must be an array of float64")
    if view.ndim < 1 or view.ndim > 2:
        raise ValueError(f"{name} has {view.ndim} dimensions, expected 1 or 2")
    check_aligned(view, name)
    return 0


cdef int check_aligned(const Py_buffer *view, str name) except -1:
    """Refuse numbers at odd addresses: the steps count whole numbers from one to the next."""
    cdef int axis
    cdef bint odd = <size_t>view.buf % view.itemsize != 0
    for axis in range(view.ndim):
        odd |= view.shape[axis] > 1 and view.strides[axis] % view.itemsize != 0
    if odd:
        raise ValueError(f"{name} must be aligned to its elements")
    return 0


cdef inline Py_ssize_t stride_of(const Py_buffer *view, int axis) noexcept:
    """Entries from one number to the next along an axis."""
    return view.strides[axis] // <Py_ssize_t>sizeof(double)


@cython.auto_pickle(False)
cdef class Pass:
    """The steps that a kernel takes, checked, none of them taken.

    Holds the buffers of the arrays, which may be read-only, as long as it lives.

    Parameters
    ----------
    given : hotloop.structs.Pass
    n_samples : int
        Rows there are.
    n_classes : int
        Classes there are: the y of each row visited is checked as it is visited. 0: y holds targets, any numbers.
    n_models : int
        Of many models: eta is (n_steps, n_models), alpha (n_models,). 0: one model, vector and number. -1: eta and alpha are not used.
    """

    def __cinit__(self, given, Py_ssize_t n_samples, Py_ssize_t n_classes, Py_ssize_t n_models=0):
        cdef Steps *steps = &self.steps
        self.given = given
        PyObject_GetBuffer(given.order, &self.order, PyBUF_FORMAT | PyBUF_STRIDES)
        if self.order.itemsize != sizeof(Py_ssize_t) or self.order.format[0] not in (c"l", c"q") or self.order.ndim != 1:
            raise ValueError("order must be a vector of intp")
        if self.order.shape[0] > 1 and self.order.strides[0] != self.order.itemsize:
            raise ValueError("order must be contiguous")
        check_aligned(&self.order, "order")
        steps.order, steps.n_steps, steps.n_samples = <const Py_ssize_t *>self.order.buf, self.order.shape[0], n_samples
        get_doubles(given.sample_weight, &self.sample_weight, "sample_weight")
        steps.sample_weight, steps.weight_stride = <const double *>self.sample_weight.buf, stride_of(&self.sample_weight, 0)
        self.take_y(n_classes)
        if self.y.shape[0] != n_samples or self.sample_weight.shape[0] != n_samples or self.sample_weight.ndim != 1:
            raise ValueError("y and sample_weight must have one entry a row of X")
        if n_models >= 0:
            self.take_eta(n_models)
        if steps.n_steps and not n_samples:
            raise ValueError("order[0] is no row of X, which has 0")

    cdef int take_y(self, Py_ssize_t n_classes) except -1:
        get_doubles(self.given.y, &self.y, "y")
        self.targets, self.target_stride = <const double *>self.y.buf, stride_of(&self.y, 0)
        self.n_targets = self.y.shape[1] if self.y.ndim == 2 else 1
        if self.n_targets > 1 and self.y.strides[1] != sizeof(double):
            raise ValueError("the targets of a row must be contiguous")
        if n_classes > 0 and self.n_targets != 1:
            raise ValueError(f"y has {self.n_targets} columns, expected 1, the class index of each row")
        if n_classes > 0:
            self.steps.y, self.steps.y_stride, self.steps.n_classes = self.targets, self.target_stride, n_classes
        else:  # every row is of the one class there is
            self.steps.y, self.steps.y_stride, self.steps.n_classes = &self.no_label, 0, 1
        return 0

    cdef int take_eta(self, Py_ssize_t n_models) except -1:
        get_doubles(self.given.eta, &self.eta, "eta")
        self.steps.eta, self.steps.eta_stride = <const double *>self.eta.buf, stride_of(&self.eta, 0)
        if n_models == 0:
            if self.eta.ndim != 1 or self.eta.shape[0] < self.steps.n_steps:
                raise ValueError("eta must have one entry a step")
            if self.eta.shape[0] > 1 and self.steps.eta_stride != 1:
                raise ValueError("eta must be contiguous")
            self.steps.alpha = self.given.alpha
            return 0
        get_doubles(self.given.alpha, &self.alpha, "alpha")
        if self.alpha.ndim != 1 or self.alpha.shape[0] != n_models or (n_models > 1 and self.alpha.strides[0] != sizeof(double)):
            raise ValueError("alpha must have one entry a model")
        if self.eta.ndim != 2 or self.eta.shape[0] < self.steps.n_steps or self.eta.shape[1] != n_models:
            raise ValueError("eta must have one entry a step and model")
        self.steps.model_stride, self.steps.alphas = stride_of(&self.eta, 1), <const double *>self.alpha.buf
        return 0

    cdef error(self, Status status):
        """Return the error to raise."""
        place = self.steps.place
        row = self.given.order[place]
        if status == BAD_ROW and 0 <= row < self.steps.n_samples:
            return ValueError(f"row {row} of X does not lie in its arrays, or has a column that does not exist")
        if status == BAD_ROW:
            return ValueError(f"order[{place}] = {row} is no row of X, which has {self.steps.n_samples}")
        if status == BAD_LABEL:
            return ValueError(f"y[{row}] = {self.given.y[row]} is no class index below {self.steps.n_classes}")
        return FloatingPointError(f"the margin of row {row} is not finite at step {place} of the pass")

    def __dealloc__(self):
        PyBuffer_Release(&self.order)
        PyBuffer_Release(&self.y)
        PyBuffer_Release(&self.sample_weight)
        PyBuffer_Release(&self.eta)
        PyBuffer_Release(&self.alpha)

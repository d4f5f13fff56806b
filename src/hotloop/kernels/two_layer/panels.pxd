# Hidden units of a network, shared out to threads.
from hotloop.kernels.threads.pool cimport MAX_THREADS
from hotloop.kernels.two_layer.network cimport CheckedNetwork, Network, PaddedWeights, Weights
from hotloop.kernels.vectors cimport levels


cdef struct Panel:
    # Hidden units that one thread takes. Those of several threads lie apart, each panel like a network of its own: else what the CPU
    # prefetches behind a row of one panel are lines that the other thread writes (784-512-10, two threads: 4 times slower than one).
    Py_ssize_t first              # unit
    Py_ssize_t of_W1              # where W1 starts
    Py_ssize_t of_V
    Py_ssize_t of_block           # arrays with BLOCK rows
    Py_ssize_t of_units           # arrays with one entry a unit
    levels.layer layer            # its units and their weights


cdef class Panels:
    cdef Panel panels[MAX_THREADS]
    cdef int n
    cdef Py_ssize_t gap           # entries between the panels of two threads
    cdef Weights weights
    cdef PaddedWeights padded
    cdef list apart
    cdef int share_out(self, const Network *net, Py_ssize_t itemsize) except -1
    cdef int set_layers(self, Py_ssize_t itemsize) except -1
    cdef list parts(self, const Network *net)
    cdef int write_back(self, const Network *net) except -1

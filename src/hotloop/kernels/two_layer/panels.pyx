"""Hidden units of a network, shared out to threads by whole tiles."""
cimport cython

from hotloop.kernels.two_layer.network cimport BLOCK, TILE_BYTES, address, aligned_zeros, layer_of
from hotloop.kernels.vectors cimport levels

cdef enum:
    GAP = 1024  # bytes between the panels of two threads


@cython.auto_pickle(False)
cdef class Panels:
    """The hidden units of each thread, and the weights as the panels lie in memory.

    Parameters
    ----------
    net : CheckedNetwork
    n_threads : int
    apart : bool
        Whether the panels are copies that lie apart. Of CSR rows a copy of W1 may cost more than the pass.
    """

    def __cinit__(self, CheckedNetwork net, int n_threads, bint apart):
        self.n, self.padded, self.apart = n_threads, net.padded, []
        self.weights, self.gap = net.padded.weights, GAP // net.itemsize if apart else 0
        self.share_out(&net.sizes, net.itemsize)
        if not apart:
            self.set_layers(net.itemsize)
            return
        self.apart = [aligned_zeros(len(array) * net.sizes.width + n_threads * self.gap, net.dtype) for array in net.padded.padded]
        W1, b1, V = self.apart
        self.weights.W1, self.weights.b1, self.weights.V = address(W1), address(b1), address(V)
        self.set_layers(net.itemsize)
        for panel, whole in self.parts(&net.sizes):
            panel[:] = whole

    cdef int share_out(self, const Network *net, Py_ssize_t itemsize) except -1:
        """Share the tiles out to the panels."""
        cdef Py_ssize_t tile = TILE_BYTES // itemsize, n_tiles = (net.width + tile - 1) // tile, p, first, width
        cdef levels.layer layer
        for p in range(self.n):
            first = n_tiles * p // self.n * tile
            width = min(net.width, n_tiles * (p + 1) // self.n * tile) - first
            layer = layer_of(net, &self.weights)
            layer.width, layer.n_hidden = width, min(width, net.n_hidden - first)
            if self.gap:
                layer.stride = width
                self.panels[p] = Panel(first, net.n_features * first + p * self.gap, net.n_outputs * first + p * self.gap,
                                       BLOCK * first + p * self.gap, first + p * self.gap, layer)
            else:
                self.panels[p] = Panel(first, first, first, first, first, layer)
        return 0

    cdef int set_layers(self, Py_ssize_t itemsize) except -1:
        """Let the layers of the panels point to the weights."""
        cdef Panel *panel
        for p in range(self.n):
            panel = &self.panels[p]
            panel.layer.W1 = <char *>self.weights.W1 + panel.of_W1 * itemsize
            panel.layer.b1 = <char *>self.weights.b1 + panel.of_units * itemsize
            panel.layer.V = <char *>self.weights.V + panel.of_V * itemsize
        return 0

    cdef list parts(self, const Network *net):
        """Return pairs of arrays: W1, b1 or V of a panel that lies apart, and the same part of the padded weights."""
        cdef Panel panel
        pairs = []
        for p in range(self.n):
            panel = self.panels[p]
            offsets = (panel.of_W1, net.n_features), (panel.of_units, 1), (panel.of_V, net.n_outputs)
            width = panel.layer.width
            units = slice(panel.first, panel.first + width)
            pairs += [(memory[start:start + n * width].reshape(n, width), whole[:, units])
                      for memory, (start, n), whole in zip(self.apart, offsets, self.padded.padded, strict=True)]
        return pairs

    cdef int write_back(self, const Network *net) except -1:
        """Copy the weights of panels that lie apart to the padded weights."""
        if self.gap:
            for panel, whole in self.parts(net):
                whole[:] = panel
        return 0

"""The two-layer network: one sequential pass of per-sample SGD over dense or CSR rows of any type.

Equations (NN-1) to (NN-11); block.pyx has the steps, loops.pyx the threads. Memory order: X row by row; W1 feature-major
(n_features x n_hidden), so a row of X reads whole contiguous lines of it; W2 transposed, one row an output. Rows of W1 and W2 are padded
to whole cache lines, in copies where they are not. The pass reads X once; a step costs about 4 k H + 6 H C flops; of rows that are
mostly zeros only the other entries are taken. Iterates equal the reference to rounding and do not depend on n_jobs.
"""
from hotloop.kernels.rows.source cimport Rows
from hotloop.kernels.rows.steps cimport OK, Pass
from hotloop.kernels.threads.pool cimport allowed_threads
from hotloop.kernels.two_layer.block cimport Block, Work
from hotloop.kernels.two_layer.loops cimport run_pass
from hotloop.kernels.two_layer.network cimport (
    BLOCK, LINE, TILE_BYTES, CheckedNetwork, Dropout, LossSum, Workspace, new_dropout, new_pass, pass_error, slots_of,
    sum_of_losses,
)
from hotloop.kernels.two_layer.panels cimport Panels
from hotloop.kernels.vectors cimport levels


def two_layer_pass(rows not None, steps not None, network not None, dropout not None, int n_jobs=1):
    """See hotloop.reference.two_layer_pass. The GIL is released; what is not overwritten may be read-only."""
    cdef CheckedNetwork net = CheckedNetwork(network, True)
    cdef Rows given = Rows(rows, net.itemsize, net.sizes.n_features, slots_of(rows, 2))
    cdef Pass taken = new_pass(steps, given.source.n_samples, &net.sizes)
    cdef Dropout drop = new_dropout(dropout)
    if taken.steps.n_steps == 0:
        return 0.0, 0
    cdef Py_ssize_t itemsize = net.itemsize, C = net.sizes.n_outputs
    cdef Py_ssize_t n_tiles = (net.sizes.width * itemsize + TILE_BYTES - 1) // TILE_BYTES
    cdef int n_threads = allowed_threads(min(n_jobs, n_tiles))
    cdef Panels panels = Panels(net, n_threads, n_threads > 1 and not given.source.sparse)
    cdef Py_ssize_t gaps = n_threads * panels.gap * itemsize, n_bytes = net.sizes.width * itemsize
    cdef Workspace space = Workspace()
    cdef Block block
    block.rows.n = 0
    cdef Work work = Work(
        v=levels.active, net=&net.sizes, dropout=&drop, rows=&given.source, steps=&taken.steps, targets=taken.targets,
        target_stride=taken.target_stride, losses=LossSum(0.0, 1.0, 0.0), pool=NULL, panels=&panels.panels[0], n_panels=n_threads,
        A=space.zeros(BLOCK * n_bytes + gaps), D=space.zeros(BLOCK * n_bytes + gaps),
        z=space.zeros(n_bytes + gaps), s=space.zeros(n_bytes + gaps), mask=space.zeros(n_bytes + gaps),
        kept=NULL, G=space.zeros(2 * BLOCK * BLOCK * itemsize), o=<double *>space.zeros(n_threads * 2 * (C + LINE) * sizeof(double)),
        parts=<double *>space.zeros(2 * n_tiles * C * sizeof(double)), blocks=[block, block], parity=0, over=False, status=OK)
    work.kept = space.zeros(n_bytes + gaps) if drop.limit else work.z
    with nogil:
        run_pass(&work, itemsize)
    panels.write_back(&net.sizes)
    net.padded.write_back()
    if work.status != OK:
        raise pass_error(taken, work.status)
    return sum_of_losses(&work.losses), taken.steps.n_updates

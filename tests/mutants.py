"""Break one line at a time and see a test fail: python tests/mutants.py [-k PART_OF_FILE_NAME] [-j WORKERS]

Each mutant changes one line of a copy of the checkout, rebuilds there what is compiled (with bounds checks, HOTLOOP_DEBUG=1),
and runs the fast tests of that file until the first failure. Exit code 1 if a mutant survives or its line is no longer there.
"""

import argparse
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = "src/hotloop"
NETWORK = "laws/test_worked_examples kernels/two_layer/test_sgd"
KERNELS = "--backend compiled"

# Folder or file: the tests to run.
TESTS = {
    "reference/graph.py": "laws/test_worked_examples reference/test_graph",
    "reference/losses.py": "--backend reference reference/test_losses laws/test_worked_examples",
    "reference/logistic/dense.py": "--backend reference laws/test_worked_examples kernels/logistic/test_dense reference/test_losses",
    "reference/two_layer/sgd.py": f"--backend reference {NETWORK}",
    "kernels/logistic/dense.pyx": f"{KERNELS} logistic/test_importance_aware laws/test_worked_examples kernels/logistic/test_dense reference/test_losses "
    "laws/test_backends_agree",
    "reference/two_layer/sigmoid_sum.py": f"--backend reference {NETWORK}",
    "kernels/two_layer/sigmoid_sum.pyx": f"{KERNELS} {NETWORK} laws/test_backends_agree",
    "kernels/two_layer/network.pxd": f"{KERNELS} {NETWORK} laws/test_backends_agree kernels/two_layer/test_minibatch",
    "kernels/two_layer/derivatives.pyx": f"{KERNELS} kernels/two_layer/test_minibatch",
    "kernels/two_layer/sgd.pyx": f"{KERNELS} {NETWORK} laws/test_backends_agree",
    "reference/two_layer/minibatch.py": "--backend reference kernels/two_layer/test_minibatch",
    "kernels/two_layer/minibatch.pyx": f"{KERNELS} kernels/two_layer/test_minibatch",
    "kernels/vectors/network.h": f"{KERNELS} {NETWORK} laws/test_backends_agree",
    "kernels/logistic/many_dense.pyx": f"{KERNELS} kernels/logistic/test_dense kernels/logistic/test_many_dense logistic/test_one_vs_rest",
    "kernels/logistic/csr.pyx": f"{KERNELS} kernels/logistic/test_csr",
    "kernels/logistic/many_csr.pyx": f"{KERNELS} kernels/logistic/test_many_csr",
    "kernels/logistic/adaptive.pyx": f"{KERNELS} logistic/test_state_adaptive",
    "kernels/logistic/l1.pyx": f"{KERNELS} logistic/test_state_l1",
    "kernels/rows/cursor.pxd": f"{KERNELS} logistic/test_state_l1 logistic/test_state_adaptive",
    "kernels/vectors/l1.h": f"{KERNELS} logistic/test_state_l1",
    "logistic/state_l1.py": f"{KERNELS} logistic/test_state_l1",
    "kernels/rows/column_stats_csr.pyx": f"{KERNELS} kernels/logistic/test_csr",
    "kernels/logistic/dual.pyx": f"{KERNELS} logistic/test_sdca",
    "logistic/diagnostics/duality_gap.py": f"{KERNELS} logistic/test_sdca",
    "logistic/sdca.py": f"{KERNELS} logistic/test_sdca",
    "kernels/vectors/sparse.h": f"{KERNELS} kernels/logistic/test_csr",
    "kernels/vectors/adaptive.h": f"{KERNELS} logistic/test_state_adaptive",
    "data/csr.py": f"{KERNELS} kernels/logistic/test_csr",
    "logistic/state_adaptive.py": f"{KERNELS} logistic/test_state_adaptive",
    "kernels/text/hashing.pyx": f"{KERNELS} preprocessing/test_hashing",
    "estimators/hashing_encoder.py": f"{KERNELS} preprocessing/test_hashing",
    "preprocessing/hashing.py": f"{KERNELS} preprocessing/test_hashing",
    "kernels/rows/column_stats_dense.pyx": f"{KERNELS} preprocessing/test_standardization",
    "kernels/rows/permutation.pyx": f"{KERNELS} kernels/rows/test_permutation",
    "kernels/predict/row_scorer.pyx": f"{KERNELS} kernels/predict/test_row_scorer",
    "kernels/vectors/primitives.h": f"{KERNELS} reference/test_losses laws/test_backends_agree preprocessing/test_standardization",
    "kernels/vectors/blocks.h": f"{KERNELS} kernels/logistic/test_dense laws/test_backends_agree kernels/rows/test_dense",
    "kernels/vectors/many.h": f"{KERNELS} kernels/logistic/test_dense kernels/logistic/test_many_dense",
    "kernels/vectors/level.h": f"{KERNELS} reference/test_losses laws/test_backends_agree kernels/rows/test_dense kernels/rows/test_permutation",
    "training/schedules.py": f"{KERNELS} training/test_schedules",
    "preprocessing/standardization.py": f"{KERNELS} preprocessing/test_standardization",
    "data/dataframes.py": f"{KERNELS} data/test_dataframes",
    "logistic/state.py": f"{KERNELS} preprocessing/test_standardization training/test_loop logistic/test_one_vs_rest",
    "logistic/online.py": f"{KERNELS} logistic/test_online",
    "logistic/search/many_dense.py": f"{KERNELS} logistic/search/test_many_dense logistic/search/test_halving",
    "logistic/search/halving.py": f"{KERNELS} logistic/search/test_halving",
    "logistic/search/splits.py": f"{KERNELS} logistic/search/test_halving",
    "estimators/logistic_cv.py": f"{KERNELS} estimators/test_logistic_cv",
    "training/progressive_validation.py": f"{KERNELS} training/test_progressive_validation",
    "estimators/_callbacks.py": f"{KERNELS} estimators/test_callbacks",
    "training/loop.py": f"{KERNELS} training/test_loop training/test_progressive_validation",
    "logistic/diagnostics/fit_warnings.py": f"{KERNELS} logistic/diagnostics/test_fit_warnings",
    "two_layer/state.py": f"{KERNELS} training/test_loop",
}

# File: a fragment that stands in one line only, and what stands there instead.
MUTANTS = {
    "kernels/logistic/dual.pyx": [
        ("found += s.shift_square - 2 * s.along", "found += s.shift_square"),
        ("w.margins[c] += w.lean[c] * (s.along - s.shift_square) - w.dot[c]", "w.margins[c] += w.lean[c] * s.along - w.dot[c]"),
        ("w.dot[c] += w.steps[c] * s.along", "pass"),
        ("(0.0 if b == NULL else 1.0 / b_strength)", "0.0"),
        ("sign, m, u, v = -1.0, -m, logistic(-v), -v", "sign, m, u, v = -1.0, -m, logistic(v), -v"),
        ("zeta += step", "zeta += step / 2"),
        ("gap[0] += weight * away(u, p[c])", "gap[0] += weight * away(p[c], u)"),
        ("b_sums[label * m + c] += w.steps[c]", "b_sums[c] += w.steps[c]"),
    ],
    "estimators/_callbacks.py": [
        ("if not (stop or history.converged or history.n_iter >= self._plan.max_iter):", "if True:"),
        ("config.max_iter if config.tol is None else None", "None"),
        ("if searches and len(self._open) == 1:", "if False:"),
        ("return bool(context.call_on_fit_task_end(", "return bool(0 and context.call_on_fit_task_end("),
    ],
    "training/progressive_validation.py": [
        ("replace(state, averaged=False, _kept={})", "replace(state, _kept={})"),
        ("start // 8 // BLOCK * BLOCK", "start // 4 // BLOCK * BLOCK"),
        ("total, n_updates, start = total + loss, n_updates + steps", "total, n_updates, start = loss, n_updates + steps"),
        ("np.bincount(bins, weight * had, BINS)", "np.bincount(bins, had, BINS)"),
        ("m[:, -1] - (m[:, 0] if m.shape[1] == 2 else 0)", "-m[:, -1]"),
    ],
    "logistic/diagnostics/duality_gap.py": [
        ("share = np.ones(n_classes) if not state.fit_intercept else balance(b_sums)", "share = np.ones(n_classes)"),
        ("alpha / 2 * float(((W - made) ** 2).sum())", "0.0"),
        ("rates[:last, last] /= out", "pass"),
    ],
    "logistic/sdca.py": [
        ("self.b -= self._off() / self.b_strength", "pass"),
        ("history.converged = found.gap <= tol", "history.converged = True"),
        ("ahead = self.W + (1 - root) / (1 + root) * (self.W - self.before)", "ahead = self.W"),
        ("self.W += center - self.center", "self.W += center"),
    ],
    "kernels/logistic/csr.pyx": [
        ("total[j * m + c] += kept * w + folded.lean[m + c] * n_updates", "total[j * m + c] += kept * w"),
        ("W[j * m + c] = <floating>(keep * (w + folded.lean[c] * n_updates))", "W[j * m + c] = <floating>(keep * w)"),
        ("m += folded.lean[0] * (along - folded.keep[2]) - folded.lean[2]", "m += folded.lean[0] * along - folded.lean[2]"),
        ("inverse, kept = 1.0 / keep, -folded.keep[1]", "inverse, kept = 1.0, -folded.keep[1]"),
        ("folded.lean[2] += c * along", "folded.lean[2] -= c * along"),
        ("folded.lean[1] += keep * folded.lean[0]", "folded.lean[1] += folded.lean[0]"),
        (
            "            if keep < SMALLEST:",
            "            if False:",
        ),
        ("found[c] = <floating>a", "found[c] = <floating>(2 * a)"),
        ("m[i, c] = found[c] + b[c]", "m[i, c] = found[c]"),
    ],
    "kernels/text/hashing.pyx": [
        ("if j - i >= 2:", "if j - i >= 1:"),
        ("t.text[at] = c + 32 if lower and c'A' <= c <= c'Z' else c", "t.text[at] = c"),
        ("for i in range(units - length + 1):", "for i in range(units - length):"),
        ("one = -1 if signed and entry[i] & 1 else 1", "one = 1"),
        ("h = h * 5 + <uint32_t>0xe6546b64", "h = h * 5"),
        ("if a[n - 1] < a[n // 2]:", "if False:"),
        ("a[j] = a[j - 1]", "a[j] = t"),
    ],
    "estimators/hashing_encoder.py": [
        ("rows.data[:] = 1", "pass"),
        ("signs = np.where(self._hasher()", "signs = -np.where(self._hasher()"),
    ],
    "preprocessing/hashing.py": [
        ("padded if len(padded) >= shortest else", "padded if True else"),
        ("(codes >= 0) & (numbers != 0)", "(codes >= 0)"),
        ("both = np.where((a >= 0) & (b >= 0),", "both = np.where((a >= 0),"),
        ("np.where(negative & self.alternate_sign,", "np.where(negative,"),
    ],
    "kernels/logistic/adaptive.pyx": [
        ("p[c] += b_pair[2 * c] ", "pass "),
        ("rule.t += 1", "rule.t += 2"),
        ("b_pair[2 * c + 1] += g * g", "b_pair[2 * c + 1] += g"),
        ("g = weight * p[c]", "g = p[c]"),
        ("pair, largest, q) + (b_pair != NULL)", "pair, largest, q)"),
        ("x = q", "pass"),
        ("step = rule.eta * sqrt((rule.t + 1) / met[0])", "step = rule.eta * sqrt(rule.t / met[0])"),
    ],
    "kernels/rows/cursor.pxd": [
        ("m[c] = m[c] / below - (c == label)", "m[c] = m[c] / below"),
        ("m[0] -= label", "pass"),
        ("return loss + log(below)", "return loss"),
    ],
    "kernels/logistic/l1.pyx": [
        ("left = size - (folded[1] - shrunk[i]) if size > 0 else 0.0", "left = size"),
        ("left = folded[0] * max(left, 0.0)", "left = folded[0] * left"),
        ("levels.catch_up(v, n, n_outputs, at, folded[1], W, shrunk)", "pass"),
        ("folded[1] += eta * l1 / folded[0]", "folded[1] += eta * l1"),
        ("found[c] = <floating>(m[c] / folded[0])", "found[c] = <floating>m[c]"),
        ("if folded[0] < SMALLEST or folded[1] > LARGEST:", "if folded[0] < 1e-300:"),
        ("<floating>(eta * l1), <floating>(eta * l2), <const", "<floating>(eta * l1), <floating>0, <const"),
    ],
    "kernels/vectors/l1.h": [
        ("return size > l1 ? w + (d - (n_updates < 0 ? -l1 : l1)) : 0;", "return w + (d - (n_updates < 0 ? -l1 : l1));"),
        ("*shrunk = some ? shrinks + (left - (double)now) : shrinks;", "*shrunk = shrinks;"),
        ("const int some = size > 0 && left > 0;", "const int some = left > 0;"),
    ],
    "logistic/state_l1.py": [
        ('own.shrunk = np.zeros(self.shrunk.shape) if self.folded is None else self.shrunk.copy(order="K")', "pass"),
        ("return [feature_major(self.W), feature_major(self.shrunk)]", "return [feature_major(self.W)]"),
        ("return keep < 0.01 or shrinks", "return False and shrinks"),
        ("self.shrunk = np.zeros(self.shrunk.shape)", "pass"),
    ],
    "kernels/rows/column_stats_csr.pyx": [
        ("seen[at[j]] += weight", "seen[at[j]] += 1"),
        ("mean[at[j]] += weight / seen[at[j]] * before", "mean[at[j]] += before / seen[at[j]]"),
        ("total += sample_weight[i] * (n if", "total += (n if"),
        ("for j in range(i, n):", "for j in range(i + 1, n):"),
        ("differs |= p[i + j] ^ first", "pass"),
        ("borders += p[starts[row]] <= p[starts[row] - 1]", "borders += 0"),
        ("outside = p[0] < 0 or p[0] > last", "outside = 0"),
        ("last = max(n_features, 0) - 1", "last = max(n_features, 0)"),
        ("j = min(<int64_t>COUNTED_AT_ONCE, end - 1 - begin)", "j = min(<int64_t>COUNTED_AT_ONCE, end - 2 - begin)"),
        ("while row < n_samples and starts[row] <= begin:", "while row < n_samples and starts[row] < begin:"),
        ('raise ValueError(f"indptr starts with {starts[0]}, expected 0")', "pass"),
    ],
    "kernels/vectors/sparse.h": [
        ("case 3: s2 += TERM(2);", "case 3:"),
        ("FOUR(0) FOUR(4) FOUR(8) FOUR(12) FOUR(16) FOUR(20)", "FOUR(0) FOUR(4) FOUR(8) FOUR(12) FOUR(16) FOUR(16)"),
        ("ON(16)", "ON(8)"),
        ("if (total) total[at[j]] += d * ((double)after - w[at[j]]);", ""),
        ("t3 = total[a3] + d * ((double)w3 - w[a3]);", "t3 = total[a3] + d * w3;"),
        ("fallen -= (IVEC)(a <= before);", "fallen -= (IVEC)(a < before);"),
        ("out |= (IVEC)(a < zero) | (IVEC)(a > most);", "out |= (IVEC)(a > most);"),
        ("count += p[j] <= p[j - 1], *outside |=", "count += p[j] < p[j - 1], *outside |="),
        ("for (ptrdiff_t j = 0; j < n; j++) z[j] = scale[at[j]];", "for (ptrdiff_t j = 0; j < n; j++) z[j] = 1;"),
    ],
    "kernels/vectors/adaptive.h": [
        ("(size > zero + l1), size - l1, zero)", "(size > zero + l1), size, zero)"),
        ("z += slope - (NAME(roots)(s) - root) * eta * w;", "z += slope;"),
        ("below = beta + NAME(roots)(s);", "below = beta + s;"),
        ("for (ptrdiff_t j = 0; j < m; j++) TWO(j) = p[j];", "for (ptrdiff_t j = 0; j < m - 1; j++) TWO(j) = p[j];"),
        ("own_w[i] = w[j + i], own_root[i] = root[j + i];", "own_w[i] = w[j + i];"),
        ("values[j] = x ? x[j < m ? j : m - 1] : 1;", "values[j] = x ? x[0] : 1;"),
        ("pair[2 * i + 1] *= ratio * ratio;", "pair[2 * i + 1] *= ratio;"),
        ("if (size > before) {", "if (size < before) {"),
    ],
    "data/csr.py": [
        ("X.has_sorted_indices = X.has_canonical_format = False  # whatever it believes", "pass"),
        ("if not len(values) or values[0] != 1:", "if not len(values):"),
        ("indptr=self.indptr - self.indptr[0]", "indptr=self.indptr"),
    ],
    "logistic/state_adaptive.py": [
        ("self.pairs[..., 1] *= (ratio**2)[:, None]", "pass"),
        ("np.clip(self.pairs[..., 0], -l1, l1)", "self.pairs[..., 0]"),
        ("self.b_pairs[:, 0] += (W * center).sum(axis=1)", "pass"),
        ("self.largest *= ratio.astype(self.largest.dtype)", "pass"),
        ("self.pairs[..., 0] = W.T * self.largest[:, None]", "self.pairs[..., 0] = W.T"),
        ("return [self.pairs] if self.largest is None else [self.pairs, self.largest]", "return [self.pairs]"),
        ("return [self.b_pairs] if self.met is None else [self.b_pairs, self.met]", "return [self.b_pairs]"),
    ],
    "reference/graph.py": [
        ("table[node] = sum(u)", "table[node] = u[0]"),
        ("table[node] = min(u)", "table[node] = max(u)"),
        ("slopes[source] += slopes[node] *", "slopes[source] = slopes[node] *"),
        ("return math.prod(u[:place] + u[place + 1 :])", "return math.prod(u)"),
        ("last = max(i for", "last = min(i for"),
        ("return table[node] * (1 - table[node])", "return table[node] * (1 + table[node])"),
    ],
    "reference/losses.py": [
        ("1 / (1 + e), e / (1 + e))", "e / (1 + e), 1 / (1 + e))"),
        ("np.maximum(m, 0) - y * m", "np.maximum(m, 0) + y * m"),
        ("return e / np.sum(e, axis=-1", "return e / np.max(e, axis=-1"),
        ("return top + np.log(", "return np.log("),
    ],
    "reference/logistic/dense.py": [
        ("if sample_weight[i] == 0:", "if False:"),
        ("(X[i] - center) * scale", "X[i] * scale"),
        ("m = W @ x + (0 if b is None else b)", "m = W @ x"),
        ("g = logistic(m) - y[i]", "g = y[i] - logistic(m)"),
        ("float(log_sum_exp(m) - m[int(y[i])])", "float(log_sum_exp(m) - m[0])"),
        ("g = softmax(m) - (np.arange(n_outputs) == y[i])", "g = softmax(m)"),
        ("g = sample_weight[i] * g", "pass"),
        ("W *= 1 - eta[n_updates] * alpha", "pass"),
        ("W -= eta[n_updates] * np.outer(g, x)", "W -= eta[s] * np.outer(g, x)"),
        ("b -= eta[n_updates] * g", "b += eta[n_updates] * g"),
        ("W_total += W", "W_total += sample_weight[i] * W"),
        ("b_total += b", "pass"),
        ("(row - center) * scale", "row - center"),
        ("np.where(m < SMALLEST, 0.0, logistic(m))", "logistic(m)"),
        ("out[:, 0], out[:, 1] = 1 - p, p", "out[:, 0], out[:, 1] = p, 1 - p"),
        ("(p_i - y_i) * x for", "(p_i + y_i) * x for"),
    ],
    "reference/two_layer/sigmoid_sum.py": [
        ("r = np.maximum(x @ W, 0)", "r = x @ W"),
        ("s = logistic(v * r)", "s = logistic(r)"),
        ("dv[i] = s * (1 - s) * r", "dv[i] = s * (1 - s) * v"),
        ("dW[i] = np.outer(x, s * (1 - s) * v * (r > 0))", "dW[i] = np.outer(x, s * (1 - s) * v * (r >= 0))"),
        ("dv += dy_i * s * (1 - s) * r", "dv += s * (1 - s) * r"),
        ("dW += np.outer(x, dy_i * s", "dW += np.outer(x, s"),
    ],
    "reference/two_layer/sgd.py": [
        ("a = x @ W1 + b1", "a = x @ W1"),
        ("return slope, z, None, z @ W2 + b2", "return slope, z, None, z @ W2"),
        ("softmax(o) - (np.arange(len(o)) == y[0])", "softmax(o)"),
        ("logistic(o) - y", "logistic(o)"),
        ("((o - y) * (o - y)).sum()), o - y", "((o - y) * (o - y)).sum()), y - o"),
        ("of_sum = delta * s * (1 - s)", "of_sum = delta * s"),
        ("da = of_sum * W2[:, 0] * slope", "da = of_sum * W2[:, 0]"),
        ("da = (W2 @ delta) * slope", "da = W2 @ delta"),
        ("slope, z = slope * mask, z * mask", "z = z * mask"),
        ("W1[:] = keep * W1 - step * dW1", "W1[:] = W1 - step * dW1"),
        ("W2[:] = keep * W2 - step * dW2", "W2[:] = keep * W2 + step * dW2"),
        ("b1 -= step * db1", "b1 -= eta[n_updates] * db1"),
    ],
    "kernels/logistic/dense.pyx": [
        ("return d * (1 + E) / c", "return 1.0"),
        ("if u > -30 else exp(u + d) - E", "if u > -30 else exp(u + d)"),
        ("d - (d + grown - c) / (1 + grown + E)", "d - (d + grown - c) / (1 + grown)"),
        ("first = [3, 5, 6]", "first = [3, 5, 5]"),
        ("kept *= rows[levels.KEEP + s + j]", "pass"),
        ("step * (squares[i] + one)", "step * squares[i]"),
        ("p[i], squares[i] = q[i], squares[4 + i]", "p[i] = q[i]"),
        ("max(m, 0.0) - y * m", "max(m, 0.0) + y * m"),
        ("<floating>(1.0 - 2.0 * steps.y", "<floating>(2.0 * steps.y"),
        ("rows[levels.WEIGHT + slot] = <floating>weight", "rows[levels.WEIGHT + slot] = 1"),
        ("<floating>(eta * weight)", "<floating>eta"),
        ("<floating>(1.0 - eta * steps.alpha)", "<floating>(1.0 - steps.eta[0] * steps.alpha)"),
        ("if weight != 0.0:  # else", "if True:  # else"),
        ("scratch + (side + i) * n_features)", "scratch + i * n_features)"),
        ("for i in range(s + i, s + 4):", "for i in range(s + i + 1, s + 4):"),
        ("rows[field + i] = rows[field + n + i]", "rows[field + i] = rows[field + i]"),
        ("levels.losses(v, 4, rows, &steps.loss)", "pass"),
        ("i = levels.block(v, n_features, w, w_total, rows, 0, b, b_total, p, p, p, r)", "i = -1"),
        ("&W[c, 0], b[c],", "&W[c, 0], 0.0,"),
        ("scratch0 + k * n_features)", "scratch0)"),
        ("if m[i + k] < SMALLEST:", "if False:"),
        ("out[i + k, 0] = 1.0 - p[k]", "out[i + k, 0] = p[k]"),
        ("out[i, j] = g * X[i, j]", "out[i, j] = g * X[0, j]"),
    ],
    "kernels/logistic/many_dense.pyx": [
        ("sign[<Py_ssize_t>y] = 1", "sign[0] = 1"),
        ("steps.eta + steps.n_updates * models.eta_stride", "steps.eta"),
        ("counts[:] = steps.n_updates", "counts[:] = 0"),
        ("lanes[start + m] * found[start + m]", "found[start + m]"),
        ("most = 1 if models.softmax or models.loss != NULL else RECENT", "most = RECENT"),
        ("memset(recent, 0, n_weights * sizeof(floating))", "pass"),
        ("lanes[(8 + place) * width + m] = 0, 0, 1", "lanes[(8 + place) * width + m] = 0, 0, 0"),
        ("models.multiplicity + row * models.n_models, steps.eta,", "models.multiplicity, steps.eta,"),
        ("rest(models, lanes + 12 * width, i)", "pass"),
        ("= -1e30 if models.softmax else 0.0", "= 0.0"),
        ("log(found[8 * width + 2 * i + 1])", "found[8 * width + 2 * i + 1]"),
        ("np.asarray(lanes_of_b_total)[:n_models] = b_total", "pass"),
    ],
    "kernels/logistic/many_csr.pyx": [
        ("W[j * width + m + i] += kept * W[j * width + i]", "W[j * width + m + i] += W[j * width + i]"),
        ("W[j * width + i] *= keep ", "W[j * width + i] *= 1 "),
        ("models.keep[i], models.keep[m + i] = 1.0, 0.0", "models.keep[i] = 1.0"),
        ("margin[i] * models.keep[i] + models.b[i]", "margin[i] + models.b[i]"),
        ("own = weight * models.multiplicity[row * m + i]", "own = weight * models.multiplicity[row * m]"),
        ("etas[i] = moves * steps.eta[", "etas[i] = steps.eta["),
        ("models.n_updates[i] += moves", "models.n_updates[i] += 1"),
        ("counts[i] = moves", "counts[i] = 1"),
        ("a = -etas[i] * weights[i] * (p[i] - y)", "a = -etas[i] * weights[i] * p[i]"),
        ("(1.0 - etas[i] * models.alpha[i])", "(1.0 - etas[i] * models.alpha[0])"),
        ("a_of_lane = a / keep", "a_of_lane = a"),
        ("lags[i] = -models.keep[m + i] * a_of_lane", "lags[i] = models.keep[m + i] * a_of_lane"),
        ("models.keep[m + i] += counts[i] * keep", "models.keep[m + i] += keep"),
        ("models.b[i] += intercept * a", "models.b[i] += a"),
        ("models.b_total[i] += counts[i] * models.b[i]", "models.b_total[i] += models.b[i]"),
        ("least = keep if keep < least else least", "pass"),
    ],
    "logistic/search/halving.py": [
        ("alpha=1 / (C * n_train)", "alpha=1 / C"),
        ("least - worth]", "least + worth]"),
        ("going = going[: GO_ON", "going = going[::-1][: GO_ON"),
        (
            "alive, before = [alive[i] for i in going], mean[going]",
            "alive, before = [alive[i] for i in going], mean[going] * np.nan",
        ),
        (
            "models.keep([i * n_splits + f for i in going for f in range(n_splits)])",
            "models.keep(list(range(len(going) * n_splits)))",
        ),
        ("range(f, len(alive) * n_splits, n_splits)", "range(len(alive))"),
        (
            "multiplicity = np.tile(sample.trains, len(configs))",
            "multiplicity = np.ones_like(np.tile(sample.trains, len(configs)))",
        ),
        ("table = [own for own in table if own.epochs == last]", "pass"),
        ("found = replace(found, max_iter=self.best.epochs, tol=None)", "pass"),
        ("sample.adopt(state, *weights)", "pass"),
        ("if config not in final[:i]", "if True"),
    ],
    "logistic/search/splits.py": [
        ('order = order[np.argsort(y[order], kind="stable")]', "pass"),
        ("fold[np.isin(y, labels[counts == 1])] = -1", "pass"),
        ("fold = int(sizes.argmin())", "fold = 0"),
        ("splits = splits[:2]", "pass"),
        ("moving = np.flatnonzero(rows.sample_weight)", "moving = np.arange(len(rows))"),
        ("part -= center", "pass"),
        ("part *= scale", "pass"),
        ("tests = [np.arange(len(chosen), len(trains))]", "tests = [np.arange(len(chosen))]"),
        ("first = n - max(1, n // FOLDS)", "first = n // FOLDS"),
    ],
    "logistic/search/many_dense.py": [
        ("self._multiplicity[:, len(models) :] = 0", "pass"),
        ("(kept / counts)", "(1 / counts)"),
        ("W *= self._scale[:, None]", "pass"),
        ("if epoch & (epoch - 1) == 0:", "if epoch == 0:"),
        ("own.t, own.n_averaged = own.t + count, own.n_averaged + count * own.averaged", "own.t += count"),
        ("Batch(rows.X, rows.y, rows.sample_weight * counts)", "rows"),
        ("state.W[:], state.folded = np.nan, None", "pass"),
        ("steps[m] = table[t - lowest : t - lowest + count]", "steps[m] = table[:count]"),
        ("total += rows.sample_weight[part] @", "total += np.ones(len(part)) @"),
        ("return np.asarray(largest + np.log(", "return np.asarray(np.log("),
        ("drawn = generator.integers(n_samples, size=n_samples)", "drawn = generator.permutation(n_samples)"),
    ],
    "estimators/logistic_cv.py": [
        ("multiplicity[train, f :: len(splits)] = 1", "multiplicity[:, f :: len(splits)] = 1"),
        ("models.losses(test, range(f,", "models.losses(test, range(0,"),
        ("min(eta0, 0.5 / alpha) if automatic", "min(eta0, 0.5 / alpha) if False"),
        ("scored = np.where(np.isnan(mean), -np.inf, mean)", "scored = mean"),
        ("if not rows.sample_weight[test].any():", "if False:"),
        ("if len(present) < len(self.classes_):", "if False:"),
        ("(scored[:, None] < scored)", "(scored[:, None] > scored)"),
    ],
    "kernels/rows/column_stats_dense.pyx": [
        ("weight[n] / total_weight[0]", "1.0 / total_weight[0]"),
        ("total_weight[0] += weight[n]", "total_weight[0] += 1"),
        ("n == AT_ONCE or i == n_samples - 1", "n == AT_ONCE"),
        ("            if first:", "            if True:"),
        ("take_value(high[j], &lowest[j], &highest[j], &others[j])", "pass"),
        ("others[j] = 1", "pass"),
    ],
    "kernels/rows/permutation.pyx": [
        ("low_bits = (bits + 1) // 2", "low_bits = bits // 2"),
        ("if places[i] < <uint64_t>n:", "if places[i] <= <uint64_t>n:"),
    ],
    "kernels/predict/row_scorer.pyx": [
        ("m[c] = self.b[c]", "m[c] = 0"),
        ("values /= values.sum()", "pass"),
        ("(<const float *>view.buf)[i] - self.center[i]) * self.scale[i]", "(<const float *>view.buf)[i] - self.center[i])"),
        ("- self.target_center[c]) / self.target_scale[c]", "- self.target_center[c])"),
        ("self.o[c] += self.b2[c]", "pass"),
        ("right and known", "right"),
    ],
    "kernels/two_layer/sigmoid_sum.pyx": [
        ("a[j] += x[i] * W[i * n_hidden + j]", "a[j] += x[i] * W[j]"),
        ("= v[j] * r[i * n_hidden + j]", "= r[i * n_hidden + j]"),
        ("y[i] += s[i, j]", "y[start] += s[i, j]"),
        ("slope = s[j] * (1 - s[j])", "slope = s[j] * (1 + s[j])"),
        ("s[j] = slope * v[j] if r[j] > 0 else 0", "s[j] = slope * v[j]"),
        ("slope = dy * s[j] * (1 - s[j])", "slope = s[j] * (1 - s[j])"),
        ("dv[j] += slope * r[j]", "dv[j] = slope * r[j]"),
        ("dW[f * n_hidden + j] += x[f] * s[j]", "dW[f * n_hidden + j] += x[0] * s[j]"),
    ],
    "kernels/two_layer/network.pxd": [
        ("d[j] = d[j] * slope *", "d[j] = d[j] *"),
        ("losses.product > 1e280", "losses.product > 1e600"),
        ("losses.weight * log(losses.product)", "log(losses.product)"),
        ("scratch[j] = 1", "scratch[j] = 0"),
        ("s[j] = V[j] * z[j]", "s[j] = z[j]"),
        ("o[<Py_ssize_t>y[0]] -= 1.0", "o[0] -= 1.0"),
        ("- y[c] * o[c]", "+ y[c] * o[c]"),
        ("/ (1.0 + e) - y[c]", "/ (1.0 + e)"),
        ("o[c] -= y[c]", "o[c] += y[c]"),
    ],
    "reference/two_layer/minibatch.py": [
        ("g[own] / taken", "g[own] / batch_size"),
        ("momentum * velocity - step if", "velocity - step if"),
        ("inside * w[own]", "0 * w[own]"),
        ("(1 - beta_2) * part**2", "part**2"),
        ("w[own] = keep * w[own] - size", "w[own] = w[own] - size"),
        ("t + n_updates + taken", "n_updates + taken"),
    ],
    "kernels/two_layer/derivatives.pyx": [
        ("<floating>(margins[c] + b2[c])", "<floating>margins[c]"),
        ("x[i] = X + i * net.n_features", "x[i] = X"),
        ("dW2[s, c, j, c] = z[i, j]", "dW2[s, c, j, 0] = z[i, j]"),
        ("db1[s, c, j] = V[c, j]", "db1[s, c, j] = V[0, j]"),
        ("dW1[s, c, f, j] = X[s, f]", "dW1[s, c, f, j] = X[start, f]"),
        ("z[start + i, j] = own_z[i, j]", "z[start + i, j] = own_z[0, j]"),
    ],
    "kernels/two_layer/minibatch.pyx": [
        ("eta, share = steps.eta[start], 1.0 / taken", "eta, share = steps.eta[start], 1.0 / batch_size"),
        ("        n_batches += 1", "        pass"),
        ("sums.b2[c] += o[c]", "sums.b2[c] = o[c]"),
        ("slope = delta[0] * s[j] * (1 - s[j])", "slope = delta[0] * s[j]"),
        ("sums.seen[sums.touched[j]] = 0", "pass"),
        ("<floating>(1.0 - eta * alpha)", "<floating>1.0"),
    ],
    "kernels/two_layer/sgd.pyx": [
        ("1.0 - eta * work.steps.alpha, eta", "1.0, eta"),
        (", eta * block.weights[i]", ", eta"),
        ("shares[c] += b2[c]", "pass"),
        ("for j in range(1, n_tiles):", "for j in range(2, n_tiles):"),
        ("b2[c] -= <floating>(step * o[c])", "b2[c] += <floating>(step * o[c])"),
        ("        scale *= keep", "        pass"),
        ("levels.add_outer(v, block.m, done", "levels.add_outer(v, block.m, block.n"),
        ("<uint32_t>(work.t + block.n_updates + i)", "<uint32_t>(block.n_updates + i)"),
        ("since[0] += block.n", "since[0] = 0"),
        ("if p % ranks == rank", "if p == rank"),
        ("array[:] = place", "pass"),
        ("panel.of_V + h, s + u + h", "panel.of_V, s + u + h"),
        ("numbers[i][1] = eta * block.weights[i]", "numbers[i][1] = eta"),
        ("numbers[i][2] = 1.0 - eta * work.steps.alpha", "numbers[i][2] = 1.0"),
        ("work.steps.place, scale[0] = block.place[done], numbers[done][3]", "work.steps.place = block.place[0]"),
        ("- numbers[i][0] * o[i], 1.0 + e[i])", "- numbers[i][0] * o[i], 1.0)"),
    ],
    "kernels/vectors/network.h": [
        ("a[i][v] += p[i][j] * u[v]", "a[i][v] += p[0][j] * u[v]"),
        ("u[c][v] += p[c] * d[v]", "u[c][v] += p[0] * d[v]"),
        ("bits |= (uint64_t)(x[j] != 0) << j;", "bits |= (uint64_t)(x[j] > 0) << j;"),
        ("a[v] += p * LOAD(w + v * LANES);", "a[v] = p * LOAD(w + v * LANES);"),
        ("if (rows == 2) u += q * d[1][v];", ""),
        ("NAME(nonzeros)(m, p) | NAME(nonzeros)(m, q);", "NAME(nonzeros)(m, p);"),
        ("first ? (VEC){0} : LOAD(A + v * LANES)", "(VEC){0}"),
        ("s += g[l] * LOAD(D + l * stride + h)", "s += LOAD(D + l * stride + h)"),
        ("activation == LOGISTIC ? z * (1 - z) : 1 - z * z", "1 - z * z"),
        ("return 2 * NAME(logistic_vec)(2 * a) - 1", "return 2 * NAME(logistic_vec)(a) - 1"),
        ("< limit ? 0 : factor", "< limit ? 0 : 1"),
        ("STORE(b + h) = LOAD(b + h) - step * a", "STORE(b + h) = LOAD(b + h)"),
        ("keep * v - step * slope * kept", "v - step * slope * kept"),
        ("if (h + LANES > n_hidden) z_h =", "if (0) z_h ="),
        ("odd = even, even = sum;", "even = sum;"),
        ("NAME(gram_row)(n, i, x, g);", "NAME(gram_row)(n, i - 1, x, g);"),
        ("keep * v - (step * delta) * z_h", "v - (step * delta) * z_h"),
        ("if (!(out - out == 0)) break;", ""),
    ],
    "kernels/vectors/primitives.h": [
        ("(IVEC)(value != low) & (IVEC)(value != high) & (IVEC)(low != high)", "(IVEC)(low != low)"),
        (" & (IVEC)(low != high);", ";"),
        ("value != high && low != high) others[j] = 1;", "0) others[j] = 1;"),
        ("start + LANES <= n ? start : n - LANES", "start + LANES <= n ? start : 0"),
        ("* LOAD(y + j + 2 * LANES);", "* LOAD(y + j + LANES);"),
        ("j += LANES) s0 += LOAD", "j += LANES) s0 = LOAD"),
        ("for (; j < n; j++) tail += x[j] * y[j];", "for (; j < n - 1; j++) tail += x[j] * y[j];"),
        ("w[j] = c * w[j] + d * x[j];", "w[j] = w[j] + d * x[j];"),
        ("j < n; j++) total[j] += w[j];", "j + 1 < n; j++) total[j] += w[j];"),
        ("const VEC r = (x - i * (REAL)LN2_HIGH) - i * (REAL)LN2_LOW;", "const VEC r = x - i * (REAL)LN2_HIGH;"),
        ("(positive, one, e)", "(positive, e, one)"),
        ("memcpy(p + j, &t, (size_t)(n - j)", "memcpy(p + j, &t, (size_t)(n - j - 1)"),
        ("m += share[i] * d;", "m += weight[i] * d;"),
        ("weight[i] * d * (value - m)", "weight[i] * d * d"),
        ("(VALUE(x[j]) - center[j]) * scale[j]", "VALUE(x[j]) * scale[j]"),
    ],
    "kernels/vectors/blocks.h": [
        ("for (size_t i = 1; i < VECTOR_BYTES / 16; i++) sum", "for (size_t i = 1; i < VECTOR_BYTES / 16 - 1; i++) sum"),
        ("B2 + NAME(fold)(A2), B3 + NAME(fold)(A3))", "B2 + NAME(fold)(A2), B3)"),
        ("sum += (QUAD){q0[j], q1[j], q2[j], q3[j]} * w[j];", "sum += (QUAD){q0[j], q1[j], q2[j], q2[j]} * w[j];"),
        ("(left > 2 ? 2 * stride : 0)", "(left > 3 ? 2 * stride : 0)"),
        ("m[(i + k) * m_stride] = b + sum[k]", "m[(i + k) * m_stride] = sum[k]"),
        ("m[i * m_stride] = b + NAME(dot)", "m[i * m_stride] = NAME(dot)"),
        ("const V t = c5 * x", "const V t = c0 * x"),
        ("x = c0 * x + c1", "x = x + c1"),
        ("S##1 += AT(V, q1 + j) * x", "S##1 += AT(V, q0 + j) * x"),
        ("S##4 += q_1 * q_3", "S##4 += q_1 * q_2"),
        ("r[2] += q_2 * x", "r[2] += q_3 * x"),
        ("r[8] += q_1 * q_3", "r[8] += q_1 * q_2"),
        ("v1 += a0 * ga[0]", "v1 -= a0 * ga[0]"),
        ("v3 += a2 * gb[1];", "v3 -= a2 * gb[1];"),
        ("(between * AT(QUAD, r + 4) + one)", "(AT(QUAD, r + 4) + one)"),
        ("(h * before) * AT(QUAD, r)", "h * AT(QUAD, r)"),
        ("after1 = counts1 + k2 * after2", "after1 = counts1 + after2"),
        ("c3 = k3 * a2", "c3 = a2"),
        ("c7 = after1 * a1", "c7 = after2 * a1"),
        ("b3 = b2 + a2", "b3 = b2"),
        ("rows[MARGIN + s + i] = 0;", ";"),
        ("(IVEC)(u > zero) & (IVEC)u", "(IVEC)(u < zero) & (IVEC)u"),
        ("q = e / (2 + e), square", "q = e / (1 + e), square"),
        ("(m[s + 2] + m[s + 3])", "(m[s + 2] + m[s + 2])"),
    ],
    "kernels/vectors/many.h": [
        ("{1, 3, 0}, {2, 4, 5}", "{1, 3, 0}, {2, 5, 4}"),
        ("kept *= LOAD(keep + j * width + v);", ";"),
        ("lane[l] = (REAL)b[l]", "lane[l] = 0"),
        ("h3 * (k01 * k2 * LOAD", "h3 * (k01 * LOAD"),
        ("h3 * (k12 * r[2] + one)", "h3 * (k1 * r[2] + one)"),
        ("h3 * (k2 * r[4] + one)", "h3 * (r[4] + one)"),
        ("g32 = h3 * (r[5] + one)", "g32 = h3 * r[5]"),
        ("STORE(margins + width) = back * s1 * u1", "STORE(margins + width) = back * u1"),
        ("? low : a[i] > high ? high : a[i]", "? low : a[i]"),
        ("a[i] = a[i] < low ? low :", "a[i] ="),
        ("low + 1, low + 2 * EXPONENT_BIAS) - low)", "low + 1, low + 2 * EXPONENT_BIAS) - low + 1)"),
        ("for (; v == 0 && g + LANES <= stop;", "for (; g + LANES <= stop;"),
        ("for (ptrdiff_t j = 0, g = 0; j < n;) {", "for (ptrdiff_t j = 0, g = 0; j < STRIPE && j < n;) {"),
        ("sign[m] = y == target[m] ? -1 : 1", "sign[m] = y == target[0] ? -1 : 1"),
        ("const int moves = multiplicity[m] != 0;", "const int moves = 1;"),
        ("eta[n_updates[m] * eta_stride + m * model_stride]", "eta[n_updates[m] * eta_stride]"),
        ("size * (weight * multiplicity[m])", "size * weight"),
        (
            "step[m] = (REAL)(eta[m] * weight), keep[m] = (REAL)(1 - eta[m] * alpha[m])",
            "step[m] = (REAL)(eta[m] * weight), keep[m] = 1",
        ),
        ("const double size = eta[m * model_stride];", "const double size = eta[0];"),
        ("+ gradient[2 * width + l]) +", ") +"),
        ("r[4] = last[0], r[5] = last[1]", "r[4] = last[1], r[5] = last[0]"),
        ("(IVEC)(step != zero) & (IVEC)a", "(IVEC)a"),
        ("LOAD(s_i + v) - LOAD(a_i + v) / row_sum", "LOAD(s_i + v) - LOAD(a_i + v)"),
        ("c2 = k2 * k3 * a1", "c2 = k3 * a1"),
        ("c8 = after2 * a2", "c8 = a2"),
        ("step[i * width + l] != 0 ? b[l] : 0", "b[l]"),
        ("m2 += w * q2[j]", "m2 += w * q1[j]"),
    ],
    "kernels/vectors/level.h": [
        ("#define TERMS 8", "#define TERMS 6"),
        ("#define TERMS 14", "#define TERMS 12"),
        ("0x1p112f", "0x1p111f"),
        ("bits |= sign | special", "bits |= special"),
        ("(low[i] ^ keys[k]) & high_mask", "(low[i] ^ keys[0]) & high_mask"),
    ],
    "logistic/diagnostics/fit_warnings.py": [
        ("share = np.array([1 - second, second])", "share = np.array([0.5, 0.5])"),
        ("rows.sample_weight @ rows.y / total", "rows.y.mean()"),
        ("some = some if moving is None else moving[some]", "some = some"),
        ("m, y = m[moving], y[moving]", "pass"),
        ("guessing = float(nats) * total / rows.n_nonzero_weight", "guessing = float(nats) * total"),
    ],
    "training/schedules.py": [
        ("return np.full(count, eta0)", "return eta0 / (t + 1)"),
        ("return eta0 / (t + 1) ** power_t", "return eta0 / (t + 2) ** power_t"),
        ("return eta0 / (1 + t / horizon)", "return eta0 / (1 - t / horizon)"),
        ("return eta0 / (root * np.sqrt(root))", "return eta0 / (root * root)"),
    ],
    "preprocessing/standardization.py": [
        ("highest - lowest, np.sqrt(variance))", "highest - lowest, variance)"),
        ("(others == 0) & (variance > 0)", "False & (variance > 0)"),
        ("(variance > 0) & (variance < np.inf)", "(variance < np.inf)"),
        ("np.where(zeros, np.minimum(self.lowest, 0), self.lowest)", "self.lowest"),
        ("third = zeros & (self.lowest != self.highest)", "third = zeros & False"),
        ("np.maximum(self.highest, -self.lowest)", "self.highest"),
        ("(1 / spread).astype(dtype, copy=False)", "spread.astype(dtype, copy=False)"),
        ("(variance + (mean - center) ** 2)", "variance"),
    ],
    "data/dataframes.py": [
        ("part[:, j] = column", "part[:, 0] = column"),
        ("X.iloc[start:stop]", "X.iloc[start:]"),
        ("for start in range(0, len(rows), size)", "for start in range(0, len(rows) - size, size)"),
        ('of.kind in "fiub"', "True"),
    ],
    "logistic/state.py": [
        ("if self.one_vs_rest:", "if False:"),
        ("self.W_total / self.n_averaged", "self.W_total / self.t"),
        ("return W.copy() if self.scale is None else W * self.scale", "return W.copy()"),
        ("shift = old_scale * (new_center - old_center)", "shift = old_scale * (old_center - new_center)"),
        ("self.W_total = self.W_total * factor", "pass"),
    ],
    "training/loop.py": [
        ("if epoch & (epoch - 1) == 0 and epoch:", "if epoch:"),
        ("config.power_t, state.t, len(part))", "config.power_t, 0, len(part))"),
        ("now < best_loss - margin", "now < best_loss"),
        ("key=np.array([seed, epoch]", "key=np.array([seed, 0]"),
        ("size = state.cut * max(1, int(", "size = max(1, int("),
        ("own.sum()) * (len(self) / max(1, len(own)))", "own.sum())"),
        ("return len(self) if self.all_nonzero_weight else int(", "return len(self) if True else int("),
        ("return bool(distinct(self.sample_weight).all())", "return bool(distinct(self.sample_weight).any())"),
        ("pass_over if epoch or first_pass is None else first_pass", "pass_over if first_pass is None else first_pass"),
        ("if order is None else order[rows.sample_weight[order] != 0]", "if order is None else order"),
    ],
    "two_layer/state.py": [
        ("middle - mean * self.target_scale", "-mean * self.target_scale"),
    ],
    "logistic/online.py": [
        ("refit_point *= 2", "refit_point += 64"),
        ("if self.config is not None:  # under the constants", "if False:  # under the constants"),
        ("self.pending.append(self._copied(piece, 0, len(piece)))", "self.pending.append(piece)"),
        ("stop = start + (len(piece) - start) // BLOCK * BLOCK", "stop = len(piece)"),
    ],
}


def find(text, line):
    """Return the number of the only line that contains ``line``, from 0, or None."""
    numbers = [n for n, found in enumerate(text.splitlines()) if line in found]
    return numbers[0] if len(numbers) == 1 else None


def copy_checkout(folder):
    """Copy what a build and a run of the tests need, and build it; returns the copy."""
    copy = Path(folder)
    ignore = shutil.ignore_patterns("__pycache__", "*.so", "*.c.tmp")
    for name in ("src", "tests", "docs", "setup.py", "pyproject.toml"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=ignore)
        elif (ROOT / name).exists():
            shutil.copy2(ROOT / name, copy / name)
    build(copy)
    return copy


def build(copy):
    """Build in place; raises where a module could not be built."""
    done = subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "-i"], cwd=copy, env=environment(copy), capture_output=True, text=True
    )
    if done.returncode or len(list((copy / SOURCE / "kernels").glob("*.so"))) < 3:
        raise RuntimeError(f"the kernels do not build:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def environment(copy):
    free = {name: value for name, value in os.environ.items() if name not in ("HOTLOOP_BACKEND", "HOTLOOP_ISA")}
    return free | {"PYTHONPATH": str(copy / "src"), "HOTLOOP_DEBUG": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def run_tests(copy, tests):
    """Run the tests; return the name of the first that failed, or None."""
    options = [f"tests/{word}.py" if "test_" in word else word for word in tests.split()]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no", *options]
    try:
        done = subprocess.run(command, cwd=copy, env=environment(copy), capture_output=True, text=True, timeout=900)
    except subprocess.TimeoutExpired:
        return "timeout"
    if done.returncode == 0:
        return None
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return failed[1].removeprefix("tests/") if failed else f"exit code {done.returncode}"


def outcome(copy, mutant):
    """Break the line in the copy and run its tests; the copy is whole again afterwards."""
    name, line, broken = mutant
    path = copy / SOURCE / name
    text = path.read_text()
    number = find(text, line)
    if number is None:
        return f"{name}", "LINE NOT FOUND", line
    lines = text.splitlines(keepends=True)
    lines[number] = lines[number].replace(line, broken)
    compiled = path.suffix != ".py"
    built = [*(copy / SOURCE / "kernels").glob("*.so"), *(copy / SOURCE / "kernels").glob("*.c")]
    kept = {p: p.read_bytes() for p in built} if compiled else {}
    place = f"{name}:{number + 1}"
    path.write_text("".join(lines))
    try:
        if compiled:
            stem = "levels" if path.parent.name == "vectors" else path.stem  # levels.c alone includes these headers
            for p in [p for p in kept if p.name.startswith(stem)]:
                p.unlink()
            build(copy)
        killer = run_tests(copy, TESTS[name])
    except RuntimeError as error:
        return place, "DOES NOT BUILD", str(error)
    finally:
        path.write_text(text)
        for p, data in kept.items():  # newer than their sources, so that the next build leaves them alone
            p.write_bytes(data)
            os.utime(p, (time.time() + 1, time.time() + 1))
    return place, "killed" if killer else "SURVIVED", killer or line


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-k", default="", help="only the files whose name contains this")
    parser.add_argument("-j", type=int, default=min(4, os.cpu_count() or 1), help="mutants at a time")
    arguments = parser.parse_args()
    chosen = [(name, *mutant) for name, mutants in MUTANTS.items() if arguments.k in name for mutant in mutants]
    copies, bad = queue.Queue(), 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(arguments.j) as pool:
        for copy in pool.map(lambda i: copy_checkout(Path(folder) / str(i)), range(arguments.j)):
            copies.put(copy)
        whole = copies.get()
        for tests in sorted({TESTS[name] for name, _, _ in chosen}):
            if failed := run_tests(whole, tests):
                print(f"without a mutant, {failed} fails already")
                return 1
        copies.put(whole)

        def take(mutant):
            copy = copies.get()
            try:
                return outcome(copy, mutant)
            finally:
                copies.put(copy)

        for (_, line, broken), (place, verdict, why) in zip(chosen, pool.map(take, chosen), strict=True):
            bad += verdict != "killed"
            print(f"{verdict:<9} {place:<34} {line}  ->  {broken}\n          by {why}", flush=True)
    print(f"{len(chosen) - bad} of {len(chosen)} mutants killed")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())

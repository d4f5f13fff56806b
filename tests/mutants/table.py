"""The mutants, and which tests have to notice each."""

import tomllib
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parents[1]
SOURCE = TESTS.parent / "src" / "hotloop"
LAWS = ("laws/test_worked_examples.py", "laws/test_backends_agree.py")
NETWORKS = ("kernels/two_layer/test_sgd.py",)
BATCHES = ("kernels/two_layer/test_minibatch.py",)
ALL_NETWORKS = *NETWORKS, *BATCHES, "kernels/two_layer/test_gradients.py", "kernels/rows/test_source.py"
ADAPTIVE = "kernels/logistic/test_adaptive.py", "logistic/test_state_adaptive.py"
L1 = "kernels/logistic/test_l1.py", "logistic/test_state_l1.py"
SDCA = "kernels/logistic/test_sdca.py", "logistic/test_sdca.py"
LOGISTIC = ("laws/test_estimators.py", "laws/test_refusals.py", "laws/test_stops.py")
CLI, STORED, SEARCH = ("cli/test_train.py",), ("persistence/test_model_file.py",), ("logistic/search/test_halving.py",)
ONLINE, LOOP = ("logistic/test_online.py",), ("training/test_loop.py",)

# Source file or folder: the tests that notice its mutants where tests/<folder>/test_<stem>.py is missing or not enough. A file
# without a test of its name is tested by way of those that use it.
MORE_TESTS: dict[str, tuple[str, ...]] = {
    "reference/logistic/dense.py": ("reference/test_losses.py",),
    "reference/losses.py": ("laws/test_importance_aware.py",),
    "kernels/logistic/dense.pyx": ("laws/test_importance_aware.py", "reference/test_losses.py"),
    "kernels/logistic/many_dense.pyx": ("laws/test_one_vs_rest.py",),
    "kernels/logistic/adaptive.pyx": ADAPTIVE[1:],
    "kernels/logistic/l1.pyx": L1[1:],
    "kernels/logistic/sdca.pyx": SDCA[1:],
    "kernels/logistic/sdca_step.pyx": SDCA,
    "kernels/logistic/margins.pyx": (
        "kernels/rows/test_source.py",
        "reference/test_losses.py",
    ),
    "kernels/logistic/model.pyx": ("kernels/logistic/test_dense.py", "kernels/logistic/test_csr.py"),
    "kernels/rows/column_stats_csr.pyx": ("data/test_csr.py",),
    "kernels/rows/column_stats_dense.pyx": ("preprocessing/test_standardization.py",),
    "kernels/rows/steps.pxd": (*L1, *ADAPTIVE),
    "kernels/text/hashing.pyx": ("preprocessing/test_hashing.py",),
    "kernels/threads/pool.pyx": NETWORKS,
    "kernels/two_layer/block.pyx": NETWORKS,
    "kernels/two_layer/gradients.pyx": BATCHES,
    "kernels/two_layer/loops.pyx": NETWORKS,
    "kernels/two_layer/network.pxd": ALL_NETWORKS,
    "kernels/two_layer/network.pyx": ALL_NETWORKS,
    "kernels/two_layer/outputs.pyx": NETWORKS,
    "kernels/two_layer/panels.pyx": NETWORKS,
    "kernels/vectors/adaptive.h": ADAPTIVE,
    "kernels/vectors/blocks.h": ("kernels/logistic/test_dense.py", "kernels/rows/test_source.py"),
    "kernels/vectors/l1.h": L1,
    "kernels/vectors/level.h": ("reference/test_losses.py", "kernels/rows/test_source.py", "kernels/rows/test_permutation.py"),
    "kernels/vectors/many.h": ("kernels/logistic/test_dense.py", "kernels/logistic/test_many_dense.py"),
    "kernels/vectors/columns.h": (
        "kernels/rows/test_column_stats_dense.py",
        "preprocessing/test_standardization.py",
        "kernels/rows/test_source.py",
    ),
    "kernels/vectors/elementwise.h": ("reference/test_losses.py", "kernels/logistic/test_sdca.py", *BATCHES),
    "kernels/vectors/lanes.h": ("kernels/logistic/test_dense.py", "kernels/rows/test_source.py"),
    "kernels/vectors/layers.h": NETWORKS,
    "kernels/vectors/optimizers.h": BATCHES,
    "kernels/vectors/products.h": NETWORKS,
    "kernels/vectors/sparse.h": (
        "kernels/logistic/test_csr.py",
        "kernels/rows/test_column_stats_csr.py",
        "data/test_csr.py",
        "laws/test_sparse_rows.py",
    ),
    "structs.py": ("data/test_csr.py", "laws/test_sparse_rows.py"),
    "data/batch.py": ("training/test_loop.py", "logistic/test_online.py"),
    "data/csr.py": ("laws/test_sparse_rows.py",),
    "estimators/hashing_encoder.py": ("preprocessing/test_hashing.py",),
    "logistic/diagnostics/duality_gap.py": SDCA,
    "logistic/search/many_dense.py": ("logistic/search/test_halving.py",),
    "logistic/diagnostics/leakage.py": ("logistic/diagnostics/test_fit_warnings.py",),
    "logistic/search/many_csr.py": ("kernels/logistic/test_many_csr.py", "logistic/search/test_halving.py"),
    "logistic/search/splits.py": ("logistic/search/test_halving.py",),
    "logistic/state.py": (
        "preprocessing/test_standardization.py",
        "training/test_loop.py",
        "laws/test_one_vs_rest.py",
    ),
    "logistic/bootstrap.py": ("logistic/search/test_many_dense.py",),
    "logistic/search/grid.py": ("estimators/test_logistic_cv.py",),
    "logistic/fit.py": ("estimators/test_logistic.py",),
    "logistic/new_state.py": ("logistic/test_bootstrap.py", "laws/test_sparse_rows.py"),
    "training/order.py": LOOP,
    "logistic/online.py": ("training/test_online.py", *L1[1:]),
    "logistic/state_adaptive.py": ("logistic/test_linear_state.py",),
    "logistic/state_l1.py": ("logistic/test_linear_state.py",),
    "logistic/weights.py": ("preprocessing/test_standardization.py", "laws/test_sparse_rows.py"),
    "training/loop.py": ("training/test_progressive_validation.py",),
    "two_layer/state.py": LOOP,
    "__init__.py": ("laws/test_structure.py", "test_backend.py"),
    "cli/messages.py": CLI,
    "cli/target.py": CLI,
    "estimators/_constraints.py": ("laws/test_refusals.py", "estimators/test_parameters.py"),
    "estimators/diagnostics.py": SDCA,
    "estimators/logistic_sdca.py": SDCA,
    "fit.py": CLI,
    "data/class_weight.py": LOGISTIC,
    "data/section.py": ("persistence/test_container.py",),
    "data/validation.py": ("test_functional.py", *LOGISTIC),
    "estimators/_labels.py": LOGISTIC,
    "estimators/_two_layer_base.py": ("estimators/test_two_layer.py",),
    "estimators/_validation.py": LOGISTIC,
    "estimators/from_file.py": STORED,
    "estimators/warnings.py": ("logistic/diagnostics/test_fit_warnings.py",),
    "kernels/rows/source.pyx": ("kernels/logistic/test_csr.py", *SDCA),
    "kernels/rows/steps.pyx": ("kernels/logistic/test_csr.py", "kernels/logistic/test_dense.py"),
    "kernels/rows/columns.pyx": (
        "kernels/rows/test_column_stats_dense.py",
        "preprocessing/test_standardization.py",
    ),
    "kernels/threads/": NETWORKS,
    "kernels/two_layer/": NETWORKS,
    "kernels/vectors/levels.pyx": ("test_backend.py", "reference/test_losses.py"),
    "logistic/auto.py": ("logistic/test_fit.py", *SEARCH, *LOOP),
    "logistic/options_page.py": ("logistic/test_options.py",),
    "logistic/diagnostics/calibration.py": ("logistic/diagnostics/test_fit_warnings.py",),
    "metrics.py": ("reference/test_losses.py", *LOGISTIC),
    "persistence/packing.py": ("persistence/test_container.py", "persistence/test_model_file.py"),
    "predictor.py": STORED,
    "training/config.py": LOOP,
    "training/history.py": (*LOOP, *LOGISTIC),
    "training/online.py": ONLINE,
    "training/snapshot.py": ("logistic/test_linear_state.py", *ONLINE),
    "logistic/linear_state.py": ("preprocessing/test_standardization.py", "laws/test_sparse_rows.py"),
    "training/options.py": (*LOOP, *SEARCH),
    "training/progress_bar.py": LOGISTIC,
    "training/values.py": ("training/test_rules.py", "two_layer/test_options.py"),
    "two_layer/online.py": ("persistence/test_checkpoint.py", "estimators/test_two_layer.py"),
    "two_layer/optimizer.py": ("two_layer/test_fit.py", "kernels/two_layer/test_minibatch.py"),
    "two_layer/weights.py": ("two_layer/test_fit.py", *STORED),
}


class Mutant(NamedTuple):
    """A line of a source file, found by the tag of its formula ("" for any) and a fragment, and what the fragment becomes."""

    path: str
    tag: str
    fragment: str
    broken: str

    def __str__(self):
        return f"{self.path} {self.tag} {self.fragment!r} -> {self.broken!r}"

    def lines(self, text):
        """Return the numbers, from 0, of the lines that are meant; a mutant is sound where there is exactly one."""
        return [n for n, line in enumerate(text.splitlines()) if self.fragment in line and self.tag in line]


def all_mutants():
    """Return the mutants of all tables; a table beside this file is named after the folder of its sources."""
    found = []
    for table in sorted(Path(__file__).parent.rglob("*.toml")):
        folder = table.relative_to(Path(__file__).parent).with_suffix("").as_posix()
        for path, mutants in tomllib.loads(table.read_text()).items():
            assert path.startswith((f"{folder}/", f"{folder}.")), f"{path} stands in the table of {folder}"
            found += [Mutant(path, *mutant) for mutant in mutants]
    return found


def own_test(path):
    """Return the test of a source file, by its path: that of the kernel for the oracle that has none of its own."""
    folder, _, name = path.rpartition("/")
    stem = folder.rpartition("/")[2] if name == "__init__.py" else name.split(".")[0].lstrip("_")
    of_stem = f"{folder}/test_{stem}.py".removeprefix("/")
    if path.startswith("reference/") and not (TESTS / of_stem).exists():
        return "kernels/" + of_stem.removeprefix("reference/")
    return of_stem


def more_tests(path):
    """Return the tests of a source file that the table names: for it, for its folder, or for the kernel of an oracle."""
    names = [path, path[: path.rfind("/") + 1]]
    if path.startswith("reference/"):
        kernel = f"kernels/{path.removeprefix('reference/')}x"
        names += [kernel, kernel[: kernel.rfind("/") + 1]]
    return next((MORE_TESTS[name] for name in names if name in MORE_TESTS), ())


def backends_of(path):
    """Return the backends that the mutants of a source file are tested on.

    Those of an oracle on itself first: that the kernels differ from it is seen as well, but is less.
    """
    return ("reference", "compiled") if path.startswith("reference/") else ("compiled",)


def nearest_tests(path):
    """Return the files of tests that have to notice the mutants of a source file, the nearest first."""
    tests = [own_test(path), *more_tests(path)]
    if path.startswith(("reference/", "kernels/")):
        tests += LAWS
    return [test for test in dict.fromkeys(tests) if (TESTS / test).exists()]

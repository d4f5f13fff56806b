"""The table of compiled modules: name, sources, compiler flags. Everything else is declared in pyproject.toml."""

import os
import sys
from glob import glob

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

KERNELS = "src/hotloop/kernels"
DEBUG = os.environ.get("HOTLOOP_DEBUG") == "1"  # bounds checks in every kernel

# No -ffast-math: the order of every sum is the one written. gnu11, since c11 forbids gcc to fuse multiply and add.
FLAGS = ["-O1", "-g"] if DEBUG else ["-O3", "-g0"]
FLAGS += ["-std=gnu11", "-fvisibility=hidden", "-Wno-psabi", "-Wno-unknown-pragmas", "-fno-math-errno"]

HEADERS = [f"{KERNELS}/vectors/vectors.h", *glob(f"{KERNELS}/*.pxd"), f"{KERNELS}/team.h"]
MODULES = {
    "levels": sorted(glob(f"{KERNELS}/vectors/*.c")),
    "samples": [],
    "nonzeros": [],
    "columns_dense": [],
    "columns_sparse": [],
    "hashing": [],
    "orders": [],
    "logistic_many": [],
    "logistic_dense": [],
    "logistic_sparse": [],
    "logistic_sparse_many": [],
    "logistic_adaptive": [],
    "logistic_dual": [],
    "logistic_l1": [],
    "scorer": [],
    "network": [],
    "sigmoid_sum": [],
    "two_layer_derivatives": [],
    "two_layer_pass": [],
    "two_layer_minibatch": [],
}


class OptionalBuild(build_ext):
    """Without a working compiler the package installs all the same, and says what that costs."""

    def finalize_options(self):
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def run(self):
        super().run()
        missing = [e.name for e in self.extensions if not os.path.exists(self.get_ext_fullpath(e.name))]
        if missing:
            print(
                "hotloop: WARNING: no compiled kernels were built (is there a C compiler such as gcc or clang?); "
                "the plain-Python reference backend will run, some hundred times slower.",
                file=sys.stderr,
            )


extensions = cythonize(
    [
        Extension(
            f"hotloop.kernels.{name}",
            [f"{KERNELS}/{name}.pyx", *sources],
            include_dirs=[KERNELS],
            depends=[*HEADERS, *(glob(f"{KERNELS}/vectors/*.h") if sources else [])],
            extra_compile_args=FLAGS,
            extra_link_args=["-pthread"],
        )
        for name, sources in MODULES.items()
    ],
    compiler_directives={
        "language_level": 3,
        "boundscheck": DEBUG,
        "wraparound": False,
        "cdivision": True,
        "initializedcheck": DEBUG,
        "autotestdict": False,
        "embedsignature": True,
    },
    annotate=os.environ.get("HOTLOOP_ANNOTATE") == "1",
)
for extension in extensions:  # cythonize drops it where it is given to Extension
    extension.optional = os.environ.get("HOTLOOP_REQUIRE_KERNELS") != "1"
setup(ext_modules=extensions, cmdclass={"build_ext": OptionalBuild})

"""Every .pyx file below src is a compiled module; here stand the compiler flags. Everything else is in pyproject.toml."""

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
# A declaration in levels.pxd that differs from vectors/table.h does not compile.
FLAGS += ["-Werror=incompatible-pointer-types", "-Werror=implicit-function-declaration"]

MODULES = sorted(glob(f"{KERNELS}/**/*.pyx", recursive=True))
DECLARATIONS = glob(f"{KERNELS}/**/*.pxd", recursive=True)
CALLED = [f"{KERNELS}/vectors/{name}.h" for name in ("table", "vectors", "fused")] + glob(f"{KERNELS}/threads/*.h")
LEVELS = f"{KERNELS}/vectors/levels.pyx"
SOURCES = {LEVELS: sorted(glob(f"{KERNELS}/vectors/[!l]*.c"))}  # the primitives, once a level
BODIES = {LEVELS: glob(f"{KERNELS}/vectors/*.h")}


def declarations_changed():
    """Tell whether a .pxd is newer than the C made with it: cythonize overlooks ``from package cimport module``."""
    made = [path for module in MODULES if os.path.exists(path := module.removesuffix(".pyx") + ".c")]
    return bool(made) and min(map(os.path.getmtime, made)) < max(map(os.path.getmtime, DECLARATIONS))


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
            module.removeprefix("src/").removesuffix(".pyx").replace("/", "."),
            [module, *SOURCES.get(module, [])],
            include_dirs=[KERNELS],
            depends=DECLARATIONS + CALLED + BODIES.get(module, []),
            extra_compile_args=FLAGS,
            extra_link_args=["-pthread"],
        )
        for module in MODULES
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
    force=declarations_changed() or None,
    nthreads=(os.cpu_count() or 0) if sys.platform == "linux" else 0,  # by fork, which runs this file but once
    annotate=os.environ.get("HOTLOOP_ANNOTATE") == "1",
)
for extension in extensions:  # cythonize drops it where it is given to Extension
    extension.optional = os.environ.get("HOTLOOP_REQUIRE_KERNELS") != "1"
setup(ext_modules=extensions, cmdclass={"build_ext": OptionalBuild})

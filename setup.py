"""Every .pyx file of the kernels is a compiled module. The flags stand here, everything else in pyproject.toml."""

import os
import sys
from glob import glob

from Cython.Build import cythonize
from setuptools import Extension, setup

KERNELS = "src/hotloop/kernels"
DEBUG = os.environ.get("HOTLOOP_DEBUG") == "1"  # bounds checks in every kernel
SANITIZERS = {  # by HOTLOOP_SANITIZE; -fno-wrapv since Python's flags define signed overflow
    "address": ["-fsanitize=address,undefined,float-cast-overflow", "-fno-sanitize-recover=all", "-fno-wrapv"],
    "thread": ["-fsanitize=thread"],
}
SANITIZE = SANITIZERS.get(os.environ.get("HOTLOOP_SANITIZE", ""), [])
CPUS = os.cpu_count() or 1

# No -ffast-math: the order of every sum is the one written. gnu11, since c11 forbids gcc to fuse multiply and add.
FLAGS = ["-O1", "-g1", "-fno-omit-frame-pointer", *SANITIZE] if DEBUG or SANITIZE else ["-O3", "-g0"]
FLAGS += ["-std=gnu11", "-fvisibility=hidden", "-Wno-psabi", "-Wno-unknown-pragmas", "-fno-math-errno"]
# A declaration in levels.pxd that differs from vectors/table.h does not compile.
FLAGS += ["-Werror=incompatible-pointer-types", "-Werror=implicit-function-declaration"]


def files(*patterns):
    """Return the files of the kernels that match."""
    return sorted(path for pattern in patterns for path in glob(f"{KERNELS}/{pattern}", recursive=True))


DECLARATIONS = files("**/*.pxd")
INCLUDED = DECLARATIONS + files("threads/*.h", "vectors/table.h", "vectors/vectors.h", "vectors/fused.h")

# Each module: further C files that it is built from, and files whose change compiles it again.
MODULES = {module: ([], INCLUDED) for module in files("**/*.pyx")}
MODULES[f"{KERNELS}/vectors/levels.pyx"] = (files("vectors/[!l]*.c"), INCLUDED + files("vectors/*.h"))  # once a level

# cythonize overlooks a changed .pxd behind `from package cimport module`
translated = [os.path.getmtime(c) for module in MODULES if os.path.exists(c := module.removesuffix("pyx") + "c")]
changed = max(map(os.path.getmtime, DECLARATIONS)) > min(translated, default=float("inf"))

extensions = cythonize(
    [
        Extension(
            module.removeprefix("src/").removesuffix(".pyx").replace("/", "."),
            [module, *sources],
            include_dirs=[KERNELS],
            depends=depends,
            extra_compile_args=FLAGS,
            extra_link_args=["-pthread", *SANITIZE],
        )
        for module, (sources, depends) in MODULES.items()
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
    force=changed or None,
    nthreads=CPUS if sys.platform == "linux" else 0,  # by fork, which runs this file but once
    annotate=os.environ.get("HOTLOOP_ANNOTATE") == "1",
)
for extension in extensions:  # without a compiler the package installs all the same; cythonize drops this argument
    extension.optional = os.environ.get("HOTLOOP_REQUIRE_KERNELS") != "1"
setup(ext_modules=extensions, options={"build_ext": {"parallel": CPUS}})

# One-word commands; each sets up all it needs in .venv (Python >= 3.11, a C compiler, make).
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST := python -m pytest -q -n auto --dist worksteal
SOURCES := pyproject.toml setup.py $(shell find src -name '*.py' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.pyi' -o -name '*.h' -o -path '*/vectors/*.c' ! -name levels.c)

# where setuptools keeps what it has compiled
BUILT = build/lib.$(shell $(PYTHON) -c "import sys, sysconfig; print(sysconfig.get_platform(), sys.implementation.cache_tag, sep='-')")

# every module with a stub, hotloop.kernels.rows.dense and so on
STUBS := $(shell cd src && find hotloop/kernels -name '*.pyi' | sed 's/\.pyi$$//' | tr / .)

.PHONY: build demo test test-all test-levels check fuzz sanitize sanitize-sample bench bench-check accuracy mutants wheel clean

build: $(VENV)/installed

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -U pip "setuptools>=77" "cython>=3.1"
	touch $@

$(VENV)/installed: $(VENV)/ready $(SOURCES)
	HOTLOOP_REQUIRE_KERNELS=1 $(BIN)/python -m pip install -q --disable-pip-version-check --no-build-isolation -e '.[dev]'
	HOTLOOP_BACKEND=compiled $(BIN)/python -c "import hotloop; print('built:', hotloop.backend_info())"
	touch $@

demo: build
	$(BIN)/hotloop demo

test: build
	$(BIN)/$(PYTEST)

# the suite again with the backend and each instruction-set level forced by the environment: only the tests that choose by
# themselves, since `make test` takes those with a backend fixture to every backend and level
test-all: test test-levels
	HOTLOOP_BACKEND=reference $(BIN)/$(PYTEST) --without-fixture

test-levels: build
	for level in $$($(BIN)/python -c "import hotloop; print(*hotloop.backend_info().instruction_sets[1:])"); do \
		echo "HOTLOOP_ISA=$$level"; HOTLOOP_ISA=$$level $(BIN)/$(PYTEST) --without-fixture || exit 1; done

check: build
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PATH="$(abspath $(BIN)):$$PATH" cython-lint $(shell find src -name '*.pyx')
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest --allowlist tests/stubtest_allowlist.txt $(STUBS)

# AddressSanitizer and UndefinedBehaviorSanitizer, or ThreadSanitizer, of gcc, on modules beside the others. Their libraries come before
# python itself; pytest leaves what they print alone. Where memory lies too much at random for ThreadSanitizer: setarch -R make sanitize
$(VENV)/address/built $(VENV)/thread/built: $(VENV)/%/built: $(VENV)/installed
	HOTLOOP_SANITIZE=$* HOTLOOP_REQUIRE_KERNELS=1 $(BIN)/python setup.py -q build --build-base $(VENV)/$* --build-lib $(VENV)/$*/lib
	touch $@

SANITIZER = HOTLOOP_BACKEND=compiled PYTHONPATH=$(abspath $(VENV)/$1/lib) PYTHONMALLOC=malloc \
	LD_PRELOAD="$$(ldd $(VENV)/$1/lib/hotloop/kernels/vectors/levels.*.so | awk '/san\.so/ {printf "%s ", $$3}')" \
	ASAN_OPTIONS=detect_leaks=0:handle_segv=2:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1 \
	TSAN_OPTIONS=halt_on_error=1:ignore_noninstrumented_modules=1
SANITIZED = $(SANITIZER) $(BIN)/$(PYTEST) --capture=sys -m "not no_backend"

# what CI has time for: the pool of threads alone, and the tests whose arrays are odd
sanitize-sample: $(VENV)/address/built
	$(CC) -std=gnu11 -O1 -g -pthread -fsanitize=thread -Isrc/hotloop/kernels tests/kernels/threads/pool.c -o $(VENV)/address/pool
	$(VENV)/address/pool
	$(call SANITIZED,address) tests/kernels tests/data tests/laws/test_refusals.py tests/laws/test_sizes.py

sanitize: sanitize-sample $(VENV)/thread/built
	$(call SANITIZED,thread) tests/kernels tests/estimators tests/laws -k threads
	$(call SANITIZED,address)
	for level in $$($(BIN)/python -c "import hotloop; print(*hotloop.backend_info().instruction_sets[1:])"); do \
		echo "HOTLOOP_ISA=$$level"; HOTLOOP_ISA=$$level $(call SANITIZED,address) --without-fixture || exit 1; done

bench: build
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[bench]' --no-build-isolation
	$(BIN)/python -m bench
	$(BIN)/python -m bench.speed.tables

# whether a ratio of speeds lost a tenth of what is stored; on a quiet machine
bench-check: build
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[bench]' --no-build-isolation
	$(BIN)/python -m bench --quick --against bench/baseline.json

# pure defaults on real data (HOTLOOP_DATA) beside tuned logistic regression, and the picture of docs/defaults.md
accuracy: build
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[bench]' --no-build-isolation
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m bench.quality.logistic --all --plot docs/defaults.svg

# malformed input at every entry under the sanitizers, CASES of each, and coverage-guided fuzzing of the parsers, SECONDS of each;
# atheris is no dependency
CASES ?= 20000
SECONDS ?= 60
fuzz: $(VENV)/address/built
	$(call SANITIZER,address) $(BIN)/python -m tests.fuzz --cases $(CASES)
	$(BIN)/python -m pip install -q --disable-pip-version-check atheris
	for target in text header container; do $(BIN)/python -m tests.fuzz.guided $$target --seconds $(SECONDS) || exit 1; done

mutants: build
	$(BIN)/python -m tests.mutants

# sdist and wheel, and the suite on the wheel outside the checkout. The wheel is built in the unpacked sdist, which must have
# every source, around the modules that `make build` has made of the same sources: they are neither compiled nor tested twice.
wheel: build
	rm -rf dist $(VENV)/sdist $(VENV)/wheel && $(BIN)/python -m build -q --no-isolation --sdist
	mkdir $(VENV)/sdist && tar xzf dist/*.tar.gz --strip-components=1 -C $(VENV)/sdist
	git ls-files src | (cd $(VENV)/sdist && xargs ls >/dev/null)
	tar cf - $$(find src -name '*.c') | tar xmf - -C $(VENV)/sdist
	mkdir -p $(VENV)/sdist/$(BUILT) && (cd src && tar cf - $$(find . -name '*.so')) | tar xmf - -C $(VENV)/sdist/$(BUILT)
	$(BIN)/python -m build -q --no-isolation --wheel --outdir dist $(VENV)/sdist
	$(PYTHON) -m venv $(VENV)/wheel
	$(VENV)/wheel/bin/python -m pip install -q --disable-pip-version-check "$$(ls dist/*.whl)[cli]" pytest pytest-xdist hypothesis pandas
	cp -r tests pyproject.toml $(VENV)/wheel && cd $(VENV)/wheel && HOTLOOP_BACKEND=compiled bin/$(PYTEST) --without-fixture tests

clean:
	rm -rf $(VENV) build dist src/*.egg-info
	git clean -fdXq src

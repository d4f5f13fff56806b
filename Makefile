# One-word commands; each sets up all it needs in .venv (Python >= 3.11, a C compiler, make).
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST := python -m pytest -q -n auto --dist worksteal
SOURCES := pyproject.toml setup.py $(shell find src -name '*.py' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.pyi' -o -name '*.h' -o -path '*/vectors/*.c' ! -name levels.c)

# every module with a stub, hotloop.kernels.rows.dense and so on
STUBS := $(shell cd src && find hotloop/kernels -name '*.pyi' | sed 's/\.pyi$$//' | tr / .)

.PHONY: build demo test test-all test-levels check bench accuracy mutants wheel clean

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

# the suite on every backend and instruction-set level of this machine
test-all: test test-levels
	HOTLOOP_BACKEND=reference $(BIN)/$(PYTEST)

test-levels: build
	for level in $$($(BIN)/python -c "import hotloop; print(*hotloop.backend_info().instruction_sets[1:])"); do \
		echo "HOTLOOP_ISA=$$level"; HOTLOOP_ISA=$$level $(BIN)/$(PYTEST) || exit 1; done

check: build
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PATH="$(abspath $(BIN)):$$PATH" cython-lint $(shell find src -name '*.pyx')
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest --allowlist tests/stubtest_allowlist.txt $(STUBS)

bench: build
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[bench]' --no-build-isolation
	$(BIN)/python -m bench

# pure defaults on real data (HOTLOOP_DATA) beside tuned logistic regression, and the picture of docs/defaults.md
accuracy: build
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[bench]' --no-build-isolation
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m bench.quality.logistic --all --plot docs/defaults.svg

mutants: build
	$(BIN)/python -m tests.mutants

# sdist and wheel; the wheel is built from the sdist, and the suite runs on it outside the checkout
wheel: build
	rm -rf dist && $(BIN)/python -m build -q
	rm -rf $(VENV)/wheel && $(PYTHON) -m venv $(VENV)/wheel
	$(VENV)/wheel/bin/python -m pip install -q --disable-pip-version-check "$$(ls dist/*.whl)[cli]" pytest pytest-xdist hypothesis pandas
	cp -r tests $(VENV)/wheel/tests && cd $(VENV)/wheel && HOTLOOP_BACKEND=compiled bin/$(PYTEST) tests

clean:
	rm -rf $(VENV) build dist src/*.egg-info
	git clean -fdXq src

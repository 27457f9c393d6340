# Each target sets up what it needs in .venv, on any machine with Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# The tests start programs of their own: without bytecode on the disk each would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test long peers lint types benchmark clean

.venv/run: pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) install -e .
	touch $@

.venv/dev: .venv/run
	$(PIP) install -e '.[dev]'
	touch $@

.venv/peers: .venv/dev
	$(PIP) install 'torch==2.13.0' jax jaxlib
	touch $@

demo: .venv/run  ## derives the example of two layers, to build/demo/
	$(BIN)/python docs/examples/demo.py build/demo

test: .venv/dev  ## all tests but those that need peers or minutes
	$(BIN)/python -m pytest -n 2 --dist worksteal

long: .venv/dev
	$(BIN)/python -m pytest -n 2 --dist worksteal -m long

peers: .venv/peers  ## gradients beside JAX's and PyTorch's
	$(BIN)/python -m pytest -m peers tests/peers

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev
	$(BIN)/pyright

benchmark: .venv/dev
	$(BIN)/python -m pytest -m benchmark tests/benchmarks

clean:
	rm -rf build dist .venv .pytest_cache .ruff_cache .hypothesis

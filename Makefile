# The habits of this repository. `make test` does everything from nothing: it needs Python 3.11 and Go.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := components stacks sandbox tests __main__.py
# Two at a time: the engine, the program and the provider each take a core now and then.
WORKERS ?= 2

.PHONY: test test-quick test-unit test-charts test-engine test-cluster lint types helm-lint schema bench clean

test: test-quick test-cluster

test-quick: lint types helm-lint test-unit test-charts test-engine

test-unit: $(VENV)/ready
	$(BIN)/pytest tests/unit

test-charts: $(VENV)/ready
	$(BIN)/pytest -n $(WORKERS) tests/charts

test-engine: $(VENV)/ready
	$(BIN)/pytest -n $(WORKERS) --dist loadfile tests/engine

# A real Kubernetes control plane, built on first use.
test-cluster: $(VENV)/ready
	$(BIN)/pytest -n $(WORKERS) --dist loadfile tests/cluster

lint: $(VENV)/ready
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/python -m stacks.schema | diff -u configs/stack.schema.json - || \
		{ echo "configs/stack.schema.json is out of date: run make schema" >&2; exit 1; }

types: $(VENV)/ready
	$(BIN)/mypy

helm-lint:
	./sandbox/helm lint --strict charts/common
	for values in charts/metis-sequencer/ci/*-values.yaml; do \
		./sandbox/helm lint --strict charts/metis-sequencer --values $$values || exit 1; \
	done

schema: $(VENV)/ready
	$(BIN)/python -m stacks.schema > configs/stack.schema.json

bench: $(VENV)/ready
	$(BIN)/python -m tests.bench

$(VENV)/ready: requirements.txt sandbox/requirements.txt requirements-dev.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV) .sandbox .mypy_cache .pytest_cache .ruff_cache

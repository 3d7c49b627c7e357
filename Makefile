# The habits of this repository. `make test` does everything from nothing: it needs Python 3.11 and Go.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := components stacks ops sandbox tests __main__.py
# Two at a time: the engine, the program and the provider each take a core now and then.
WORKERS ?= 2

# What the tests of a machine's boot run for real, by Debian's packages.
TOOLS := cloud-init curl e2fsprogs fdisk iproute2 iptables jq nftables procps shellcheck systemd

.PHONY: test test-quick test-unit test-ops test-boot test-charts test-engine test-cluster lint types helm-lint schema dashboards tools bench clean

test: test-quick test-cluster

test-quick: lint types helm-lint test-unit test-ops test-boot test-charts test-engine

test-unit: $(VENV)/ready
	$(BIN)/pytest tests/unit

test-ops: $(VENV)/ready
	$(BIN)/pytest -n $(WORKERS) tests/ops

# Disk, rules and services of a machine, on this one: as root, in a network namespace of their own and on loop devices.
test-boot: $(VENV)/ready tools
	$(BIN)/pytest -n $(WORKERS) --dist loadfile tests/boot

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
	$(BIN)/python -m ops theta dashboard | diff -u dashboards/theta-fleet.json - || \
		{ echo "dashboards/theta-fleet.json is out of date: run make dashboards" >&2; exit 1; }

types: $(VENV)/ready
	$(BIN)/mypy

helm-lint:
	./sandbox/helm lint --strict charts/common
	for values in charts/metis-sequencer/ci/*-values.yaml; do \
		./sandbox/helm lint --strict charts/metis-sequencer --values $$values || exit 1; \
	done
	for values in charts/theta-edge-node/ci/*-values.yaml; do \
		./sandbox/helm lint --strict charts/theta-edge-node --values $$values || exit 1; \
	done

schema: $(VENV)/ready
	$(BIN)/python -m stacks.schema > configs/stack.schema.json

dashboards: $(VENV)/ready
	$(BIN)/python -m ops theta dashboard > dashboards/theta-fleet.json

# Installs those that are missing, where Debian's package manager is; elsewhere the tests say what they miss.
tools:
	@command -v apt-get >/dev/null || exit 0; \
	for tool in $(TOOLS); do \
		dpkg --status $$tool 2>/dev/null | grep -q '^Status: install ok installed' || missing="$$missing $$tool"; \
	done; \
	[ -z "$$missing" ] || { apt-get update && apt-get install --yes --no-install-recommends $$missing; }

# `make bench NODES="1 10 100 1000"` for a big fleet.
bench: NODES ?= 1 10 100
bench: $(VENV)/ready
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench_fleets $(NODES)

$(VENV)/ready: requirements.txt requirements-ops.txt sandbox/requirements.txt requirements-dev.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV) .sandbox .mypy_cache .pytest_cache .ruff_cache

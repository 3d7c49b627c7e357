# The habits of this repository. `make test` does everything from nothing: it needs Python 3.11, Go and Node.js.
# `make` alone prints what stands behind `##`, by target.
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := components stacks ops services sandbox tools tests __main__.py
# Two at a time: the engine, the program and the provider each take a core now and then.
WORKERS ?= 2
# Where bytecode is not kept, each process of a test, and there are thousands, compiles what it imports.
export PYTHONDONTWRITEBYTECODE =
# The slowest tests are listed, so that whoever wants a shorter run sees where to begin.
PYTEST = $(BIN)/pytest -n $(WORKERS) --durations 15 --durations-min 10
# Where the tests of a file share what they made, one worker runs them all, in their order.
IN_ORDER = $(PYTEST) --dist loadfile
DOCKER = command -v docker >/dev/null || { echo "docker is needed to build an image, and is not on PATH" >&2; exit 1; }

# What the tests of a machine's boot, and of the charts' scripts, run for real, by Debian's packages. Alpine's images have
# busybox.
TOOLS := busybox cloud-init curl e2fsprogs fdisk iproute2 iptables jq nftables postgresql procps shellcheck systemd

.PHONY: help test test-quick checked-beside test-unit test-ops test-services test-boot test-charts test-consensus test-network \
	test-waiting test-engine test-vendors test-stacks test-package test-cluster test-faults test-nodeos-faults lint types helm-lint \
	schema dashboards charts tools image image-chain-tools image-nodeos-manager bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-22s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: test-quick test-cluster ## every check and every test

test-quick: checked-beside test-unit test-ops test-services test-charts test-stacks test-package ## all but test-cluster

# Types are judged by one process, for minutes. Beside it tests run that wait for nodes and clocks.
checked-beside: $(VENV)/ready tools
	$(MAKE) --jobs 2 --output-sync=target types lint helm-lint test-waiting

test-unit: $(VENV)/ready ## the components, on mocks
	$(PYTEST) tests/unit

test-ops: $(VENV)/ready ## the operators' command line
	$(PYTEST) tests/ops

# Hundreds of runs with faults, in simulated time. SEEDS says how many there are of each kind of failover.
test-services: $(VENV)/ready ## the programs that run in the pods, with faults in simulated time
	$(PYTEST) tests/services

# Disk, rules and services of a machine, on this one: as root, in a network namespace of their own and on loop devices.
test-boot: $(VENV)/ready tools ## a machine's boot, on this machine, as root; installs the tools that it needs
	$(IN_ORDER) tests/boot

test-charts: $(VENV)/ready tools ## the charts, rendered, and their scripts
	$(PYTEST) tests/charts

# A net of nodes is shared by the tests of its file.
test-consensus: $(VENV)/ready tools ## the validator's start script, judged by the consensus engine inside themis
	$(IN_ORDER) tests/consensus

# Nodes wait for one another, and the tests of a file share a network.
test-network: $(VENV)/ready tools ## a mantis network of real nodes (go-ethereum), as the component renders it
	$(IN_ORDER) tests/network

# In one run, so that one's wait is another's turn.
test-waiting: $(VENV)/ready tools ## test-boot, test-consensus and test-network
	$(IN_ORDER) tests/boot tests/consensus tests/network

# Engine, program and plugins wait for one another: a third worker fills two cores.
test-engine test-vendors test-stacks test-cluster: WORKERS = 3
test-engine: $(VENV)/ready ## every stack through Pulumi's engine, on stand-in clouds
	$(IN_ORDER) tests/engine

test-vendors: $(VENV)/ready ## what every stack made, held against the clouds' own models
	$(IN_ORDER) tests/vendors

# In one run, so that each stack is brought up once.
test-stacks: $(VENV)/ready ## test-engine and test-vendors
	$(IN_ORDER) tests/engine tests/vendors

test-package: $(VENV)/ready ## the wheel, and components made for other languages
	$(IN_ORDER) tests/package

test-cluster: $(VENV)/ready ## a real Kubernetes control plane, built on first use
	$(IN_ORDER) tests/cluster

# Hundreds of runs, which take hours; test-engine has a few of them. RUNS says how many there are of each stack, from
# FIRST_SEED on. WORLDS names a directory that keeps what was brought up for the next run of the same code.
test-faults: $(VENV)/ready ## every stack's up, update and destroy, killed in the middle, and the way back; RUNS=20
	$(PYTEST) tests/faults

# Several worlds of processes run at once in one test process. test-cluster has it, too.
test-nodeos-faults: $(VENV)/ready ## block producers as real processes, with faults, on a real Lease
	$(BIN)/pytest -n 0 -rP tests/cluster/test_nodeos_faults.py

lint: $(VENV)/ready ## style, and what is generated from the code
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/hadolint services/*/Dockerfile
	$(BIN)/python -m stacks.schema | diff -u configs/stack.schema.json - || \
		{ echo "configs/stack.schema.json is out of date: run make schema" >&2; exit 1; }
	$(BIN)/python -m ops theta dashboard | diff -u dashboards/theta-fleet.json - || \
		{ echo "dashboards/theta-fleet.json is out of date: run make dashboards" >&2; exit 1; }
	$(BIN)/python -m ops.dashboard.charts --check
	$(BIN)/python -m tools.charts --check

types: $(VENV)/ready ## the types, strictly
	$(BIN)/mypy

helm-lint: ## the charts, by Helm
	for chart in charts/*; do \
		for values in $$chart/ci/*-values.yaml; do \
			[ -e $$values ] || values=/dev/null; \
			./sandbox/helm lint --strict $$chart --values $$values || exit 1; \
		done; \
	done

schema: $(VENV)/ready ## writes configs/stack.schema.json
	$(BIN)/python -m stacks.schema > configs/stack.schema.json

dashboards: $(VENV)/ready ## writes dashboards/, and those of the charts
	$(BIN)/python -m ops theta dashboard > dashboards/theta-fleet.json
	$(BIN)/python -m ops.dashboard.charts

charts: $(VENV)/ready ## writes what is derived in the charts: libraries' copies, tables of values, versions
	$(BIN)/python -m tools.charts

# Installs those that are missing, where Debian's package manager is; elsewhere the tests say what they miss.
tools: ## installs what the boot and the scripts need, by Debian's package manager
	@command -v apt-get >/dev/null || exit 0; \
	for tool in $(TOOLS); do \
		dpkg --status $$tool 2>/dev/null | grep -q '^Status: install ok installed' || missing="$$missing $$tool"; \
	done; \
	[ -z "$$missing" ] || { apt-get update && apt-get install --yes --no-install-recommends $$missing; }

image: image-nodeos-manager image-chain-tools ## both images of services/: FLAVOUR and NODEOS_IMAGE as below

image-chain-tools: ## the tools beside a chain's nodes
	@$(DOCKER)
	docker build --file services/chain_tools/Dockerfile --tag chain-tools services

image-nodeos-manager: ## the node manager in your image: FLAVOUR=eos|antelope NODEOS_IMAGE=registry.example/spring:1.2.2
	@case "$(FLAVOUR)" in eos|antelope) ;; *) echo "FLAVOUR is eos or antelope" >&2; exit 1 ;; esac
	@[ -n "$(NODEOS_IMAGE)" ] || { echo "NODEOS_IMAGE is missing: the image that has nodeos" >&2; exit 1; }
	@$(DOCKER)
	docker build --build-arg NODEOS_IMAGE=$(NODEOS_IMAGE) --build-arg FLAVOUR=$(FLAVOUR) \
		--file services/nodeos_manager/Dockerfile --tag nodeos-manager:$(FLAVOUR) services

bench: NODES ?= 1 10 100
bench: $(VENV)/ready ## how long a preview and a switch take; NODES="1 10 100 1000" for a big fleet
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench_flat
	$(BIN)/python -m tests.bench_fleets $(NODES)
	$(BIN)/python -m tests.bench_nodeos

# The environment is kept in the user's cache, by what is in it: the next fresh checkout finds it there.
$(VENV)/ready: requirements.txt requirements-ops.txt sandbox/requirements.txt tests/vendors/requirements.txt \
		services/nodeos_manager/requirements.txt requirements-dev.txt
	venv=$$($(PYTHON) sandbox/bootstrap.py venv requirements-dev.txt) && \
		{ [ -L $(VENV) ] || rm -rf $(VENV); } && \
		ln -sfn "$$venv" $(VENV)
	touch $@

clean: ## removes what the targets made
	rm -rf $(VENV) .sandbox .pytest_cache .ruff_cache

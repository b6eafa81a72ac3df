# Everything runs in .venv with the versions of constraints.txt.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# For what is installed, and for what builds it: by its name before and since pip 25.3.
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_BUILD_CONSTRAINT := $(CURDIR)/constraints.txt
TESTS ?=
SECONDS ?= 600
CASES ?= 20000
SEED ?=
SCREENSHOTS ?=
MUTATIONS ?=
# The tests start many processes: modules are compiled once, whatever the caller's environment says.
falsify test test-long test-browser coverage: export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help install serve test test-long test-browser coverage contract fuzz conformance falsify ledger docs lint format bench bench-peers soak consistency clients coverage-page faults-page lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

install: $(VENV)/installed ## make .venv with the package and its development tools

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(VENV)/serving $@

$(VENV)/serving: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

serve: $(VENV)/serving ## serve the storefront data set on http://127.0.0.1:8080, without development tools
	@exec $(BIN)/ocapi-emulator serve

test: install ## run the tests but the long ones, in random order
	$(BIN)/pytest -n auto -m 'not long and not browser' $(TESTS)

test-long: install ## run the long tests
	$(BIN)/pytest -n auto -m long $(TESTS)

test-browser: install ## run the tests of the console in Chromium; SCREENSHOTS=docs/console writes pictures
	@if command -v chromium > /dev/null; then SCREENSHOTS=$(SCREENSHOTS) $(BIN)/pytest -m browser emulator/tests/browser; \
	else echo 'SKIPPED: the tests of the console need Chromium: apt-get install chromium'; fi

coverage: install ## run all tests with branch coverage, which has to be 95 %
	$(BIN)/pytest -n auto -m 'not browser' --cov --cov-report=term --hypothesis-profile 'many examples' $(TESTS)

fuzz: install ## fuzz both descriptions and all readers; CASES=20000, SECONDS=14400, SEED=1, TARGETS="selectors heads"
	$(BIN)/python -m fuzz --cases $(CASES) $(if $(filter command line environment,$(origin SECONDS)),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) $(TARGETS)

contract: install ## run the contract tests; SERVER=gunicorn or waitress serves, TARGET=https://host tests another
	$(BIN)/pytest contract_tests $(if $(SERVER),--server $(SERVER)) $(if $(TARGET),--target $(TARGET)) $(TESTS)

conformance: install ## compare the description with the Data API 23.2, or with REFERENCE=file; TARGET=https://host another server's
	@$(BIN)/python -m contract_tests.conformance $(REFERENCE) $(if $(TARGET),--url $(TARGET))

falsify: install ## try wrong servers: each must fail a contract test; MUTATIONS="name name" tries some
	@$(BIN)/python -m falsifier $(MUTATIONS)

docs: install ## write docs/ as a site into the folder site; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --clean --strict

lint: install ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

ledger: install ## write docs/contract.md from docs/contract/*.toml, and the figures of the README
	$(BIN)/python -m contract_tests.ledger

coverage-page: install ## write docs/coverage.md and its data: the evidence for each operation of both APIs
	$(BIN)/pytest -q -n auto -m "not long" -p contract_tests.coverage contract_tests

format: install ## lay out the sources
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install ## measure speed, start, memory, growth, searches, and what testing costs; OPTIONS=--quick
	$(BIN)/python -m benchmarks.bench $(OPTIONS)
	$(BIN)/python -m benchmarks.testing
	$(BIN)/python -m benchmarks.search

bench-peers: install ## measure json-server, Prism, Mockoon and moto beside the emulator; OPTIONS=--quick
	$(BIN)/python -m benchmarks.peers $(OPTIONS)

soak: install ## put a server under mixed load over each store, ten minutes or SECONDS=60, and check all of it
	$(BIN)/python -m benchmarks.soak --store memory --seconds $(SECONDS)
	$(BIN)/python -m benchmarks.soak --store redis --seconds $(SECONDS)

consistency: install ## look for wrong answers under faults over each store, ten minutes or SECONDS=60; OPTIONS="--seed 1"
	$(BIN)/python -m consistency --store memory --seconds $(SECONDS) $(OPTIONS)
	$(BIN)/python -m consistency --store redis --seconds $(SECONDS) $(OPTIONS)

clients: install ## run real clients over https against the emulator; needs npm; CLIENTS="sfcc-ci dw-cli" some
	@$(BIN)/python -m clients.run $(OPTIONS) $(CLIENTS)

faults-page: install ## write docs/faults.md: the names of all faults and operations, for failpoints and the journal
	$(BIN)/python -m emulator.tests.project.faults_page

lock: install ## resolve constraints.txt anew
	$(BIN)/uv pip compile --quiet --universal --extra dev --no-header --no-emit-index-url --no-annotate --upgrade pyproject.toml --output-file constraints.txt

clean: ## remove what the other targets made
	rm -rf $(VENV) build dist site .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .schemathesis
	find . -name __pycache__ -prune -exec rm -rf {} +

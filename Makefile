# The commands of the house. `make demo` and `make test` are the two a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 3000
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
export DAGSTER_DISABLE_TELEMETRY = 1
export DO_NOT_TRACK = 1
export GX_ANALYTICS_ENABLED = false
export PYTHONDONTWRITEBYTECODE =

.PHONY: help demo dev demo-shell test test-long test-servers test-browser bench lint install install-dev bundle lock clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(STAMP) ## a fictional country's year through the whole platform
	@$(BIN)/python -m demo

dev: $(STAMP) ## the Dagster user interface on the demo's lake, on 127.0.0.1 (another port: make dev PORT=3001)
	@$(BIN)/python -m demo.dev --port $(PORT)

demo-shell: $(STAMP) ## a terminal in which `imu` works on the demo's lake
	@$(BIN)/python -m demo.shell

test: $(DEV_STAMP) ## unit, graph and pipeline tests, loopback only
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

test-long: $(DEV_STAMP) ## what would make `make test` longer than five minutes: a whole country, published files, a busy server
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m long

test-servers: $(DEV_STAMP) ## registers on a real PostgreSQL, the publisher on a real CKAN, where they are at hand
	@$(BIN)/python -m pytest tests/servers -m servers

test-browser: $(DEV_STAMP) ## pages and the asset graph in chromium
	@$(BIN)/python -m pytest tests/browser -m browser

bench: $(DEV_STAMP) ## the budgets, measured as ratios
	@$(BIN)/python -m bench

lint: $(DEV_STAMP) ## style, types, import contracts, models, no secrets
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/sqlfluff lint -q dbt_project/models dbt_project/tests
	@git ls-files -z | grep -zvE 'requirements.*\.lock|\.secrets\.baseline' | xargs -0 $(BIN)/detect-secrets-hook --baseline .secrets.baseline

install: $(STAMP) ## the environment, from requirements.lock
install-dev: $(DEV_STAMP)

$(STAMP): requirements.lock pyproject.toml
	@echo "Installing (about a minute, once) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_STAMP): $(STAMP) requirements-dev.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

bundle: $(STAMP) ## a folder for a USB stick, from which an office without internet installs
	@$(BIN)/python -m orchestration.bundle bundle

lock: ## refresh both lock files (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --no-strip-extras pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --no-strip-extras --group dev -c requirements.lock -o requirements-dev.lock

clean: ## remove what the demo made (never the sources)
	@$(BIN)/python -m demo.clean

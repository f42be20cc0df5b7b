# Secure Access. `make demo` to see it, `make test` to check it, `make help` for the rest.
#
# Needs Python 3.11+ with venv, git and make. Everything else is installed below .venv and
# node_modules. tests/servers/install.py installs the system packages that the tests need.

PYTHON ?= python3
WORKERS ?= 2
GIAS_DATA ?= ../shared/data/gias
PORT ?= 8000
ARGON2 ?= native
BINDINGS := argon2-cffi-bindings
REPORTING_PORT ?= 8001
export GIAS_DATA PORT REPORTING_PORT
# ISSUER is passed on only if it is set.

BIN := .venv/bin
UV := $(BIN)/uv --quiet --no-progress
VENDOR := static/vendor/govuk-frontend
export PATH := $(CURDIR)/$(BIN):$(PATH)
export VIRTUAL_ENV := $(CURDIR)/.venv
export UV_LINK_MODE ?= copy
# uv does not read pip's settings: pass pip's package mirror on to uv.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup assets demo demo-reset test quick acceptance lint format catalogue bench faults pictures lock clean services

help:
	@echo 'make demo        start the provider on PORT (8000) and the example app on REPORTING_PORT (8001)'
	@echo 'make demo-reset  the same, with new data'
	@echo 'make test        lint and all tests; PYTEST_ARGS= for pytest, WORKERS= in parallel'
	@echo 'make quick       lint, and the tests that need no PostgreSQL, browser or other process'
	@echo 'make acceptance  the tests on the real register files in GIAS_DATA ($(GIAS_DATA))'
	@echo 'make lint        style, types, import rules, dead code, templates'
	@echo 'make format      format the code'
	@echo 'make catalogue   write the names of the tests into docs/security/catalogue.md'
	@echo 'make bench       measure the performance'
	@echo 'make faults      inject faults under load; FAULTS="F01 F10" selects, STORE=sqlite|postgresql|both'
	@echo 'make pictures    renew the screenshots of the README'
	@echo 'make setup       install what the server needs (ARGON2=portable for other machines as well);'
	@echo '                 make lock renews the lock files'

# ---------------------------------------------------------------------- environment
# Each stamp is newer than its prerequisites, so a second run does nothing.

define ARGON2_BUILD
from importlib.metadata import distribution
wheel = distribution("$(BINDINGS)").read_text("WHEEL") or ""
portable = "manylinux" in wheel or "musllinux" in wheel
print("argon2:", "the portable wheel" if portable else "compiled for the processor of this machine")
endef
export ARGON2_BUILD

# A command starts in half the time if Python's modules are compiled.
setup: .venv/.runtime .venv/.argon2-$(ARGON2) assets
	@$(BIN)/python -c "$$ARGON2_BUILD"
	@$(BIN)/python -m compileall -q app approvals identity examples wsgi.py

.venv/.bootstrap: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Secure Access needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another with make PYTHON=...")'
	@echo 'Making .venv'
	@env -u VIRTUAL_ENV $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/.runtime: .venv/.bootstrap requirements/runtime.txt pyproject.toml
	@echo 'Installing what the server needs'
	@$(UV) pip install --compile-bytecode --require-hashes -r requirements/runtime.txt
	@$(UV) pip install --no-deps --no-build-isolation --editable .
	@touch $@

# The wheel of argon2 is made for any processor; one that is compiled for the processor at hand takes
# half of the time or less. What is installed then runs on such processors only: ARGON2=portable.
COMPILE_ARGON2 = CFLAGS='-O3 -march=native' $(UV) pip install --no-cache --no-deps --require-hashes \
	--build-constraints requirements/argon2.txt --reinstall-package $(BINDINGS) --no-binary $(BINDINGS) \
	-r requirements/runtime.txt

.venv/.argon2-$(ARGON2): .venv/.runtime requirements/argon2.txt
	@rm -f .venv/.argon2-*
	@if [ '$(ARGON2)' != native ]; then \
		$(UV) pip install --no-deps --require-hashes --reinstall-package $(BINDINGS) -r requirements/runtime.txt; \
	elif ! $(COMPILE_ARGON2) 2> .venv/argon2.log; then \
		echo 'argon2 could not be compiled here: .venv/argon2.log says why'; \
	fi
	@touch $@

.venv/.dev: .venv/.runtime requirements/dev.txt
	@echo 'Installing what the tests need'
	@$(UV) pip install --require-hashes -r requirements/dev.txt
	@touch $@

# Node.js is the machine's if it is 20 or newer and has npm, otherwise a wheel's.
.venv/.node: .venv/.bootstrap requirements/node.txt
	@if ! { npm --version && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; } >/dev/null 2>&1; then \
		echo 'Installing Node.js into .venv' && \
		$(UV) pip install --require-hashes -r requirements/node.txt; \
	fi
	@touch $@

# `npm ci` empties node_modules, and removes the stamps.
node_modules/.runtime: .venv/.node package.json package-lock.json .npmrc
	@echo 'Installing the front-end files'
	@npm ci --omit=dev --silent --no-progress
	@touch $@

node_modules/.dev: .venv/.node package.json package-lock.json .npmrc
	@echo 'Installing the JavaScript tools of the tests'
	@npm ci --silent --no-progress
	@touch node_modules/.runtime $@

assets: $(VENDOR)/.made

$(VENDOR)/.made: static/govuk-frontend.scss $(if $(wildcard node_modules/.dev),node_modules/.dev,node_modules/.runtime)
	@mkdir -p $(@D)
	@node_modules/.bin/sass --pkg-importer=node --style=compressed --no-charset --no-source-map \
		--quiet-deps $< $(@D)/govuk-frontend.min.css
	@cp node_modules/govuk-frontend/dist/govuk/govuk-frontend.min.js $(@D)/
	@touch $@

services: .venv/.dev
	@$(BIN)/python -m tests.servers.install

# ------------------------------------------------------------------------------ demo

demo: setup
	@$(BIN)/python -m examples.demo

demo-reset:
	@rm -rf instance
	@$(MAKE) --no-print-directory demo

# ----------------------------------------------------------------------------- checks

test: .venv/.dev node_modules/.dev assets services lint
	@$(BIN)/pytest --numprocesses=$(WORKERS) --dist=worksteal --ignore=tests/acceptance $(PYTEST_ARGS)

# The tests whose fixtures need no other process; the summary counts the others as deselected.
quick: .venv/.dev assets lint
	@$(BIN)/pytest --quick --numprocesses=$(WORKERS) --ignore=tests/acceptance $(PYTEST_ARGS)

acceptance: .venv/.dev node_modules/.dev assets services
	@ls $(GIAS_DATA)/*.csv* >/dev/null 2>&1 || { \
		echo 'make acceptance reads the real register files, and GIAS_DATA ($(GIAS_DATA)) holds none.' >&2; \
		echo 'Name their folder: make acceptance GIAS_DATA=...' >&2; exit 1; }
	@$(BIN)/pytest --numprocesses=$(WORKERS) tests/acceptance $(PYTEST_ARGS)

# Each tool prints only what it finds.
lint: .venv/.dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo 'Not in the project style: make format' >&2; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo > .venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }
	@$(BIN)/python -m tests.docs.openings
	@$(BIN)/python -m tests.docs.names
	@$(BIN)/vulture
	@$(BIN)/djlint --quiet --lint templates examples 2> /dev/null
	@echo 'Lint: clean'

format: .venv/.dev
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

# Run it after adding, renaming or moving a test with the id of an attack in its name.
catalogue: .venv/.dev
	@$(BIN)/python -m tests.attacks.catalogue

# The peer's Node.js is a wheel's, because it needs a newer version (with SQLite) than most machines have.
.venv/.peer: .venv/.node requirements/node.txt bench/peer/package-lock.json
	@echo 'Installing the peer of the benchmark'
	@$(UV) pip install --target .venv/peer-node --require-hashes -r requirements/node.txt
	@npm ci --prefix bench/peer --silent --no-progress
	@touch $@

# The measured server runs on the system's Python if that is new enough: distributions build it with
# profile-guided optimisation, and most version managers do not.
BENCH_PYTHON ?= $(shell /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo /usr/bin/python3 || echo $(BIN)/python)

.venv/.bench: .venv/.argon2-$(ARGON2) requirements/bootstrap.txt requirements/runtime.txt pyproject.toml
	@echo 'Installing what the benchmark measures, for $(BENCH_PYTHON)'
	@$(UV) venv --clear --python $(BENCH_PYTHON) .venv/bench
	@$(UV) pip install --python .venv/bench --compile-bytecode --require-hashes -r requirements/bootstrap.txt -r requirements/runtime.txt
	@$(UV) pip install --python .venv/bench --no-deps --no-build-isolation --editable .
	@[ '$(ARGON2)' != native ] || $(COMPILE_ARGON2) --python .venv/bench 2> .venv/argon2.log || true
	@touch $@

bench: .venv/.dev .venv/.peer .venv/.bench setup services
	@$(BIN)/python -m bench $(BENCH_ARGS)

# ----------------------------------------------------------------------------- faults
# docs/reliability.md explains it. SEED repeats a run.

STORE ?= both

faults: setup .venv/.dev services
	@$(BIN)/python -m tests.faults --faults '$(FAULTS)' --store $(STORE) $(if $(SEED),--seed $(SEED))

# --------------------------------------------------------------------------- pictures

pictures: setup .venv/.dev services
	@$(BIN)/python -m tests.journeys.pictures

# ------------------------------------------------------------------------------ locks
# Names, versions and hashes, never addresses. `make lock UPGRADE=1` takes the newest versions.

COMPILE = $(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)

# Funding entries contain addresses, and are removed.
define STRIP_FUNDING
const fs = require("fs"), lock = JSON.parse(fs.readFileSync("package-lock.json"));
for (const entry of Object.values(lock.packages)) delete entry.funding;
fs.writeFileSync("package-lock.json", JSON.stringify(lock, null, 2) + "\n");
endef
export STRIP_FUNDING

lock: .venv/.dev .venv/.node
	@$(COMPILE) requirements/bootstrap.in --output-file requirements/bootstrap.txt
	@$(COMPILE) requirements/node.in --output-file requirements/node.txt
	@$(COMPILE) requirements/runtime.in --output-file requirements/runtime.txt
	@$(COMPILE) requirements/argon2.in --output-file requirements/argon2.txt
	@$(COMPILE) requirements/dev.in --constraint requirements/runtime.txt --output-file requirements/dev.txt
	@for folder in . bench/peer; do \
		( cd $$folder && npm $(if $(UPGRADE),update,install) --package-lock-only --silent && node -e "$$STRIP_FUNDING" ) || exit 1; \
	done

clean:
	@rm -rf .venv node_modules static/vendor build *.egg-info

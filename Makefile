# What people type here. `make` alone lists it. Needed: GNU make, and Python 3.11 or newer with pip.

PYTHON ?= python3
ARGS ?=
KILLS ?=
# Test processes: empty for one. Each starts a PostgreSQL of its own, so few are better than many.
TEST_PROCESSES ?=

VENV := .venv
IN_VENV := $(VENV)/bin
MADE := $(VENV)/made

# Once a checkout has the development tools it keeps them: `make run` after `make test` takes nothing away.
ENVIRONMENT := $(if $(wildcard $(MADE)/dev),dev,runtime)

# A Python whose `venv` cannot provide pip (Debian splits it off) lends its own pip instead.
PIP = $(if $(wildcard $(IN_VENV)/pip),$(IN_VENV)/python -m pip,$(PYTHON) -m pip --python $(IN_VENV)/python)
PIP_INSTALL = $(PIP) --disable-pip-version-check install --quiet
UV = $(IN_VENV)/uv pip

# Whoever has no home directory to write to (services, containers) keeps what is downloaded beside what it is for.
CACHE_IS_WRITABLE := $(shell for each in "$${XDG_CACHE_HOME:-$$HOME/.cache}/uv" "$${XDG_CACHE_HOME:-$$HOME/.cache}" "$$HOME"; \
  do if [ -e "$$each" ]; then [ -w "$$each" ] && echo yes; break; fi; done)
ifneq ($(CACHE_IS_WRITABLE),yes)
export UV_CACHE_DIR ?= $(CURDIR)/$(VENV)/cache/uv
export PIP_CACHE_DIR ?= $(CURDIR)/$(VENV)/cache/pip
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run setup setup-runtime examples pages test generated-clients check format lint types imports bandit audit fix bench \
	security chaos lock clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(MADE)/$(ENVIRONMENT)-bitpesa ## run the sandbox (ARGS="--help" shows its options); Ctrl-C stops it
	@exec $(IN_VENV)/bitpesa sandbox $(ARGS)

setup: $(MADE)/dev-bitpesa ## prepare .venv for development

setup-runtime: $(MADE)/$(ENVIRONMENT)-bitpesa ## prepare .venv for `make run` only

test: $(MADE)/dev-bitpesa ## run the tests (ARGS="tests/ledger -k hold" picks some)
	@$(IN_VENV)/python -m pytest $(if $(TEST_PROCESSES),-n $(TEST_PROCESSES) --dist loadfile) $(ARGS)

generated-clients: $(MADE)/dev-bitpesa ## clients generated from our OpenAPI document pay in a sandbox (needs npm)
	@BITPESA_GENERATED_CLIENTS=1 $(IN_VENV)/python -m pytest tests/generated_clients $(ARGS)

check: format lint types imports bandit audit ## all checks beside the tests; `make -k check` shows every complaint

format: $(MADE)/dev-bitpesa ## is the code formatted?
	@$(IN_VENV)/ruff format --check

lint: $(MADE)/dev-bitpesa ## ruff's rules
	@$(IN_VENV)/ruff check

types: $(MADE)/dev-bitpesa ## mypy, strict
	@$(IN_VENV)/mypy

imports: $(MADE)/dev-bitpesa ## does every import go down?
	@$(IN_VENV)/lint-imports --no-logo

bandit: $(MADE)/dev-bitpesa ## bandit; what it ranks low is left to ruff's S rules, where an exception has one place
	@$(IN_VENV)/bandit --quiet --recursive --severity-level medium src

audit: $(MADE)/dev-bitpesa ## known vulnerabilities in what we ship with; passes, saying so, when nobody can be asked
	@$(IN_VENV)/python .ci/audit.py requirements/runtime.lock

fix: $(MADE)/dev-bitpesa ## repair what a machine can repair
	@$(IN_VENV)/ruff check --fix-only
	@$(IN_VENV)/ruff format

bench: $(MADE)/dev-bitpesa ## measure (QUICK=1: only whether it runs; GROWTH=1: up to a million transactions)
	@exec $(IN_VENV)/python -m experiments.bench $(if $(QUICK),--quick) $(if $(GROWTH),--growth) $(ARGS)

security: $(MADE)/dev-bitpesa ## try to get in, to wear the server out, to read what is secret (ARGS=--write keeps the table)
	@exec $(IN_VENV)/python -m experiments.security $(ARGS)

chaos: $(MADE)/dev-bitpesa ## kill processes of a working deployment, and prove that nothing is lost (KILLS=1000: all of it)
	@exec $(IN_VENV)/python -m experiments.chaos $(if $(KILLS),--kills $(KILLS)) $(ARGS)

COMPILE = $(UV) compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --no-header --extra sandbox --group build $(ARGS) pyproject.toml

examples: $(MADE)/dev-bitpesa ## write the examples of the API reference anew, from what is answered today
	@BITPESA_RECORD_EXAMPLES=1 $(IN_VENV)/python -m pytest --quiet tests/reference/test_examples.py

pages: $(MADE)/dev-bitpesa ## write the tables of docs/reference anew, from the code
	@$(IN_VENV)/python -m tests.house.pages

lock: $(MADE)/dev-bitpesa ## pin the dependencies again after pyproject.toml changed (ARGS=--upgrade for newer ones)
	$(COMPILE) --group dev --extra tracing --output-file requirements/dev.lock
	$(COMPILE) --constraint requirements/dev.lock --output-file requirements/runtime.lock
	@awk '/^[a-zA-Z]/ { wanted = /^uv==/ } wanted' requirements/dev.lock > requirements/uv.lock

clean: ## remove .venv and the caches of the tools
	rm -rf $(VENV) .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# Of all this nothing goes to standard output, which belongs to what is run.
# The files in $(MADE) say what .venv holds, so that a second `make run` has nothing to do and a changed lock is seen.

$(VENV)/pyvenv.cfg:
	@$(PYTHON) requirements/preflight.py
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip $(VENV) || { rm -rf $(VENV); exit 1; }

# The same pinned and hash-checked versions either way: uv takes seconds, pip does it where uv does not run.
$(MADE)/runtime $(MADE)/dev: $(MADE)/%: requirements/%.lock requirements/uv.lock | $(VENV)/pyvenv.cfg
	@echo 'preparing $(VENV) from $<' >&2
	@{ if $(PIP_INSTALL) --only-binary :all: --require-hashes --requirement requirements/uv.lock \
	    && $(UV) sync --quiet --compile-bytecode --python $(IN_VENV)/python --require-hashes $<; then :; \
	  else echo 'uv could not do it: installing the same with pip, which takes a minute' >&2; \
	    $(PIP_INSTALL) --require-hashes --requirement $<; fi; } >&2
	@mkdir -p $(MADE)
	@touch $@

$(MADE)/runtime-bitpesa $(MADE)/dev-bitpesa: $(MADE)/%-bitpesa: $(MADE)/% pyproject.toml
	@{ if test -x $(IN_VENV)/uv; \
	  then $(UV) install --quiet --python $(IN_VENV)/python --no-deps --no-build-isolation --editable .; \
	  else $(PIP_INSTALL) --no-deps --no-build-isolation --editable .; fi; } >&2
	@touch $@

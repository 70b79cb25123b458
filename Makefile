# Everything a newcomer needs: make run, make test, make check, make bench.
# PYTEST_ARGS narrows the tests (make test PYTEST_ARGS='-k pots'), ONLY picks one benchmark.
SHELL := /bin/bash
# Python keeps what it compiled: tests start it often, and each worker would compile all tests anew.
unexport PYTHONDONTWRITEBYTECODE
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# More workers than cores: each often waits for a server, a browser or the clock. Who takes what: tests/workers.py.
WORKERS ?= 4
TESTS := $(BIN)/python -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder
CATALOGUE := app/i18n/translations/en/LC_MESSAGES/messages

.PHONY: run setup test test-long lint types contracts check audit bench screens lighthouse lock browser nginx node translations clean

run: setup
	@exec $(BIN)/python -m embedded

setup: $(READY) translations

# The lock is complete. Without --no-deps pip looks for dependencies with extras ("coverage[toml]") anew, and refuses the
# newest version of one as not pinned on the day it is released.
$(READY): requirements.txt
	@echo "Setting up .venv (once; a minute or two) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.txt
	@$(BIN)/pip check --quiet --disable-pip-version-check
	@touch $@

translations: $(CATALOGUE).mo

$(CATALOGUE).mo: $(CATALOGUE).po $(READY)
	@$(BIN)/pybabel --quiet compile -d app/i18n/translations

browser:
	@bash tests/install_browser.sh

nginx:
	@bash tests/install_nginx.sh

node:
	@bash tests/install_node.sh

test: setup browser nginx node
	$(TESTS) -m "not long" $(PYTEST_ARGS)

test-long: setup browser nginx node
	$(TESTS) --hypothesis-profile=long $(PYTEST_ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djhtml --tabwidth 2 --check app/templates sandbox/templates

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

# What CI runs. The tests are those of `make test`; the branch coverage of what moves money is printed with them.
check: lint types contracts
	@$(MAKE) --no-print-directory test PYTEST_ARGS="--cov --cov-report=term:skip-covered $(PYTEST_ARGS)"

# Compares the locked dependencies with published advisories: ADVISORIES is a folder or zip of OSV records. Fails without.
audit: setup
	$(BIN)/python .ci/audit.py "$(ADVISORIES)"

# Takes docs/screens anew, on a demo of its own; SITE=http://127.0.0.1:8000 PASSWORD=... takes those of a demo that runs.
screens: setup browser
	$(BIN)/python -m tests.screens $(SITE) $(PASSWORD)

# Measures five pages as a phone has them, on a demo of its own or on SITE; fails below 98 of 100.
lighthouse: setup browser
	@bash tests/install_node.sh lighthouse
	$(BIN)/python -m tests.lighthouse $(SITE)

bench: setup
	@$(BIN)/python -m bench $(ONLY)

lock: $(READY)
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --generate-hashes --no-emit-index-url --no-header \
	    --python-version 3.11 --upgrade -o requirements.txt

clean:
	rm -rf .venv var

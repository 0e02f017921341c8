# Needs make and Python 3.11 or newer with venv; only `make lock` needs more (uv).
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
PORT ?= 8000
PG15_BIN ?= /usr/lib/postgresql/15/bin
UV ?= uv
EXAMPLES ?= 5000
WRITES ?= 10000
MINUTES ?= 30
TARGET ?= importers tokens key_sets dates money queries bodies commands token_requests addresses settings

# What `make test-pg15` runs again with the programs of that version: the tests of the database itself, and of those of the
# server and the commands what reads, lists, chains, imports and backs up. Properties are tried on fewer examples.
ON_PG15 := tests/postgres $(addprefix tests/http/test_,audit.py due_dates.py layer_aging.py layer_aging_reports.py \
	layer_filters.py layer_lists.py layer_tags.py layer_totals.py native.py native_commands.py native_head.py native_reads.py \
	native_reports.py partner_chain.py same_history.py thredfi_aging.py thredfi_bank_transactions.py thredfi_businesses.py \
	thredfi_closed_books.py thredfi_idempotency.py thredfi_stats.py) $(addprefix tests/cli/test_,audit.py backup.py \
	backup_amid_writes.py corrected.py importing.py partner_events.py prove_the_books.py tenants.py verify.py)

GENERATED_REQUESTS := $(wildcard tests/http/*_openapi.py) tests/http/test_walks.py
HISTORIES := tests/http/test_same_history.py

BIN := .venv/bin
# As many processes as processors, all on one PostgreSQL, which takes a hundred connections. The tests of a file stay
# together and in order; the folders come in theirs, so that short files are the last.
PYTEST := $(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
PIP := $(BIN)/python -m pip --disable-pip-version-check
LOCK := $(UV) pip compile --no-config --universal --python-version 3.11 --generate-hashes --only-binary :all: \
	--custom-compile-command 'make lock' --quiet
COMPILE := $(LOCK) pyproject.toml
COMPILE_GROUP := $(LOCK) --constraint requirements/all.txt --group

.PHONY: help demo test test-pg15 test-browser test-deploy lint bench soak fuzz bom audit lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/ready ## start a demonstration on 127.0.0.1:8000 (PORT=8001 make demo for another port)
	@exec $(BIN)/duebook demo --port $(PORT)

test: .venv/ready ## run every test that needs only Python
	$(PYTEST) tests --ignore tests/browser --ignore tests/deploy

test-pg15: .venv/ready ## run the database tests on Debian's PostgreSQL 15
	@test -x $(PG15_BIN)/initdb || { echo "make test-pg15: no PostgreSQL 15 in $(PG15_BIN); on Debian: apt-get install postgresql-15" >&2; exit 1; }
	DUEBOOK_TEST_PG_BIN=$(PG15_BIN) DUEBOOK_TEST_EXAMPLES=40 $(PYTEST) $(ON_PG15) -p no:schemathesis

test-browser: .venv/ready ## run the tests that drive a browser, among them a published widget (needs npm)
	@command -v chromium >/dev/null || { echo "make test-browser: no chromium on the PATH; on Debian: apt-get install chromium" >&2; exit 1; }
	@$(MAKE) --no-print-directory .widget/ready
	$(BIN)/pytest tests/browser

test-deploy: .venv/ready .supply/ready bom ## try the container file and the systemd units (needs root and systemd)
	@command -v systemd-analyze >/dev/null || { echo "make test-deploy: no systemd-analyze on the PATH; on Debian: apt-get install systemd" >&2; exit 1; }
	@test "$$(id -u)" = 0 || { echo "make test-deploy: needs root, to make file systems of its own: sudo make test-deploy" >&2; exit 1; }
	$(BIN)/pytest tests/deploy

lint: .venv/ready ## check style, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict src tests $(wildcard bench checks)

bench: .venv/ready ## print how speed holds up with size and history, as ratios measured in one run
	$(BIN)/python -m bench

soak: .venv/ready ## try faults amid many writes (WRITES=10000), load (MINUTES=30), properties on many examples (EXAMPLES=5000)
	DUEBOOK_TEST_WRITES=$(WRITES) $(BIN)/pytest tests/faults
	$(BIN)/python -m tests.soak --minutes $(MINUTES)
	DUEBOOK_TEST_EXAMPLES=$(EXAMPLES) $(PYTEST) tests/unit tests/fuzz tests/attacks tests/postgres $(GENERATED_REQUESTS) $(HISTORIES)

fuzz: MINUTES = 5
fuzz: .fuzz/ready ## try what reads strangers' input on inputs that lead further in (MINUTES=5 each, TARGET=queries for one)
	@for target in $(TARGET); do \
		PYTHONPATH=$$(echo .fuzz/lib/python3*/site-packages) $(BIN)/python -m tests.fuzz $$target $(MINUTES) || exit 1; done

bom: .venv/ready .supply/ready .server/ready ## write the bill of materials of a server, and what everything is licensed under
	@mkdir -p build
	.supply/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file build/duebook.cdx.json .server
	.supply/bin/cyclonedx-py environment --output-reproducible --output-file build/everything.cdx.json .venv
	$(BIN)/python -m checks.licences build/everything.cdx.json > build/licences.md

audit: .audit/ready ## ask the package registry what is known against any pinned package (needs its API)
	.audit/bin/pip-audit --strict --disable-pip --require-hashes $(foreach lock,$(wildcard requirements/*.txt),--requirement $(lock))

lock: ## pin what pyproject.toml asks for, keeping the pins that still fit (delete requirements/*.txt to renew all)
	@command -v $(UV) >/dev/null || { echo "make lock: needs uv; python3 -m pip install uv" >&2; exit 1; }
	$(COMPILE) --all-extras --group dev --output-file requirements/all.txt
	$(COMPILE) --constraint requirements/all.txt --output-file requirements/server.txt
	$(COMPILE) --constraint requirements/all.txt --extra otel --output-file requirements/server-otel.txt
	$(COMPILE_GROUP) build --output-file requirements/build.txt
	$(COMPILE_GROUP) supply --output-file requirements/supply.txt
	$(COMPILE_GROUP) audit --output-file requirements/audit.txt
	$(COMPILE_GROUP) fuzz --output-file requirements/fuzz.txt

# Thredfi's browser widget, as it is published: only the tests use it, and it is no part of the project.
.widget/ready: requirements/widget.sha512
	@command -v npm >/dev/null || { echo "make test-browser: no npm on the PATH; on Debian: apt-get install npm" >&2; exit 1; }
	@rm -rf .widget && mkdir .widget
	@cd .widget && npm pack --silent @thredfi/accounting@0.8.9 >/dev/null && sha512sum --check --quiet ../requirements/widget.sha512
	@tar --extract --gzip --file .widget/thredfi-accounting-0.8.9.tgz --directory .widget
	@touch $@

clean: ## remove the virtual environment and everything built or cached
	rm -rf .venv .supply .server .audit .fuzz .widget build dist .hypothesis .schemathesis .pytest_cache .mypy_cache .ruff_cache
	find src tests $(wildcard bench checks) -name __pycache__ -type d -prune -exec rm -rf {} +

# What a server is installed with, and what looks at packages, each in an environment of its own.
.server/ready .supply/ready .audit/ready .fuzz/ready: .%/ready: requirements/%.txt .venv/ready
	@$(PYTHON) -m venv --clear --without-pip .$*
	@$(PIP) --python .$*/bin/python install --quiet --require-hashes --no-deps --only-binary :all: --requirement $<
	@touch $@

# A changed lock makes the environment anew; a changed pyproject.toml only the project's own entry in it.
.venv/locked: requirements/all.txt
	@$(PYTHON) -c 'import sys; sys.exit("Duebook needs Python 3.11 or newer; this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@echo "Setting up .venv from requirements/all.txt, every file checked by its hash (about a minute, once)"
	@$(PYTHON) -m venv --clear .venv
	@$(PIP) install --quiet --require-hashes --no-deps --only-binary :all: --requirement requirements/all.txt
	@touch $@

.venv/ready: .venv/locked pyproject.toml
	@$(PIP) install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

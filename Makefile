# marsad: every target prepares .venv by itself; only Python 3.11 or later and a C-less pip are needed.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
ARGS ?=
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	if $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
BIN := .venv/bin
LOCKED := .venv/.locked
READY := .venv/.ready
COMPILE = $(BIN)/uv pip compile --universal --python-version 3.11 --excludes requirements/excluded.txt \
	--generate-hashes --no-header --no-annotate --quiet
PACKAGES := marsad ingest processors indexers tests benchmarks tools

.PHONY: help demo run test test-compose lint format bench picture servers lock clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

$(LOCKED): requirements/lock.txt
	@if [ -z "$(PYTHON)" ]; then echo "marsad needs Python 3.11 or later with venv (Debian: apt-get install python3-venv); name it with make PYTHON=…" >&2; exit 1; fi
	@echo "preparing .venv with $$($(PYTHON) --version) (once; about a minute)"
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/lock.txt
	@touch $(LOCKED)

$(READY): $(LOCKED) pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: $(READY) ## watch articles arrive and alerts fire, embedded, on feeds served by the demo itself (ARGS=--once ends by itself)
	@$(BIN)/marsad demo $(ARGS)

run: $(READY) ## run marsad on this machine with config/ and data/ (ARGS="--data DIR …")
	@$(BIN)/marsad run $(ARGS)

test: $(READY) ## install what is missing and run all tests (ARGS=tests/arabic picks some)
	@$(BIN)/pytest $(ARGS)

test-compose: $(READY) ## try Dockerfile and docker-compose.yml on a Docker engine, started from Debian's packages where none runs (needs root)
	@$(BIN)/python -m tests.compose

lint: $(READY) ## ruff, mypy strict, and the layers of imports
	@$(BIN)/ruff format --check $(PACKAGES)
	@$(BIN)/ruff check $(PACKAGES)
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY) ## let ruff format the code
	@$(BIN)/ruff format $(PACKAGES)
	@$(BIN)/ruff check --fix $(PACKAGES)

bench: $(READY) ## measure: each figure beside a named baseline of the same run
	@$(BIN)/python -m benchmarks $(ARGS)

picture: $(READY) ## draw the demo for README.md anew (needs Chromium, DejaVu Sans Mono and Noto Sans Arabic; ARGS=PATH names it)
	@$(BIN)/python -m tools.picture $(ARGS)

servers: $(READY) ## real Kafka and Elasticsearch for tests, by hand: ARGS=up, down, status, "kill 2", "start 2" (needs Java and Maven)
	@$(BIN)/python -m tests.integration.servers $(or $(ARGS),--help)

lock: $(READY) ## resolve the dependencies anew, with hashes (ARGS=--upgrade takes newer versions)
	@$(COMPILE) pyproject.toml --extra dev --output-file requirements/lock.txt $(ARGS)
	@$(COMPILE) pyproject.toml --constraint requirements/lock.txt --output-file requirements/runtime.txt
	@$(COMPILE) - --constraint requirements/lock.txt --output-file requirements/build.txt < <(printf 'hatchling\n')

clean: ## remove .venv and what the tools left behind (never data/)
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

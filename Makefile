# `make help` lists what there is. Everything works as root and as an ordinary user with sudo.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test lint bench screenshots setup setup-test lock clean clean-data

PYTHON_IN := .venv/bin/python
PYTEST_ARGS ?= -n 2 --dist loadfile

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

run: ## set up what is missing, start the platform, stop it with Ctrl-C; the data is kept in var/
	@ops/setup.sh
	@exec $(PYTHON_IN) -m server.launch

test: ## set up, then every test against a real PostGIS, broker and Chromium (PYTEST_ARGS=... to choose)
	@ops/setup.sh --test
	@$(PYTHON_IN) -m pytest $(PYTEST_ARGS)

lint: setup-test ## ruff, formatting, types, import rules
	$(PYTHON_IN) -m ruff check .
	$(PYTHON_IN) -m ruff format --check .
	$(PYTHON_IN) -m mypy geo telemetry enforcement server tests/conftest.py tests/ops
	$(PYTHON_IN) .venv/bin/lint-imports

bench: setup-test ## measure speed and size; a table, and var/bench.json
	@$(PYTHON_IN) tests/bench/run.py

screenshots: setup-test ## every page in both languages, into var/screenshots/
	@$(PYTHON_IN) tests/browser/screenshots.py

setup: ## install what `make run` needs and is missing
	@ops/setup.sh

setup-test: ## install what `make test` needs and is missing
	@ops/setup.sh --test

lock: setup-test ## compile requirements*.in into the locks with hashes
	$(PYTHON_IN) -m uv pip compile $(UV_ARGS) requirements.in -o requirements.txt
	$(PYTHON_IN) -m uv pip compile $(UV_ARGS) requirements-dev.in -o requirements-dev.txt

UV_ARGS = --quiet --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links \
	--custom-compile-command 'make lock'

clean: ## remove what is made again by itself; keeps all data
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis var/test var/cache
	find geo telemetry enforcement server tests migrations -name __pycache__ -prune -exec rm -rf {} +
	@echo 'Kept: the data in var/ (database, broker queue, secrets). To delete it too: make clean-data CONFIRM=yes'

clean-data: ## delete database, broker queue and secrets of this clone (CONFIRM=yes)
	@[[ '$(CONFIRM)' == yes ]] || { echo 'This deletes all data in var/. If you mean it: make clean-data CONFIRM=yes'; exit 1; }
	@$(PYTHON_IN) -m server.launch --stop
	rm -rf var/postgres var/mosquitto var/secrets

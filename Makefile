# make up: set up and run · make test: set up and test · make check: lint, types, import rules · make bench: figures · make shots: pictures of every page
# make soak: a simulated day with faults, then the same with kills
PYTHON ?= python3
BIN := .venv/bin
SHELL := /bin/bash

.PHONY: up test check bench fuzz soak shots setup clean

setup: .venv/ready

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "essor needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

up: setup
	$(BIN)/essor up

test: setup
	$(BIN)/python -m pytest -n auto

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fuzz: setup
	$(BIN)/python -m benchmarks.fuzz

bench: setup
	$(BIN)/python -m benchmarks

soak: setup
	$(BIN)/python -m benchmarks.soak
	$(BIN)/python -m benchmarks.soak --kill

shots: setup
	$(BIN)/python -m tests.browser.shots

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache build dist *.egg-info

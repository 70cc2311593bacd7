# What one does with Yidan; `make` alone prints this list.
#
# ARGS goes to the command underneath (make test ARGS="-k gate"), WORKERS is how many tests run at once.
BIN := .venv/bin
WORKERS ?= 2
PYTEST := $(BIN)/pytest
LOCK := ../$(BIN)/uv pip compile -q --python-version 3.11 --generate-hashes --no-header

.DEFAULT_GOAL := help
.PHONY: help setup setup-run demo test check lint types imports coverage docs bench gas pictures drills machine mutants lock clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

setup: ## Make .venv with everything the tests need (apt packages too, where we are root)
	@requirements/bootstrap.sh dev

setup-run:
	@requirements/bootstrap.sh run

demo: setup-run ## The port day, then the console; ONCE=1 leaves after it, status 0 only if all came out as expected
	@$(BIN)/python examples/port_day.py $(if $(ONCE),--once) $(ARGS)

test: setup ## Every test once, in random order
	@$(PYTEST) -n $(WORKERS) --dist loadgroup --cov --cov-report= $(ARGS)

check: lint types imports test coverage ## All that has to hold before a change lands; contains test

lint: setup ## Style, format and spelling
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/codespell

types: setup ## mypy, strict
	@$(BIN)/mypy
	@$(BIN)/mypy examples

imports: setup ## Who may import whom
	@$(BIN)/lint-imports --no-logo

coverage: setup # of the last test run
	@$(BIN)/coverage report --skip-covered
	@$(BIN)/coverage report --include='*/rules.py,*/rules/*.py,ledger/*' --fail-under=100

docs: setup ## Write the pages of docs/reference that are made from the code
	@$(BIN)/python docs/generate.py

bench: setup ## Measure, as ratios against a floor taken in the same minutes
	@$(BIN)/python tests/bench/speed.py $(ARGS)

gas: setup ## Gas of every contract operation
	@$(BIN)/python tests/bench/gas.py $(ARGS)

pictures: setup ## Make the pictures in docs/images again: pages in a browser, documents as PDF
	@PICTURES=$(CURDIR)/docs/images $(PYTEST) tests/browser tests/yidan/documents/test_pictures.py $(ARGS)

drills: setup ## What takes long or needs npm: reorgs and lost transactions on anvil, and the like
	@$(PYTEST) tests/chaos -s -o "python_files=test_*.py drill_*.py" -o "python_functions=test_* drill_*" $(ARGS)

machine: setup ## The contract at length: 100,000 random acts beside its model, 500,000 calls of any bytes
	@$(PYTEST) tests/contracts -o "python_files=drill_*.py" -o "python_functions=drill_*" $(ARGS)

mutants: setup ## Take each guard out of the contract and see which test notices; what changed, or ARGS=--all
	@$(BIN)/python tests/contracts/mutants.py $(ARGS)

lock: setup ## Resolve requirements/*.in again; the locks name no host
	@cd requirements && $(LOCK) dev.in -o dev.lock && $(LOCK) -c dev.lock run.in -o run.lock \
		&& $(LOCK) -c dev.lock setup.in -o setup.lock

clean: ## Remove what make made; var/ stays, it holds keys and data
	rm -rf .venv build dist .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +

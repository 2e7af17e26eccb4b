# Everything a developer or a facilitator runs. Each target sets up what it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Browsers and servers need the two cores too: four workers take as long, and each test takes longer.
WORKERS ?= 3

# Keep compiled files: otherwise each start, and each test worker, compiles everything again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run demo test lint format images bench faults histories eval clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: $(VENV)/run.stamp ## set up and open the app
	@echo "Opening Throughline. Stop it with Ctrl+C."
	@$(BIN)/python -m streamlit run streamlit_app.py

demo: $(VENV)/run.stamp ## set up and open the demo workshop, in a database of its own
	@$(BIN)/python -m lib.demo

test: $(VENV)/dev.stamp ## set up and run all tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -q $(ARGS)

lint: $(VENV)/dev.stamp ## ruff and mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/dev.stamp ## format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

images: $(VENV)/dev.stamp ## take the pictures in docs/images again
	@THROUGHLINE_IMAGES=1 $(BIN)/python -m pytest -q -n 0 tests/browser/test_look.py -k wcag

bench: $(VENV)/dev.stamp ## measure speed, side by side in one run
	@$(BIN)/python -m bench $(ARGS)

eval: $(VENV)/dev.stamp ## walk ten steps with the configured guide and score the result
	@$(BIN)/python -m evaluation $(ARGS)

faults: $(VENV)/dev.stamp ## kill, cut and delay for 1,000 trials, then count what was lost
	@$(BIN)/python -m faults $(ARGS)

histories: $(VENV)/dev.stamp ## 1,000 random workshops with crashes and two writers; prints the seed
	@$(BIN)/python -m tests.histories $(ARGS)

clean: ## remove the environment; the data stays
	rm -rf $(VENV)

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Throughline needs Python 3.11 or newer: make PYTHON=/path/to/python3"; exit 1; }
	@echo "Setting up a Python environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run.stamp: requirements.txt $(VENV)/python.stamp
	@echo "Installing what Throughline runs on (a minute or two the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

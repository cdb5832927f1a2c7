# Every target sets up what it needs: an environment in .venv with the pinned packages of requirements.lock.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
BIN := .venv/bin
BUDGET ?= 300
READY := .venv/.ready

.PHONY: demo test check soundness mutants benchmarks docs wheel wheel-test clean

demo: $(READY)
	@$(BIN)/python -m stabproof.demo --out reports

test: $(READY)
	@echo "==> running the tests (about ten minutes on two cores)"
	@$(BIN)/python -m pytest -n auto --dist loadfile

check: $(READY)
	@echo "==> ruff, mypy"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

soundness: $(READY)
	@$(BIN)/python tests/soundness/campaign.py --budget $(BUDGET)

mutants: $(READY)
	@$(BIN)/python tests/mutants/run.py

benchmarks: $(READY)
	@for file in benchmarks/*.py; do echo "==> $$file"; $(BIN)/python $$file || exit 1; done

wheel: $(READY)
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

wheel-test: $(READY)
	@$(BIN)/python tests/wheel/run.py

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "stabproof needs Python 3.11 or newer; install it or run: make PYTHON=/path/to/python3.11"; exit 2; }
	@echo "==> creating the environment .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv
	@echo "==> installing the pinned packages (about 600 MB on disk, one to three minutes)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	@echo "==> installing stabproof"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

clean:
	@rm -rf .venv reports dist build

# Every target sets up what it needs: an environment in .venv with the pinned packages of requirements.lock.
SHELL := /bin/bash
# The newest supported interpreter that works: a name on the path may be a stub that only says where to find one, so
# pyenv's own installations are asked too.
SUPPORTED := 3.13 3.12 3.11
find = for v in $(SUPPORTED); do for p in python$$v $$(command -v pyenv >/dev/null && pyenv prefix "$$(pyenv latest $$v 2>/dev/null)" 2>/dev/null | sed 's|$$|/bin/python|'); do \
	[ "$$($$p -c 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$$v" ] && { command -v $$p; break 2; }; done; done
PYTHON ?= $(shell $(find))
OLDEST ?= python3.11
# interpreter of traced functions, front door, documents
QUICK := tests/certify/program tests/test_documents.py tests/stabproof/test_minimum.py tests/stabproof/test_equilibrium.py
BIN := .venv/bin
BUDGET ?= 300
# programs that tests start again and again import compiled modules
unexport PYTHONDONTWRITEBYTECODE
READY := .venv/.ready

.PHONY: demo test check soundness mutants benchmarks docs wheel wheel-test clean interpreters lowest quick

interpreters:
	@echo "$(PYTHON)"

demo: $(READY)
	@$(BIN)/python -m stabproof.demo --out reports

test: $(READY)
	@echo "==> running the tests (about forty minutes on two cores)"
	@$(BIN)/python -m pytest -n auto --dist loadfile

quick: $(READY)
	@echo "==> the tests that depend on JAX's version"
	@$(BIN)/python -m pytest -n auto --dist loadfile $(QUICK)

check: $(READY)
	@echo "==> ruff, mypy"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

soundness: $(READY)
	@$(BIN)/python tests/soundness/campaign.py --budget $(BUDGET)
	@echo "==> every change of every witness of the Lyapunov engines (about ten minutes)"
	@$(BIN)/python -m pytest -q -n auto -m exhaustive tests

mutants: $(READY)
	@$(BIN)/python tests/mutants/run.py

benchmarks: $(READY)
	@$(BIN)/python benchmarks/table.py $(ROWS)

# the oldest versions that pyproject.toml admits, on the oldest Python
lowest:
	@rm -rf .venv-lowest && $(OLDEST) -m venv .venv-lowest
	@.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check uv
	@.venv-lowest/bin/uv pip compile --quiet --resolution lowest-direct --extra testing --extra reports --extra cases --python .venv-lowest/bin/python \
		pyproject.toml --output-file .venv-lowest/lowest.txt
	@.venv-lowest/bin/uv pip install --quiet --python .venv-lowest/bin/python --requirement .venv-lowest/lowest.txt
	@PYTHONPATH=$(CURDIR) .venv-lowest/bin/python -m pytest -q $(QUICK)

docs: $(READY)
	@$(BIN)/python -c "import mkdocs, material, mkdocstrings, latex2mathml" 2>/dev/null || { echo "==> installing MkDocs Material, mkdocstrings and latex2mathml"; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check "latex2mathml>=3.78" "mkdocs-material>=9.6" "mkdocstrings[python]>=0.30"; }
	@echo "==> building the site; the notebooks are run (about two minutes)"
	@NO_MKDOCS_2_WARNING=1 DISABLE_MKDOCS_2_WARNING=true $(BIN)/python -m mkdocs build --strict --quiet
	@echo "written: site/index.html; to read it with its search: python -m http.server --directory site"

wheel: $(READY)
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

wheel-test: $(READY)
	@$(BIN)/python tests/wheel/run.py

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "stabproof needs Python 3.11, 3.12 or 3.13; install one or run: make PYTHON=/path/to/python3.11"; exit 2; }
	@echo "==> creating the environment .venv with $(PYTHON) ($$($(PYTHON) --version)), the newest supported one found"
	@$(PYTHON) -m venv .venv
	@echo "==> installing the pinned packages (about 1.1 GB on disk, one to three minutes)"
	@$(BIN)/python -m pip install --disable-pip-version-check --no-color --progress-bar off --requirement requirements.lock \
		| while read -r word rest; do case "$$word" in Collecting) printf .;; Installing) printf ' unpacking';; esac; done; \
		test "$${PIPESTATUS[0]}" = 0 || { rm -rf .venv; exit 1; }
	@echo
	@echo "==> installing stabproof"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

clean:
	@rm -rf .venv .venv-lowest reports dist build site

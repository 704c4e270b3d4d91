# `make run` maps the bundled papers, `make test` runs the tests; both set up .venv by themselves.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
VENV := .venv
BIN := $(VENV)/bin
# Rules call plain `python`: without conda it must be that of .venv.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONNOUSERSITE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run test lint bench lock prune-cache
help: ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: $(VENV)/.run ## map the papers that config.yaml names (ARGS="--configfile mine.yaml")
	@snakemake --cores $(CORES) $(ARGS)
	@echo "Map: results/map.png, results/map.html   Topics: results/topics.csv   All of it: results/report.html"

test: $(VENV)/.test ## run the tests (ARGS="-k kmeans")
	@python -m pytest $(ARGS)

lint: $(VENV)/.test ## check format and style
	@ruff check . && ruff format --check . && snakefmt --check . && snakemake --lint

bench: $(VENV)/.test ## measure speed and memory beside the reference ways (ARGS="clean")
	@python bench/run.py $(ARGS)

prune-cache: $(VENV)/.run ## delete cached vectors that no corpus uses (ARGS="--papers a.parquet b.parquet")
	@python scripts/prune_cache.py $(ARGS)

lock: ## pin requirements.in and all it needs in requirements.txt
	rm -rf $(VENV)-lock && $(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet --requirement requirements.in
	{ echo "# Made by \`make lock\` from requirements.in: do not edit."; \
	  $(VENV)-lock/bin/python -m pip freeze | sed 's/+cpu//'; } > requirements.txt
	rm -rf $(VENV)-lock

$(VENV)/.python:
	@test -n "$(PYTHON)" || { echo "error: no Python found; install Python 3.11 or set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is too old; install Python 3.11 or set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV) && touch $@

$(VENV)/.run: requirements.txt | $(VENV)/.python
	@echo "Setting up $(VENV): this takes some minutes, once"
	@$(BIN)/python -m pip install --quiet --requirement requirements.txt
	@touch $@

$(VENV)/.test: requirements-dev.txt $(VENV)/.run
	@$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	@touch $@

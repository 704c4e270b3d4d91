# `make run` maps the bundled papers, `make test` runs the tests. Both set up .venv by themselves.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
VENV := .venv
BIN := $(VENV)/bin
# Rules call plain `python`: without conda it must be that of .venv.
export PATH := $(abspath $(BIN)):$(PATH)
export PYTHONNOUSERSITE := 1
export PYTHONUTF8 := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# A mistyped variable would be ignored. `origin` says "command line" of those given there.
KNOWN := INPUT RESULTS CONFIG ARGS CORES PYTHON VENV PAPERS CACHE CORPUS ID TEXT EXPORT NAME RUN \
  TOPIC DESCRIBE MERGE HIDE NOTE BY EDITS K A B
UNKNOWN := $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
UNKNOWN := $(filter-out $(KNOWN) SHELL,$(UNKNOWN))
ifneq ($(UNKNOWN),)
$(error unknown: $(UNKNOWN); the variables of this Makefile are $(KNOWN))
endif

# Snakemake ends in a traceback if it cannot read a config key or find a config file.
WRONG := $(shell printf '%s\n' $(CONFIG) | grep -vE '^[A-Za-z_][A-Za-z0-9_-]*[A-Za-z0-9_]=')
ifneq ($(WRONG),)
$(error CONFIG: $(WRONG): keys stand in their section; write CONFIG="cluster='{k: 25}'")
endif
CONFIG_FILES := $(if $(findstring --configfile,$(ARGS)),$(filter %.yaml %.yml,$(patsubst --configfile=%,%,$(ARGS))))
ABSENT := $(shell for file in $(CONFIG_FILES); do test -e $$file || echo $$file; done)
ifneq ($(ABSENT),)
$(error no such file: $(ABSENT); the presets are $(wildcard presets/*.yaml))
endif

ifneq ($(and $(K),$(filter cluster=%,$(CONFIG))),)
$(error give K with the other keys of its section: CONFIG="cluster='{k: $(K), …}'")
endif

# A name such as O'Neil.ris, between the quotation marks of the shell
IN = $(subst ','\'',$(INPUT))

# INPUT, RESULTS, K and CONFIG become one `--config`, since Snakemake takes the last one only.
RESULTS ?= results
SETTINGS := $(if $(INPUT),'input=$(IN)') $(if $(filter-out results,$(RESULTS)),'pathvars={results: "$(RESULTS)"}') $(if $(K),'cluster={k: $(K)}' )$(CONFIG)
ifneq ($(strip $(SETTINGS) $(value NAME)),)
ifneq ($(findstring --config ,$(ARGS) ),)
$(error with INPUT, RESULTS, NAME, K or CONFIG, pass config keys as CONFIG="..." and not as ARGS="--config ...")
endif
SET := --config $(SETTINGS)
endif
SNAKEMAKE = PYTHONPATH=tools snakemake --cores $(CORES) --logger steps

.PHONY: help budget run update unlock compare explain assign ask edit export atlas test lint docs bench lock prune-cache prune-run
help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: $(VENV)/.run ## map the papers (INPUT=mine.jsonl.gz RESULTS=runs/mine K=25 CONFIG="plot='{dpi: 300}'" ARGS="-n")
	@$(SNAKEMAKE) $(SET) $(ARGS)

update: $(VENV)/.run ## map a newer collection so that topics keep numbers and names (INPUT=new.zip NAME=2026-09), in runs/NAME
	@test -n "$(NAME)" || { echo "error: name the new run: make update INPUT=new.zip NAME=2026-09" >&2; exit 1; }
	@previous=$$(python tools/newest_run.py --name '$(NAME)' --results '$(RESULTS)') || exit 1; \
	  echo "Previous: $${previous:-none is finished, so that this run starts a chain}"; \
	  $(SNAKEMAKE) --config $(if $(INPUT),'input=$(IN)') 'pathvars={results: "runs/$(NAME)"}' \
	  $${previous:+"previous=$$previous"} $(if $(K),'cluster={k: $(K)}' )$(CONFIG) $(ARGS)
	@cat 'runs/$(NAME)/logs/changes.log' 2>/dev/null || true

unlock: $(VENV)/.run ## let runs go on after one was killed (with what the run was started with)
	@snakemake --unlock --cores 1 --quiet all $(SET) $(ARGS) && echo "unlocked: run the same command again"

compare: $(VENV)/.run ## put two finished runs on one page, compare.html (A=runs/x B=runs/y)
	@test -n "$(A)" -a -n "$(B)" || { echo "error: name two runs: make compare A=runs/x B=runs/y" >&2; exit 1; }
	@python tools/compare_runs.py --a '$(A)' --b '$(B)' $(ARGS)

explain: $(VENV)/.run ## say why a paper is in its topic (ID=0704.0027 RESULTS=runs/mine)
	@test -n "$(ID)" || { echo "error: name a paper: make explain ID=0704.0027" >&2; exit 1; }
	@python tools/explain_paper.py --id='$(ID)' --results '$(RESULTS)' --threads $(CORES) $(ARGS)

assign: $(VENV)/.run ## put new papers into the topics of a finished run (INPUT=new.jsonl RESULTS=runs/mine)
	@test -n '$(IN)' || { echo "error: name the new papers: make assign INPUT=new.jsonl" >&2; exit 1; }
	@python tools/assign.py --input='$(IN)' --results='$(RESULTS)' --cache='$(or $(CACHE),cache/embeddings)' \
	  --threads=$(CORES) $(ARGS)

ask: export ASKED = $(value TEXT)
ask: $(VENV)/.run ## say to which topic a text belongs (TEXT="title. abstract" RESULTS=runs/mine)
	@test -n "$$ASKED" || { echo 'error: give a text: make ask TEXT="title. abstract"' >&2; exit 1; }
	@python tools/ask.py --text="$$ASKED" --results='$(RESULTS)' --threads=$(CORES) $(ARGS)

# Texts reach the shell as they were written. Without `unexport`, make expands their dollars for each command.
EDIT := TOPIC NAME DESCRIBE MERGE HIDE PAPERS NOTE BY EDITS
unexport TEXT $(EDIT)
$(foreach name,$(EDIT),$(eval edit: export EDIT_$(name) = $$(value $(name))))
edit: $(VENV)/.run ## add an edit to edits.yaml (TOPIC=t7f3a NAME="New name" DESCRIBE= MERGE= HIDE=1 PAPERS= NOTE= BY=)
	@python tools/edit_topic.py --topic="$$EDIT_TOPIC" --name="$$EDIT_NAME" --describe="$$EDIT_DESCRIBE" \
	  --merge="$$EDIT_MERGE" --hide="$$EDIT_HIDE" --papers="$$EDIT_PAPERS" --note="$$EDIT_NOTE" --by="$$EDIT_BY" \
	  --edits="$$EDIT_EDITS" --results='$(RESULTS)' $(ARGS)

export: $(VENV)/.run ## write files for VOSviewer, Gephi, igraph and Zotero of a finished run into results/exchange (RESULTS=runs/mine)
	@test -f '$(RESULTS)/papers.parquet' || { echo "error: RESULTS: $(RESULTS) is not the folder of a finished run; make it by \`make run\` first" >&2; exit 1; }
	@# that rule alone: with the config of another run the map itself would be made again
	@PYTHONPATH=tools snakemake export --allowed-rules export --cores $(CORES) --logger steps $(SET) $(ARGS)
	@$(if $(filter -n% --dry-run --dryrun,$(ARGS)),:,ls -d '$(RESULTS)'/exchange/* | sed 's/^/Result: /')

atlas: $(VENV)/.run $(VENV)-atlas/.ready ## explore millions of papers in Embedding Atlas (EXPORT=site/; the rest as for `run`)
	@snakemake atlas --cores $(CORES) $(SET) $(ARGS)
	@tools/open_atlas.sh $(VENV)-atlas '$(RESULTS)' '$(EXPORT)'

budget: $(VENV)/.run ## print time, memory and disk per step, beside the last run, or for PAPERS=250000000
	@python tools/budget.py $(SET) $(if $(PAPERS),--papers $(PAPERS)) $(ARGS)

test: $(VENV)/.test ## run the tests (ARGS="-k kmeans")
	@python -m pytest $(ARGS)

lint: $(VENV)/.test ## check format, style, types and generated files
	@ruff check . && ruff format --check . && snakefmt --check . && mypy && tools/lint_js.sh && snakemake --lint && python tools/document.py --check

docs: $(VENV)/.test ## write config.yaml, docs/configuration.md, docs/files.md and tables in docs/ from schemas and rules
	@python tools/document.py

bench: $(VENV)/.test ## measure speed and memory beside reference ways (ARGS="clean" CORPUS=papers.jsonl.zst)
	@CORPUS=$(CORPUS) python bench/run.py $(ARGS)

prune-cache: $(VENV)/.run ## delete cached vectors that no corpus uses (PAPERS="a.parquet b.parquet" ARGS=--dry-run)
	@python tools/prune_cache.py --cache $(or $(CACHE),cache/embeddings) \
	  --papers $(or $(PAPERS),'$(RESULTS)/corpus/papers.parquet') $(ARGS)

prune-run: $(VENV)/.run ## delete the large arrays of a finished run (RUN=runs/2026-08 ARGS=--dry-run)
	@test -n "$(RUN)" || { echo "error: name the run: make prune-run RUN=runs/2026-08" >&2; exit 1; }
	@python tools/prune_run.py --run '$(RUN)' $(ARGS)

lock: ## pin requirements.in and all it needs in requirements.txt and envs/, and the same for `atlas`
	rm -rf $(VENV)-lock && $(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet --requirement requirements.in
	{ echo "# Made by \`make lock\` from requirements.in: do not edit."; \
	  $(VENV)-lock/bin/python -m pip freeze | sed 's/+cpu//'; } > requirements.txt
	$(VENV)-lock/bin/python tools/pin_envs.py
	rm -rf $(VENV)-lock && $(PYTHON) -m venv $(VENV)-lock
	grep -v '^embedding-atlas' requirements-atlas.in | $(VENV)-lock/bin/python -m pip install --quiet --requirement /dev/stdin
	grep '^embedding-atlas' requirements-atlas.in | $(VENV)-lock/bin/python -m pip install --quiet --no-deps --requirement /dev/stdin
	{ echo "# Made by \`make lock\` from requirements-atlas.in: do not edit."; \
	  $(VENV)-lock/bin/python -m pip freeze; } > requirements-atlas.txt
	rm -rf $(VENV)-lock

$(VENV)/.python:
	@test -n "$(PYTHON)" || { echo "error: no Python found; install Python 3.11 or set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@command -v '$(PYTHON)' >/dev/null || { echo "error: no such program: $(PYTHON); install Python 3.11 or set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is too old; install Python 3.11 or set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV) && touch $@

$(VENV)/.run: requirements.txt | $(VENV)/.python
	@echo "Setting up $(VENV): this takes about half a minute, once"
	@tools/uv_install.sh requirements.txt $(VENV)
	@touch $@

$(VENV)/.test: requirements-dev.txt $(VENV)/.run
	@tools/uv_install.sh requirements-dev.txt $(VENV)
	@touch $@

$(VENV)-atlas/.ready: requirements-atlas.txt | $(VENV)/.run
	@echo "Setting up $(VENV)-atlas: this takes a few seconds, once"
	@rm -rf $(VENV)-atlas && $(VENV)/bin/python -m venv $(VENV)-atlas
	@tools/uv_install.sh requirements-atlas.txt $(VENV)-atlas --no-deps
	@touch $@

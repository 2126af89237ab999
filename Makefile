# Everything that people do with this project, one word each. `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
PYTEST := $(BIN)/python -m pytest
export PYTHONDONTWRITEBYTECODE :=  # what is compiled once starts faster ever after

.PHONY: help env demo app test coverage check browser bench docs lock

help: ## list these targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

env: $(STAMP) ## create the environment in .venv

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "valuekit needs Python 3.11 or newer; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	@# two installers, each with every other line of the lock: to unpack keeps one processor busy
	awk '/^[a-z]/ {n++} {print > ".venv/half-" n % 2 ".lock"}' requirements.lock
	$(INSTALL) --no-compile --require-hashes -r .venv/half-0.lock & other=$$!; \
	  $(INSTALL) --no-compile --require-hashes -r .venv/half-1.lock; one=$$?; wait $$other && [ $$one = 0 ]
	$(BIN)/python -m compileall -q -j 0 -x /tests/ .venv >/dev/null || true  # some packages hold templates
	$(INSTALL) --no-build-isolation --editable .
	touch $(STAMP)

demo: env ## simulate a company, run everything on it, say what was found
	$(BIN)/valuekit demo

app: env ## open the front end on the newest run
	$(BIN)/valuekit app

check: env ## lint, types and the layer contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

browser: ## install the system's chromium where that is allowed
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || echo "no chromium: browser tests will be skipped"

test: env browser ## lint, types, layer contract, tests
	@# lint, types and layers are checked beside the tests, and told behind them
	@told=$$(mktemp); $(MAKE) --no-print-directory check >$$told 2>&1 & checks=$$!; \
	  $(PYTEST) -n 3 --dist loadfile --no-loadscope-reorder; tested=$$?; \
	  if wait $$checks; then echo "lint, types, layer contract: passed"; checked=0; else cat $$told; checked=1; fi; \
	  rm $$told; [ $$tested = 0 ] && [ $$checked = 0 ]

coverage: env browser ## which lines the tests do not reach; a fifth slower than the tests alone
	$(PYTEST) -n 2 --dist loadfile --cov --cov-report=term:skip-covered

bench: env ## time the run at three sizes, and lifecycle, cash flow and lifetime value alone at a million
	$(BIN)/python -m tests.bench.run
	$(BIN)/python -m tests.bench.lifecycle
	$(BIN)/python -m tests.bench.cashflow
	$(BIN)/python -m tests.bench.ltv

docs: env ## write the pages of docs/ that come from code
	$(BIN)/python -m pipelines.reference docs

lock: ## compile requirements.lock from pyproject.toml (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --extra dev pyproject.toml -o requirements.lock --quiet

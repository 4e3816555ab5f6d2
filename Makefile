# Two commands do everything: `make run` and `make test`. Each makes its own environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: run test check fix golden fuzz bench clean lock coverage
.DEFAULT_GOAL := run

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "feedbraid needs Python 3.11 or later; say which with: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "Python has no venv module here; on Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Making the environment in $(VENV) ..."
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

run: $(VENV)/dev ## fetch, merge, and write feeds/ from config.yaml
	@$(BIN)/feedbraid run

test: $(VENV)/dev ## the whole test suite
	@$(BIN)/pytest -n $$($(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 1)') # one more than there are processors: some tests wait

check: $(VENV)/dev ## linters, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

coverage: $(VENV)/dev ## the test suite, with branch coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

fix: $(VENV)/dev ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: $(VENV)/dev ## write the expected documents of the tests again; read the diff before you commit it
	FEEDBRAID_GOLDEN=write $(BIN)/pytest -q tests -k golden

SECONDS ?= 60
SEED ?= 1
fuzz: $(VENV)/dev ## throw damaged documents at it for SECONDS; what does not hold goes to tests/corpus/
	nice -n 19 $(BIN)/python fuzz --seconds $(SECONDS) --seed $(SEED) $(FUZZ)

BENCH ?=
bench: $(VENV)/dev ## measure everything, beside its peers; takes hours. BENCH=--quick only sees that it works
	$(BIN)/python bench/all.py $(BENCH)

lock: $(VENV)/dev ## pin the dependencies again
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --group dev --all-extras pyproject.toml --output-file requirements-dev.lock

clean: ## remove everything that was made; the store in .feedbraid/ stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.* dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

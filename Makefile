# make run    the product and a sandbox, wired to each other
# make test   every check: format, lint, types, import contracts, tests
# make simulate SEEDS="1000 2000"  histories of these seeds on all cores
# make pictures  every page in light, dark and on a telephone, into docs/screenshots
# make bench  what pages cost and weigh, and how fast the sandbox answers

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
SEEDS ?= 1000 2000
STAMP = $(VENV)/.installed

.PHONY: run test simulate pictures bench clean

run: $(STAMP)
	$(BIN)/calsync demo

test: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest $(PYTEST_ARGS)

simulate: $(STAMP)
	$(BIN)/python -m tests.simulation $(SEEDS)

pictures: $(STAMP)
	$(BIN)/python -m tests.pictures

bench: $(STAMP)
	$(BIN)/python -m bench.my_calendar
	$(BIN)/python -m bench.sync_pages
	$(BIN)/python bench/sandbox.py

$(STAMP): setup.cfg pyproject.toml constraints.txt
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
		uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[test]'; \
	else \
		$(PYTHON) -m venv $(VENV) && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'; \
	fi
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info

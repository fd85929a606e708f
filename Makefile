# make run    the product and a sandbox, wired to each other
# make test   every check: format, lint, types, import contracts, tests
# make test-long  kills, backups put back and changes of schema, in real processes (docs/trials.md)
# make simulate  fresh histories on all cores, until it is interrupted; SEEDS="1000 2000" are chosen
# make mutants  whether seeded bugs are told by the histories
# make pictures  every page in light, dark and on a telephone, into docs/screenshots
# make bench  what syncs, pages and lists cost, beside the least that they could (docs/bench.md)

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
SEEDS ?=
STAMP = $(VENV)/.installed
INSTALL = if command -v uv >/dev/null 2>&1; then \
		set -- uv pip install --quiet --python $(BIN)/python; \
	else \
		set -- $(BIN)/python -m pip install --quiet --disable-pip-version-check; \
	fi; "$$@" -c constraints.txt

.PHONY: run test test-long simulate mutants pictures bench clean

run: $(STAMP)
	$(BIN)/calsync demo

test: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest $(PYTEST_ARGS)

test-long: $(STAMP)
	$(BIN)/python -m tests.long $(LONG_ARGS)

simulate: $(STAMP)
	$(BIN)/python -m tests.simulation $(SEEDS)

mutants: $(STAMP)
	$(BIN)/python -m tests.mutants

pictures: $(STAMP)
	$(BIN)/python -m tests.pictures

bench: $(STAMP)
	@test -x $(BIN)/vdirsyncer || $(INSTALL) -e '.[bench]' || echo "vdirsyncer stays away."
	$(BIN)/python -m bench

$(STAMP): setup.cfg pyproject.toml constraints.txt
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python $(PYTHON) $(VENV); \
	else \
		$(PYTHON) -m venv $(VENV); \
	fi
	@$(INSTALL) -e '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info

# Two commands are all the set-up: `make run` and `make test`. The rest is for those who build.
.DEFAULT_GOAL := help
.PHONY: help run test soak lint lint-style lint-types lint-sql all-tests serve bench docs lock clean

VENV   := .venv
BIN    := $(VENV)/bin
# The first interpreter that is new enough; say PYTHON=/path/to/python3.12 to choose another.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

help: ## This list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

run: $(VENV)/.run-installed ## Fresh machine to dimensioning report: sample night, yearly run, report
	@$(BIN)/tilbudsplan demo

# Where a machine forbids it, every process that a test starts compiles the code again.
test soak: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/.test-installed ## Everything the tests need, then lint, types and all tests
	@$(MAKE) --no-print-directory -j 4 lint all-tests

# Lint beside it takes the time in which nights wait for servers and browsers.
all-tests:
	@$(BIN)/python -m pytest -n 2 --dist loadfile

soak: $(VENV)/.test-installed ## A played year, decisions made again, nights killed everywhere; writes docs/reliability.md
	@$(BIN)/python -m pytest -m soak -n 2 --dist loadfile tests/cycle tests/decisions tests/forecast
	@$(BIN)/python -m tests.survival.soak

lint: lint-style lint-types lint-sql ## Style, types and SQL style

lint-style lint-types lint-sql all-tests: $(VENV)/.test-installed

lint-style:
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .

lint-types:
	@$(BIN)/mypy --no-error-summary

lint-sql:
	@$(BIN)/sqlfluff lint --nocolor --disable-progress-bar -p 2 sql >$(VENV)/sqlfluff.log || { cat $(VENV)/sqlfluff.log; exit 1; }

serve: $(VENV)/.run-installed ## Prefect server, schedule and runner on loopback
	@$(BIN)/python -m flows.serve

bench: $(VENV)/.test-installed ## Speed against peers and limits, one table
	@$(BIN)/python -m bench

docs: $(VENV)/.test-installed ## Write docs/data.md anew from catalogue, SQL headers and suites
	@$(BIN)/python -m tasks.publish.data_page

lock: ## Write deploy/*.lock anew from pyproject.toml (needs uv)
	@deploy/compile_lock.sh

clean: ## Remove the environment; figures under var/ are left alone
	rm -rf $(VENV) *.egg-info

# pip compiles on one core what compileall does on all; what cannot be compiled was never meant to be.
# Hashes are demanded of every file, the build backend included; a mismatch stops the install. The
# lock is complete, so nothing is resolved: pip would look past its pins for packages with extras.
define install
	@test -n "$(PYTHON)" || { echo "Trenger Python 3.11 eller nyere (make PYTHON=/sti/til/python3.11)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Fikk ikke laget $(VENV). På Debian og Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Installerer det som trengs i $(VENV) (et par minutter første gang) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --no-deps -r $(1)
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
endef

$(VENV)/.run-installed: deploy/requirements.lock pyproject.toml
	$(call install,deploy/requirements.lock)

$(VENV)/.test-installed: deploy/requirements-dev.lock pyproject.toml deploy/test_tools.sh
	$(call install,deploy/requirements-dev.lock)
	@deploy/test_tools.sh
	@touch $(VENV)/.run-installed

# photobatch: everything that a person types. `make help` lists it.
# Needs python3.11, pip and make; another interpreter: make PYTHON=/path/to/python3.11 …

PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/installed
DEMO := demo
DEMO_PHOTOS := 50

.DEFAULT_GOAL := help
.PHONY: help setup system system-test demo serve test test-slow guard lint format docs bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: system $(STAMP) ## .venv with everything in it, in the versions of constraints.txt

# Only when pyproject.toml or constraints.txt changed. Debian's python3.11 may come without ensurepip: then pip puts
# itself in. Recipes that call what is installed say so by `setup`.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
	    || { echo "photobatch needs Python 3.11: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv >/dev/null 2>&1 \
	    || { $(PYTHON) -m venv --clear --without-pip .venv && $(PYTHON) -m pip --python $(BIN)/python install -q pip; }
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e '.[server,dev]'
	@touch $@

system:
	@.ci/system-packages

system-test:
	@.ci/system-packages --test

demo: setup ## 50 photos retouched, with a contact sheet and what it cost, in demo/
	@rm -rf $(DEMO)/results
	@$(BIN)/python -m benchmarks.photos.demo_photos $(DEMO)/photos --count $(DEMO_PHOTOS)
	$(BIN)/photobatch run $(DEMO)/photos --preset beauty_light --out $(DEMO)/results --json > $(DEMO)/run.json
	@$(BIN)/python -m benchmarks.pages.contact_sheet $(DEMO)/photos $(DEMO)/results $(DEMO)/contact-sheet.png
	@$(BIN)/python -m benchmarks.pages.summary $(DEMO)/run.json $(DEMO)/photos

serve: setup ## the service on http://127.0.0.1:8001
	$(BIN)/photobatch serve

test: system-test setup lint ## lint and every test but the slow ones
	$(BIN)/python -m pytest -m 'not slow'

test-slow: system-test setup ## the slow tests: chaos and soak
	@$(BIN)/python -m pytest -m slow; status=$$?; \
	    if [ $$status = 5 ]; then echo "There are no slow tests yet."; else exit $$status; fi

lint: setup ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup ## let ruff put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

guard: setup ## fails when something has become much slower than it was recorded
	$(BIN)/python -m benchmarks.guard

docs: setup ## docs/http.md from the application, docs/presets.md from the presets
	$(BIN)/python -m deployments.reference
	$(BIN)/python -m benchmarks.pages.preset_pages

bench: setup ## every benchmark for a minute, its figures beside their targets; whole: .venv/bin/python -m benchmarks
	$(BIN)/python -m benchmarks --quick

clean: ## everything that was made, except .venv and the recorded results
	rm -rf $(DEMO) tests/out dist .venv-peers .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

# photobatch: everything that a person types. `make help` lists it.
# Needs Python 3.11 to 3.13, pip and make. Which Python: make PYTHON=/path/to/python3.12 …, before there is a .venv.

PYTHONS := python3.11 python3.12 python3.13 python3
TESTED := (3, 11) <= __import__("sys").version_info[:2] <= (3, 13)
# The first that starts: pyenv has names for interpreters that it does not start.
PYTHON ?= $(shell for python in $(PYTHONS); do $$python -c 'assert $(TESTED)' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
ALL := .venv/installed
CPU := .venv/installed-cpu
SERVER := .venv/installed-server
DEMO := demo
DIST := dist
DEMO_PHOTOS := 50

.DEFAULT_GOAL := help
.PHONY: help setup setup-cpu setup-server system system-test demo serve check unit test test-slow guard lint format docs \
    app-test app-types bench dist clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: system $(ALL) ## .venv with everything in it, in the versions of constraints.txt

setup-cpu: system $(CPU) ## .venv with what runs without a GPU: no torch, no tools

setup-server: system $(SERVER) ## .venv with what a node of a cluster needs: torch, no tools

# Only when pyproject.toml or constraints.txt changed. All are steps of the same .venv, and recipes that call what is
# installed say so by `setup` or `setup-cpu`.
INSTALL = $(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt

# Nothing is compiled ahead: a demo imports a tenth of it, and Python compiles what it imports.
$(CPU): pyproject.toml constraints.txt | $(BIN)/pip
	$(INSTALL) --no-compile -e '.[cpu,demo]'
	@touch $@

$(SERVER): pyproject.toml constraints.txt | $(BIN)/pip
	$(INSTALL) -e '.[server]'
	@touch $@

$(ALL): pyproject.toml constraints.txt | $(BIN)/pip
	$(INSTALL) -e '.[server,dev]'
	@touch $@ $(CPU) $(SERVER)

# Debian's Python may come without ensurepip: then pip puts itself in. One of 2023 takes half a minute more to choose
# among the wheels that there are.
$(BIN)/pip:
	@$(or $(PYTHON),false) -c 'assert $(TESTED)' 2>/dev/null \
	    || { echo "photobatch needs Python 3.11 to 3.13: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 \
	    || { $(PYTHON) -m venv --clear --without-pip .venv && $(PYTHON) -m pip --python $(BIN)/python install -q pip; }
	@$(INSTALL) --upgrade pip

system:
	@.ci/system-packages

system-test:
	@.ci/system-packages --test

demo: setup-cpu ## 50 photos retouched, with a contact sheet and what it cost, in demo/
	@rm -rf $(DEMO)/results
	@$(BIN)/python -m benchmarks.photos.demo_photos $(DEMO)/photos --count $(DEMO_PHOTOS)
	$(BIN)/photobatch run $(DEMO)/photos --preset beauty_light --out $(DEMO)/results --json > $(DEMO)/run.json
	@$(BIN)/python -m benchmarks.pages.contact_sheet $(DEMO)/photos $(DEMO)/results $(DEMO)/contact-sheet.png
	@$(BIN)/python -m benchmarks.pages.summary $(DEMO)/run.json $(DEMO)/photos

# torch is for GPUs and networks.
serve: $(if $(wildcard /proc/driver/nvidia/version),setup,setup-cpu) ## the service on http://127.0.0.1:8001
	$(BIN)/photobatch serve

# Tests mostly wait for processes to start, so there are more of them at a time than cores. A file's tests share what it
# has started. They run in the order that tests/conftest.py gives them.
PYTEST = $(BIN)/python -m pytest --numprocesses $(TESTERS) --dist loadfile --no-loadscope-reorder --durations 25
TESTERS ?= $(shell expr $$(nproc) + 1)

check: setup ## the loop to work in: lint, types, and tests that need nothing but Python
	@$(MAKE) --no-print-directory --jobs 2 --output-sync lint unit

UNITS := tests/test_layers.py tests/test_project.py tests/actors/photos tests/actors/batches tests/deployments \
    tests/presets tests/models/colour tests/models/erase tests/storage/test_keys.py tests/web/test_words.py

unit: setup
	$(PYTEST) $(UNITS)

test: system-test setup lint ## lint and every test but the slow ones
	$(PYTEST) -m 'not slow'

test-slow: system-test setup ## what takes long: chaos, soak, clusters, upgrades, wheels
	$(PYTEST) -m slow

lint: setup ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup ## let ruff put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

guard: setup ## fails when something has become much slower than it was recorded
	$(BIN)/python -m benchmarks.guard

docs: setup ## docs/http.md from the application, docs/presets.md from the presets, the manifest from the chart
	$(BIN)/python -m deployments.reference
	$(BIN)/python -m deployments.reference.manifest
	$(BIN)/python -m benchmarks.pages.preset_pages

# What the phone app is built with. npm ci takes exactly what the lock names.
APP := app/node_modules/.installed
$(APP): app/package.json app/package-lock.json
	cd app && npm ci --loglevel=error
	@touch $@

app-test: $(APP) ## the phone app: types, lint, unit tests, and its bundles for the web, Android and iOS
	cd app && npm run --silent check && npm run --silent bundle

app-types: setup $(APP) ## the phone app's types from the service's OpenAPI document
	@mkdir -p app/dist
	$(BIN)/python -m deployments.reference.openapi app/dist/openapi.json
	cd app && npm run --silent types -- dist/openapi.json

bench: setup ## every benchmark for a minute, its figures beside their targets; whole: .venv/bin/python -m benchmarks
	$(BIN)/python -m benchmarks --quick

dist: setup ## the wheel and the source distribution, in dist/
	rm -rf $(DIST)
	$(BIN)/python -m build --quiet --outdir $(DIST)

clean: ## everything that was made, except .venv, app/node_modules and the recorded results
	rm -rf $(DEMO) $(DIST) app/dist tests/out .venv-peers .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -not -path './app/*' -prune -exec rm -rf {} +

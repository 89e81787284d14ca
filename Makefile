# Two commands do everything on a fresh machine: `make demo` and `make test`. Both install what they need.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# What failed is run once more in a process of its own, with servers of its own; see docs/decisions/0015-once-more.md.
AGAIN = test $$? -eq 1 && echo "make: once more: what failed" && $(BIN)/python -m pytest --last-failed --last-failed-no-failures none --maxfail 5

# What failed is remembered in another place by what runs beside others.
BESIDE = -o cache_dir=.pytest_cache/contract

.PHONY: help demo test test-contract test-system nightly test-fast check bench crds reference words lock interop troubleshooting clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# uv comes from PyPI by the pip of any Python; everything else comes from the lock file with hashes. Where PYTHONDONTWRITEBYTECODE is set,
# each start of `mtc` would compile hundreds of modules anew, which takes a second: it is done once, as pip does it.
$(STAMP): requirements-uv.txt requirements-dev.lock pyproject.toml
	@echo "make: installing Python packages into $(VENV) (about 20 s, once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-uv.txt
	@$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements-dev.lock
	@$(BIN)/uv pip install --quiet --no-deps --python $(BIN)/python --editable .
	@$(BIN)/python -m compileall -q src
	@touch $@

demo: $(STAMP) ## two real clusters, a shop with data, its migration, the proof (20 min the first time, then under 3)
	@$(BIN)/mtc demo

test: $(STAMP) ## everything that CI runs
	@PYTHONPATH=tests $(BIN)/python -m kit.prepare
	@$(BIN)/python -m pytest tests/unit --numprocesses auto
	@$(BIN)/python -m pytest tests/story --numprocesses 4 --dist worksteal || { $(AGAIN) tests/story; }
	@$(MAKE) --no-print-directory --jobs 2 test-contract test-system

test-system:
	@$(BIN)/python -m pytest tests/system || { $(AGAIN) tests/system; }

# System tests mostly wait for pods. Beside them, with less of a right to the processors, and told when it is over.
test-contract:
	@mkdir -p .pytest_cache; { nice -n 5 $(BIN)/python -m pytest $(BESIDE) tests/contract || { $(AGAIN) $(BESIDE) tests/contract; }; } \
		> .pytest_cache/contract.log 2>&1; code=$$?; echo "make: tests/contract, beside the system tests:"; cat .pytest_cache/contract.log; exit $$code

nightly: $(STAMP) ## what takes hours: every failure that `mtc explain` has to find, every fault, every kill in every phase
	@PYTHONPATH=tests $(BIN)/python -m kit.prepare
	@MTC_TEST_FAILURES=all $(BIN)/python -m pytest tests/story/test_failures.py
	@MTC_TEST_FUZZ=2000 $(BIN)/python -m pytest tests/story/test_fuzz.py
	@$(BIN)/python -m pytest tests/story tests/contract -m nightly --numprocesses 2 --dist load
	@MTC_TEST_FAILURES=all $(BIN)/python -m pytest tests/system/test_failures.py
	@$(BIN)/python -m pytest tests/system -m nightly

test-fast: $(STAMP) ## the tests that need no clusters
	@$(BIN)/python -m pytest tests/unit

check: $(STAMP) ## style, types, layers, spelling, unused dependencies, generated files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/codespell
	@$(BIN)/deptry . --no-ansi
	@$(BIN)/python -m mtc.api.crd --check deploy/crds
	@$(BIN)/python -m mtc.api.reference --check docs/reference
	@$(BIN)/python -m mtc.cli._reference --check docs/reference/cli
	@$(BIN)/python -m mtc.diagnose.reference --check docs/reference
	@$(BIN)/python -m mtc.install.least_privilege --check deploy/manifests/least-privilege
	@PYTHONPATH=tests $(BIN)/python -m kit.words --check

bench: $(STAMP) ## speed and memory as ratios against a plain peer in the same run
	@PYTHONPATH=tests $(BIN)/python -m kit.prepare
	@PYTHONPATH=tests $(BIN)/python -m bench

interop: $(STAMP) ## our buckets and real Velero's command line and server against each other (builds Velero, about 10 min once)
	@PYTHONPATH=tests $(BIN)/python -m kit.prepare
	@$(BIN)/python -m pytest tests/interop

crds: $(STAMP) ## write deploy/crds anew from the models, and the roles of least privilege from the list of rights
	@$(BIN)/python -m mtc.api.crd deploy/crds
	@$(BIN)/python -m mtc.install.least_privilege deploy/manifests/least-privilege

reference: $(STAMP) ## write docs/reference anew from the code
	@$(BIN)/python -m mtc.api.reference docs/reference
	@$(BIN)/python -m mtc.cli._reference docs/reference/cli
	@$(BIN)/python -m mtc.diagnose.reference docs/reference

words: $(STAMP) ## bring the translations up to date with the texts in the code
	@PYTHONPATH=tests $(BIN)/python -m kit.words

troubleshooting: $(STAMP) ## write the output on docs/troubleshooting anew, from a lab with migrations (LAB=default)
	@$(BIN)/python lab/troubleshooting.py $(or $(LAB),default)

lock: $(STAMP) ## write the lock files anew
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --group dev --group lab pyproject.toml -o requirements-dev.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 requirements-uv.in -o requirements-uv.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 deploy/hook-runner/requirements.in -o deploy/hook-runner/requirements.txt

clean: ## remove what make and the tools put into the checkout (not the cache of built programs)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist

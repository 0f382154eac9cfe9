# Shopkeeper: the few commands one needs. `make` lists them.
PYTHON := $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
CHROMIUM := /usr/bin/chromium

.DEFAULT_GOAL := help
.PHONY: help demo test check static lint types contracts migrations bench prove format lock chromium clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: .venv/demo.done ## set up and run a simulated bank, SIZE=small|medium|large (Ctrl-C ends all)
	@exec $(BIN)/python -m demo $(if $(SIZE),--size $(SIZE))

test: .venv/dev.done chromium ## set up and run the tests
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder || { [ $$? -eq 1 ] && $(BIN)/python -m tests.once_more; }

check: static test ## what CI runs

static: lint types contracts migrations ## all checks but the tests

lint: .venv/dev.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev.done
	$(BIN)/mypy

contracts: .venv/dev.done
	$(BIN)/lint-imports --no-logo

migrations: .venv/dev.done
	$(BIN)/python manage.py makemigrations --check --dry-run

bench: .venv/dev.done ## speed, as ratios to a reference of the same run
	$(BIN)/python -m bench

prove: .venv/dev.done ## the long proofs (docs/operations.md lists them)
	$(BIN)/python -m tests.proofs

format: .venv/dev.done ## let ruff arrange the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/dev.done ## resolve requirements/*.in into hashed requirements/*.txt
	$(BIN)/pip install -q uv
	for set in runtime esp pdf demo dev; do $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header requirements/$$set.in -o requirements/$$set.txt; done

clean: ## forget the virtual environment and all local data
	rm -rf .venv var

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv

.venv/%.done: requirements/%.txt | .venv/bin/python
	@echo "installing requirements/$*.txt"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@

# Browser tests drive Debian's Chromium; without it they skip and say so.
chromium:
	@test -x $(CHROMIUM) || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
		&& echo "installing chromium for the browser tests" \
		&& { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; }; } \
		|| echo "Chromium is missing: browser tests will be skipped. As root: apt-get install chromium"

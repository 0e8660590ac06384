# Secure Chat. `make help` lists what there is.
#
# scripts/prepare.sh does the preparing: it chooses a Python, makes .venv, installs what the target needs, and
# returns at once where all of that is done already. Its exit code is 2, with one sentence, where something is
# missing that it cannot install.
#
#   make run ARGS="--port 6000"       options for server.py
#   make test ARGS="tests/wire -x"    options for pytest
#   make run PYTHON=python3.12        make .venv with this Python

PYTHON ?=
ARGS ?=
export PYTHON

VENV_PYTHON := .venv/bin/python
prepare = @sh scripts/prepare.sh

.PHONY: help run client test tests style types coverage bench screenshots clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' Makefile | while IFS='|' read -r name text; do \
		printf '%-16s %s\n' "$$name" "$$text"; done

run: ## install what is needed and start the server
	$(prepare) run
	@exec $(VENV_PYTHON) server.py $(ARGS)

client: ## install what is needed and open the window
	$(prepare) client
	@exec $(VENV_PYTHON) client.py $(ARGS)

test: ## install what the tests need and run them, two at a time
	$(prepare) test
	@exec $(VENV_PYTHON) -m pytest -n 2 --dist worksteal $(ARGS)

tests: test

style: ## check the style of all Python files (ruff)
	$(prepare) check
	@exec $(VENV_PYTHON) -m ruff check .

types: ## check the types of the source (mypy, strict)
	$(prepare) check
	@exec $(VENV_PYTHON) -m mypy

coverage: ## run the tests and list what no test reaches, branches included
	$(prepare) test
	@$(VENV_PYTHON) -m coverage erase
	@$(VENV_PYTHON) -m coverage run -m pytest $(ARGS)
	@$(VENV_PYTHON) -m coverage combine --quiet
	@$(VENV_PYTHON) -m coverage report

bench: ## print the figures that the README quotes: posts per second, memory per client, time to the first message
	$(prepare) test
	@$(VENV_PYTHON) -m benchmarks.lobby
	@$(VENV_PYTHON) -m benchmarks.idle_memory
	@$(VENV_PYTHON) -m benchmarks.first_message
	@if [ -n "$$DISPLAY" ]; then $(VENV_PYTHON) -m benchmarks.window; else xvfb-run -a $(VENV_PYTHON) -m benchmarks.window; fi

screenshots: ## make the pictures in docs/images anew (needs ImageMagick)
	$(prepare) test
	@xvfb-run -a -s "-screen 0 1100x720x24" $(VENV_PYTHON) -m scripts.screenshots $(ARGS)

clean: ## remove .venv and everything the tools made; your server's data stays
	rm -rf .venv .venv.lock .venv.log .coverage .coverage.* htmlcov build dist *.egg-info
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

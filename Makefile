# Every verb works on a fresh machine that has Python 3.11+ and make, with nothing done before.
# ARGS passes further flags on: make start ARGS="--port 9000"

WORKERS ?= 2
PY := .venv/bin/python

.PHONY: start test check bench bench-postgres bench-overhead bench-million sim install lock clean help
.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

start: .venv/.runtime  ## start the server, with the sample tables if the data folder is new
	@$(PY) -m tools.compile_beside $$$$; exec .venv/bin/jedlik start --samples $(ARGS)

test: .venv/.dev  ## every test, real clients included
	$(PY) -m tests.support.runtimes install
	@$(PY) -m tools.compile --quiet
	$(PY) -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

check: .venv/.dev  ## lint and types
	.venv/bin/ruff check .
	.venv/bin/mypy

bench: .venv/.dev  ## measure against DynamoDB Local, dynalite and moto; writes docs/performance.md
	$(PY) -m tests.support.runtimes install
	@$(PY) -m tools.compile --quiet
	$(PY) -m bench $(ARGS)

bench-postgres: .venv/.dev  ## what Jedlik adds to PostgreSQL: raw statements, the engine, HTTP
	$(PY) -m tests.support.runtimes install
	@$(PY) -m tools.compile --quiet
	$(PY) -m bench.postgres $(ARGS)

bench-overhead: .venv/.dev  ## what capacity, signatures and policies cost beside the open mode
	@$(PY) -m tools.compile --quiet
	$(PY) -m bench.overhead $(ARGS)

bench-million: .venv/.dev  ## backups, restores, exports, imports of a million items while others ask
	@$(PY) -m tools.compile --quiet
	$(PY) -m bench.million $(ARGS)

sim: .venv/.dev  ## seeded simulation with crashes; SEED=n replays one
	$(PY) -m tests.sim $(if $(SEED),--seed $(SEED)) $(ARGS)

install: .venv/.dev  ## the environment with everything for development

lock: .venv/.dev  ## pin the dependencies of pyproject.toml anew
	$(PY) -m pip install --quiet uv==0.13.9
	requirements/lock

clean:  ## forget the environment and caches; your data stays
	rm -rf src/jedlik/_compiled .venv .cache .mypy_cache .ruff_cache .pytest_cache build

.venv/.runtime: requirements/runtime.lock requirements/build.lock pyproject.toml
	@requirements/environment runtime
	@touch $@

.venv/.dev: requirements/dev.lock requirements/build.lock pyproject.toml
	@requirements/environment dev
	@touch $@ .venv/.runtime

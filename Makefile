# Every target needs only Python 3.11+, pip and make; the rest is brought into .venv by the first of them.

PYTHON ?= python3
ARGS ?=
export PYTHON
bin := .venv/bin
manage := $(bin)/python manage.py

.PHONY: help demo up test lint fix bench prove venv relock schema messages

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

demo: venv ## run everything with a simulated community; prints addresses and logins
	$(manage) demo $(ARGS)

up: venv ## run everything; starts the servers that no setting points elsewhere
	$(manage) up $(ARGS)

test: venv ## run every test whose tools exist; the rest is listed by name with its reason
	$(bin)/python -m pytest $(ARGS)

lint: venv ## style, types, import order, Django's own checks
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/lint-imports
	$(manage) check --fail-level WARNING

fix: venv ## mend what the linter can mend by itself
	$(bin)/ruff check --fix .
	$(bin)/ruff format .

bench: .venv/.bench ## measure beside same-run comparisons; prints ratios
	$(bin)/python -m pytest -q -o python_files="bench_*.py" -o python_functions="bench_*" tests/bench $(ARGS)

prove: venv ## only the promises: real processes, a real browser, TimescaleDB, a million mutated telegrams, a storm of payments
	PROVE_ROUNDS=$${PROVE_ROUNDS:-20} $(bin)/python -m pytest -m "processes or browser or mosquitto or timescale" $(ARGS)
	$(bin)/python -m tests.metering.decoders.mutations
	$(bin)/python -m tests.billing.storm

venv: .venv/.synced

.venv/.synced: pyproject.toml uv.lock .ci/venv
	@.ci/venv

.venv/.bench: pyproject.toml uv.lock .ci/venv
	@.ci/venv bench

relock: venv ## write uv.lock anew, e.g. make relock ARGS=--upgrade
	.ci/relock $(ARGS)

schema: venv ## write docs/openapi.yaml anew after a meant change of the API
	$(manage) spectacular --file docs/openapi.yaml

messages: venv ## gather and compile the translations (needs gettext)
	$(manage) makemessages --locale zh_Hans --no-obsolete --ignore node_modules --ignore .venv
	$(manage) compilemessages --locale zh_Hans

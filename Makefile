# Everything there is to do here, as one list: `make help`.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
HOME_DIR ?= var
PORT_BASE ?= 8000
# Compiled files are what makes a second start quick, so they are written even where somebody turned that off.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPATH := $(CURDIR):$(subst $() $(),:,$(wildcard $(CURDIR)/services/*))

bin := .venv/bin
# The runtime is enough to run; whoever works on it gets the tools too. One stamp each says what is installed.
runtime := .venv/runtime.stamp
tools := .venv/tools.stamp
judges := tests/node_modules/installed.stamp
code := shared services scripts $(wildcard demo bench) tests
suite = $(bin)/python -m scripts.suite --home "$(HOME_DIR)" --base "$(PORT_BASE)" $(if $(KAFKA),--kafka "$(KAFKA)") $(if $(POSTGRES),--postgres "$(POSTGRES)")

option_ROLE := --role
option_SUB := --sub
option_DISTRICT := --district
option_SCHOOLS := --schools
option_PROVIDER := --provider

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(runtime): requirements.lock
	@scripts/install requirements.lock $(PYTHON)
	@touch $@

# Official checkers of the formats that we publish; the tests that ask for them skip where there is no npm.
$(judges): tests/package-lock.json | $(tools)
	@! command -v npm >/dev/null || $(bin)/python -m tests.npm
	@mkdir -p $(@D) && touch $@

$(tools): requirements-dev.lock
	@scripts/install requirements-dev.lock $(PYTHON)
	@touch $(runtime) $@

##### Run it

.PHONY: demo up down token
demo: $(runtime) ## start the suite, load a synthetic district, show what it found; SIZE=small|large SEED=n DISTRICT=demo
	@$(suite) --demo $(if $(SIZE),--size $(SIZE)) $(if $(SEED),--seed $(SEED)) $(if $(DISTRICT),--district "$(DISTRICT)")

up: $(runtime) ## start the suite; KAFKA=host:port|local POSTGRES=postgresql://user:pw@host:port|local PORT_BASE=8000 HOME_DIR=var
	@$(suite)

down: ## stop the suite that runs in HOME_DIR=var
	@[ ! -x $(bin)/python ] || $(bin)/python -m scripts.suite --home "$(HOME_DIR)" --down

token: $(runtime) ## print a bearer token: ROLE=counselor SUB=c-1 DISTRICT=demo [SCHOOLS=s-1,s-2] [PROVIDER=p-1]
	@$(bin)/python -m shared.auth.token --keys "$(HOME_DIR)/keys" $(foreach v,ROLE SUB DISTRICT SCHOOLS PROVIDER,$(if $($v),$(option_$v) "$($v)"))

.PHONY: migrate run rebuild
migrate: $(runtime) ## bring every service's database to the newest revision (POSTGRES=... as for up)
	@$(suite) --migrate

run: $(runtime) ## a verb of one service on this suite: RUN="referral-api keys list", RUN="reporting dlq list"
	@$(suite) --run $(RUN)

rebuild: $(runtime) ## make reporting's views anew from the bus's log, while the old ones keep serving
	@$(suite) --run reporting rebuild

##### Work on it

.PHONY: test test-fast
test: $(tools) $(judges) ## every test, on both databases and a real Kafka
	@$(bin)/python -m pytest -n auto --dist loadscope --no-loadscope-reorder $(PYTEST)

test-fast: $(tools) ## under a minute: on the embedded engines alone
	@$(bin)/python -m pytest -q -n auto --hypothesis-profile fast -m "not slow and not kafka and not postgresql" $(PYTEST)

.PHONY: lint types imports locks style format
lint: $(tools) ## everything that can be seen without running it
	@$(bin)/ruff check $(code)
	@$(bin)/ruff format --check $(code)
	@$(MAKE) -s types imports style locks

types: $(tools) ## mypy, strict
	@$(bin)/mypy

imports: $(tools) ## who may import whom
	@$(bin)/lint-imports --no-logo

style: $(tools) ## the house rules that no other tool knows
	@$(bin)/python scripts/check_style.py

locks: ## lock files name no address to download from
	@! grep -nE 'https?://|--(extra-)?index-url|--find-links' requirements*.lock

format: $(tools) ## put imports and layout in order
	@$(bin)/ruff check --fix $(code)
	@$(bin)/ruff format $(code)

.PHONY: docs bench
docs: $(tools) ## write the generated pages of docs/ anew
	@$(bin)/python -m scripts.docs

bench: $(tools) ## the figures that the README quotes, each against its reference
	@$(bin)/python -m bench $(BENCH)

.PHONY: lock
lock: $(tools) ## resolve the dependencies of pyproject.toml anew
	@scripts/lock

##### Containers

.PHONY: compose-secrets compose-test
compose-secrets: $(runtime) ## write keys and passwords for docker compose to ./secrets
	@$(bin)/python -m scripts.compose_secrets

compose-test: compose-secrets ## build the image, start all containers, drive them, remove them
	@scripts/compose_test

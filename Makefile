.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
PYTHON := $(VENV)/bin/python

$(VENV)/.ready: requirements.txt
	@echo "==> Python environment in $(VENV) (usually 20 s)"
	@python3 -m venv --clear $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.8
	@$(VENV)/bin/uv pip install --quiet --python $(PYTHON) --require-hashes -r requirements.txt
	@$(VENV)/bin/uv pip install --quiet --python $(PYTHON) --no-deps --editable .
	@touch $@

.PHONY: help
help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(VENV)/.ready ## Make the Python environment

.PHONY: lock
lock: $(VENV)/.ready ## Pin and hash the requirements anew
	$(VENV)/bin/uv pip compile --quiet --custom-compile-command "make lock" --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 --universal --group test --group lint pyproject.toml -o requirements.txt

.PHONY: generate
generate: $(VENV)/.ready ## Write the generated files anew: values.yaml, schema, references
	PYTHONPATH=scripts $(PYTHON) -m triton_stack.generate.committed .

.PHONY: demo
demo: $(VENV)/.ready ## A kind cluster, an S3 store, a published model, two Triton pods, real embeddings
	@PYTHONPATH=scripts $(PYTHON) -m demo up

.PHONY: demo-down
demo-down: $(VENV)/.ready ## Remove the demo's cluster
	@PYTHONPATH=scripts $(PYTHON) -m demo down

.PHONY: lint
lint: $(VENV)/.ready ## Style and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

.PHONY: verify
verify: $(VENV)/.ready ## Are the generated files what their sources give?
	PYTHONPATH=scripts $(PYTHON) -m triton_stack.generate.committed --check .

.PHONY: test-fast
test-fast: $(VENV)/.ready ## The layers that need neither server nor cluster, in seconds
	$(PYTHON) -m pytest tests/unit tests/chart tests/contract

.PHONY: test
test: lint verify ## Every layer, up to a kind cluster with the real Triton
	$(PYTHON) -m pytest tests/unit tests/chart tests/contract tests/live tests/cluster $(PYTEST_OPTIONS)

.PHONY: test-agreement
test-agreement: $(VENV)/.ready ## check against the real server: thousands of random configs, a table by rule
	AGREEMENT_CASES=$${AGREEMENT_CASES:-5000} $(PYTHON) -m pytest tests/live/test_agreement.py -q -s

.PHONY: bench
bench: $(VENV)/.ready ## Speed, shown and not judged
	$(PYTHON) -m pytest tests/bench -q

# Development tasks, which .ci/run uses too. `make` lists them.
# Needs only Python 3.11 or newer: each task sets up .venv first, if the lock file changed.
PYTHON ?= python3
BIN := .venv/bin
SPARK := .venv-spark/bin
INSTALL := install --quiet --no-deps --no-build-isolation --editable .

WORKERS = $(shell $(PYTHON) -c "import os; print(-(-os.cpu_count() * 3 // 2))")
REST := "not spark and (slow or browser or postgres or office)"

.PHONY: help check format test test-all test-coverage test-rest test-spark test-properties coverage references publish bench bench-growth mutation lock hooks

help:
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --requirement requirements.lock
	$(BIN)/pip $(INSTALL)
	touch $@

# pyspark needs pandas 2, so Spark has an environment of its own.
.venv-spark/installed: requirements-spark.lock pyproject.toml
	$(PYTHON) -m venv .venv-spark
	$(SPARK)/pip install --quiet --requirement requirements-spark.lock
	$(SPARK)/pip $(INSTALL)
	touch $@

check: .venv/installed ## style, types, and the package's own data
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/eventbook check
	$(BIN)/eventbook fmt --check

format: .venv/installed ## format code and data
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/eventbook fmt

test: .venv/installed ## the everyday tests
	$(BIN)/pytest

test-all: .venv/installed ## all tests but Spark's
	$(BIN)/pytest -m "not spark" --hypothesis-profile=ci

test-coverage: .venv/installed ## the everyday tests, with coverage of every process
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --hypothesis-profile=ci

# Tests with a browser wait for half of their time: three run on two processors. A browser that
# shares its processor may be too slow for a script: what failed is tried once more, alone.
test-rest: .venv/installed ## the tests that are not everyday ones, but Spark's
	$(BIN)/pytest -m $(REST) --durations=40 -n $(WORKERS) \
		|| $(BIN)/pytest -m $(REST) -n 0 --last-failed --last-failed-no-failures none

test-spark: .venv-spark/installed ## Spark's tests, with coverage; they need Java
	$(SPARK)/coverage run -m pytest -n 0 tests/test_spark.py tests/test_spark_cluster.py

test-properties: .venv/installed ## the properties, with 300 examples each
	$(BIN)/pytest -m hypothesis --hypothesis-profile=nightly

coverage: .venv/installed ## report the coverage of the last runs; fails if it fell
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

references: .venv/installed ## write the reference pages, and what is made in other pages
	$(BIN)/python -m eventbook.dataset.cli.reference dataset/commands.md
	$(BIN)/python -m eventbook.codebook.format_page codebook/book-format.md
	$(BIN)/python -m eventbook.dataset.practice.practice_page dataset/practice.md
	$(BIN)/python -m eventbook.dataset.starter.readme_blocks README.md

publish: .venv/installed references ## write the published files and the release archive
	$(BIN)/eventbook publish

bench: .venv/installed ## time and memory of checking 100,000 rows, without the slow alternatives
	$(BIN)/python tests/benchmarks/scale.py --quick --rows 100000
	$(BIN)/python tests/benchmarks/matching.py

bench-growth: .venv/installed ## time of each verb with 10 and 100 documents; fails if it is worse than it was
	$(BIN)/python tests/benchmarks/growth.py --documents 10 100 --repeats 1 --compare tests/benchmarks/growth.json

mutation: .venv/installed ## break the core modules, and see whether a test fails
	$(BIN)/python tests/mutation/run.py --seed $(or $(SEED),1)

hooks: .venv/installed ## make git run .pre-commit-config.yaml before each commit
	$(BIN)/pre-commit install

# Each lock says in its head how it was made. The one to run with takes its versions from the first.
lock: ## renew the three lock files; needs uv
	sed -n 's/^#    uv/uv/p' requirements.lock | sh
	sed -n 's/^#    uv/uv/p' requirements-run.lock | sh
	sed -n 's/^#    uv/uv/p' requirements-spark.lock | sh

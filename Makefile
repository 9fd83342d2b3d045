# make demo    the demo shop at http://127.0.0.1:8000 (PORT=8000; SERVE=0 prepares it and stops)
# make test    the whole test suite (ARGS="tests/shop -k cart" for a part; TEST_DB=postgres on PostgreSQL)
# make lint    ruff                  make types    mypy
# VENV=.venv is where everything is installed; PYTHON=python3.12 chooses the interpreter it is made with.

VENV ?= .venv
PORT ?= 8000
SERVE ?= 1
WORKERS ?= 2
ARGS ?=

.PHONY: demo test lint types

demo:
	@PYTHON="$(PYTHON)" scripts/install $(VENV) demo
	@$(VENV)/bin/python manage.py demo --port $(PORT)
ifneq ($(SERVE),0)
	@$(VENV)/bin/python manage.py runserver $(PORT)
endif

test:
	@PYTHON="$(PYTHON)" scripts/install $(VENV) all,dev
	$(VENV)/bin/python -m pytest --numprocesses $(WORKERS) $(ARGS)

lint:
	@PYTHON="$(PYTHON)" scripts/install $(VENV) all,dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types:
	@PYTHON="$(PYTHON)" scripts/install $(VENV) all,dev
	$(VENV)/bin/mypy

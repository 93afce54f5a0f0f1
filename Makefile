# Each target makes the virtual environment when it is missing or older than pyproject.toml.
PYTHON ?= python3
VENV   := .venv
STAMP  := $(VENV)/.installed

.PHONY: run test check bench pictures clean

run: $(STAMP)
	@LOSSBOARD_OPENED_WITH='make run' $(VENV)/bin/lossboard

test: $(STAMP)
	$(VENV)/bin/pytest -n 4 --dist worksteal

check: $(STAMP)
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: $(STAMP)
	$(VENV)/bin/python -m bench

pictures: $(STAMP)
	$(VENV)/bin/python docs/pictures/take.py

clean:
	rm -rf $(VENV)

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("lossboard needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $(STAMP)

# The first run of any target makes .venv and installs what is needed; later runs reuse it.
#   make demo    the main job                   make lint    the static tests: style, types, layers, packaging
#   make test    every test (ARGS="-k snip")    make clean   removes .venv and every cache
# Other settings: PYTHON=python3.12 (the interpreter behind .venv), WORKERS=4 (processes for the tests).

PYTHON ?= python3
WORKERS ?= auto
ARGS ?=

VENV := .venv
VENV_PYTHON := $(VENV)/bin/python
# The path is part of the name, so that a .venv that was copied along with a checkout is installed anew.
STAMP := $(VENV)/installed-$(shell printf '%s' '$(CURDIR)' | cksum | cut -d ' ' -f 1)

# Networks this small are slower with several threads each, and results must not depend on the number of cores.
export OMP_NUM_THREADS ?= 1
export MKL_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
# Pictures go to files: no display is needed.
export MPLBACKEND ?= Agg

.PHONY: demo test lint clean

demo: $(STAMP)
	@$(VENV_PYTHON) experiments/demo.py $(ARGS)

test: $(STAMP)
	@$(VENV_PYTHON) -m pytest -n $(WORKERS) --maxprocesses 8 --dist worksteal $(ARGS)

lint: $(STAMP)
	@$(VENV_PYTHON) -m pytest tests/static $(ARGS)

$(STAMP): setup.cfg pyproject.toml constraints.txt $(VENV_PYTHON)
	@echo "Installing zcnas and its dependencies into $(VENV): a few minutes, once."
	@$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[plot,test]'
	@touch $@

$(VENV_PYTHON):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "zcnas needs Python 3.11 or newer, which '$(PYTHON)' is not: name another, as in 'make test PYTHON=python3.12'." >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); \
	  echo "'$(PYTHON)' cannot make a virtual environment: on Debian and Ubuntu, 'apt install python3-venv' mends this." >&2; exit 1; }

clean:
	rm -rf $(VENV) build dist zcnas.egg-info .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache

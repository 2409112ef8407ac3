# make report   set up everything and run the main job        make test   lint, tests and a small run of everything
# make bench    speeds, as ratios                             make check-reference   are the verdicts those published?
# make clean    remove the results (not the environment)

PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: report test lint bench check-reference clean

report: .venv/ready
	@snakemake --cores all $(if $(CONFIGFILE),--configfile $(CONFIGFILE))
	@soapbubble summary $(if $(CONFIGFILE),--configfile $(CONFIGFILE))

test: lint
	@OMP_NUM_THREADS=1 python -m pytest --numprocesses logical --dist loadfile --no-loadscope-reorder

lint: .venv/ready
	@ruff check .
	@ruff format --check .
	@snakefmt --check Snakefile rules
	@snakemake --lint

bench: .venv/ready
	@for file in benchmarks/*.py; do echo "== $$file"; python $$file || exit 1; done

check-reference: report
	@soapbubble reference

clean:
	rm -rf results/builtin results/smoke

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] < (3, 15) else "Soapbubble needs Python 3.11 to 3.14; {} is {}. Name another with: make PYTHON=python3.12 report".format(sys.executable, sys.version.split()[0]))'
	@echo "Setting up .venv (a few minutes, once) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

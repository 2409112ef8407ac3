# make report   set up everything and run the main job        make test   lint, tests and a small run of everything
# make bench    speeds, as ratios                             make check-reference   are the verdicts those published?
# make clean    remove the results (not the environment)      make lock              newer versions into requirements.lock

PYTHON ?= python3
# Where to look for PyTorch besides the package index, for a build without CUDA: the address that
# https://pytorch.org/get-started/locally shows for Linux, Pip and CPU, as in: make report TORCH_INDEX=...
TORCH_INDEX ?=
FROM := $(if $(TORCH_INDEX),--extra-index-url "$(TORCH_INDEX)")
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Where the user has no home folder, or one that cannot be written, as in a bare container, caches go here.
ifneq ($(shell [ -w "$$HOME" ] && echo yes),yes)
export HOME := $(or $(HOME),$(CURDIR)/.venv)
export XDG_CACHE_HOME ?= $(CURDIR)/.venv/cache
endif

# A user's own settings of pip that would put packages elsewhere or ask for other versions: those in variables are left
# out. Of those in files, beside which the address of an index may stand, the first kind is refused; the second may agree
# with ours, and is named where pip fails.
PIP := env -u PIP_TARGET -u PIP_PREFIX -u PIP_ROOT -u PIP_CONSTRAINT -u PIP_REQUIRE_VIRTUALENV PIP_USER=0 \
	$(BIN)/python -m pip --disable-pip-version-check
named = $(PIP) config debug | awk '/, exists: / { file = $$0; sub(/^ */, "", file); sub(/, exists: .*/, "", file) } \
	/^ *(global|install)\.($(1)):/ { sub(/^ */, ""); sub(/:.*/, ""); print file " sets " $$0 ", $(2)"; found = 1 } \
	END { exit found }'

.PHONY: report test lint bench check-reference clean lock in-place

report: in-place
	@snakemake --cores all $(if $(CONFIGFILE),--configfile $(CONFIGFILE))
	@soapbubble summary $(if $(CONFIGFILE),--configfile $(CONFIGFILE))

test: lint
	@OMP_NUM_THREADS=1 python -m pytest --numprocesses logical --dist loadfile --no-loadscope-reorder

lint: in-place
	@ruff check .
	@ruff format --check .
	@snakefmt --check Snakefile rules
	@snakemake --lint

bench: in-place
	@for file in benchmarks/*.py; do echo "== $$file"; python $$file || exit 1; done

check-reference: report
	@soapbubble reference

# Installs nothing: the next make does, from the new file.
lock: in-place
	@$(PIP) install --dry-run --upgrade --upgrade-strategy eager $(FROM) --report .venv/lock.json '.[test]'
	@python tools/lock.py .venv/lock.json

clean:
	rm -rf results/builtin results/smoke

# The programs of an environment name the folder that it was made in.
in-place: .venv/ready
	@head -3 $(BIN)/snakemake | grep -qF "$(CURDIR)/$(BIN)/" || \
		{ echo "This folder was moved or copied, and .venv does not work here: remove .venv and run make again."; exit 1; }

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] < (3, 15) else "Soapbubble needs Python 3.11 to 3.14; {} is {}. Name another with: make PYTHON=python3.12 report".format(sys.executable, sys.version.split()[0]))'
	@echo "Setting up .venv (a few minutes, once) ..."
	@if [ -n "$(TORCH_INDEX)" ]; then \
		echo "To be downloaded: 0.5 GB if TORCH_INDEX has PyTorch for the CPU."; \
	elif [ "$$(uname -s)" != Linux ]; then \
		echo "To be downloaded: 0.5 GB."; \
	elif nvidia-smi -L >/dev/null 2>&1; then \
		echo "To be downloaded: 3 GB, for PyTorch with CUDA: here is an NVIDIA device."; \
	else \
		echo "To be downloaded: 3 GB, unless your package index has PyTorch for the CPU: on Linux it comes with CUDA, and here is"; \
		echo "no NVIDIA device to use it. The build for the CPU (0.5 GB in all) is as good: stop this, look up its address at"; \
		echo "https://pytorch.org/get-started/locally and run: make report TORCH_INDEX=<address>"; \
	fi
	@$(PYTHON) -m venv .venv
	@$(call named,target|prefix|root,which would put the packages elsewhere than into .venv: take it out and run make again.)
	@$(PIP) --quiet install $(FROM) -r requirements.lock || \
		{ $(call named,constraint,which may ask for other versions than requirements.lock: if so take it out and run make again.); exit 1; }
	@$(PIP) --quiet install --no-deps --no-build-isolation --editable .
	@touch $@

# SPDX-License-Identifier: GPL-3.0-or-later
# Everything is made inside .build; nothing but Python 3.11 or newer, make and the package registries is needed.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .build/venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Else every process compiles all anew.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/$(BIN):$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.build/tree
export ANSIBLE_HOME := $(CURDIR)/.build/ansible

# Beside that of the tests: the releases that are supported, each with a Python it runs on.
CORES := 2.16 2.18 2.20 2.21
PYTHONS := $(PYTHON) python3.12 python3.13 python3.14 $(wildcard $(HOME)/.pyenv/versions/3.1[2-4]*/bin/python3)

.PHONY: help demo test lint sanity sanity-tests sanity-oldest unit night faults matrix gates behaviours hostile site bench docs build release release-files sbom clean

help:
	@echo "make demo    build a DR topology on the embedded simulator, change nothing, remove it"
	@echo "make test    all that CI runs: linters, ansible-test sanity, unit, contract and integration tests"
	@echo "make unit    the unit and contract tests and the cassettes alone"
	@echo "make faults  every fault at every call of every writing module (make test tries some calls of longer ones)"
	@echo "make hostile names that are programs, paths or escapes through every outlet, on every supported ansible-core"
	@echo "make gates   what Galaxy and certification check, as they do, on every supported ansible-core and Python; ONLY='sanity 2.16' for some"
	@echo "make behaviours  the plays under each behaviour of the simulator that nobody knows of the service; ONLY='a name' for one"
	@echo "make site    forty groups of ten servers by one recovery plan: failures, drills, killed at twenty moments"
	@echo "make night   the tests that make test leaves out because they take long"
	@echo "make matrix  gates, night, hostile, faults, behaviours and site, for the night"
	@echo "make bench   tables of ratios: a topology, a check, a task, the detection of ends"
	@echo "make docs    the documentation site, below .build/docs/html; links are checked, and widths if Chromium is here"
	@echo "make build   the collection's tarball, below .build"
	@echo "make release VERSION=1.0.0  the changelog of a release; make release-files: tarball, checksum, SBOM and notes, below .build/release"

demo: $(VENV)/demo .build/tree/ansible_collections/cloud_dr/sdrs
	@$(BIN)/python extensions/demo.py

# pytest comes last: its summary line ends the output. Its tests wait often, hence more workers than cores.
test: $(VENV)/test .build/tree/ansible_collections/cloud_dr/sdrs
	@$(MAKE) --no-print-directory -j 2 --output-sync=target sanity-tests sanity-oldest lint
	@$(BIN)/python -m pytest -n 6 --dist worksteal --durations 20 -m "not nightly" tests

lint: $(VENV)/test .build/tree/ansible_collections/cloud_dr/sdrs
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/reuse --suppress-deprecation lint --quiet
	$(BIN)/yamllint .
	$(BIN)/antsibull-changelog lint
	$(BIN)/python tests/docs_blocks.py --lint
	$(BIN)/antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self .
	$(BIN)/ansible-lint --offline --profile production

# With the release of the tests all but the import, which takes long, and with the oldest, which certification takes, that and what needs no minute.
sanity: sanity-tests sanity-oldest

sanity-tests: $(VENV)/test
	tests/sanity.sh --skip-test import

sanity-oldest: $(VENV)/test
	$(BIN)/python tests/gates.py "fast sanity"

unit: $(VENV)/test .build/tree/ansible_collections/cloud_dr/sdrs
	@$(BIN)/python -m pytest -n 2 tests/unit tests/contract tests/replay

night: $(VENV)/test .build/tree/ansible_collections/cloud_dr/sdrs
	@$(BIN)/python -m pytest -n 6 --dist worksteal -m nightly tests

faults: $(VENV)/test .build/tree/ansible_collections/cloud_dr/sdrs
	@SDRS_EVERY_CALL=1 $(BIN)/python -m pytest -n 8 tests/integration/test_faults.py

hostile: $(VENV)/test .build/tree/ansible_collections/cloud_dr/sdrs
	@for core in $(CORES); do $(MAKE) --no-print-directory .build/venv-$$core/made || echo "ansible-core $$core is left out"; done
	@SDRS_EVERY_CORE=1 $(BIN)/python -m pytest -n 4 tests/unit/test_hostile_text.py tests/integration/test_hostile_text.py

gates: $(VENV)/test .build/tree/ansible_collections/cloud_dr/sdrs
	@$(BIN)/python tests/gates.py $(if $(ONLY),"$(ONLY)")

matrix:
	@failed=0; for each in gates night hostile faults behaviours site; do $(MAKE) --no-print-directory $$each || failed=1; done; exit $$failed

site: $(VENV)/test .build/tree/ansible_collections/cloud_dr/sdrs
	@SDRS_LARGE=1 $(BIN)/python -m pytest -s -n 0 tests/integration/test_site.py

behaviours: $(VENV)/test .build/tree/ansible_collections/cloud_dr/sdrs
	@SDRS_EVERY_CALL=1 $(BIN)/python -m pytest -q -n 2 tests/unit/test_vendor_answers.py tests/unit/test_last_copy_walk.py
	@$(BIN)/python tests/matrix.py $(if $(ONLY),"$(ONLY)")

bench: $(VENV)/demo .build/tree/ansible_collections/cloud_dr/sdrs
	@$(BIN)/python benchmarks

docs: .build/venv-docs/made .build/tree/ansible_collections/cloud_dr/sdrs
	@PATH="$(CURDIR)/.build/venv-docs/bin:$$PATH" $(CURDIR)/.build/venv-docs/bin/python docs/site/build.py

build: $(VENV)/demo
	$(BIN)/ansible-galaxy collection build --force --output-path .build .

release: $(VENV)/test
	@$(BIN)/python tests/release.py prepare $(VERSION)

release-files sbom: $(VENV)/test
	@$(BIN)/python tests/release.py files

clean:
	rm -rf .build

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo: requirements.txt tests/requirements-demo.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -r requirements.txt -r tests/requirements-demo.txt
	@touch $@

$(VENV)/test: tests/requirements.txt $(VENV)/demo
	$(BIN)/python -m pip install --quiet -r tests/requirements.txt
	@touch $@

.build/venv-docs/made: requirements.txt tests/requirements-demo.txt docs/site/requirements.txt
	@$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet -r requirements.txt -r tests/requirements-demo.txt -r docs/site/requirements.txt
	@touch $@

.build/venv-%/made: requirements.txt
	@for python in $(PYTHONS); do \
	  rm -rf $(@D) && $$python -m venv $(@D) && \
	  $(@D)/bin/python -m pip install --quiet 'ansible-core~=$*.0' -r requirements.txt && touch $@ && exit 0; \
	done 2>/dev/null; echo "no Python here runs ansible-core $*: tried $(PYTHONS)"; exit 1

# Ansible finds a collection by its path only.
.build/tree/ansible_collections/cloud_dr/sdrs:
	@mkdir -p $(@D)
	@ln -sfn "$(CURDIR)" $@

# Two commands do everything on a fresh machine: `make app` and `make test`.
# They build .venv, the project's own environment, from the pinned versions in requirements.lock.

RIGHT_VERSION := import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12), (3, 13)))
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,\
	$(shell $(name) -c '$(RIGHT_VERSION)' 2>/dev/null && echo $(name))))

BIN := .venv/bin
ENVIRONMENT := .venv/.made-from-lock
INSTALLED := .venv/.installed
# Whole files to each worker, in the order of tests/conftest.py: what takes longest comes first.
SPREAD := -n auto --dist loadfile --no-loadscope-reorder

.PHONY: app check test test-all coverage bench docs wheel lock supply papers audit clean .venv

app: .venv
	$(BIN)/kinderwerk app

# Before every commit: lint, types, the layers of sim/ and pages/, and the tests that take no browser and no long runs.
check: .venv
	$(MAKE) -j2 lint kernels
	$(BIN)/pytest $(SPREAD) -m "not slow and not browser and not docs and not verification"

# Before a pull request, and in CI: all but what takes longest, of which others hold most for less (tests/long.txt).
test: .venv
	$(MAKE) -j2 lint kernels
	$(BIN)/pytest $(SPREAD) -m "not long"

# Everything: before a release, and each night on a hosted CI.
test-all: .venv
	$(MAKE) -j2 lint kernels
	$(BIN)/pytest $(SPREAD) --hypothesis-profile deep

.PHONY: lint
lint: .venv
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Compiled, or found compiled, while mypy thinks: each takes one core for a minute or two. First what every run needs,
# then waiting lists and twins, which several workers of the tests would compile at once.
.PHONY: kernels
kernels: .venv
	@out=$$(mktemp -d) && trap 'rm -rf "$$out"' EXIT && cd scenarios/almere && few="--children 400 --out $$out" && \
	  ../../$(BIN)/kinderwerk compare geen.yaml huidig.yaml --draws 1 $$few >/dev/null && \
	  ../../$(BIN)/kinderwerk run ../argumenten/wachtlijsten-zonder-kinderwerk.yaml --draws 1 $$few >/dev/null && \
	  ../../$(BIN)/kinderwerk twins geen.yaml huidig.yaml $$few >/dev/null

# Lines and branches of sim/ and calibration/ that the tests reach. Kernels count in the runs without the
# compiler (tests/verification/test_uncompiled.py). Takes twice as long as the tests.
coverage: .venv
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(SPREAD)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# The site of docs/, in site/. A broken link or anchor is an error.
docs: .venv
	$(BIN)/mkdocs build --strict

bench: .venv
	$(BIN)/pytest benchmarks --benchmark-only

# What pip installs where there is no checkout, and the sources with their tests, in dist/.
# Without build/, which would keep what was deleted since.
wheel: .venv
	rm -rf build dist
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation \
	  --wheel-dir dist .
	$(BIN)/python -c "from setuptools import build_meta; build_meta.build_sdist('dist')" >/dev/null
	rm -rf build

.venv: $(INSTALLED)

# A changed lock makes a new environment, so that nothing older stays behind in it.
$(ENVIRONMENT): requirements.lock
	@test -n "$(PYTHON)" || { \
	  echo "Python 3.11, 3.12 or 3.13 was not found. On Debian: apt-get install python3 python3-venv"; \
	  echo "If it stands somewhere else: make PYTHON=/path/to/python3.12 ..."; exit 1; } >&2
	@$(PYTHON) -c '$(RIGHT_VERSION)' || { \
	  echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13. On Debian: apt-get install python3 python3-venv"; \
	  exit 1; } >&2
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make an environment. On Debian: apt-get install python3-venv"; \
	  $(PYTHON) -c 'import sys; print("(for this Python: python%d.%d-venv)" % sys.version_info[:2])'; \
	  exit 1; } >&2
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(INSTALLED): $(ENVIRONMENT) pyproject.toml
	$(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e .
	@touch $@

# Pinned on the oldest Python, because its versions also serve the newer one; without the machine's own
# package settings, so that the lock is the same wherever it is made. UPGRADE=1 takes the newest versions.
lock: .venv
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
	  echo "make lock needs an environment of Python 3.11: make clean, then make lock PYTHON=python3.11"; \
	  exit 1; } >&2
	env -u PIP_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL -u PIP_NO_INDEX PIP_CONFIG_FILE=/dev/null \
	  CUSTOM_COMPILE_COMMAND="make lock" \
	  $(BIN)/pip-compile --quiet --generate-hashes --no-strip-extras --no-emit-options --allow-unsafe \
	  --build-deps-for editable --all-extras $(if $(UPGRADE),--upgrade) \
	  --output-file requirements.lock pyproject.toml

# What the lock stands for: docs/licences.md and docs/sbom.cdx.json. After every change of the lock.
supply: .venv
	$(BIN)/python .ci/supply.py

# Papers that follow from others: codemeta.json, the page of the Algoritmeregister. After a change of the version.
papers: .venv
	$(BIN)/python .ci/papers.py

# Known vulnerabilities in what is locked. Asks a public database, so it needs a network: without one it fails.
audit: .venv
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement requirements.lock

clean:
	rm -rf .venv build dist kinderwerk.egg-info .benchmarks .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

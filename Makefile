# make demo           animate the bundled portrait: demo.mp4 and demo.png
# make test           what CI runs: lint, all tests on TensorFlow; layers, losses and
#                     training on JAX
# make test-oldest    all tests on the oldest versions that setup.cfg allows
# make test-backends  layers, losses and metrics on JAX and on PyTorch
# make test-beam      the preparation of data by Apache Beam
# make test-export    an export, run by the oldest TensorFlow and the newest, and by C++
# make lint           ruff, rules and format
# make docs           the documentation site in site/, warnings being errors
# make notebooks      run all notebooks and store their outputs
# make bench          speed tables, JSON in benchmarks/results
#
# Everything is installed into .venv on first use; later calls reuse it.

PYTHON ?= python3
VENV ?= .venv
TORCH_VENV ?= .venv-torch
OLDEST_VENV ?= .venv-oldest
BEAM_VENV ?= .venv-beam
EXPORT_VENV ?= .venv-tensorflow-2.18
# Of pytest. One more than a small machine has cores: many tests wait for a process.
JOBS ?= 3
# In the order of the files: by default those of few tests come last, and the notebooks,
# of one test each and a minute long, would run on one core.
BALANCE := --dist loadfile --no-loadscope-reorder
# PyTorch's newest wheels may bring CUDA along; name another here if one is at hand.
TORCH ?= torch>=2.4

PY := $(VENV)/bin/python
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
PACKAGING := setup.cfg pyproject.toml
BACKEND_TESTS := $(wildcard tests/layers tests/losses tests/metrics)
JAX_TESTS := $(BACKEND_TESTS) $(wildcard tests/training/with_jax)

export TF_CPP_MIN_LOG_LEVEL ?= 3
# A backend chosen in the environment or in ~/.keras would change what is tested.
export KERAS_BACKEND := tensorflow

.NOTPARALLEL:

.PHONY: demo test test-tensorflow test-oldest test-beam test-export test-jax test-torch test-backends lint docs notebooks bench clean

demo: $(VENV)/.installed
	$(VENV)/bin/aan-keras demo

test: lint test-tensorflow test-jax

test-tensorflow: $(VENV)/.installed-test
	$(PY) -m pytest -q -n $(JOBS) $(BALANCE) tests

# Most of its time goes to compiling. What an earlier run compiled is kept.
test-jax: export JAX_COMPILATION_CACHE_DIR = $(abspath $(VENV))/jax-cache
test-jax: export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS = 0
test-jax: export JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES = -1
# Older code of XLA's makes single operations in half the time. A process ends at a flag
# that its version doesn't know, so one is asked first.
test-jax: QUICK := --xla_cpu_use_fusion_emitters=false
test-jax: $(VENV)/.installed-test
	if XLA_FLAGS=$(QUICK) $(PY) -c "import jax; jax.devices()" 2>/dev/null; \
	then export XLA_FLAGS="$$XLA_FLAGS $(QUICK)"; fi; \
	KERAS_BACKEND=jax $(PY) -m pytest -q -n $(JOBS) $(BALANCE) $(JAX_TESTS)

test-torch: $(TORCH_VENV)/.installed-test
	KERAS_BACKEND=torch $(TORCH_VENV)/bin/python -m pytest -q -n $(JOBS) $(BALANCE) $(BACKEND_TESTS)

test-backends: test-jax test-torch

test-oldest: $(OLDEST_VENV)/.installed-test
	$(OLDEST_VENV)/bin/python -m pytest -q -n $(JOBS) $(BALANCE) tests

test-beam: $(BEAM_VENV)/.installed
	$(BEAM_VENV)/bin/python -m pytest -q tests/preparation/test_beam_pipeline.py

# Needs g++. The export's files only, no code of ours, in the other environment.
test-export: $(VENV)/.installed-test $(EXPORT_VENV)/.installed
	$(MAKE) -C export/cpp PYTHON=$(abspath $(PY))
	$(PY) benchmarks/export_parity.py --cpp export/cpp/aan \
		--python $(EXPORT_VENV)/bin/python

lint: $(VENV)/.installed-test
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

docs: $(VENV)/.installed-docs
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict

notebooks: $(VENV)/.installed-test
	$(PY) notebooks/execute.py

bench: $(VENV)/.installed-test
	$(PY) benchmarks/import_time.py
	$(PY) benchmarks/macs.py --image-size 256
	$(PY) benchmarks/drive_speed.py --preset aan_128 --image-size 128
	$(PY) benchmarks/drive_speed.py --image-size 256
	$(PY) benchmarks/export_speed.py
	$(PY) benchmarks/demo_motion.py
	$(PY) benchmarks/jitter.py
	$(PY) benchmarks/train_step.py --image-size 128 --threads 2

clean:
	rm -rf $(VENV) $(TORCH_VENV) $(OLDEST_VENV) $(BEAM_VENV) $(EXPORT_VENV) build dist site *.egg-info .pytest_cache .ruff_cache

# A stamp is written only after the whole installation succeeded, so an
# interrupted one is done again.
$(VENV)/.installed: $(PACKAGING)
	$(PYTHON) -m venv $(VENV)
	$(PY) $(PIP_INSTALL) --editable .
	touch $@

$(VENV)/.installed-test: $(PACKAGING)
	$(PYTHON) -m venv $(VENV)
	$(PY) $(PIP_INSTALL) --editable '.[test]'
	touch $(VENV)/.installed $@

$(VENV)/.installed-docs: $(PACKAGING)
	$(PYTHON) -m venv $(VENV)
	$(PY) $(PIP_INSTALL) --editable '.[docs]'
	touch $(VENV)/.installed $@

# PyTorch has an environment of its own: its wheels are large, and only the
# backend check needs them.
$(TORCH_VENV)/.installed-test: $(PACKAGING)
	$(PYTHON) -m venv $(TORCH_VENV)
	$(TORCH_VENV)/bin/python $(PIP_INSTALL) --editable '.[test]' '$(TORCH)'
	touch $@

$(BEAM_VENV)/.installed: $(PACKAGING)
	$(PYTHON) -m venv $(BEAM_VENV)
	$(BEAM_VENV)/bin/python $(PIP_INSTALL) --editable '.[beam]' 'pytest>=8'
	touch $@

$(EXPORT_VENV)/.installed:
	$(PYTHON) -m venv $(EXPORT_VENV)
	$(EXPORT_VENV)/bin/python $(PIP_INSTALL) 'tensorflow==2.18.*'
	touch $@

# Each "package>=version" of setup.cfg, as "package==version.*". Wheels of these are
# for Python 3.10 to 3.12; sources of the same versions may need a compiler.
$(OLDEST_VENV)/.installed-test: $(PACKAGING)
	$(PYTHON) -m venv $(OLDEST_VENV)
	sed -nE 's/^ +([a-z0-9-]+)>=([0-9.]+).*/\1==\2.*/p' setup.cfg > $(OLDEST_VENV)/oldest.txt
	$(OLDEST_VENV)/bin/python $(PIP_INSTALL) --prefer-binary \
		--constraint $(OLDEST_VENV)/oldest.txt --editable '.[test]'
	touch $@

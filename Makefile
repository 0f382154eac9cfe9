.PHONY: test
test: .venv/dev
	.venv/bin/pytest -q
.venv/dev: requirements/dev.txt
	python3 -m venv .venv
	.venv/bin/pip install -q --require-hashes -r requirements/dev.txt
	touch .venv/dev

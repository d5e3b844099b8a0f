#!/usr/bin/env bash
# Makes the three locks anew from pyproject.toml (needs `uv`): cpu, gpu (CUDA) and test, all with the same versions.
set -eu
cd "$(dirname "$0")/.."
lock() { uv pip compile --quiet pyproject.toml --universal --generate-hashes --no-annotate --no-header -c requirements/constraints.txt "$@"; }
lock -o requirements/cpu.lock
lock -c requirements/cpu.lock --extra gpu -o requirements/gpu.lock
lock -c requirements/cpu.lock --extra test -o requirements/test.lock

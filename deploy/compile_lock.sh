#!/usr/bin/env bash
# Writes the two lock files anew from pyproject.toml: hashes for every platform, no index address.
# Needs uv. Pins stay as they are unless UPGRADE=--upgrade is set. Commit what it writes.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() {
    uv pip compile ${UPGRADE:-} --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header "$@"
}
# The build backend and wheel stand in the lock too: the checkout is installed without build isolation.
compile pyproject.toml deploy/build.in --output-file deploy/requirements.lock
compile pyproject.toml deploy/build.in --extra dev --constraint deploy/requirements.lock \
    --output-file deploy/requirements-dev.lock

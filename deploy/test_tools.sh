#!/usr/bin/env bash
# Chromium for the tests that open the report: installed where we may, named where we may not.
set -euo pipefail
command -v chromium >/dev/null || command -v chromium-browser >/dev/null && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "Installerer Chromium og skrifter for sidetestene …"
    apt-get update -qq >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-dejavu >/dev/null
else
    echo "Chromium mangler: sidetestene hoppes over. Debian/Ubuntu: sudo apt-get install chromium"
fi

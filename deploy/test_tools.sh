#!/usr/bin/env bash
# Chromium for the tests that open the report, and faketime for those whose clock is wrong: installed
# where we may, named where we may not.
set -euo pipefail
if ! command -v faketime >/dev/null; then
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        apt-get update -qq >/dev/null
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq faketime >/dev/null
    else
        echo "faketime mangler: klokketestene hoppes over. Debian/Ubuntu: sudo apt-get install faketime"
    fi
fi
command -v chromium >/dev/null || command -v chromium-browser >/dev/null && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "Installerer Chromium og skrifter for sidetestene …"
    apt-get update -qq >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-dejavu >/dev/null
else
    echo "Chromium mangler: sidetestene hoppes over. Debian/Ubuntu: sudo apt-get install chromium"
fi

"""Measures every series and writes `docs/track-record.md`."""

from __future__ import annotations

import sys

from bench.track_record import page, series
from bench.track_record.measured import Setting


def main() -> int:
    if not (series.RECORDED / "SOURCES.md").is_file():
        print(f"recorded files are not at {series.RECORDED}: the page is left as it is")
        return 1
    page.PAGE.write_text(page.text(Setting(), series.RECORDED), encoding="utf-8")
    print(page.PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())

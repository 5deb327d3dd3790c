"""Norwegian figures, checked one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tasks.publish import formats

THIN = "\u202f"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (formats.whole(16753), f"16{THIN}753"),
        (formats.whole(-1250.4), f"−1{THIN}250"),
        (formats.whole(None), ".."),
        (formats.whole(float("nan")), ".."),
        (formats.signed(12.3), "+12"),
        (formats.signed(-0.4), "0"),
        (formats.signed(-7), "−7"),
        (formats.estimate(4.4), "<5"),
        (formats.estimate(0.4), "0"),
        (formats.estimate(4.6), "5"),
        (formats.interval(1.0, 3.0), "<5"),
        (formats.interval(3.0, 1200.0), f"<5–1{THIN}200"),
        (formats.number(1250.0), f"1{THIN}250"),
        (formats.number(-1250.25), f"−1{THIN}250,2"),
        (formats.number(0.5), "0,5"),
        (formats.percent(81), "81,0\u00a0%"),
        (formats.percent(-0.04), "0,0\u00a0%"),
        (formats.percent(None), ".."),
        (formats.share(0.8), "80\u00a0%"),
        (formats.day(date(2026, 11, 22)), "22. november 2026"),
        (formats.day(datetime(2026, 11, 21, 23, 30, tzinfo=UTC)), "22. november 2026"),
        (formats.day(datetime(2026, 11, 21, 23, 30)), "22. november 2026"),  # noqa: DTZ001 - stored UTC
        (formats.listing(["a", "b", "c"]), "a, b og c"),
        (formats.listing(["a"]), "a"),
    ],
)
def test_as_norwegian_readers_write_them(written: str, expected: str) -> None:
    assert written == expected

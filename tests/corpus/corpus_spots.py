"""The answers that are damaged, of every protocol: as they come on the night after a good one."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

import msgspec
from corpus_source import Spot

from tasks.demo.construct_persons import LAST_YEAR
from tasks.settings import CHECKOUT, oslo_today

Json = Any
# Later than anything in the sample, and no later than the night.
_LATE = f"{oslo_today() + timedelta(days=1)}T00:00:00Z"


def _json(change: Any) -> Any:
    """A change of a document as one of bytes."""

    def changed(body: bytes) -> bytes:
        return msgspec.json.encode(change(msgspec.json.decode(body)))

    return changed


def _renewed(stubs: list[Json]) -> list[Json]:
    """The register's list, where one element has got a new stamp: its details are asked for."""
    stubs[0]["sist-endret"] = _LATE
    return stubs


def _grown(page: Json) -> Json:
    """The tip of the log with one change more, to a vacancy that is still active."""
    entry = {
        "uuid": _active(),
        "status": "ACTIVE",
        "municipal": "TRONDHEIM",
        "sistEndret": _LATE,
        "konstruert": True,
    }
    page["items"].append({"id": entry["uuid"], "_feed_entry": entry})
    return page


@cache
def _active() -> str:
    """A vacancy that the source has an advertisement of."""
    lines = (CHECKOUT / "data/sample/nav_feed/details.jsonl").read_bytes().splitlines()
    details = [msgspec.json.decode(line) for line in lines]
    return next(d["uuid"] for d in details if d["status"] == "ACTIVE" and d.get("ad_content"))


_FEED = "^/nav_feed/api/v1/feed/"
_LIST = "^/grep/programomraader$"

SPOTS = (
    Spot("brreg", "brreg_establishments", "list", "^/brreg/underenheter.*fraAntallAnsatte=5"),
    Spot("brreg", "brreg_establishments", "log", "^/brreg/oppdateringer"),
    Spot("dbh", "dbh_students", "table", "^/dbh/"),
    Spot("delimited", "county_capacity", "file", "^/trondelag/kapasitet.csv"),
    Spot("grep", "grep_programme_areas", "list", _LIST),
    Spot(
        "grep",
        "grep_programme_areas",
        "detail",
        "^/grep/programomraader/",
        ((_LIST, _json(_renewed)),),
    ),
    Spot("klass", "klass_counties", "codes_at", "^/klass/classifications/104/"),
    Spot("klass", "klass_municipalities", "codes", "^/klass/classifications/131/codes[?]"),
    Spot("klass", "klass_municipality_changes", "changes", "^/klass/classifications/131/changes"),
    Spot("klass", "klass_centrality", "corresponds", "^/klass/classifications/131/corresponds"),
    Spot("nav_feed", "nav_feed_vacancies", "token", "^/nav_feed/api/publicToken"),
    Spot("nav_feed", "nav_feed_vacancies", "page", _FEED),
    Spot(
        "nav_feed",
        "nav_feed_vacancies",
        "detail",
        "^/nav_feed/api/v1/feedentry/",
        ((_FEED, _json(_grown)),),
        alone=True,
    ),
    Spot("nsr", "nsr_schools", "page", "^/nsr/enheter"),
    Spot("pxweb", "ssb_completion", "metadata", "^/ssb/pxwebapi/v2/tables/14882/metadata"),
    Spot("pxweb", "ssb_completion", "config", "^/ssb/pxwebapi/v2/config"),
    Spot("pxweb", "ssb_completion", "data", "^/ssb/pxwebapi/v2/tables/14882/data"),
    Spot("udir_report", "udir_applicants", "page", "^/udir/rest/v1/Rapportside/"),
    Spot("udir_report", "udir_applicants", "data", "^/udir/rest/v1/Statistikk/"),
    Spot("vigo_codes", "vigo_replaced_by", "page", "^/vigo/relation/"),
    Spot("workbook", "nav_unemployed", "file", "^/nav/fylkesleveranse.xlsx"),
    # No address: the file lies in a folder under its name.
    Spot("person_file", "vigo_applicants", f"sokere_{LAST_YEAR}.csv", "^$"),
)

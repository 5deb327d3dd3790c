"""Registers and logs that say what cannot be: KLASS, NSR, VIGO, Grep, Brreg, vacancies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from corpus_edits import Edit, Json, put_in_all, put_in_first

KLASS_COUNTIES: dict[str, Edit] = {
    "our county gone": lambda d: d.update(codes=[c for c in d["codes"] if c["code"] != "50"]),
    "a county twice": lambda d: d["codes"].append(d["codes"][0]),
    "no names": lambda d: put_in_all(d["codes"], name=""),
    "one name for all": lambda d: put_in_all(d["codes"], name="Trøndelag"),
    "codes that never were": lambda d: (
        [c.update(code=f"9{n:03}") for n, c in enumerate(d["codes"])] and None
    ),
    "one county alone": lambda d: d.update(codes=[c for c in d["codes"] if c["code"] == "50"]),
    "a level beyond all": lambda d: put_in_all(d["codes"], level="99999"),
    "a level in words": lambda d: put_in_all(d["codes"], level="fylke"),
    "municipalities for counties": lambda d: d["codes"].extend(
        {**d["codes"][0], "code": f"50{n:02}"} for n in range(40)
    ),
    "dates that are none": lambda d: put_in_all(d["codes"], validFrom="2024-02-31"),
    "dates in another form": lambda d: put_in_all(d["codes"], validFrom="31.01.2024"),
    "dates beyond all": lambda d: put_in_all(d["codes"], validFrom="99999-01-01"),
}
KLASS_MUNICIPALITIES: dict[str, Edit] = {
    "a municipality gone": lambda d: d.update(codes=[c for c in d["codes"] if c["code"] != "5001"]),
    "a municipality that never was": lambda d: d["codes"].append(
        {**d["codes"][-2], "code": "5099", "name": "Atlantis"}
    ),
    "a municipality twice": lambda d: d["codes"].append(d["codes"][-2]),
    "our county alone": lambda d: d.update(
        codes=[c for c in d["codes"] if c["code"].startswith("50")]
    ),
    "all but our county": lambda d: d.update(
        codes=[c for c in d["codes"] if not c["code"].startswith("50")]
    ),
    "all in the past": lambda d: put_in_all(d["codes"], validToInRequestedRange="2015-01-01"),
    "all to come": lambda d: put_in_all(d["codes"], validFromInRequestedRange="2099-01-01"),
    "an end before the start": lambda d: put_in_all(
        d["codes"][-30:],
        validFromInRequestedRange="2024-01-01",
        validToInRequestedRange="2020-01-01",
    ),
    "two at one time": lambda d: d["codes"].append(
        {
            **[c for c in d["codes"] if c["code"] == "5001"][-1],
            "validFromInRequestedRange": "2025-01-01",
            "name": "Nidaros",
        }
    ),
    "no names": lambda d: put_in_all(d["codes"], name=""),
    "counties for municipalities": lambda d: (
        [c.update(code=c["code"][:2]) for c in d["codes"]] and None
    ),
}
KLASS_CHANGES: dict[str, Edit] = {
    "no changes": lambda d: d.update(codeChanges=[]),
    "a change that never was": lambda d: d["codeChanges"].append(
        {
            "oldCode": "5001",
            "oldName": "Trondheim",
            "newCode": "5099",
            "newName": "Atlantis",
            "changeOccurred": "2025-01-01",
        }
    ),
    "a change in a ring": lambda d: d["codeChanges"].extend(
        [
            {
                **d["codeChanges"][0],
                "oldCode": "5001",
                "newCode": "5006",
                "changeOccurred": "2025-01-01",
            },
            {
                **d["codeChanges"][0],
                "oldCode": "5006",
                "newCode": "5001",
                "changeOccurred": "2025-01-01",
            },
        ]
    ),
    "a change of all in the future": lambda d: put_in_all(
        d["codeChanges"], changeOccurred="2099-01-01"
    ),
    "a split without shares": lambda d: d["codeChanges"].extend(
        {**d["codeChanges"][0], "oldCode": "5001", "newCode": new, "changeOccurred": "2025-01-01"}
        for new in ("5006", "5007")
    ),
    "a change twice": lambda d: d["codeChanges"].append(d["codeChanges"][0]),
    "changes without codes": lambda d: (
        [(c.pop("oldCode"), c.pop("newCode")) for c in d["codeChanges"]] and None
    ),
}
KLASS_CENTRALITY: dict[str, Edit] = {
    "a class that never was": lambda d: put_in_first(d["correspondenceItems"], targetCode="47"),
    "a municipality gone": lambda d: d["correspondenceItems"].pop(0) and None,
    "a municipality in two classes": lambda d: d["correspondenceItems"].append(
        {**d["correspondenceItems"][0], "targetCode": "06"}
    ),
    "a municipality that never was": lambda d: put_in_first(
        d["correspondenceItems"], sourceCode="5099"
    ),
    "one class for all": lambda d: put_in_all(d["correspondenceItems"], targetCode="06"),
}


def _units(edit: Callable[[list[Json]], Any]) -> Edit:
    def change(page: Json) -> None:
        units = page["EnhetListe"]
        edit(units)
        page["TotaltAntallEnheter"] = len(units)

    return change


NSR: dict[str, Edit] = {
    "a school twice": _units(lambda u: u.append(u[0])),
    "one school alone": _units(lambda u: u.__delitem__(slice(1, None))),
    "a third of the schools": _units(lambda u: u.__delitem__(slice(len(u) // 3, None))),
    "all closed": _units(lambda u: put_in_all(u, ErAktiv=False)),
    "all private": _units(lambda u: put_in_all(u, ErPrivatskole=True, ErOffentligSkole=False)),
    "none of them upper secondary": _units(lambda u: put_in_all(u, ErVideregaaendeSkole=False)),
    "all in another county": _units(lambda u: put_in_all(u, Fylkesnummer="03")),
    "municipalities that never were": _units(lambda u: put_in_all(u, Kommunenummer="5099")),
    "numbers of a letter": _units(lambda u: put_in_first(u, Organisasjonsnummer="X12345678")),
    "numbers too long": _units(lambda u: put_in_first(u, Organisasjonsnummer="9" * 40)),
    "no names": _units(lambda u: put_in_all(u, Navn="")),
    "more pages than there are": lambda p: p.update(AntallSider=10**9),
    "fewer than are told": lambda p: p.update(TotaltAntallEnheter=10**6),
    "another page": lambda p: p.update(Sidenummer=7),
    "less than no pages": lambda p: p.update(AntallSider=-1),
}


def _rows(edit: Callable[[list[Json]], Any]) -> Edit:
    def change(page: Json) -> None:
        rows = page["content"]
        edit(rows)
        page["totalElements"] = len(rows)

    return change


VIGO: dict[str, Edit] = {
    "codes that never were": _rows(
        lambda r: r.append({"code1": "QQQQQ9----", "code2": "ZZZZZ9----", "konstruert": True})
    ),
    "replaced in a ring": _rows(
        lambda r: r.append({"code1": r[0]["code2"], "code2": r[0]["code1"], "konstruert": True})
    ),
    "columns changed places": _rows(
        lambda r: [x.update(code1=x["code2"], code2=x["code1"]) for x in r]
    ),
    "one row alone": _rows(lambda r: r.__delitem__(slice(1, None))),
    "a third of the rows": _rows(lambda r: r.__delitem__(slice(len(r) // 3, None))),
    "one row for all": _rows(lambda r: put_in_all(r, code1=r[0]["code1"], code2=r[0]["code2"])),
    "codes of another form": _rows(lambda r: put_in_all(r, code1="1")),
    "numbers for codes": _rows(lambda r: put_in_all(r, code1=17, code2=18)),
    "more than are told": lambda p: p.update(totalElements=3),
    "fewer than are told": lambda p: p.update(totalElements=10**9),
    "less than none": lambda p: p.update(totalElements=-1),
}
GREP_LIST: dict[str, Edit] = {
    "one element alone": lambda d: d[:1],
    "half the elements": lambda d: d[: len(d) // 2],
    "an element twice": lambda d: [*d, d[0]],
    "an element that never was": lambda d: [
        *d,
        {**d[0], "kode": "QQQQQ9----", "url-data": d[0]["url-data"][:-10] + "QQQQQ9----"},
    ],
    "addresses that go up": lambda d: put_in_all(
        d[:1], **{"url-data": "/grep/../../etc/passwd", "sist-endret": "2030-01-01"}
    ),
    "addresses of a million signs": lambda d: put_in_all(
        d[:1],
        **{"url-data": "http://x/programomraader/" + "y" * 1_000_000, "sist-endret": "2030-01-01"},
    ),
    "stamps that are none": lambda d: put_in_all(d[:1], **{"sist-endret": "i går"}),
}
GREP_DETAIL: dict[str, Edit] = {
    "another element": lambda d: d.update(kode="QQQQQ9----"),
    "no title": lambda d: d.update(tittel=[]),
    "an empty title": lambda d: put_in_all(d["tittel"], verdi=""),
    "a status that never was": lambda d: d.update(status="https://x/status/ukjent"),
    "a level that never was": lambda d: d.update(
        aarstrinn={"kode": "vg9", "url-data": "https://x/aarstrinn/vg9"}
    ),
    "a semester in the future": lambda d: d.update(
        **{"foerste-semester": {"kode": "H2099"}, "siste-semester": {"kode": "V2001"}}
    ),
    "a programme that never was": lambda d: d.update(
        **{"utdanningsprogram-referanse": [{"kode": "QX"}]}
    ),
    "builds on itself": lambda d: d.update(**{"bygger-paa-programomraade": [{"kode": d["kode"]}]}),
}


def _listed(edit: Callable[[list[Json]], Any]) -> Edit:
    def change(page: Json) -> None:
        units = page["_embedded"]["underenheter"]
        edit(units)
        page["page"]["totalElements"] = len(units)

    return change


BRREG_LIST: dict[str, Edit] = {
    "negative employees": _listed(lambda u: put_in_first(u, antallAnsatte=-5)),
    "half an employee": _listed(lambda u: put_in_first(u, antallAnsatte=5.5)),
    "more employees than people": _listed(lambda u: put_in_all(u, antallAnsatte=5_000_000)),
    "employees beyond 64 bits": _listed(lambda u: put_in_first(u, antallAnsatte=10**30)),
    "employees of a list for more": _listed(lambda u: put_in_all(u, antallAnsatte=1)),
    "one unit alone": _listed(lambda u: u.__delitem__(slice(1, None))),
    "no units": _listed(lambda u: u.clear()),
    "a unit twice": _listed(lambda u: u.append(u[0])),
    "all elsewhere": _listed(
        lambda u: put_in_all(u, beliggenhetsadresse={"kommunenummer": "0301"})
    ),
    "no places": _listed(lambda u: [x.pop("beliggenhetsadresse") for x in u]),
    "industries that never were": _listed(
        lambda u: put_in_all(u, naeringskode1={"kode": "00.765"})
    ),
    "industries of another form": _listed(lambda u: put_in_all(u, naeringskode1={"kode": "A"})),
    "no industries": _listed(lambda u: [x.pop("naeringskode1", None) for x in u]),
    "numbers too short": _listed(lambda u: put_in_first(u, organisasjonsnummer="123")),
    "more than are told": lambda p: p["page"].update(totalElements=1),
    "more than may be": lambda p: p["page"].update(totalElements=10**9),
    "less than none": lambda p: p["page"].update(totalElements=-1),
    "another page": lambda p: p["page"].update(number=3),
}


def _logged(*lines: tuple[int, str]) -> Edit:
    def edit(page: Json) -> None:
        page["_embedded"] = {
            "oppdaterteUnderenheter": [
                {
                    "oppdateringsid": n,
                    "dato": "2026-11-27T08:00:00.000Z",
                    "organisasjonsnummer": unit,
                    "endringstype": "Sletting",
                }
                for n, unit in lines
            ]
        }
        page["page"]["totalElements"] = len(lines)

    return edit


BRREG_LOG: dict[str, Edit] = {
    "back to front": _logged((900_000_009, "810007827"), (900_000_008, "810006723")),
    "a change twice": _logged((900_000_009, "810007827"), (900_000_009, "810007827")),
    "a unit that never was": _logged((900_000_009, "999999999")),
    "numbers too short": _logged((900_000_009, "123")),
    "told and not there": lambda p: p["page"].update(totalElements=5),
    "numbers beyond 64 bits": _logged((10**30, "999999999")),
}
FEED_PAGE: dict[str, Edit] = {
    "a status that never was": lambda p: p["items"][-1]["_feed_entry"].update(status="SOLGT"),
    "a time to come": lambda p: p["items"][-1]["_feed_entry"].update(
        sistEndret="2999-01-01T00:00:00Z"
    ),
    "a time of no calendar": lambda p: p["items"][-1]["_feed_entry"].update(
        sistEndret="2026-02-31T00:00:00Z"
    ),
    "a time of no clock": lambda p: p["items"][-1]["_feed_entry"].update(
        sistEndret="2026-02-01T25:61:00Z"
    ),
    "a time before all": lambda p: p["items"][-1]["_feed_entry"].update(
        sistEndret="0000-01-01T00:00:00Z"
    ),
    "a vacancy that never was": lambda p: p["items"][-1]["_feed_entry"].update(uuid="x"),
    "a page that leads back": lambda p: p.update(next_url=p["feed_url"]),
    "a page that leads out": lambda p: p.update(next_url="http://example.invalid/x"),
    "a page of another name": lambda p: p.update(id="../../x"),
    "no items": lambda p: p.update(items=[]),
    "an item twice": lambda p: p["items"].append(p["items"][-1]),
    "a million items": lambda p: p.update(items=p["items"][-1:] * 3000),
}
FEED_DETAIL: dict[str, Edit] = {
    "another vacancy": lambda d: d.update(uuid="00000000-0000-0000-0000-000000000000"),
    "active and without an advertisement": lambda d: d.pop("ad_content") and None,
    "a time of no calendar": lambda d: d.update(sistEndret="2026-02-31T00:00:00Z"),
    "published on no day": lambda d: d["ad_content"].update(published="2026-02-31T00:00:00Z"),
    "negative positions": lambda d: d["ad_content"].update(positioncount=-4),
    "a milliard positions": lambda d: d["ad_content"].update(positioncount="1000000000"),
    "an occupation that never was": lambda d: d["ad_content"].update(
        categoryList=[{"categoryType": "STYRK08", "code": "9998", "score": 1.0}]
    ),
    "a score beyond all": lambda d: d["ad_content"].update(
        categoryList=[{"categoryType": "STYRK08", "code": "2221", "score": 10**400}]
    ),
}

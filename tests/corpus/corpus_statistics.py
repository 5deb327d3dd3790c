"""Statistics that say what cannot be: PxWeb, report pages of the Directorate, DBH."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from corpus_edits import Edit, Json, put_in_all, put_in_first


# JSON-stat: figures as one list, the last dimension fastest.
def _values(change: Callable[[list[Any]], list[Any]]) -> Edit:
    def edit(cube: Json) -> None:
        cube["value"] = change(cube["value"])

    return edit


def _category(name: str, change: Callable[[list[str]], list[str]]) -> Edit:
    """Other codes in a dimension, as many as there were."""

    def edit(cube: Json) -> None:
        category = cube["dimension"][name]["category"]
        codes = change(list(category["index"]))
        category["index"] = {code: n for n, code in enumerate(codes)}
        labels = list(category["label"].values())
        category["label"] = dict(zip(codes, labels, strict=False))

    return edit


def _size(cube: Json, size: list[int]) -> None:
    cube["size"] = size


PXWEB_DATA: dict[str, Edit] = {
    "negative figures": _values(lambda v: [-x if x else x for x in v]),
    "one negative figure": _values(lambda v: [-5, *v[1:]]),
    "figures a hundred times": _values(lambda v: [x * 100 for x in v]),
    "nothing but zero": _values(lambda v: [0] * len(v)),
    "nothing but null": _values(lambda v: [None] * len(v)),
    "everything hidden": lambda c: c.update(value=[None] * len(c["value"]), status=":"),
    "per cent and persons changed places": _values(lambda v: [v[i ^ 2] for i in range(len(v))]),
    "counties changed places": _values(lambda v: v[len(v) // 2 :] + v[: len(v) // 2]),
    "back to front": _values(lambda v: v[::-1]),
    "a figure too few": _values(lambda v: v[:-1]),
    "a figure too many": _values(lambda v: [*v, 1]),
    "one figure alone": _values(lambda v: v[:1]),
    "texts for figures": _values(lambda v: [str(x) for x in v]),
    "one text for a figure": _values(lambda v: ["12", *v[1:]]),
    "truths for figures": _values(lambda v: [True, *v[1:]]),
    "figures beyond all": _values(lambda v: [10**400, *v[1:]]),
    "figures by a place that is not": lambda c: c.update(value={"99999999": 1}),
    "figures by a place before all": lambda c: c.update(value={"-1": 1}),
    "figures by a word": lambda c: c.update(value={"en": 1}),
    "few figures by place": lambda c: c.update(value={"0": 7}),
    "sizes that do not fit": lambda c: _size(c, c["size"][::-1]),
    "a dimension of a milliard": lambda c: _size(c, [10**9, *c["size"][1:]]),
    "a negative dimension": lambda c: _size(c, [-1, *c["size"][1:]]),
    "an empty dimension": lambda c: _size(c, [0, *c["size"][1:]]),
    "sizes beyond 64 bits": lambda c: _size(c, [10**30] * len(c["size"])),
    "sizes whose product overflows": lambda c: c.update(
        size=[2**32] * len(c["size"]), value={"0": 1}
    ),
    "a dimension less": lambda c: c.update(id=c["id"][1:], size=c["size"][1:]),
    "a dimension twice": lambda c: c.update(id=[c["id"][0]] * len(c["id"])),
    "a dimension called value": lambda c: c.update(id=["value", *c["id"][1:]]),
    "places that are not in order": lambda c: c["dimension"]["Region"]["category"].update(
        index=dict.fromkeys(c["dimension"]["Region"]["category"]["index"], 5)
    ),
    "a county twice": _category("Region", lambda codes: [codes[0]] * len(codes)),
    "a county that never was": _category("Region", lambda codes: ["98", *codes[1:]]),
    "a year to come": _category("Tid", lambda codes: ["2093-2099", *codes[1:]]),
    "years in another form": _category("Tid", lambda codes: [c[:4] for c in codes]),
    "contents of another table": _category(
        "ContentsCode", lambda codes: ["Folkemengde", *codes[1:]]
    ),
    "another class": lambda c: c.update({"class": "collection"}),
    "another version": lambda c: c.update(version="1.0"),
    "an edition of no time": lambda c: c.update(updated="i går"),
    "an edition of the year 0": lambda c: c.update(updated="0000-00-00T00:00:00Z"),
    "marks too few": lambda c: c.update(status=["."]),
    "marks by a place that is not": lambda c: c.update(status={"99999999": "."}),
    "marks of all figures": lambda c: c.update(status="."),
}
PXWEB_METADATA: dict[str, Edit] = {
    "a dimension of a milliard": lambda c: _size(c, [10**9, *c["size"][1:]]),
    "no codes": lambda c: c["dimension"]["Region"]["category"].update(index={}, label={}),
    "a dimension renamed": lambda c: c.update(
        id=["Fylke", *c["id"][1:]], dimension={**c["dimension"], "Fylke": c["dimension"]["Region"]}
    ),
    "a county that never was": _category("Region", lambda codes: ["98", *codes[1:]]),
    "codes of a million signs": _category("Region", lambda codes: ["x" * 1_000_000, *codes[1:]]),
    "codes that would be more of an address": _category(
        "Region", lambda codes: ["0&lang=en#x\r\nX-A: 1", *codes[1:]]
    ),
}


def _cells(change: Callable[[str], str]) -> Edit:
    def edit(page: Json) -> None:
        for row in page["rows"]:
            row["data"] = [change(cell) for cell in row["data"]]

    return edit


def _headers(change: Callable[[str], str], level: int) -> Edit:
    def edit(page: Json) -> None:
        for header in page["metadata"]["columns"][level]:
            header["name"] = change(header["name"])

    return edit


UDIR_DATA: dict[str, Edit] = {
    "negative figures": _cells(lambda c: f"-{c}" if c else c),
    "nothing but zero": _cells(lambda c: "0" if c else c),
    "everything hidden": _cells(lambda c: "*" if c else c),
    "everything empty": _cells(lambda c: ""),
    "per cent": _cells(lambda c: f"{len(c)}2,5 %" if c else c),
    "figures a hundred times": _cells(lambda c: f"{c}00" if c and c != "*" else c),
    "figures in English": _cells(lambda c: c.replace("\u00a0", ",").replace(" ", ",")),
    "figures in words": _cells(lambda c: "mange" if c else c),
    "figures without end": _cells(lambda c: "9" * 400 if c else c),
    "a county that never was": lambda p: (
        [r.update(kode="98") for r in p["rows"] if r["kode"] == "50"] and None
    ),
    "a county twice": lambda p: p.update(rows=[*p["rows"], *copy.deepcopy(p["rows"][-3:])]),
    "a county under two names": lambda p: p.update(
        rows=[
            *p["rows"],
            *[
                {**r, "id": r["id"].replace("1.44", "1.45")}
                for r in p["rows"]
                if r["id"].startswith("1.44")
            ],
        ]
    ),
    "programmes without a county": lambda p: p.update(
        rows=[r for r in p["rows"] if r["id"] != "1.44"]
    ),
    "programmes that never were": lambda p: (
        [r.update(id=f"{r['id']}9", kode="QX") for r in p["rows"] if r["id"].count(".") == 2]
        and None
    ),
    "one row alone": lambda p: p.update(rows=p["rows"][:1]),
    "a third of the rows": lambda p: p.update(rows=p["rows"][: len(p["rows"]) // 3]),
    "a year to come": _headers(lambda n: str(int(n) + 70), 0),
    "years in words": _headers(lambda n: "i fjor", 0),
    "a year twice": _headers(lambda n: "2026", 0),
    "other columns": _headers(lambda n: "Elever i alt", 1),
    "columns changed places": lambda p: p["metadata"]["columns"][1].reverse(),
    "the rows of another page": lambda p: p["metadata"].update(
        rowHierarchy=["Nasjonalt", "Skoleeier", "Skole"]
    ),
    "columns that span a milliard": lambda p: p["metadata"]["columns"][0][0].update(
        columnCount=10**9
    ),
    "columns that span less than none": lambda p: p["metadata"]["columns"][0][0].update(
        columnCount=-3
    ),
    "rows of endless depth": lambda p: p["rows"][1].update(id="1" + ".1" * 100_000),
}
UDIR_PAGE: dict[str, Edit] = {
    "an address of another host": lambda p: p["rappside"]["rapportElementer"][0].update(
        dataEndepunkt="http://example.invalid/data"
    ),
    "an address that goes up": lambda p: p["rappside"]["rapportElementer"][0].update(
        dataEndepunkt="../../../etc/passwd"
    ),
    "an address of a million signs": lambda p: p["rappside"]["rapportElementer"][0].update(
        dataEndepunkt="x" * 1_000_000
    ),
    "a filter that is none": lambda p: p["rappside"]["filterDefaultVerdier"].update(TidID=[10**18]),
    "no tables": lambda p: p["rappside"].update(rapportElementer=[]),
}

DBH: dict[str, Edit] = {
    "negative figures": lambda d: put_in_all(d, Antall="-5"),
    "one negative figure": lambda d: put_in_first(d, Antall="-1"),
    "half a student": lambda d: put_in_first(d, Antall="12.5"),
    "figures in words": lambda d: put_in_first(d, Antall="mange"),
    "figures a hundred times": lambda d: [r.update(Antall=f"{r['Antall']}00") for r in d] and None,
    "figures beyond 64 bits": lambda d: put_in_first(d, Antall="9" * 30),
    "nothing but zero": lambda d: put_in_all(d, Antall="0"),
    "everything hidden": lambda d: put_in_all(d, Antall="*"),
    "a year to come": lambda d: put_in_all(d, **{"Årstall": "2099"}),
    "a year in words": lambda d: put_in_first(d, **{"Årstall": "i fjor"}),
    "another semester": lambda d: put_in_all(d, Semester="1"),
    "municipalities that never were": lambda d: put_in_all(d, **{"Kommunenummer campus": "5099"}),
    "fields that never were": lambda d: put_in_all(d, **{"NUS-kode": "999998"}),
    "one row alone": lambda d: d[:1],
    "a third of the rows": lambda d: d[: len(d) // 3],
    "the same twice": lambda d: d + d,
    "a row twice with another figure": lambda d: [*d, {**d[0], "Antall": "7"}],
    "a row of another table": lambda d: [*d, {"Fagskolens navn": "x", "Antall": "1"}],
}

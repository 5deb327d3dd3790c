"""A small sample, constructed by hand: every cell shows in its figure where it belongs."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import polars as pl

REGIONS = ("0", "5001", "5006", "5004", "5055")
SEXES = ("1", "2")
CONTENTS = ("Personer", "Andel")
YEARS = ("2019", "2020", "2021", "2022")
HIDDEN = {
    ("5004", "1", "Personer", "2021"): ".",
    ("5055", "1", "Personer", "2019"): "..",
    ("5055", "2", "Personer", "2019"): ":",
}


def figure(region: str, sex: str, content: str, year: str) -> float | None:
    """The constructed figure of one cell: each code shows in a digit of its own."""
    if (region, sex, content, year) in HIDDEN:
        return None
    whole = 1000 * REGIONS.index(region) + 100 * int(sex) + int(year) - 2019
    return float(whole) if content == "Personer" else whole / 8


def status(region: str, sex: str, content: str, year: str) -> str | None:
    if (region, sex, content, year) in HIDDEN:
        return HIDDEN[region, sex, content, year]
    return "constructed" if year == "2022" else None


TABLE = """
id = "T0001"
label = "T0001: Folk, etter region, kjønn, innhold og år"
updated = "2026-02-25T07:00:00Z"
source = "Konstruert"
notes = ["Konstruerte tall."]

[[variable]]
code = "Region"
label = "region"
elimination = "0"
role = "geo"
codelists = ["agg_Dagens"]

[[variable]]
code = "Kjonn"
label = "kjønn"
elimination = true
role = ""
codelists = []

[[variable]]
code = "ContentsCode"
label = "innhold"
elimination = false
role = "metric"
codelists = []

[[variable]]
code = "Tid"
label = "år"
elimination = false
role = "time"
codelists = []
"""
CODES = """variable,code,label,unit,decimals
Region,0,Hele landet,,
Region,5001,Trondheim,,
Region,5006,Steinkjer,,
Region,5004,Steinkjer (-2019),,
Region,5055,Heim,,
Kjonn,1,Menn,,
Kjonn,2,Kvinner,,
ContentsCode,Personer,Personer,personer,0
ContentsCode,Andel,Andel,prosent,1
Tid,2019,2019,,
Tid,2020,2020,,
Tid,2021,2021,,
Tid,2022,2022,,
"""
CODELIST = """
id = "agg_Dagens"
label = "Dagens kommuner"

[[value]]
code = "K-5001"
label = "Trondheim"
members = ["5001"]

[[value]]
code = "K-5006"
label = "Steinkjer"
members = ["5004", "5006", "1702"]
"""
KLASS_CODES = """code,parentCode,level,name,shortName,validFrom,validTo,notes
1601,,1,Trondheim,,2013-01-01,2018-01-01,
5001,,1,Trondheim,,2018-01-01,2024-01-01,
5001,,1,Tråante & co,T,2024-01-01,,"Nytt navn, med komma"
9901,,1,Kárášjohka,,2024-01-01,,
9999,,1,Framtid,,2999-01-01,,
"""
KLASS_CHANGES = """oldCode,oldName,newCode,newName,changeOccurred
1601,Trondheim,5001,Trondheim,2018-01-01
,,5055,Heim,2020-01-01
5001,Trondheim,5001,Tråante & co,2024-01-01
"""
KLASS_CORRESPONDS = """sourceCode,sourceName,targetCode,targetName,validFrom,validTo
1601,Trondheim,16,Sør-Trøndelag,2013-01-01,2018-01-01
5001,Trondheim,50,Trøndelag,2018-01-01,2024-01-01
5001,Tråante & co,50,Trøndelag,2024-01-01,
"""
COUNTIES = """code,parentCode,level,name,shortName,validFrom,validTo,notes
16,,1,Sør-Trøndelag,,2013-01-01,2018-01-01,
50,,1,Trøndelag,,2018-01-01,,
"""
PAGE = """
id = 900
kode = "VGO_Elev_Proeve"
navn = "Elever, prøveside"
gyldigeFiltre = ["EnhetID", "TidID"]
rowHierarchy = ["Nasjonalt", "Fylke", "Skole"]
time_filter = "TidID"
measures = ["Antall elever", "Antall skoler"]
suppressed = true

[filterDefaultVerdier]
EnhetID = [-12]
TidID = [202510]
"""
PAGE_ROWS = """filter,filter_label,level,id,kode,navn,column_1,measure,value,constructed
202410,2024-25,0,1,0,Hele landet,2024-25,Antall elever,189 349,false
202410,2024-25,0,1,0,Hele landet,2024-25,Antall skoler,410,false
202410,2024-25,1,1.44,50,Trøndelag,2024-25,Antall elever,16 434,false
202410,2024-25,1,1.44,50,Trøndelag,2024-25,Antall skoler,41,false
202410,2024-25,2,1.44.7,991,Aglo,2024-25,Antall elever,*,true
202510,2025-26,0,1,0,Hele landet,2025-26,Antall elever,193 809,false
202510,2025-26,1,1.44,50,Trøndelag,2025-26,Antall elever,16 753,false
202510,2025-26,1,1.44,50,Trøndelag,2025-26,Antall skoler,41,false
202510,2025-26,2,1.45.9,992,Bodø,2025-26,Antall elever,500,false
"""
SCHOOLS = """Organisasjonsnummer,Navn,Fylkesnummer,Kommunenummer,ErAktiv,ErPrivatskole,source
991,Aglo,50,5035,true,true,Konstruert
992,Byåsen,50,5001,true,false,Konstruert
993,Fosen,50,5057,false,false,Konstruert
"""
COUNTY_FILE = "\ufefforgnr;skole;konstruert\r\n991;Aglo;ja\r\n"


def cells() -> pl.DataFrame:
    """Every cell of the table but one region's last measure, which has no row at all."""
    keys = [
        k for k in product(REGIONS, SEXES, CONTENTS, YEARS) if k[0] != "5055" or k[2] != "Andel"
    ]
    columns: dict[str, Any] = dict(
        zip(("Region", "Kjonn", "ContentsCode", "Tid"), zip(*keys, strict=True), strict=True)
    )
    return pl.DataFrame(columns).with_columns(
        value=pl.Series([figure(*k) for k in keys], dtype=pl.Float64),
        status=pl.Series([HIDDEN.get(k) for k in keys], dtype=pl.String),
        constructed=pl.Series([k[3] == "2022" for k in keys]),
    )


def write(folder: Path) -> None:
    """Write the sample in the layout of `docs/architecture.md`."""
    texts = {
        "pxweb/T0001/table.toml": TABLE,
        "pxweb/T0001/codes.csv": CODES,
        "pxweb/codelists/agg_Dagens.toml": CODELIST,
        "klass/131/codes.csv": KLASS_CODES,
        "klass/131/changes.csv": KLASS_CHANGES,
        "klass/131/corresponds_104.csv": KLASS_CORRESPONDS,
        "klass/104/codes.csv": COUNTIES,
        "udir/VGO_Elev_Proeve.toml": PAGE,
        "udir/VGO_Elev_Proeve.csv": PAGE_ROWS,
        "nsr/schools.csv": SCHOOLS,
        "county/kapasitet.csv": COUNTY_FILE,
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    cells().write_parquet(folder / "pxweb/T0001/cells.parquet")
    (folder / "outside.csv").write_text("hemmelig", encoding="utf-8")

"""What is published, read whole: by the reader that loops beside the nights, and by the checks.

As a program it takes the path of a home, reads its published files again and again until the next
line comes, and then tells what it has seen.
"""

from __future__ import annotations

import hashlib
import json
import re
import select
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

# What this machine did and when; everything else must be the same after a kill.
_OF_THIS_MACHINE = re.compile(r".*_at|night|constructed_at")
# What files hold, by their bytes: most are read many times and have not changed.
_KNOWN: dict[str, dict[str, str]] = {}
# Read again and again, and leave the night most of the machine: rest so many times what it took.
_REST = 9.0


def contents(file: Path) -> dict[str, str]:
    """A hash of all rows of every table of a file, whatever their order.

    Raises:
        Exception: the file is not whole, or its tables are not of one night.
    """
    before = _bytes_of(file)
    with opened(file) as con:
        ((night, as_of),) = con.execute("select night, as_of from audit.night").fetchall()
        if before in _KNOWN:
            return _KNOWN[before]
        found = {}
        for schema, table in con.execute(
            "select schema_name, table_name from duckdb_tables() order by all"
        ).fetchall():
            name = f'"{schema}"."{table}"'
            columns = [c[0] for c in con.execute(f"from {name} limit 0").description or ()]
            kept = [f'"{c}"' for c in columns if not _OF_THIS_MACHINE.fullmatch(c)]
            rows = con.execute(f"select {', '.join(kept) or 'count(*)'} from {name}").fetchall()
            ((count,),) = con.execute(f"select count(*) from {name}").fetchall()
            assert count == len(rows) or not kept, f"{name} counts {count} and gives {len(rows)}"
            text = "\n".join(sorted(repr(row) for row in rows))
            found[f"{schema}.{table}"] = hashlib.sha256(text.encode()).hexdigest()[:16]
        ((today,),) = con.execute("select as_of from reference.night").fetchall()
        assert today == as_of, f"{file.name}: tables of {today} in the night {night} of {as_of}"
    # Another night may have been put in its place in the meantime.
    if before == _bytes_of(file):
        _KNOWN[before] = found
    return found


def _bytes_of(file: Path) -> str:
    """A hash of a file, and of what the database may have written beside it."""
    beside = file.with_name(f"{file.name}.wal")
    read = [one.read_bytes() if one.exists() else b"" for one in (file, beside)]
    return " ".join(hashlib.sha256(one).hexdigest() for one in read)


def mark_of(found: dict[str, str]) -> str:
    """One hash of `contents`."""
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()[:16]


def opened(file: Path) -> duckdb.DuckDBPyConnection:
    """A published file, to be read."""
    return duckdb.connect(str(file), read_only=True)


def main() -> None:
    print(json.dumps("ready"), flush=True)
    while line := sys.stdin.readline():
        print(json.dumps("reading"), flush=True)
        print(json.dumps(_read_on(Path(line.strip()))), flush=True)


def _read_on(home: Path) -> dict[str, Any]:
    """Read a home's published files until a line comes."""
    seen: dict[str, int] = {}
    wrong: list[str] = []
    rest = 0.0
    while not select.select([sys.stdin], [], [], rest)[0]:
        begun = time.process_time()
        for name in ("tilbudsplan", "internal"):
            try:
                found = f"{name} {mark_of(contents(home / 'published' / f'{name}.duckdb'))}"
                seen[found] = seen.get(found, 0) + 1
            except Exception as error:
                wrong.append(f"{name}: {type(error).__name__}: {error}")
        rest = _REST * (time.process_time() - begun)
    sys.stdin.readline()
    return {"seen": seen, "wrong": wrong}


if __name__ == "__main__":
    main()

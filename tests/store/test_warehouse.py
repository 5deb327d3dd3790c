"""What is published is whole, open schemas only, and cannot be left by SQL that a user types."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from tasks import warehouse
from tasks.errors import ConfigurationError, NotFound, ValidationFailed
from tasks.settings import Rooms


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    return Rooms(tmp_path / "it's home")


def built(rooms: Rooms, number: int = 3) -> tuple[duckdb.DuckDBPyConnection, Path]:
    file = rooms.build / "night.duckdb"
    con = warehouse.open_build(file)
    con.execute(f"create table raw.a as select range as n from range({number})")
    con.execute("create table restricted.p as select 1 as pupils")
    con.execute(
        f"create table mart.m as select n, n / 3.0::double as third from range({number}) t(n)"
    )
    con.execute("create table audit.night as select 'x' as night, now() as built_at")
    return con, file


def test_publishing_leaves_closed_schemas_out_and_the_internal_file_whole(rooms: Rooms) -> None:
    con, file = built(rooms)
    warehouse.publish(con, file, rooms)
    with warehouse.connect_published(rooms) as public:
        assert warehouse.tables(public) == ["audit.night", "mart.m"]
    with warehouse.connect_internal(rooms) as inner:
        assert set(warehouse.tables(inner)) == {"audit.night", "mart.m", "raw.a", "restricted.p"}
    assert list(rooms.build.iterdir()) == []


def test_the_public_file_has_the_storage_version_that_older_programs_open(rooms: Rooms) -> None:
    con, file = built(rooms)
    warehouse.publish(con, file, rooms)
    with warehouse.connect_published(rooms) as public:
        (tags,) = public.execute(
            "select tags from duckdb_databases() where database_name = current_database()"
        ).fetchall()
    assert "v1.2" in str(tags[0]["storage_version"])


def test_a_reader_keeps_its_copy_while_another_is_published(rooms: Rooms) -> None:
    warehouse.publish(*built(rooms, 3), rooms)
    with warehouse.connect_published(rooms) as reader:
        warehouse.publish(*built(rooms, 5), rooms)
        assert reader.execute("select count(*) from mart.m").fetchall() == [(3,)]
    with warehouse.connect_published(rooms) as reader:
        assert reader.execute("select count(*) from mart.m").fetchall() == [(5,)]


def test_a_copy_that_lacks_rows_is_not_published(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.publish(*built(rooms, 3), rooms)
    con, file = built(rooms, 5)
    monkeypatch.setattr(warehouse, "_copy_out", short_copy(warehouse._copy_out))
    with pytest.raises(ValidationFailed, match=r"mart\.m: 5 mot 6"):
        warehouse.publish(con, file, rooms)
    with warehouse.connect_published(rooms) as reader:
        assert reader.execute("select count(*) from mart.m").fetchall() == [(3,)]


def short_copy(real: object) -> object:
    def copy(*arguments: object) -> dict[str, int]:
        counts: dict[str, int] = real(*arguments)  # type: ignore[operator]
        return {**counts, "mart.m": counts["mart.m"] + 1}

    return copy


@pytest.mark.parametrize(
    "sql",
    [
        "create table mart.x as select 1",
        "drop table mart.m",
        "copy (select 1) to '{tmp}/out.csv'",
        "attach '{tmp}/other.duckdb'",
        "select * from read_csv('{tmp}/secret.csv')",
        "select * from '{tmp}/secret.csv'",
        "set enable_external_access = true",
        "install httpfs",
    ],
)
def test_user_sql_reaches_nothing_but_the_published_tables(
    rooms: Rooms, tmp_path: Path, sql: str
) -> None:
    warehouse.publish(*built(rooms), rooms)
    (tmp_path / "secret.csv").write_text("a\n1\n")
    before = sorted(tmp_path.iterdir())
    with warehouse.connect_published(rooms) as con, pytest.raises(duckdb.Error):
        con.execute(sql.format(tmp=tmp_path))
    assert sorted(tmp_path.iterdir()) == before


def test_nothing_published_is_said(rooms: Rooms) -> None:
    with pytest.raises(NotFound, match="publisert varehus"):
        warehouse.connect_published(rooms)


def test_reference_is_text_whatever_it_looks_like(rooms: Rooms, tmp_path: Path) -> None:
    (tmp_path / "comma.csv").write_text('code,name\n0301,"Oslo, by"\n0017,\n')
    (tmp_path / "semicolon.csv").write_text("\ufeffcode;name\n0301;Oslo, by\n", encoding="utf-8")
    with warehouse.open_build(rooms.build / "b.duckdb") as con:
        made = warehouse.load_reference(con, tmp_path)
        assert made == ["reference.comma", "reference.semicolon"]
        rows = con.execute("select * from reference.comma order by 1").fetchall()
        assert rows == [("0017", None), ("0301", "Oslo, by")]
        assert warehouse.columns(con, "reference.semicolon") == ["code", "name"]


def test_a_broken_reference_file_is_named(rooms: Rooms, tmp_path: Path) -> None:
    (tmp_path / "broken.csv").write_text('a,b\n1,2\n1,2,3,4\n"x\n')
    with (
        warehouse.open_build(rooms.build / "b.duckdb") as con,
        pytest.raises(ConfigurationError, match=r"broken\.csv"),
    ):
        warehouse.load_reference(con, tmp_path)


def test_a_new_vintage_leaves_no_table_of_the_old_one(rooms: Rooms, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, names in ((old, ("rows", "codes", "notes")), (new, ("rows",))):
        folder.mkdir()
        for name in names:
            pl.DataFrame({"a": [1]}).write_parquet(folder / f"{name}.parquet")
    with warehouse.open_build(rooms.build / "b.duckdb") as con:
        warehouse.load_parquet(con, "x", old)
        warehouse.load_parquet(con, "x_codes_more", new)
        warehouse.load_parquet(con, "x", new)
        assert warehouse.tables(con, ["raw"]) == ["raw.x", "raw.x_codes_more"]


def test_canonical_export_sees_data_and_not_order_or_clock(rooms: Rooms, tmp_path: Path) -> None:
    hashes = []
    for number, order in enumerate(("n", "n desc", "n")):
        file = rooms.build / f"{number}.duckdb"
        with warehouse.open_build(file) as con:
            extra = " union all select 9, null" if number == 2 else ""
            con.execute(
                "create table mart.m as select * from "
                f"(select n, n / 3.0::double as d from range(5) t(n) {extra}) order by {order}"
            )
            con.execute("create table audit.night as select 'x' as night, now() as built_at")
            con.execute(f"create table raw.r as select {number} as n")
        hashes.append(warehouse.canonical_export(file, tmp_path / f"export-{number}"))
    assert hashes[0] == hashes[1]
    assert sorted(hashes[0]) == ["audit.night", "mart.m"]
    assert hashes[0]["mart.m"] != hashes[2]["mart.m"]
    read = pl.read_csv(tmp_path / "export-0" / "mart.m.csv")
    assert read["d"].to_list() == [n / 3.0 for n in range(5)]

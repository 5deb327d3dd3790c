"""A published file that is damaged is noticed, told, and built again with nothing lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from lab import Lab, state_of

from flows import cli
from tasks import recovery, warehouse
from tasks.journal import Journal
from tasks.settings import CHECKOUT, Rooms

pytestmark = pytest.mark.process

Harm = Callable[[Path], None]


def flipped(share: float) -> Harm:
    """Turn the bits of sixteen bytes that far into the file."""

    def harm(file: Path) -> None:
        content = bytearray(file.read_bytes())
        start = int(share * (len(content) - 16))
        content[start : start + 16] = bytes(255 - byte for byte in content[start : start + 16])
        file.write_bytes(content)

    return harm


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def other(file: Path) -> None:
    file.unlink()
    with warehouse.open_build(file) as con:
        con.execute("create table mart.other as select 1 as one")


HARMS = {
    "first byte": flipped(0),
    "early": flipped(0.1),
    "middle": flipped(0.5),
    "last byte": flipped(1),
    "cut": cut,
    "empty": emptied,
    "gone": Path.unlink,
    "another file": other,
}


@pytest.mark.parametrize("name", ["tilbudsplan.duckdb", "internal.duckdb"])
@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_file_is_noticed_and_built_again_while_no_source_answers(
    laboratory: Lab, harm: str, name: str
) -> None:
    home = laboratory.home(0)
    rooms = Rooms(home)
    HARMS[harm](rooms.warehouse.with_name(name))
    assert [d.file.name for d in recovery.damaged(rooms, Journal(rooms.journal))] == [name]

    laboratory.world.down = True
    try:
        laboratory.whole_night(home, 0, ask=False)
    finally:
        laboratory.world.down = False
    built = state_of(home)
    assert built.public == laboratory.after[0].public
    assert built.internal == laboratory.after[0].internal
    (finding,) = [f for f in built.findings if f["kind"] == "damage"]
    assert (finding["dataset"], finding["about"]) == ("warehouse", name)
    assert "er bygget på nytt" in finding["reason"]
    assert recovery.damaged(rooms, Journal(rooms.journal)) == []
    told = [mail for mail in built.mails if mail not in laboratory.after[0].mails]
    assert [to for _, to, *_ in told] == ["drift@fylket.example"]
    shutil.rmtree(home)


def test_the_next_night_mends_what_is_damaged_and_ends_as_any_other(laboratory: Lab) -> None:
    home = laboratory.home(0)
    for name in ("tilbudsplan.duckdb", "internal.duckdb"):
        cut(Rooms(home).warehouse.with_name(name))
    killed = laboratory.night(home, 1, {"stage": "built", "call": 1, "when": "after"})
    assert killed.killed
    laboratory.whole_night(home, 1)
    after, before = state_of(home), laboratory.after[1]
    assert (after.public, after.internal) == (before.public, before.internal)
    more = [f["kind"] for f in after.findings if f not in before.findings]
    assert more == ["damage", "damage"], "what the killed night saw is told by the next"
    laboratory.whole_night(home, 2)
    after, before = state_of(home), laboratory.after[2]
    assert (after.public, after.internal, after.findings, after.landed) == (
        before.public,
        before.internal,
        before.findings,
        before.landed,
    )


@pytest.mark.parametrize("harm", ["first byte", "early", "cut", "empty"])
def test_whoever_reads_a_damaged_file_is_told_what_to_do(
    laboratory: Lab,
    harm: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = laboratory.home(0)
    HARMS[harm](Rooms(home).warehouse)
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(home))
    monkeypatch.chdir(CHECKOUT)
    for command in (["query", "from mart.coverage"], ["query"], ["status"], ["sources"]):
        code = cli.run(command)
        said = capsys.readouterr()
        if code:  # a flipped block that nobody reads harms nobody
            assert said.err.startswith("Feil: ")
            assert "en ødelagt fil" in said.err
            assert "tilbudsplan build" in said.err
            assert "Traceback" not in said.err
    cli.run(["doctor"])
    (line,) = [x for x in capsys.readouterr().out.splitlines() if " varehus " in x]
    assert line.startswith("feil")
    assert "tilbudsplan build" in line
    shutil.rmtree(home)


def test_a_parsed_file_that_is_damaged_is_parsed_again(laboratory: Lab) -> None:
    """Parquet has no checksum: a turned bit would be another figure."""
    home = laboratory.home(1)
    for file in Rooms(home).parsed.rglob("*.parquet"):
        flipped(0.5)(file)
    laboratory.whole_night(home, 2)
    laboratory.check_same(home, 2)
    shutil.rmtree(home)

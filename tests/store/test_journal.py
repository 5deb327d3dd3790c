"""The journal is append-only, chained, and says where it was touched."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.errors import JournalCorrupt
from tasks.journal import Journal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=30)
@given(payloads=st.lists(st.dictionaries(st.text(), JSON, max_size=3), max_size=5))
def test_entries_come_back_in_order(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[dict[str, object]]
) -> None:
    journal = Journal(tmp_path_factory.mktemp("journal"))
    for number, payload in enumerate(payloads):
        journal.append("odd" if number % 2 else "even", payload)
    assert [e.payload for e in journal.entries()] == payloads
    assert [e.payload for e in journal.entries("odd")] == payloads[1::2]
    assert journal.verify() == len(payloads)


def written(root: Path, number: int = 4) -> Journal:
    journal = Journal(root)
    for n in range(number):
        journal.append("note", {"n": n})
    return journal


@pytest.mark.parametrize(("line", "named"), [(0, 2), (1, 3), (2, 4)])
def test_a_changed_line_is_named(tmp_path: Path, line: int, named: int) -> None:
    journal = written(tmp_path)
    lines = journal.path.read_text().splitlines()
    lines[line] = lines[line].replace('"n":', '"m":')
    journal.path.write_text("\n".join(lines) + "\n")
    with pytest.raises(JournalCorrupt, match=f"linje {named}"):
        journal.verify()


def test_a_removed_line_is_named(tmp_path: Path) -> None:
    journal = written(tmp_path)
    lines = journal.path.read_text().splitlines()
    journal.path.write_text("\n".join([lines[0], *lines[2:]]) + "\n")
    with pytest.raises(JournalCorrupt, match="linje 2"):
        journal.entries()


def test_an_unreadable_last_line_is_not_chained_to(tmp_path: Path) -> None:
    journal = written(tmp_path, 1)
    with journal.path.open("a") as file:
        file.write("no json\n")
    with pytest.raises(JournalCorrupt, match="siste"):
        journal.append("note", {})


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    journal = written(tmp_path, 1)
    entry = json.loads(journal.path.read_text())
    journal.path.write_text(json.dumps({**entry, "schema": 99}) + "\n")
    with pytest.raises(JournalCorrupt, match="format 99"):
        journal.entries()


@pytest.mark.parametrize("whole", [0, 1, 3])
def test_a_torn_last_line_is_set_aside_and_the_chain_goes_on(tmp_path: Path, whole: int) -> None:
    journal = written(tmp_path, whole)
    journal.path.parent.mkdir(exist_ok=True)
    with journal.path.open("ab") as file:
        file.write(b'{"schema":1,"at":"20')
    assert journal.verify() == whole
    journal.append("note", {"n": "after"})
    assert journal.verify() == whole + 1
    assert journal.path.with_name("journal.jsonl.torn").read_bytes() == b'{"schema":1,"at":"20\n'


def test_long_lines_are_chained(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for size in (200_000, 10, 70_000, 10):
        journal.append("note", {"text": "x" * size})
    assert journal.verify() == 4


@pytest.mark.process
def test_processes_append_side_by_side(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from tasks.journal import Journal; "
        "j = Journal(pathlib.Path(sys.argv[1])); "
        "[j.append('note', {'who': sys.argv[2], 'n': n}) for n in range(40)]"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(n)]) for n in range(3)
    ]
    assert [process.wait() for process in processes] == [0, 0, 0]
    entries = Journal(tmp_path).entries()
    assert len(entries) == 120
    for who in "012":
        assert [e.payload["n"] for e in entries if e.payload["who"] == who] == list(range(40))

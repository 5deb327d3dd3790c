"""Filled forms on their way in: journal, contact apart, marked copy, corrections, crashes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from form_tools import (
    AFTER_DEADLINE,
    APPRENTICE,
    COMPANY,
    CONTACT,
    FORUM,
    HEALTH,
    OFFICE,
    ORGNR,
    TIMBER,
    WELDER,
    Desk,
    answers,
    beside,
    cell_of,
    marked,
)

from tasks.errors import NightLocked, NotFound
from tasks.forms import inbox, look, tables, template
from tasks.forms.contacts import Contacts
from tasks.journal import Journal
from tasks.locks import night_lock
from tasks.settings import Settings


def needs(desk: Desk) -> pl.DataFrame:
    return tables.frames(desk.entries())["need"]


def contacts(desk: Desk) -> Contacts:
    return Contacts(desk.settings.rooms.contacts)


def test_a_good_form_is_journalled_and_answered(desk: Desk) -> None:
    one = desk.taken(HEALTH, TIMBER)
    assert (one.answer.outcome, one.answer.rows_taken, one.answer.late) == ("taken", 2, False)
    (entry,) = desk.entries()
    told = entry.payload
    assert told["organisation"] == "Fosen kompetanseforum"
    assert told["sender_role"] == "secretariat"
    assert (told["form"], told["round"], told["region_code"]) == ("forum", "2027", "forum-fosen")
    health = told["rows"][0]
    assert health["occupation_code"] == "5321"
    assert health["municipality_code"] == "5057"
    assert (health["persons"], health["wanted_year"], health["priority"]) == (12, 2028, 1)
    assert told["rows"][1]["programme_area_code"] == "BATMF3----"
    assert answers(one) == [f"tatt imot, nr. {row['need_id']}" for row in told["rows"]]


def test_the_contact_is_kept_apart_and_nowhere_else(desk: Desk, caplog: Any) -> None:
    path = desk.filled(HEALTH, name="Skjema Kari Strømsnes.xlsx")
    desk.drop(path)
    (one,) = desk.take()
    (entry,) = desk.entries()
    kept = contacts(desk).get(entry.payload["contact"])
    assert kept
    assert (kept.name, kept.email, kept.telephone) == tuple(CONTACT.values())
    assert (desk.settings.rooms.contacts.stat().st_mode & 0o777) == 0o700
    for file in desk.settings.rooms.home.rglob("*"):
        if not file.is_file() or file.parent == desk.settings.rooms.contacts:
            continue
        content = file.read_text(encoding="utf-8", errors="replace")
        if file.suffix == ".xlsx":
            book = openpyxl.load_workbook(file)
            content = str([[c.value for c in row] for s in book for row in s.iter_rows()])
        for detail in ("Strømsnes", "stromsnes", "73 12 34 56"):
            assert detail not in content, file
    told = json.dumps(one.facts() | {"file": "", "copy": ""}, default=str) + caplog.text
    assert "Strømsnes" not in told
    assert "Strømsnes" not in repr(kept)


def test_a_contact_can_be_deleted_and_the_content_stands(desk: Desk) -> None:
    desk.taken(HEALTH)
    (kept,) = contacts(desk).all()
    contacts(desk).delete(kept.id)
    assert contacts(desk).all() == []
    assert needs(desk).height == 1
    with pytest.raises(NotFound):
        contacts(desk).delete(kept.id)
    with pytest.raises(NotFound):
        contacts(desk).delete("../journal/journal")


def test_a_file_that_is_sent_again_changes_nothing(desk: Desk) -> None:
    path = desk.filled(HEALTH, TIMBER)
    desk.take(path)
    (again,) = desk.take(path)
    assert (again.answer.outcome, again.answer.rows_taken) == ("unchanged", 2)
    assert len(desk.entries()) == 1
    assert len(answers(again)) == 2


def test_other_bytes_of_the_same_content_change_nothing(desk: Desk) -> None:
    desk.taken(HEALTH, TIMBER)
    sender = FORUM | {"Forum": "  FOSEN   kompetanseforum "}
    swapped = desk.taken(TIMBER, HEALTH | {"Hvor mange": "12", "År": 2028.0}, name="b.xlsx")
    assert swapped.answer.outcome == "unchanged"
    renamed = desk.taken(HEALTH, TIMBER, sender=sender)
    assert renamed.answer.submission == swapped.answer.submission


def test_a_corrected_form_replaces_rows_and_keeps_their_identity(desk: Desk) -> None:
    desk.taken(HEALTH, TIMBER)
    first = needs(desk)
    changed = HEALTH | {"Hvor mange": 20, "Begrunnelse": "Flere enn vi trodde."}
    extra = {**TIMBER, "Programområde eller lærefag": "HSHEA2---- Helsearbeiderfag (Vg2)"}
    one = desk.taken(extra, changed, today=AFTER_DEADLINE)
    assert (one.answer.outcome, one.answer.late, one.answer.withdrawn) == ("taken", True, 1)
    now = needs(desk)
    assert now.height == 3
    health = now.filter(occupation_code="5321").row(0, named=True)
    assert health["need_id"] in set(first["need_id"])
    assert (health["persons"], health["late"], health["withdrawn"]) == (20, True, False)
    (timber,) = now.filter(programme_area_code="BATMF3----").to_dicts()
    assert (timber["withdrawn"], timber["late"]) == (True, False)
    assert len(desk.entries()) == 2


def test_two_rows_of_one_key_stay_themselves_when_the_order_changes(desk: Desk) -> None:
    later = HEALTH | {"År": 2030, "Hvor mange": 5}
    desk.taken(HEALTH, later)
    first = dict(needs(desk).select("wanted_year", "need_id").iter_rows())
    assert len(set(first.values())) == 2
    desk.taken(later, HEALTH | {"Prioritet": "2 Viktig"})
    assert dict(needs(desk).select("wanted_year", "need_id").iter_rows()) == first
    desk.taken(later)
    left = needs(desk).filter(withdrawn=False)
    assert left["need_id"].to_list() == [first[2030]]


def test_the_marked_copy_can_be_corrected_and_sent_back(desk: Desk) -> None:
    wrong = TIMBER | {"År": "neste år"}
    one = desk.taken(HEALTH, wrong)
    assert (one.answer.rows_taken, one.answer.rows_refused) == (1, 1)
    assert one.answer.copy
    book = openpyxl.load_workbook(one.answer.copy)
    cell = cell_of(book[look.SHEET], "År", 1)
    assert cell.fill.fgColor.rgb == "FFF8C9C4"
    assert "ikke et helt tall" in cell.comment.text
    assert answers(one)[1] == "ikke tatt imot: År: «neste år» er ikke et helt tall"
    assert beside(book[look.SHEET], "Kontaktperson").value is None
    cell.value = 2029
    corrected = desk.folder / "rettet.xlsx"
    book.save(corrected)
    (again,) = desk.take(corrected)
    assert (again.answer.outcome, again.answer.rows_taken) == ("taken", 2)
    assert beside(marked(again), "Kontaktperson").comment is None
    (kept,) = contacts(desk).all()
    assert kept.name == CONTACT["Kontaktperson"]


def test_a_row_that_cannot_be_read_withdraws_nothing(desk: Desk) -> None:
    desk.taken(HEALTH, TIMBER)
    one = desk.taken(HEALTH, {**TIMBER, "Programområde eller lærefag": "snekker"})
    assert one.answer.withdrawn == 0
    assert needs(desk)["withdrawn"].to_list() == [False, False]
    assert "Ingen tidligere rader er regnet som trukket" in one.answer.notes[0]


def test_a_row_that_is_refused_keeps_what_was_told_of_it_before(desk: Desk) -> None:
    desk.taken(HEALTH, TIMBER)
    one = desk.taken(HEALTH | {"Hvor mange": "mange"}, TIMBER | {"År": 2029})
    assert one.answer.withdrawn == 0
    assert "det som ble meldt om dette tidligere, står" in answers(one)[0]
    told = needs(desk).filter(occupation_code="5321").row(0, named=True)
    assert (told["persons"], told["withdrawn"]) == (12, False)


def test_a_late_form_is_taken_and_marked(desk: Desk) -> None:
    assert desk.taken(HEALTH, today=date(2026, 10, 1)).answer.late is False
    other = FORUM | {"Forum": "Et annet forum"}
    assert desk.taken(HEALTH, sender=other, today=date(2026, 10, 2)).answer.late is True
    assert needs(desk).sort("organisation")["late"].to_list() == [True, False]


def test_a_company_is_known_by_its_number(desk: Desk) -> None:
    of = {"form": "bedrift", "region": None}
    named = {k: v for k, v in COMPANY.items() if k != "Organisasjonsnummer"}
    first = desk.taken(WELDER, sender=named, **of)
    numbered = desk.taken(WELDER, sender=COMPANY, **of)
    renamed = desk.taken(WELDER, sender=COMPANY | {"Virksomhet": "Verftet"}, **of)
    assert len({one.answer.submission for one in (first, numbered, renamed)}) == 1
    (need,) = needs(desk).to_dicts()
    assert (need["orgnr"], need["organisation"]) == (ORGNR, "Verftet")
    assert (need["municipality_code"], need["industry_code"]) == ("5054", "C")
    assert (need["size_class"], need["level"]) == ("50-99", "trade_certificate")
    assert (need["barrier"], need["competence"]) == ("cannot_spare_staff", "Sveising av aluminium")


def test_an_enterprise_may_bear_its_owner_s_name(desk: Desk) -> None:
    sender = COMPANY | {"Virksomhet": "Kari Strømsnes"}
    one = desk.taken(WELDER, sender=sender, form="bedrift", region=None)
    assert one.answer.organisation == "Kari Strømsnes"
    assert one.answer.rows_taken == 1


def test_a_school_is_known_by_the_register(desk: Desk) -> None:
    sender = {"Skole": "974557975 Fosen videregående skole", "Rolle": "Rektor", **CONTACT}
    row = {**TIMBER, "Region": "forum-fosen Fosen (forumregion)"}
    desk.taken(row, sender=sender, form="skole", region=None)
    (need,) = needs(desk).to_dicts()
    assert (need["organisation"], need["orgnr"]) == ("Fosen videregående skole", "974557975")
    assert need["region_code"] == "forum-fosen"


def test_intentions_are_one_row_per_trade_and_municipality(desk: Desk) -> None:
    again = APPRENTICE | {"Planlagt inntak til høsten": 2}
    none = {**APPRENTICE, "Kommune": "5001 Trondheim - Tråante", "Planlagt inntak til høsten": 0}
    of = {"form": "laereplass", "region": None}
    one = desk.taken(APPRENTICE, again, none, sender=OFFICE, **of)
    assert "samme lærefag og kommune står også i nr. 1" in answers(one)[1]
    told = tables.frames(desk.entries())["apprentice_intention"].sort("municipality_code")
    assert told["intended_intake"].to_list() == [0, 6]
    assert told["trade_code"].unique().to_list() == ["HSHEA3----"]


def test_a_form_without_a_sender_or_rows_is_not_taken(desk: Desk) -> None:
    without = desk.taken(HEALTH, sender=CONTACT)
    assert without.answer.outcome == "refused"
    assert "Forum: må fylles ut" in str(without.answer.reason)
    assert beside(marked(without), "Forum").comment.text.endswith("må fylles ut")
    assert desk.taken().answer.reason == "ingen rader er fylt ut"
    assert desk.taken(HEALTH | {"År": None}).answer.reason == "ingen av radene kunne tas imot"
    assert desk.entries() == []
    assert contacts(desk).all() == []


def test_the_inbox_is_emptied_and_refusals_laid_aside(desk: Desk) -> None:
    good = desk.drop(desk.filled(HEALTH), "god.xlsx")
    bad = desk.drop(desk.filled(sender=FORUM), "tom.xlsx")
    beside_it = desk.drop(desk.filled(HEALTH), "~$god.xlsx")
    told = {one.file.name: one.answer.outcome for one in inbox.take_inbox(desk.settings)}
    assert told == {"god.xlsx": "taken", "tom.xlsx": "refused"}
    assert not good.exists()
    assert not bad.exists()
    assert beside_it.exists()
    refused = desk.settings.rooms.forms / "refused"
    assert "ingen rader" in (refused / "tom.xlsx.grunn.txt").read_text(encoding="utf-8")
    desk.drop(desk.filled(sender=FORUM), "tom.xlsx")
    inbox.take_inbox(desk.settings)
    assert sorted(path.name for path in refused.glob("*.xlsx")) == ["tom (2).xlsx", "tom.xlsx"]


def test_a_file_given_by_name_is_left_where_it_is(desk: Desk) -> None:
    path = desk.filled(HEALTH)
    desk.take(path)
    assert path.exists()
    with pytest.raises(NotFound):
        desk.take(desk.folder / "ingen.xlsx")


def test_a_half_copied_file_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = desk.filled(HEALTH).read_bytes()
    part = desk.folder / "halv.xlsx"
    part.write_bytes(whole[: len(whole) // 2])
    dropped = desk.drop(part)
    (one,) = desk.take()
    assert one.answer.outcome == "waiting"
    assert dropped.exists()
    monkeypatch.setattr(inbox, "SETTLED_AFTER_SECONDS", 0)
    (one,) = desk.take()
    assert one.answer.outcome == "refused"
    assert not dropped.exists()


def test_before_the_first_night_the_files_wait(tmp_path: Path, desk: Desk) -> None:
    early = Desk(Settings(home=tmp_path / "new"), tmp_path)
    dropped = early.drop(desk.filled(HEALTH))
    assert inbox.take_inbox(early.settings) == []
    assert dropped.exists()
    with pytest.raises(NotFound, match="tilbudsplan ingest"):
        early.take()
    assert dropped.exists()


def test_a_file_that_cannot_be_read_or_removed_stops_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.drop(desk.filled(HEALTH), "a.xlsx")
    desk.drop(desk.filled(HEALTH, sender=FORUM | {"Forum": "Et annet forum"}), "b.xlsx")
    whole_open, whole_unlink = Path.open, Path.unlink

    def open_but_a(self: Path, *args: Any, **more: Any) -> Any:
        if self.name == "a.xlsx":
            raise PermissionError(13, "Permission denied")
        return whole_open(self, *args, **more)

    def unlink_but_b(self: Path, **more: Any) -> None:
        if self.name == "b.xlsx":
            raise PermissionError(13, "Permission denied")
        whole_unlink(self, **more)

    monkeypatch.setattr(Path, "open", open_but_a)
    monkeypatch.setattr(Path, "unlink", unlink_but_b)
    unread, kept = desk.take()
    assert unread.answer.outcome == "waiting"
    assert kept.answer.outcome == "taken"
    assert "ble liggende" in kept.answer.notes[-1]
    monkeypatch.undo()
    assert [one.answer.outcome for one in desk.take()] == ["taken", "unchanged"]


def test_a_night_passes_by_while_somebody_takes_forms(desk: Desk) -> None:
    dropped = desk.drop(desk.filled(HEALTH))
    with night_lock(desk.settings.rooms.forms / "take.lock"):
        assert inbox.take_inbox(desk.settings) == []
        with pytest.raises(NightLocked):
            desk.take()
    assert dropped.exists()
    assert len(inbox.take_inbox(desk.settings)) == 1


@pytest.mark.parametrize(
    "where", [(Journal, "append"), (Contacts, "save"), (template, "write"), (Path, "unlink")]
)
def test_a_crash_loses_nothing_and_doubles_nothing(
    where: tuple[Any, str], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped = desk.drop(desk.filled(HEALTH, TIMBER))
    owner, name = where

    def crash(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, crash)
        with pytest.raises(KeyboardInterrupt):
            desk.take()
    assert dropped.exists()
    (one,) = desk.take()
    assert one.answer.outcome == ("taken" if name == "append" else "unchanged")
    assert len(desk.entries()) == 1
    assert needs(desk).height == 2
    assert len(contacts(desk).all()) == 1
    assert len(answers(one)) == 2
    assert not dropped.exists()

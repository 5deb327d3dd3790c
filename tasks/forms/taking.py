"""Takes filled forms: recognised, judged row by row, journalled, answered with a marked copy.

The order is the law: the journal entry is on disk before the contact is kept, before the marked
copy is written, before the file is moved. A crash anywhere leaves the file where it was, and taking
it again finds its content in the journal and changes nothing.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tasks.forms import calendar, codes, definition, identity, personal, reading, standing, template
from tasks.forms.calendar import Region
from tasks.forms.codes import CodeList
from tasks.forms.contacts import Contacts, make_private, new_id
from tasks.forms.filled import Cell, Context, Filled
from tasks.forms.opening import Unreadable, open_workbook
from tasks.forms.reading import Stamp
from tasks.forms.standing import Submission
from tasks.journal import Journal
from tasks.settings import Project, Settings

_PREFIX = "contact_"
_LONGEST_SLUG = 40


@dataclass(frozen=True)
class Answer:
    """What came of one file.

    Attributes:
        outcome: `taken`, `unchanged` (the sender had told the same before) or `refused`.
        form: The form, where the file was recognised.
        round: Its round.
        region_code: Its region.
        organisation: The sender, where it could be read.
        submission: Id of what the sender has told.
        late: Whether it came after the deadline.
        rows_taken: Rows that were taken.
        rows_refused: Rows that were not.
        withdrawn: Needs that the sender had told before, and that are not in the file.
        reason: Why nothing was taken.
        remedy: What the sender can do about it.
        refusals: Number and answer of each row that was not taken.
        notes: What the sender should know about the file as a whole.
        copy: The marked copy.
        cut_short: Whether the file may be a copy that is not finished.
    """

    outcome: str
    form: str | None = None
    round: str | None = None
    region_code: str | None = None
    organisation: str | None = None
    submission: str | None = None
    late: bool = False
    rows_taken: int = 0
    rows_refused: int = 0
    withdrawn: int = 0
    reason: str | None = None
    remedy: str | None = None
    refusals: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = ()
    copy: Path | None = None
    cut_short: bool = False


class Taker:
    """Takes one file after the other against the same definitions, lists and journal.

    Raises:
        ConfigurationError: definitions or reference files cannot be used.
        JournalCorrupt: the journal cannot be read.
    """

    def __init__(self, settings: Settings, project: Project, today: date) -> None:
        self.settings = settings
        self.today = today
        self.forms = definition.load(project.reference / "forms")
        self.rounds = calendar.rounds(project.reference)
        self.regions = calendar.known_regions(project.reference, today)
        self.county = calendar.county_name(project.reference, settings.county, today)
        self.journal = Journal(settings.rooms.journal)
        self.contacts = Contacts(settings.rooms.contacts)
        self.known = standing.submissions(self.journal.entries(standing.TAKEN))
        self._lists: dict[tuple[str, str | None], dict[str, CodeList]] = {}
        self.returned = settings.rooms.forms / "returned"
        make_private(self.returned, only_new=True)

    def take(self, content: bytes, file_name: str, received_on: date) -> Answer:
        """Take one file.

        Args:
            content: Its bytes.
            file_name: What it is called, as the journal tells where it came from.
            received_on: Oslo date on which it came.

        Raises:
            NotFound: the code lists are not published; nothing is judged without them.
        """
        try:
            opened = open_workbook(content)
            told = reading.stamp(opened.written)
            context = self._context(told)
            filled = reading.read(opened, context, told.version)
        except Unreadable as error:
            return Answer(
                "refused", reason=error.reason, remedy=error.remedy, cut_short=error.cut_short
            )
        identity.mark_repeated(context.form, filled)
        who = identity.sender(context, filled)
        basis = {
            "form": context.form.name,
            "round": context.round.name,
            "region_code": told.region,
            "organisation": who["organisation"],
            "late": received_on > context.round.deadline,
        }
        if reason := _nothing(context, filled):
            copy = self._copy(context, filled, who, hashlib.sha256(content).hexdigest())
            return _answer("refused", basis, context, filled, copy=copy, reason=reason)
        came = {
            **basis,
            **who,
            "form_version": told.version,
            "received_on": received_on.isoformat(),
            "file_name": _safe_name(file_name, _details(filled).get("name"), basis),
        }
        of, outcome, withdrawn = self._journalled(context, filled, who, came)
        copy = self._copy(context, filled, who, of)
        basis["submission"] = of
        return _answer(outcome, basis, context, filled, copy=copy, withdrawn=withdrawn)

    def _journalled(
        self, context: Context, filled: Filled, who: dict[str, Any], came: dict[str, Any]
    ) -> tuple[str, str, int]:
        """Append what a file tells, unless its sender has told the same before.

        Returns:
            The submission, the outcome, and how many needs are withdrawn.
        """
        of = identity.submission(context, who, self.known)
        before = self.known.get(of, Submission(newest={}))
        withdrawn = self._identify(context, filled, of, before)
        good = [(row, identity.fields(context, filled, row)) for row in filled.rows if row.good]
        refused = len(filled.rows) - len(good)
        digest = identity.content_hash(who, [fields for _, fields in good], refused)
        details = _details(filled)
        contact = before.newest.get("contact") or (new_id() if details else None)
        same = before.hashes[-1:] == [digest] and contact == before.newest.get("contact")
        if withdrawn or not same:
            payload = {
                "submission": of,
                **came,
                "contact": contact,
                "content_hash": digest,
                "rows": [{"need_id": row.need_id, "row": row.row, **f} for row, f in good],
                "withdrawn": withdrawn,
                "refused_rows": refused,
            }
            self.journal.append(standing.TAKEN, payload)
            standing.add(self.known, payload)
        if contact and details:
            self.contacts.save(contact, context.form.name, context.round.name, details)
        self._excuse(filled, contact)
        return of, "taken" if withdrawn or not same else "unchanged", len(withdrawn)

    def _identify(self, context: Context, filled: Filled, of: str, before: Submission) -> list[str]:
        """Give good rows their identity.

        Returns:
            The needs that the sender no longer tells. None while a row stands that cannot be read:
            it may be any of them.
        """
        given = identity.assign(context, filled, of, list(before.rows.values()))
        stood = {row.need_id for row in before.standing()}
        for row in filled.rows:
            if row.good:
                row.need_id = given[row.place]
            elif given.get(row.place) in stood:
                row.reasons.append("det som ble meldt om dette tidligere, står")
        left = sorted(stood - set(given.values()))
        if all(identity.is_keyed(context.form, row) for row in filled.rows):
            if left:
                filled.notes.append(f"Trukket, fordi de ikke lenger står i skjemaet: {len(left)}.")
            return left
        if left:
            filled.notes.append(
                "Ingen tidligere rader er regnet som trukket, siden noen av radene her ikke lot "
                "seg lese. Det skjer først når de er rettet."
            )
        return []

    def _excuse(self, filled: Filled, contact: str | None) -> None:
        """A contact that is kept already need not be told again."""
        if contact is None or self.contacts.get(contact) is None:
            return
        for name, cell in filled.sender.items():
            if name.startswith(_PREFIX) and cell.value is None:
                filled.sender[name] = Cell()

    def _context(self, told: Stamp) -> Context:
        remedy = "be om et nytt, tomt skjema, og fyll ut det"
        if told.form not in self.forms:
            raise Unreadable(f"det finnes ikke noe skjema «{told.form}»", remedy)
        form = self.forms[told.form]
        if told.version > form.version:
            reason = f"skjemaet er versjon {told.version}, og her kjennes bare {form.version}"
            raise Unreadable(reason, "oppdater løsningen, eller bruk det skjemaet som gjelder her")
        chosen = [r for r in self.rounds if (r.form, r.name) == (told.form, told.round)]
        if not chosen:
            raise Unreadable(f"runden «{told.round}» finnes ikke for dette skjemaet", remedy)
        region = self.regions.get(told.region) if told.region else None
        if (told.region or form.region == "required") and region is None:
            raise Unreadable(f"regionen «{told.region or ''}» finnes ikke i dag", remedy)
        return Context(form, chosen[0], region, self._code_lists(form, region), self.county)

    def _code_lists(self, form: definition.Form, region: Region | None) -> dict[str, CodeList]:
        key = (form.name, region.code if region else None)
        if key not in self._lists:
            self._lists[key] = codes.load(
                self.settings, form.lists, region, self.regions, self.today
            )
        return self._lists[key]

    def _copy(self, context: Context, filled: Filled, who: dict[str, Any], mark: str) -> Path:
        """Write the marked copy; a later one of the same submission takes its place."""
        words = (context.form.name, context.round.name, _slug(who["organisation"]), mark[:6])
        path = self.returned / f"{'-'.join(words)}.xlsx"
        template.write(path, context, filled)
        return path


def _nothing(context: Context, filled: Filled) -> str | None:
    """Why a file is not taken at all; None where there is something to take."""
    wrong = [
        f"{one.label}: {reason}"
        for one in context.form.sender
        if not one.contact and (reason := filled.sender[one.name].reason)
    ]
    if wrong:
        return f"avsenderen er ikke riktig fylt ut ({'; '.join(wrong)})"
    if not filled.rows:
        return "ingen rader er fylt ut"
    if not any(row.good for row in filled.rows):
        return "ingen av radene kunne tas imot"
    return None


def _answer(
    outcome: str, basis: dict[str, Any], context: Context, filled: Filled, **more: Any
) -> Answer:
    taken = sum(row.good for row in filled.rows) if outcome != "refused" else 0
    if outcome == "refused":
        more["remedy"] = "rett cellene som er røde i kopien, og send den inn"
    return Answer(
        outcome,
        **basis,
        rows_taken=taken,
        rows_refused=len(filled.rows) - taken,
        refusals=tuple(
            (row.place + 1, template.answer(row, context.form.row))
            for row in filled.rows
            if not row.good
        ),
        notes=tuple(filled.notes),
        **more,
    )


def _details(filled: Filled) -> dict[str, str]:
    return {
        name.removeprefix(_PREFIX): str(cell.value)
        for name, cell in filled.sender.items()
        if name.startswith(_PREFIX) and cell.value
    }


def _safe_name(file_name: str, contact: str | None, basis: dict[str, Any]) -> str:
    """The name of a file, unless it tells of a person."""
    words = {word for word in codes.folded(contact or "").split() if len(word) > 2}
    if personal.found(file_name) or any(word in codes.folded(file_name) for word in words):
        return f"{basis['form']}-{basis['round']}.xlsx"
    return file_name


def _slug(text: str | None) -> str:
    plain = unicodedata.normalize("NFC", text or "uten avsender").casefold()
    for letter, written in (("æ", "ae"), ("ø", "o"), ("å", "a")):
        plain = plain.replace(letter, written)
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_SLUG] or "avsender"

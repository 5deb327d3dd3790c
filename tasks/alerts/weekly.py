"""The weekly mail: when it is due, and what the week came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tasks import dates
from tasks.alerts.policy import Policy
from tasks.journal import Entry
from tasks.settings import oslo_date


@dataclass(frozen=True)
class Week:
    """What happened since a recipient's last weekly mail.

    Attributes:
        due: The day this one was due; it is sent that day or by the first night after.
        since: The day from which it counts.
        days: Days since then, and so nights there should be.
        nights: Nights published.
        failed: Nights that came to nothing.
        datasets: Datasets in the newest night.
        mails: Mails sent from the installation.
    """

    due: date
    since: date
    days: int
    nights: int
    failed: int
    datasets: int
    mails: int

    def lines(self) -> tuple[str, ...]:
        """The week in words."""
        return (
            f"Netter publisert siden {dates.day(self.since)}: {self.nights} av {self.days}",
            f"Netter som mislyktes: {self.failed or 'ingen'}",
            f"Datasett siste natt: {self.datasets}",
            f"E-poster sendt: {self.mails or 'ingen'}",
            "Brevet kommer hver uke. Uteblir det, er noe galt: kjør «tilbudsplan doctor».",
        )


def weeks(entries: Sequence[Entry], policy: Policy, as_of: date) -> dict[str, Week]:
    """The recipients whose weekly mail is due on a night, with the week that was.

    Once for each weekday of the policy that has come since the installation's first night, so once
    in an ISO week; a night that was missed on the day is made up for by the next.

    Args:
        entries: The whole journal, up to and with this night.
        policy: Who is told, and on which day.
        as_of: Oslo date of the night.
    """
    due = as_of - timedelta(days=(as_of.weekday() - policy.weekly.number) % 7)
    begun = [date.fromisoformat(e.payload["as_of"]) for e in entries if e.kind == "night.begun"]
    if not begun or due < min(begun):
        return {}
    last = _last(entries)
    started = max(min(begun), due - timedelta(days=7))
    found = {}
    for to in policy.readers():
        told, sent = last.get(to, (date.min, started))
        if told < due:
            found[to] = _week(entries, due, sent, as_of)
    return found


def _last(entries: Sequence[Entry]) -> dict[str, tuple[date, date]]:
    """Of each recipient's last weekly mail: the day it was due, and the night that wrote it."""
    found: dict[str, tuple[date, date]] = {}
    for entry in entries:
        for mail in entry.payload.get("mails", ()) if entry.kind == "findings" else ():
            if mail["week"]:
                written = date.fromisoformat(entry.payload["as_of"])
                found[mail["to"]] = date.fromisoformat(mail["week"]), written
    return found


def _week(entries: Sequence[Entry], due: date, since: date, as_of: date) -> Week:
    built = {e.payload["night"]: e.payload for e in entries if e.kind == "night.built"}
    published = {e.payload["night"] for e in entries if e.kind == "night.published"}
    dates = {date.fromisoformat(built[night]["as_of"]) for night in published & built.keys()}
    failed = {oslo_date(e.at) for e in entries if e.kind == "night.failed"}
    mails = {e.payload["id"] for e in entries if e.kind == "mail.sent" and oslo_date(e.at) >= since}
    newest = list(built.values())[-1:]
    return Week(
        due=due,
        since=since,
        days=(as_of - since).days,
        # The night that writes is not published yet; the next week's mail counts it.
        nights=sum(since <= night < as_of for night in dates),
        failed=sum(since <= night < as_of for night in failed),
        datasets=len(newest[0]["vintages"]) if newest else 0,
        mails=len(mails),
    )

"""Answers of the right form that say what cannot be, by spot."""

from __future__ import annotations

import corpus_files
import corpus_registers
import corpus_statistics
from corpus_damages import Change, Damage
from corpus_edits import Edit, edited

from tasks.demo.construct_persons import LAST_YEAR


def _of(documents: dict[str, Edit]) -> tuple[Damage, ...]:
    return tuple(Damage(n, "meaning", change=edited(edit)) for n, edit in documents.items())


def _plain(changes: dict[str, Change]) -> tuple[Damage, ...]:
    return tuple(Damage(name, "meaning", change=change) for name, change in changes.items())


BY_SPOT: dict[str, tuple[Damage, ...]] = {
    "brreg_establishments list": _of(corpus_registers.BRREG_LIST),
    "brreg_establishments log": _of(corpus_registers.BRREG_LOG),
    "dbh_students table": _of(corpus_statistics.DBH),
    "county_capacity file": _plain(corpus_files.CAPACITY),
    "grep_programme_areas list": _of(corpus_registers.GREP_LIST),
    "grep_programme_areas detail": _of(corpus_registers.GREP_DETAIL),
    "klass_counties codes_at": _of(corpus_registers.KLASS_COUNTIES),
    "klass_municipalities codes": _of(corpus_registers.KLASS_MUNICIPALITIES),
    "klass_municipality_changes changes": _of(corpus_registers.KLASS_CHANGES),
    "klass_centrality corresponds": _of(corpus_registers.KLASS_CENTRALITY),
    "nav_feed_vacancies page": _of(corpus_registers.FEED_PAGE),
    "nav_feed_vacancies detail": _of(corpus_registers.FEED_DETAIL),
    "nsr_schools page": _of(corpus_registers.NSR),
    "ssb_completion metadata": _of(corpus_statistics.PXWEB_METADATA),
    "ssb_completion data": _of(corpus_statistics.PXWEB_DATA),
    "udir_applicants page": _of(corpus_statistics.UDIR_PAGE),
    "udir_applicants data": _of(corpus_statistics.UDIR_DATA),
    "vigo_replaced_by page": _of(corpus_registers.VIGO),
    "nav_unemployed file": _plain(corpus_files.UNEMPLOYED),
    f"vigo_applicants sokere_{LAST_YEAR}.csv": _plain(corpus_files.APPLICANTS),
}

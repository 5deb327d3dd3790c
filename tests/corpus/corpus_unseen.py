"""Wrong answers that are published all the same, each with the reason why nothing holds it back."""

from __future__ import annotations

# Nothing tells of these: only somebody who knows the matter could.
UNSEEN: dict[str, str] = {
    "county_capacity file: a form that never was": "the file's own words for forms are not settled",
    "dbh_students table: another semester": "both semesters are known, and spring has figures too",
    "grep_programme_areas detail: builds on itself": "one reference of many, and of a known code",
    "grep_programme_areas detail: a programme that never was": "one reference of many",
    "nav_feed_vacancies page: a vacancy that never was": "a vacancy is known by the feed alone",
    **dict.fromkeys(
        (
            "nav_feed_vacancies detail: negative positions",
            "nav_feed_vacancies detail: a milliard positions",
            "nav_feed_vacancies detail: an occupation that never was",
        ),
        "what is told of one vacancy and has no right form is left out, and stands as unknown",
    ),
}
# A warning tells of these, and they are published: they may be right.
TOLD: dict[str, str] = {
    **dict.fromkeys(
        (
            "brreg_establishments list: industries that never were",
            "dbh_students table: fields that never were",
            "grep_programme_areas detail: a status that never was",
            "grep_programme_areas detail: a semester in the future",
            "vigo_replaced_by page: codes that never were",
        ),
        "a code may be newer than the list that it is held against",
    ),
    **dict.fromkeys(
        (
            "ssb_completion data: counties changed places",
            "ssb_completion data: few figures by place",
            "udir_applicants data: per cent",
            "udir_applicants data: figures in English",
        ),
        "figures that have moved may be a correction",
    ),
    "klass_centrality corresponds: a municipality gone": "it stands without a class, and says so",
    "udir_applicants data: columns changed places": "the Directorate's own pages have had it",
    "vigo_applicants sokere_2025.csv: one number for all": "somebody may wish for much",
    "vigo_replaced_by page: columns changed places": "the interface is nowhere documented",
}

"""The catalogue refuses every mistake, all at once, and says where and what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tasks import catalogue
from tasks.errors import CatalogueError, NotFound
from tasks.settings import Project

FOLDER = Project().catalogue

TEN_MISTAKES = {
    "a.toml": """
[publisher]
id = "ssb"
name = "SSB"
homepage = "ssb.no"                              # 1: no http(s)
base_url = "https://data.ssb.no/api"
rate = { calls = 0, per_seconds = 60 }           # 2: never a call   3: licence missing

[[dataset]]
id = "Population"                                # 4: not an identifier
title = "x"
protocol = "pxweb"
source_table = "07459"
cadence = "weekly"                               # 5: unknown cadence
freshness_days = 10
owner = "statistikk"
sensitivity = "open"
table = "population"                             # 6: no schema
[dataset.selection]
table_id = "07459"
varables.Tid.values = ["*"]                      # 7: misspelt key   8: variables missing

[[dataset]]
id = "soap"
title = "x"
protocol = "soap"                                # 9: unknown protocol
source_table = "1"
cadence = "yearly"
freshness_days = 10
owner = "x"
sensitivity = "open"
table = "staging.x"
""",
    "b.toml": "[publisher\nid = 1",  # 10: not TOML
}


def test_the_catalogue_of_the_repository_loads() -> None:
    loaded = catalogue.load(FOLDER)
    assert {"ssb_population", "klass_municipalities", "udir_pupils", "nsr_schools"} <= set(
        loaded.datasets
    )
    assert loaded.datasets["ssb_population"].publisher.rate.calls == 30


def test_ten_mistakes_are_shown_together(tmp_path: Path) -> None:
    for name, text in TEN_MISTAKES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        catalogue.load(tmp_path)
    text = str(caught.value)
    for place in (
        "a.toml [publisher] homepage",
        "a.toml [publisher] rate.calls",
        "a.toml [publisher] licence: mangler",
        "a.toml [[dataset]] nr. 1 «Population» id",
        "a.toml [[dataset]] nr. 1 «Population» cadence",
        "a.toml [[dataset]] nr. 1 «Population» table",
        "a.toml [[dataset]] nr. 1 «Population» [selection] varables: er en ukjent nøkkel",
        "a.toml [[dataset]] nr. 1 «Population» [selection] variables: mangler",
        "a.toml [[dataset]] nr. 2 «soap» protocol",
        "b.toml: kan ikke leses som TOML",
    ):
        assert place in text, f"{place}\nis not in\n{text}"
    assert len(caught.value.problems) == 10


def test_two_datasets_may_not_share_a_table(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "catalogue")
    path = tmp_path / "catalogue" / "nsr.toml"
    text = path.read_text(encoding="utf-8")
    entry = text[text.index("[[dataset]]") :]
    path.write_text(text + "\n" + entry, encoding="utf-8")
    with pytest.raises(CatalogueError, match="dataset «nsr_schools» er oppgitt 2 ganger"):
        catalogue.load(tmp_path / "catalogue")


def test_the_profile_replaces_addresses_and_windows() -> None:
    loaded = catalogue.load(FOLDER, "demo", "http://127.0.0.1:8099")
    publisher = loaded.datasets["ssb_population"].publisher
    assert publisher.base_url == "http://127.0.0.1:8099/ssb"
    assert publisher.closed == ()
    assert publisher.licence == "CC BY 4.0"


def test_an_unknown_profile_names_those_that_exist() -> None:
    with pytest.raises(CatalogueError, match="Velg blant live, demo"):
        catalogue.load(FOLDER, "prod")


def test_a_profile_must_cover_every_publisher(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "catalogue")
    path = tmp_path / "catalogue" / "profiles" / "demo.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("[publisher.nsr]")], encoding="utf-8")
    with pytest.raises(CatalogueError, match="ingen vilkår for «nsr»"):
        catalogue.load(tmp_path / "catalogue", "demo")


def test_an_unknown_dataset_names_those_that_exist() -> None:
    with pytest.raises(NotFound, match="ssb_population"):
        catalogue.load(FOLDER).select(["ssb_populatoin"])

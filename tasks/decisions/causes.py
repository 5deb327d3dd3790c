"""What is not the same between two runs or two machines, by name, in Norwegian.

Program files, packages, lock file, machine, rules, parameters and vintages are compared as the
manifests of two runs have them, or one of them with what is here now.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["program", "bibliotek", "maskin", "regel", "valg", "tallgrunnlag"]
NONE = "–"
_MACHINE = {
    "python": "Python",
    "system": "operativsystem",
    "machine": "prosessorarkitektur",
    "vector": "vektorinstruksjoner",
}
_PARAMETERS = {"county": "fylke", "draws": "trekninger", "horizon": "horisont (år)"}


@dataclass(frozen=True)
class Change:
    """One thing that is not the same.

    Attributes:
        kind: What it is about.
        what: Which: a file, a package, a rule, a dataset.
        then: What it was, as text.
        now: What it is.
    """

    kind: Kind
    what: str
    then: str
    now: str

    def __str__(self) -> str:
        return f"{self.what}: {self.then} → {self.now}"


def between(then: Path, now: Path) -> tuple[list[Change], list[str]]:
    """All that is not the same under two runs.

    Args:
        then: The folder of a run: manifest and files of rules.
        now: The same of another.

    Returns:
        The changes, and what cannot be said because a run did not write it down (Norwegian).
    """
    old, new = (json.loads((folder / "manifest.json").read_bytes()) for folder in (then, now))
    found, remarks = [*vintages(old, new), *choices(old, new)], []
    if all("rule_files" in manifest for manifest in (old, new)):
        files = (
            {name: (folder / name).read_bytes() for name in manifest["rule_files"]}
            for folder, manifest in ((then, old), (now, new))
        )
        found += rules(*files)
    else:
        remarks.append(
            "En av kjøringene tok ikke vare på regelfilene, så reglene er ikke sammenlignet."
        )
    if all("made_with" in manifest for manifest in (old, new)):
        found += program(old["made_with"], new["made_with"])
    else:
        remarks.append("En av kjøringene skrev ikke ned hvilket program den er laget med.")
    return found, remarks


def program(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """What is not the same of the program and the machine.

    Args:
        then: `made_with` of a run's manifest: `files` and `environment`.
        now: The same of another run, or of this machine.
    """
    old, new = then["environment"], now["environment"]
    lock = old["lock_sha256"], new["lock_sha256"]
    found = list(_files(then["files"], now["files"]))
    if lock[0] != lock[1]:
        found.append(Change("bibliotek", "deploy/requirements.lock", *map(_short, lock)))
    found += _named("bibliotek", old["packages"], new["packages"])
    found += [
        Change("maskin", title, _text(old[name]), _text(new[name]))
        for name, title in _MACHINE.items()
        if old[name] != new[name]
    ]
    return found


def rules(then: Mapping[str, bytes], now: Mapping[str, bytes]) -> list[Change]:
    """Which values of the rules are not the same, by file and entry.

    Args:
        then: Files of rules by name, as `runs.rule_files` gives them.
        now: The same of another run, or of today.
    """
    return list(_named("regel", _values(then), _values(now)))


def choices(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """Which of the choices of two runs are not the same: school year, seed, draws, scenarios."""
    old, new = _choices(then), _choices(now)
    return list(_named("valg", old, new))


def vintages(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """Which datasets two runs have other figures of, by title and when they were fetched."""
    old, new = ({one["dataset"]: one for one in manifest["vintages"]} for manifest in (then, now))
    return [
        Change("tallgrunnlag", _title(name, old, new), _fetched(old, name), _fetched(new, name))
        for name in sorted({*old, *new})
        if old.get(name, {}).get("snapshot") != new.get(name, {}).get("snapshot")
    ]


def _files(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Change]:
    for name in sorted({*then, *now}):
        if name not in now:
            yield Change("program", name, _short(then[name]), "fjernet")
        elif name not in then:
            yield Change("program", name, "fantes ikke", _short(now[name]))
        elif then[name] != now[name]:
            yield Change("program", name, _short(then[name]), _short(now[name]))


def _named(kind: Kind, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted({*then, *now}):
        old, new = (_text(one[name]) if name in one else NONE for one in (then, now))
        if old != new:
            yield Change(kind, name, old, new)


def _values(files: Mapping[str, bytes]) -> dict[str, Any]:
    """Every value of the files, by `file: entry.key`; a single `value` goes by its entry alone."""
    found: dict[str, Any] = {}
    for name, content in sorted(files.items()):
        for entry, value in _leaves(tomllib.loads(content.decode("utf-8")), ()):
            path = ".".join(entry).removesuffix(".value")
            found[f"{name}: {path}"] = value
    return found


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _leaves(below, (*path, name))
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for number, below in enumerate(value, start=1):
            yield from _leaves(below, (*path, f"nr. {number}"))
    else:
        yield path, value


def _choices(manifest: Mapping[str, Any]) -> dict[str, Any]:
    parameters = manifest["parameters"]
    return {
        "skoleår": manifest["school_year"],
        "frø": manifest["seed"],
        **{title: parameters.get(name) for name, title in _PARAMETERS.items()},
        "scenarier": [one.get("title") or one["id"] for one in parameters.get("scenarios", [])],
    }


def _title(name: str, *sides: Mapping[str, Mapping[str, Any]]) -> str:
    return next(
        (str(s[name]["title"]) for s in reversed(sides) if s.get(name, {}).get("title")), name
    )


def _fetched(side: Mapping[str, Mapping[str, Any]], name: str) -> str:
    row = side.get(name, {})
    if not row.get("snapshot"):
        return "ikke levert"
    return f"hentet {row['as_of']} ({_short(row['snapshot'])})"


def _short(digest: str | None) -> str:
    return digest[:12] if digest else NONE


def _text(value: Any) -> str:
    match value:
        case bool():
            return "ja" if value else "nei"
        case float():
            return repr(value).replace(".", ",")
        case list() | tuple():
            return ", ".join(map(_text, value)) or "ingen"
        case None:
            return NONE
        case _:
            return str(value)

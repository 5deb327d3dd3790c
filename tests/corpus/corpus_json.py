"""Damage to JSON: by hand for what decoders stumble over, and drawn at any place of a document."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from corpus_damages import Change, Damage
from hypothesis import strategies as st

Json = Any
Path = tuple[str | int, ...]
DEEP = 100_000
# What may stand where something else should; none of it is what any source means.
WRONG = (
    None,
    True,
    False,
    0,
    -1,
    10**30,
    -(2**63) - 1,
    1.5,
    1e308,
    "",
    " ",
    "x",
    "12",
    "\u0000",
    "\ud800",
    "٣",
    "9" * 400,
    [],
    {},
    [[]],
    [None],
    {"": None},
    "<b>",
    "'; drop table x;--",
)


def dumped(document: Json) -> bytes:
    """A document as bytes; what stands in it may be what no decoder takes."""
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _replaced(pattern: bytes, by: bytes) -> Change:
    """The first match, or a document of that alone where there is none."""

    def change(body: bytes) -> bytes:
        found, times = re.subn(pattern, by, body, count=1)
        return found if times else by

    return change


def _nested(body: bytes) -> bytes:
    """A right document with one thing more, which has no end."""
    return body.replace(b"{", b'{"dypt":' + b"[" * DEEP + b"]" * DEEP + b",", 1)


def _doubled_key(body: bytes) -> bytes:
    """The first key of the document twice, with another value the second time."""
    key = re.search(rb'"[^"]+":', body)
    return body.replace(b"{", b"{" + (key[0] if key else b'"x":') + b"null,", 1)


def _last_key(body: bytes) -> bytes:
    """The last key of the last object once more, with another value."""
    keys = re.findall(rb'"[^"\\]+":', body)
    return b"," + (keys[-1] if keys else b'"x":') + b"[]"


BY_HAND = tuple(
    Damage(name, "json", change=change)
    for name, change in {
        "cut at a tenth": lambda b: b[: len(b) // 10],
        "cut at half": lambda b: b[: len(b) // 2],
        "cut by one byte": lambda b: b[:-1],
        "the same twice": lambda b: b + b,
        "something after it": lambda b: b + b" <!-- slutt -->",
        "NaN": _replaced(rb"(?<=[:,\[])-?\d+(?=[,}\]])", b"NaN"),
        "Infinity": _replaced(rb"(?<=[:,\[])-?\d+(?=[,}\]])", b"-Infinity"),
        "a number without end": _replaced(rb"(?<=[:,\[])-?\d+(?=[,}\]])", b"1e999"),
        "a number of a million digits": _replaced(rb"(?<=[:,\[])-?\d+(?=[,}\]])", b"9" * 1_000_000),
        "half a surrogate, escaped": _replaced(rb'(?<=:)"[^"]*"', rb'"\\ud800"'),
        "half a surrogate, in bytes": _replaced(rb'(?<=:)"[^"]*"', b'"\xed\xa0\x80"'),
        "a control character": _replaced(rb'(?<=:)"', b'"\x01'),
        "a NUL in it": _replaced(rb'(?<=:)"', b'"\x00'),
        "NULs before it": lambda b: b"\x00" * 8 + b,
        "single quotes": lambda b: b.replace(b'"', b"'"),
        "a comma too many": lambda b: b[:-1] + b"," + b[-1:],
        "a comment": lambda b: b"/* a */" + b,
        "deep lists": lambda b: b"[" * DEEP + b"]" * DEEP,
        "deep objects": lambda b: b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        "a deep key more": _nested,
        "a key twice": _doubled_key,
        "the last key twice": lambda b: b[: b.rfind(b"}")] + _last_key(b) + b[b.rfind(b"}") :],
        "null": lambda b: b"null",
        "a text": lambda b: b'"alt er bra"',
        "a number": lambda b: b"200",
        "an empty list": lambda b: b"[]",
        "an empty object": lambda b: b"{}",
        "a list of it": lambda b: b"[" + b + b"]",
        "an object of it": lambda b: b'{"data":' + b + b"}",
        "lines of JSON": lambda b: b'{"a":1}\n{"a":2}\n',
        "an error with 200": lambda b: b'{"status":500,"title":"Internal Server Error"}',
        "latin-1": lambda b: (
            b.decode("utf-8", "replace").encode("latin-1", "replace") + b"\xe6\xf8"
        ),
        "UTF-16": lambda b: b.decode("utf-8", "replace").encode("utf-16"),
        "UTF-8 read as latin-1": lambda b: (
            b.decode("utf-8", "replace").encode().decode("latin-1").encode()
        ),
        "letters that could not be read": lambda b: (
            b.decode("utf-8", "replace")
            .translate(dict.fromkeys(map(ord, "æøåÆØÅ"), "\ufffd"))
            .encode()
        ),
        "a BOM": lambda b: b"\xef\xbb\xbf" + b,
        "two BOMs": lambda b: b"\xef\xbb\xbf" * 2 + b,
        "XML": lambda b: b"<?xml version='1.0'?><svar/>",
    }.items()
)


@dataclass(frozen=True)
class Mutation:
    """One thing done at one place of a document.

    Attributes:
        kind: What is done.
        path: Where.
        value: What is put there.
    """

    kind: str
    path: Path
    value: Json = None

    def __call__(self, document: Json) -> Json:
        """The document after it; the one given is left alone."""
        changed = copy.deepcopy(document)
        if not self.path:
            return self.value
        holder = changed
        for step in self.path[:-1]:
            holder = holder[step]
        _DONE[self.kind](holder, self.path[-1], self.value)
        return changed


def _rename(holder: Json, last: Any, value: Json) -> None:
    if isinstance(holder, dict):
        holder[f"{last}_ny"] = holder.pop(last)
    else:
        holder[last] = {"verdi": holder[last]}


def _repeat(holder: Json, last: Any, value: Json) -> None:
    if isinstance(holder, list):
        holder.insert(last, copy.deepcopy(holder[last]))
    elif isinstance(holder[last], list):
        holder[last] = holder[last] * 2
    else:
        holder[last] = [holder[last], holder[last]]


def _halve(holder: Json, last: Any, value: Json) -> None:
    kept = holder[last]
    holder[last] = kept[: len(kept) // 2] if isinstance(kept, (list, str)) else None


def _as_text(holder: Json, last: Any, value: Json) -> None:
    kept = holder[last]
    if isinstance(kept, str):
        holder[last] = int(kept) if kept.isdecimal() and len(kept) < 30 else [kept]
    else:
        holder[last] = json.dumps(kept)


_DONE = {
    "replace": lambda holder, last, value: holder.__setitem__(last, value),
    "remove": lambda holder, last, value: holder.__delitem__(last),
    "rename": _rename,
    "repeat": _repeat,
    "halve": _halve,
    "text for number": _as_text,
}


def places(document: Json, most: int = 12) -> list[Path]:
    """Every kind of place in a document: of long lists, the first, last and some between."""
    return list(_places(document, (), most))


def _places(document: Json, at: Path, most: int) -> Iterator[Path]:
    if at:
        yield at
    steps: Sequence[str | int] = ()
    if isinstance(document, dict):
        steps = _spread(list(document), most)
    elif isinstance(document, list):
        steps = _spread(list(range(len(document))), 3)
    for step in steps:
        yield from _places(document[step], (*at, step), most)


def _spread(steps: list[Any], most: int) -> list[Any]:
    if len(steps) <= most:
        return steps
    return [steps[round(i * (len(steps) - 1) / (most - 1))] for i in range(most)]


def mutations(document: Json) -> st.SearchStrategy[Mutation]:
    """Anything done anywhere; shrinks to the simplest thing at the first place."""
    found = st.sampled_from(places(document))
    kinds = st.sampled_from([kind for kind in _DONE if kind != "replace"])
    return st.one_of(
        st.builds(Mutation, st.just("replace"), found, st.sampled_from(WRONG)),
        st.builds(Mutation, kinds, found),
    )

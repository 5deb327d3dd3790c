"""PxWebApi v2 selection expressions, expanded against a variable's codes as the server does.

Meaning and allowed forms follow the server's own code
(https://github.com/PxTools/PxWebApi, `DataSelection/SelectionExpressions`): `top` counts from the
newest period where the variable is time, wildcards ignore case, `range` takes its ends either way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_CALL = re.compile(r"^(top|bottom|from|to|range)\((.*)\)$", re.IGNORECASE)
_FORMS = {
    "top": re.compile(r"[1-9]\d*(,\d+)?"),
    "bottom": re.compile(r"[1-9]\d*(,\d+)?"),
    "from": re.compile(r"[^,]+"),
    "to": re.compile(r"[^,]+"),
    "range": re.compile(r"[^,]+,[^,]+"),
}


def is_expression(value: str) -> bool:
    """Whether a value stands for other codes than itself."""
    return bool(_CALL.match(value)) or "*" in value or "?" in value


def check(value: str) -> str:
    """Return the value, or raise ValueError (Norwegian) if it is a malformed expression."""
    call = _CALL.match(value)
    if call and not _FORMS[call[1].lower()].fullmatch(call[2]):
        raise ValueError(
            f"«{value}» er ikke et gyldig uttrykk. Bruk top(n), top(n,hopp), bottom(n), "
            "from(kode), to(kode) eller range(kode,kode), uten mellomrom"
        )
    if not call and "*" in value.removeprefix("*").removesuffix("*"):
        raise ValueError(f"«{value}»: * kan bare stå først og sist")
    if not value.strip():
        raise ValueError("en tom kode. Skriv koden, eller * for alle")
    return value


def expand(value: str, codes: Sequence[str], *, is_time: bool) -> list[str]:
    """The codes that a value stands for, in the variable's order; empty if it matches none.

    Args:
        value: A code or an expression that `check` has passed.
        codes: All codes of the variable.
        is_time: Whether the variable is time (its codes then stand oldest first).
    """
    if value in codes:
        return [value]
    call = _CALL.match(value)
    if call:
        return _CALLS[call[1].lower()](call[2], list(codes), is_time)
    if not is_expression(value):
        return []
    pattern = "".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in value)
    wanted = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return [code for code in codes if wanted.fullmatch(code)]


def _top(arguments: str, codes: list[str], is_time: bool) -> list[str]:
    return _end(arguments, codes, last=is_time)


def _bottom(arguments: str, codes: list[str], is_time: bool) -> list[str]:
    return _end(arguments, codes, last=not is_time)


def _end(arguments: str, codes: list[str], *, last: bool) -> list[str]:
    count, _, offset = arguments.partition(",")
    skip = int(offset or 0)
    if not last:
        return codes[skip : skip + int(count)]
    stop = max(len(codes) - skip, 0)
    return codes[max(stop - int(count), 0) : stop]


def _from(code: str, codes: list[str], _: bool) -> list[str]:
    return codes[codes.index(code) :] if code in codes else []


def _to(code: str, codes: list[str], _: bool) -> list[str]:
    return codes[: codes.index(code) + 1] if code in codes else []


def _range(arguments: str, codes: list[str], _: bool) -> list[str]:
    ends = arguments.split(",")
    if not set(ends) <= set(codes):
        return []
    first, last = sorted(codes.index(code) for code in ends)
    return codes[first : last + 1]


_CALLS: dict[str, Callable[[str, list[str], bool], list[str]]] = {
    "top": _top,
    "bottom": _bottom,
    "from": _from,
    "to": _to,
    "range": _range,
}

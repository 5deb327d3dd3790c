"""The page of the method and the code name each other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tasks.settings import CHECKOUT

PAGE = (CHECKOUT / "docs" / "method" / "labour.md").read_text(encoding="utf-8")
MODULES = sorted((CHECKOUT / "tasks" / "forecast" / "labour").glob("*.py"))
# Axes and rules: no formula lives there.
PLAIN = {"types", "__init__"}


def functions(tree: ast.Module) -> list[str]:
    """Public functions of the module, and public methods of its classes that are no properties."""
    found = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
    for owner in (n for n in tree.body if isinstance(n, ast.ClassDef)):
        found += [n for n in owner.body if isinstance(n, ast.FunctionDef) and not n.decorator_list]
    return [n.name for n in found if not n.name.startswith("_")]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_every_function_stands_in_the_page(path: Path) -> None:
    if path.stem in PLAIN:
        return
    named = functions(ast.parse(path.read_text(encoding="utf-8")))
    assert named
    assert not [n for n in named if not re.search(rf"\b{n}\b", PAGE)]


def test_every_function_that_the_page_names_is_there() -> None:
    modules = {p.stem: p.read_text(encoding="utf-8") for p in MODULES}
    named = re.findall(r"`(\w+)\.(\w+)", PAGE)
    mine = [(m, f) for m, f in named if m in modules]
    assert len(mine) > 30
    held = {
        m: set(re.findall(r"(?:def |class |^)(\w+)(?:\(|:| = )", t, re.M))
        for m, t in modules.items()
    }
    assert not [f"{m}.{f}" for m, f in mine if f not in held[m]]

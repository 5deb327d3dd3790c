"""The method page names every function, and only functions that are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tasks.settings import CHECKOUT

PAGE = (CHECKOUT / "docs" / "method" / "places.md").read_text(encoding="utf-8")
ROOM = CHECKOUT / "tasks" / "places"
MODULES = sorted(p for p in ROOM.glob("*.py") if p.stem != "__init__")


def functions(tree: ast.Module) -> list[str]:
    """Public functions of a module, and public methods of its classes that are no properties."""
    found = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
    for owner in (n for n in tree.body if isinstance(n, ast.ClassDef) and n.name[0] != "_"):
        found += [n for n in owner.body if isinstance(n, ast.FunctionDef) and not n.decorator_list]
    return [n.name for n in found if not n.name.startswith("_")]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_every_function_stands_in_the_page(path: Path) -> None:
    named = functions(ast.parse(path.read_text(encoding="utf-8")))
    missing = [n for n in named if not re.search(rf"`{path.stem}\.(\w+\.)?{n}`", PAGE)]
    assert not missing


def test_every_function_that_the_page_names_is_there() -> None:
    texts = {p.stem: p.read_text(encoding="utf-8") for p in MODULES}
    named = re.findall(r"`(\w+)\.(\w+)(?:\.(\w+))?`", PAGE)
    mine = [(m, *rest) for m, *rest in named if m in texts]
    assert len(mine) > 40
    for module, *rest in mine:
        for name in filter(None, rest):
            assert re.search(rf"(def|class) {name}\b", texts[module]), (module, name)

"""The page of the method and the code name each other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tasks.settings import CHECKOUT

PAGE = (CHECKOUT / "docs" / "method" / "explanation.md").read_text(encoding="utf-8")
FORECAST = CHECKOUT / "tasks" / "forecast"
MODULES = [FORECAST / "explanation.py", *sorted((FORECAST / "reasons").glob("[!_]*.py"))]


def functions(tree: ast.Module) -> list[str]:
    """Public functions of the module, and public methods of its public classes."""
    found = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
    owners = [n for n in tree.body if isinstance(n, ast.ClassDef) and not n.name.startswith("_")]
    for owner in owners:
        found += [n for n in owner.body if isinstance(n, ast.FunctionDef) and not n.decorator_list]
    return [n.name for n in found if not n.name.startswith("_")]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_every_function_stands_in_the_page(path: Path) -> None:
    named = functions(ast.parse(path.read_text(encoding="utf-8")))
    assert not [n for n in named if not re.search(rf"\b{n}\b", PAGE)]


def test_every_function_that_the_page_names_is_there() -> None:
    modules = {p.stem: p.read_text(encoding="utf-8") for p in MODULES}
    mine = [(m, f) for m, f in re.findall(r"`(\w+)\.(\w+)", PAGE) if m in modules]
    assert len(mine) >= 10
    missing = [f"{m}.{f}" for m, f in mine if not re.search(rf"(def|class) {f}\b", modules[m])]
    assert not missing

"""The page of the method and the code name each other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tasks.settings import CHECKOUT

PAGE = (CHECKOUT / "docs" / "method" / "intake.md").read_text(encoding="utf-8")
MODULES = sorted((CHECKOUT / "tasks" / "places" / "intake").glob("*.py"))
# No formula lives there.
PLAIN = {"types", "__init__"}


def functions(tree: ast.Module) -> list[str]:
    """Public functions of the module."""
    return [
        n.name for n in tree.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_every_function_stands_in_the_page(path: Path) -> None:
    if path.stem in PLAIN:
        return
    named = functions(ast.parse(path.read_text(encoding="utf-8")))
    row = re.search(rf"^\| `{path.stem}` \|(.*)$", PAGE, re.M)
    assert row is not None
    assert not [n for n in named if f"`{n}`" not in row.group(1)]


def test_every_function_that_the_page_names_is_there() -> None:
    modules = {p.stem: p.read_text(encoding="utf-8") for p in MODULES}
    mine = [(m, f) for m, f in re.findall(r"`(\w+)\.(\w+)", PAGE) if m in modules]
    assert len(mine) > 20
    missing = [f"{m}.{f}" for m, f in mine if not re.search(rf"(def|class) {f}\b", modules[m])]
    assert not missing

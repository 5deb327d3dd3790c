"""The page of the method names every public function, and no function that is not there."""

from __future__ import annotations

import ast
import importlib
import re

import pytest

from tasks.settings import CHECKOUT

ROOM = CHECKOUT / "tasks" / "forecast" / "evaluation"
PAGE = (CHECKOUT / "docs" / "method" / "evaluation.md").read_text(encoding="utf-8")
MODULES = sorted(path.stem for path in ROOM.glob("[a-z]*.py"))
NAMED = set(re.findall(rf"(?<![\w-])({'|'.join(MODULES)})\.(\w+)", PAGE))


@pytest.mark.parametrize(("module", "name"), sorted(NAMED))
def test_what_the_page_names_is_there(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(f"tasks.forecast.evaluation.{module}"), name)


@pytest.mark.parametrize("module", MODULES)
def test_what_is_there_is_named_by_the_page(module: str) -> None:
    tree = ast.parse((ROOM / f"{module}.py").read_text(encoding="utf-8"))
    public = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    }
    assert {name for name in public if (module, name) not in NAMED} == set()

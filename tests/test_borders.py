"""The borders between the rooms, as tests: import contracts, and a look at what is really loaded."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted(path for room in ("engine", "tui") for path in (ROOT / room).rglob("*.py"))


TEXTUALS_OWN = ("_compositor", "_driver", "_display(", "_background_screens", "_next_callbacks", "_pending_message")
"""Attributes of Textual's apps, screens and pumps that are not for everybody."""


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module a file imports, anywhere in it, by its full name. Most tests here look through every file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full"
            found.update((node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)))
    return frozenset(found)


def importing(*names: str) -> set[str]:
    """The files that import one of these packages or modules."""
    return {
        str(path.relative_to(ROOT))
        for path in MODULES
        if any(found == name or found.startswith(name + ".") for found in imports(path) for name in names)
    }


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_engine_loads_with_only_its_own_libraries() -> None:
    """Every module of the engine is imported while the screen's libraries are not to be had."""
    engine = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in MODULES
        if path.is_relative_to(ROOT / "engine") and path.name != "__main__.py"
    ]
    program = (
        "import sys, importlib\n"
        "for name in ('textual', 'rich', 'plotext', 'tui'): sys.modules[name] = None\n"
        f"for name in {engine!r}: importlib.import_module(name)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_only_the_store_speaks_sql() -> None:
    outside = {file for file in importing("sqlite3", "sqlite_utils") if not file.startswith("engine/store/")}
    assert outside == set()


def test_one_file_imports_plotext_and_the_dashboard_does_without() -> None:
    assert importing("plotext") == {"tui/printing/plotext_figure.py"}
    program = (
        "import sys\n"
        "sys.modules['plotext'] = sys.modules['tui.printing'] = None\n"
        "import tui.app.app, tui.chart, tui.headless.frames, tui.start.cli, tui.start.session\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_charts_know_no_textual() -> None:
    assert not {file for file in importing("textual") if file.startswith("tui/chart/")}


def test_only_the_keymap_builds_bindings() -> None:
    builders = {
        str(path.relative_to(ROOT))
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Binding"
    }
    assert builders <= {"tui/model/keymap.py"}


def test_nothing_imports_a_command_line_but_the_programs_own_door() -> None:
    assert importing("engine.commands.cli", "tui.start.cli") <= {"tui/start/cli.py"}


def test_only_the_feed_holds_a_reader_for_long() -> None:
    readers = {file for file in importing("engine.store.read.reader") if not file.startswith("engine/store/")}
    assert readers <= {"tui/reading/feed.py"}


def test_textuals_private_parts_are_touched_in_one_file() -> None:
    private = {
        str(path.relative_to(ROOT))
        for path in MODULES
        if any(name.startswith("textual.") and "._" in name for name in imports(path))
        or any(f".{part}" in path.read_text() for part in TEXTUALS_OWN)
    }
    assert private == {"tui/terminal/textual_internals.py"}


def test_widgets_never_import_screens() -> None:
    assert not {file for file in importing("tui.screens") if file.startswith("tui/widgets/")}


@pytest.mark.parametrize("name", ["utils", "common", "base", "helpers", "misc"])
def test_every_file_has_a_name_that_says_something(name: str) -> None:
    assert not [path for path in MODULES if path.stem == name]


def test_nobody_evaluates_or_unpickles_strings() -> None:
    """`eval` and `exec` are called nowhere; an unpickler with an allow-list lives in the data sets alone."""
    for path in MODULES:
        called = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & {"eval", "exec"}, path
    assert all(file.startswith("engine/datasets") for file in importing("pickle", "marshal", "shelve"))

"""The borders between the rooms hold, and each of them can fail: a violation is planted for every one."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests import borders, rooms
from tests.borders import Border, Tree

ROOT = Path(__file__).parent.parent
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

PRINTED = "what is printed is read once, by a command"

ALLOWED: dict[Border, dict[str, str]] = {
    borders.the_screen_computes_no_loss: {
        "tui/presenting/lessons.py: engine.analysis.probe.judge": "words about numbers that a probe has found",
        "tui/screens/probe.py: engine.analysis.probe.remark": "words about numbers that a probe has found",
        "tui/screens/probe.py: engine.analysis.probe.told": "words about numbers that a probe has found",
        "tui/reading/weights.py: engine.analysis.templates.templates": "cuts weights into pictures, evaluates nothing",
    },
    borders.only_reading_reads_the_store: {
        "tui/app/actions/orders.py: engine.store.open_for_reading": "an order looks before it acts, in a thread",
        "tui/printing/weights.py: engine.store.Reader": PRINTED,
        "tui/start/plot_command.py: engine.store.Reader": PRINTED,
        "tui/start/session.py: engine.store.open_for_reading": "says what is wrong with a store before a screen opens",
    },
    borders.the_screen_writes_nothing: {
        "tui/start/session.py: engine.store.open_for_writing": "makes the store on first use, and no row",
        "tui/reading/recorded_run.py: engine.store.write.summary.EVALUATED_SPLITS": "a table of names",
    },
    borders.screens_know_no_screens: dict.fromkeys(
        [f"tui/screens/{name}.py: tui.screens.runs_screen.RunsScreen" for name in ("board", "replay")],
        "what both have in common, and never a screen by itself",
    ),
    borders.packages_hold_names: dict.fromkeys(
        [f"lossboard/__init__.py: {name}" for name in ("HOMES", "__getattr__", "__dir__")],
        "the door: its names come when they are asked for",
    ),
}
"""What is allowed all the same, each with its reason. What is not needed any more must go: this can only shrink."""


REASONS = "\n| larger | why |\n|---|---|\n| `{}` | it grows by one row a release |\n"
BY_ROOM = (borders.cycles, borders.full_folders_have_a_reason)
"""What these find is a room, not a file."""


class Planted(NamedTuple):
    """A tree that breaks one border in some files, beside others that come close and do not."""

    border: Border
    guilty: Mapping[str, str]
    innocent: Mapping[str, str]


PLANTED = [
    Planted(
        borders.cycles,
        {
            "tui/low/a.py": "import tui.middle.b",
            "tui/middle/b.py": "from tui.top import c",
            "tui/top/c.py": "def f():\n from tui.low.a import x",
        },
        {"tui/apart/a.py": "import tui.top.c"},
    ),
    Planted(
        borders.engine_knows_no_screen,
        {
            "engine/spec/a.py": "from textual import app",
            "engine/b.py": "def f():\n import tui.chart",
            "engine/c.py": "import plotext",
        },
        {"tui/a.py": "import textual", "engine/d.py": "import textwrap"},
    ),
    Planted(
        borders.logging_needs_only_python,
        {"lossboard/run.py": "import numpy", "lossboard/wire.py": "def f():\n from engine import store"},
        {"lossboard/root.py": "import sys, json\nfrom lossboard.wire import x", "lossboard/wandb.py": "import wandb"},
    ),
    Planted(
        borders.only_the_store_speaks_sql,
        {
            "tui/reading/a.py": "import sqlite3",
            "engine/jobs/a.py": "from sqlite_utils import Database",
            "engine/commands/a.py": "f('SELECT loss')",
            "tui/b.py": "x = f'DELETE FROM {table}'",
        },
        {
            "engine/store/a.py": "import sqlite3\nx = 'SELECT 1'",
            "tui/c.py": '"""As a SELECT would."""\nx = "Select a run"',
        },
    ),
    Planted(
        borders.only_jobs_join_numerics_and_store,
        {"engine/commands/a.py": "from engine.store import Store\nfrom engine.strategy import optimize"},
        {
            "engine/jobs/a.py": "import engine.store, engine.strategy",
            "engine/commands/b.py": "import engine.store",
            "engine/commands/c.py": "import engine.strategy\nif TYPE_CHECKING:\n from engine.store import Run",
        },
    ),
    Planted(
        borders.nothing_imports_commands,
        {"engine/jobs/a.py": "from engine.commands import run", "tui/app/a.py": "import engine.commands.options"},
        {"engine/commands/a.py": "from engine.commands import options"},
    ),
    Planted(
        borders.the_screen_computes_no_loss,
        {
            "tui/app/a.py": "def f():\n from engine.objective.objectives import objective",
            "tui/b.py": "from engine import strategy",
        },
        {
            "tui/c.py": "if TYPE_CHECKING:\n from engine.objective.layout import Array",
            "engine/a.py": "import engine.objective",
        },
    ),
    Planted(
        borders.only_reading_reads_the_store,
        {
            "tui/widgets/a.py": "from engine.store import Reader",
            "tui/app/a.py": "def f():\n from engine.store import open_for_reading",
        },
        {"tui/reading/a.py": "from engine.store import Reader", "tui/app/b.py": "from engine.store import Run"},
    ),
    Planted(
        borders.the_screen_writes_nothing,
        {
            "tui/reading/a.py": "from engine.store import open_for_writing",
            "tui/a.py": "import engine.store.write.queue",
        },
        {"tui/b.py": "from engine.store import Run", "engine/jobs/a.py": "from engine.store import Store"},
    ),
    Planted(
        borders.reading_touches_no_widget,
        {
            "tui/reading/a.py": "from tui.widgets.header import Header",
            "tui/reading/b.py": "from textual.widget import Widget",
        },
        {"tui/app/a.py": "import tui.widgets", "tui/reading/c.py": "import tui.model.snapshot"},
    ),
    Planted(
        borders.screens_know_no_screens,
        {
            "tui/widgets/a.py": "from tui.screens import board",
            "tui/screens/a.py": "def f():\n from tui.screens.board import Board",
        },
        {
            "tui/app/a.py": "import tui.screens.board",
            "tui/screens/board.py": "from tui.screens.keys import Keys\nclass Board(Screen[None]): pass",
            "tui/screens/keys.py": "class Keys: pass",
        },
    ),
    Planted(
        borders.one_file_knows_plotext,
        {"tui/chart/a.py": "import plotext", "tui/widgets/a.py": "import plotext"},
        {"tui/chart/b.py": "x = 'plotext'"},
    ),
    Planted(
        borders.charts_know_no_textual,
        {"tui/chart/a.py": "from textual.strip import Strip", "tui/chart/cells/b.py": "import engine.store"},
        {"tui/widgets/a.py": "import textual, engine.store"},
    ),
    Planted(
        borders.only_the_keymap_builds_bindings,
        {
            "tui/screens/a.py": "BINDINGS = [Binding('q', 'quit')]",
            "tui/app/a.py": "x = textual.binding.Binding('q', 'quit')",
        },
        {"tui/model/keymap.py": "x = Binding('q', 'quit')", "tui/screens/b.py": "x = bindings_of('board')"},
    ),
    Planted(
        borders.private_parts_of_textual_have_one_file,
        {"tui/app/a.py": "from textual._xterm_parser import X", "tui/widgets/a.py": "app._driver.write('')"},
        {
            "tui/terminal/textual_internals.py": "import textual._x\na._driver",
            "tui/app/b.py": "from textual.app import App",
        },
    ),
    Planted(
        borders.dask_has_one_room,
        {"engine/jobs/worker/a.py": "import dask.bag", "tui/a.py": "from distributed import Client"},
        {"engine/jobs/cluster/a.py": "import dask"},
    ),
    Planted(
        borders.every_file_says_what_it_is,
        {f"engine/spec/{name}.py": "" for name in borders.NOTHING_SAYING},
        {"engine/spec/basis.py": ""},
    ),
    Planted(
        borders.packages_hold_names,
        {"tui/a/__init__.py": "def f(): pass", "tui/b/__init__.py": "x = f()", "tui/c/__init__.py": "if x:\n import a"},
        {"tui/d/__init__.py": '"""A room."""\nfrom tui.a import f\n__all__ = ["f"]', "tui/d/e.py": "def f(): pass"},
    ),
    Planted(
        borders.every_room_says_what_it_is_for,
        {"tui/a/__init__.py": "", "engine/b/__init__.py": "import x"},
        {"tui/c/__init__.py": '"""A room."""'},
    ),
    Planted(
        borders.long_files_have_a_reason,
        {"tui/a.py": "\n" * 401, "tests/b.py": "\n" * 500},
        {"tui/c.py": "\n" * 400, "engine/d.py": "\n" * 401, "docs/architecture.md": REASONS.format("engine/d.py")},
    ),
    Planted(
        borders.full_folders_have_a_reason,
        {f"tui/a/{number}.py": "" for number in range(16)},
        {
            **{f"tui/b/{number}.py": "" for number in range(15)},
            **{f"tui/b/c/{number}.py": "" for number in range(16)},
            "docs/architecture.md": REASONS.format("tui.b.c"),
        },
    ),
    Planted(
        borders.no_reason_is_left_over,
        {"docs/architecture.md": REASONS.format("tui/a.py")},
        {"tui/a.py": "\n" * 400},
    ),
    Planted(
        borders.nobody_evaluates_strings,
        {"engine/a.py": "eval('1')", "tui/b.py": "exec('1')", "engine/store/c.py": "import pickle"},
        {"engine/datasets/a.py": "import pickle", "tui/c.py": "model.eval()"},
    ),
]
NAMES = [planted.border.__name__ for planted in PLANTED]


@pytest.fixture(scope="module")
def ours() -> Tree:
    return Tree(ROOT)


@pytest.mark.parametrize("border", [planted.border for planted in PLANTED], ids=NAMES)
def test_it_holds(border: Border, ours: Tree) -> None:
    assert border(ours) == set(ALLOWED.get(border, {}))


@pytest.mark.parametrize("planted", PLANTED, ids=NAMES)
def test_it_can_fail(planted: Planted, tmp_path: Path) -> None:
    plant(tmp_path, {**planted.guilty, **planted.innocent})
    found = {breach.partition(":")[0] for breach in planted.border(Tree(tmp_path))}
    by_room = planted.border in BY_ROOM
    assert found == {str(Path(file).parent).replace("/", ".") if by_room else file for file in planted.guilty}


def test_every_border_is_tried() -> None:
    defined = {
        name for name, each in vars(borders).items() if getattr(each, "__annotations__", {}).get("tree") == "Tree"
    }
    assert defined == set(NAMES)


def test_the_rooms_are_drawn(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert rooms.main(ROOT) == 0
    assert "lossboard" in capsys.readouterr().out
    plant(
        tmp_path, {"tui/a/a.py": "import tui.b.b, tui.c.c", "tui/b/b.py": "import tui.a.a, tui.c.c", "tui/c/c.py": ""}
    )
    assert rooms.main(tmp_path) == 1
    assert capsys.readouterr().out.splitlines() == [
        "  1  tui.a                  tui.b tui.c",
        "  1  tui.b                  tui.a tui.c",
        "  0  tui.c",
        "cycle: tui.a tui.b",
        "tui          3 files      0 lines    3 rooms   2 floors    4 arrows   1 upward  1 cycles",
        "all          3 files      0 lines    3 rooms   2 floors    4 arrows   1 upward  1 cycles",
    ]


def test_every_room_has_a_floor_in_the_contracts() -> None:
    """A folder that no contract lists may import what it likes."""
    listed = {layer for contract in CONTRACTS for layer in layers_of(contract)}
    without_code = {"engine", "engine.data", "tui", "lossboard"}
    assert set(rooms.read(ROOT).arrows) - listed - without_code == set()


def test_the_import_contracts_hold() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_import_contract_can_fail(ours: Tree, tmp_path: Path) -> None:
    """Empty packages of our names, in which each layer imports the one above it, and who must not what it must not."""
    pairs = [pair for contract in CONTRACTS for pair in breaches_of(contract)]
    files = {file: "" for file in ours.files() if file.endswith("__init__.py")}
    for importer, imported in pairs:
        module = importer.replace(".", "/")
        file = f"{module}.py" if f"{module}.py" in ours.parsed else f"{module}/__init__.py"
        files[file] = files.get(file, "") + f"import {imported}\n"
    for _, imported in pairs:
        module = imported.replace(".", "/") + ".py"
        if module in ours.parsed:
            files.setdefault(module, "")
    plant(tmp_path, files)
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    done = lint_imports(tmp_path)
    assert f"0 kept, {len(CONTRACTS)} broken" in done.stdout, done.stdout + done.stderr
    unseen = [pair for pair in pairs if "{} is not allowed to import {}:".format(*pair) not in done.stdout]
    assert unseen == []


def layers_of(contract: Mapping[str, Any]) -> list[str]:
    """The modules of a contract of layers, from the highest to the lowest, in full."""
    layers = [name.strip() for layer in contract.get("layers", []) for name in layer.split("|")]
    return [f"{container}.{layer}" for container in contract.get("containers", []) for layer in layers] or layers


def breaches_of(contract: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Who must not import what, by a contract: of layers, each the one above or beside it."""
    if contract["type"] == "layers":
        layers = layers_of(contract)
        return list(zip(layers[1:], layers, strict=False))
    return [(source, each) for source in contract["source_modules"] for each in contract["forbidden_modules"]]


def test_the_engine_loads_with_only_its_own_libraries(ours: Tree) -> None:
    """Every module of the engine is imported while the screen's libraries are not to be had."""
    engine = [file.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for file in ours.files("engine/")]
    program = (
        "import sys, importlib\n"
        "for name in ('textual', 'rich', 'plotext', 'tui'): sys.modules[name] = None\n"
        f"for name in {engine!r}: importlib.import_module(name)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_dashboard_loads_without_what_prints() -> None:
    program = (
        "import sys\n"
        "sys.modules['plotext'] = sys.modules['tui.printing'] = None\n"
        "import tui.app.app, tui.chart, tui.headless.frames, tui.start.cli, tui.start.session\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def plant(folder: Path, files: Mapping[str, str]) -> None:
    for file, source in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(source)

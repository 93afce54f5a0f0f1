"""The borders between the rooms hold, and each of them can fail: a violation is planted for every one."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import borders, rooms
from tests.borders import Border, Tree
from tests.planted import PLANTED, Planted

ROOT = Path(__file__).parent.parent
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

PRINTED = "what is printed is read once, by a command"

ALLOWED: dict[Border, dict[str, str]] = {
    borders.the_screen_computes_no_loss: {
        "tui/presenting/lessons.py: engine.analysis.probe.judge": "words about numbers that a probe has found",
        "tui/screens/probe.py: engine.analysis.probe.remark": "words about numbers that a probe has found",
        "tui/screens/probe.py: engine.analysis.probe.format_probe": "words about numbers that a probe has found",
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
    borders.only_handlers_change_widgets: {
        "tui/app/actions/export_actions.py: path.absolute": "a path is a value",
        "tui/app/actions/inspect_actions.py: self._waiting.take": "a place with a lock, which no widget knows",
        "tui/app/actions/run_actions.py: self._undoable.append": "a list that no widget shows",
        "tui/app/app.py: self._recovery.failed": "forgets what was tried; no widget shows it",
        "tui/app/view_saver.py: self.file.save": "writes a frozen view to a file",
    },
    borders.screens_know_no_screens: dict.fromkeys(
        [f"tui/screens/{name}.py: tui.screens.runs_screen.RunsScreen" for name in ("board", "replay")],
        "what both have in common, and never a screen by itself",
    ),
    borders.nobody_evaluates_strings: {
        "engine/own_code/loading.py: exec": "what runs is the content that was hashed, after a yes",
    },
    borders.packages_hold_names: dict.fromkeys(
        [f"lossboard/__init__.py: {name}" for name in ("HOMES", "__getattr__", "__dir__")],
        "the door: its names come when they are asked for",
    ),
}
"""What is allowed all the same, each with its reason. What is not needed any more must go: this can only shrink."""


BY_ROOM = (borders.cycles, borders.full_folders_have_a_reason)
"""What these find is a room, not a file."""

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

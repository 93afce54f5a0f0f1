"""The door: importing Lossboard costs next to nothing, its names are there, and no other `engine` takes their place."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

import lossboard
from lossboard.root import PACKAGES, ROOT

FOREIGN = "raise RuntimeError('somebody else wrote this engine')\n"
SCRIPT = Path(sys.executable).with_name("lossboard")


def run(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A Python process in a folder."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder in which somebody has files under our names, and those of what we need."""
    for name in ("engine", "tui", "numpy", "click"):
        (tmp_path / f"{name}.py").write_text(FOREIGN)
    return tmp_path


def test_importing_it_brings_in_neither_numpy_nor_the_screen(tmp_path: Path) -> None:
    heavy = ("numpy", "textual", "engine", "tui", "sqlite3")
    code = f"import sys, lossboard; print([name for name in {heavy} if name in sys.modules])"
    assert run("-c", code, folder=tmp_path).stdout.strip() == "[]"


@pytest.mark.parametrize("name", lossboard.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(lossboard, name) is not None
    assert name in dir(lossboard)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        lossboard.nonsense  # noqa: B018


@pytest.mark.parametrize("manner", ["current folder", "PYTHONPATH"])
@pytest.mark.parametrize("started", ["module", "script"])
def test_files_under_our_names_change_nothing(foreign: Path, tmp_path: Path, manner: str, started: str) -> None:
    path: dict[str, Any] = {"PYTHONPATH": str(foreign)} if manner == "PYTHONPATH" else {}
    folder = tmp_path / "elsewhere" if path else foreign
    folder.mkdir(exist_ok=True)
    command = ["-m", "lossboard"] if started == "module" else [str(SCRIPT)]
    done = run(*command, "--db", str(tmp_path / "runs.db"), "run", "--iterations", "3", folder=folder, **path)
    assert done.returncode == 0, done.stderr
    assert "finished" in done.stdout


def test_a_script_beside_a_foreign_engine_is_told_of_both_files(foreign: Path) -> None:
    (foreign / "train.py").write_text("import lossboard\nlossboard.start = 1\nlossboard.RunSpec\n")
    done = run("train.py", folder=foreign)
    assert done.returncode == 1
    message = done.stderr.strip().splitlines()[-1]
    assert str(foreign / "engine.py") in message
    assert str(ROOT / "engine" / "__init__.py") in message


def test_a_foreign_engine_that_is_imported_already_is_told(foreign: Path) -> None:
    (foreign / "engine.py").write_text("mine = 1\n")
    (foreign / "train.py").write_text(
        textwrap.dedent("""
            import engine, lossboard
            try:
                lossboard.objective
            except ImportError as error:
                print(error)
            print(engine.mine)
        """)
    )
    done = run("train.py", folder=foreign)
    assert str(foreign / "engine.py") in done.stdout, done.stderr
    assert done.stdout.splitlines()[-1] == "1"


def test_its_own_packages_lie_beside_it() -> None:
    assert all((ROOT / name / "__init__.py").is_file() for name in PACKAGES)

"""The words that start the program: a hint names a command that exists where it is read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.files.program import OPENED_WITH, STORE, command_text, opening_text, store_command
from engine.store import open_for_writing
from tui.start.cli import group

FOLDER = Path(sys.executable).parent
"""Where the program is installed."""


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (["lossboard"], f"{FOLDER}:{os.environ['PATH']}"),
        ([".venv/bin/lossboard"], "/bin:/usr/bin"),
        ([".venv/bin/python", "-m", "lossboard"], "/bin:/usr/bin"),
    ],
)
def test_a_hint_names_the_command_that_was_typed(tmp_path: Path, words: list[str], path: str) -> None:
    (tmp_path / ".venv").symlink_to(FOLDER.parent)
    environment = {**os.environ, "PATH": path}

    def answered(*arguments: str) -> str:
        done = subprocess.run(
            [*words, *arguments],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        return done.stdout + done.stderr

    typed = " ".join(words)
    assert f"use `{typed} run` to create it" in answered("list")
    if len(words) > 1:
        return  # the others have the words from the same place
    assert f"Use {typed} run, list or show" in answered()
    helped = answered("sweep", "--help")
    assert f"\n    {typed} sweep refine 1\n" in helped
    assert helped.count("lossboard") == helped.count(typed)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--db", "a b.db"], "lossboard --db 'a b.db' "),
        (["--db", "runs.db"], "lossboard --db runs.db "),
        (["--db", "usual.db"], "lossboard "),
        ([], "lossboard "),
    ],
)
def test_a_hint_names_the_store_that_the_command_worked_on_unless_it_is_the_usual_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(STORE, "usual.db")

    def answered(*arguments: str) -> str:
        return " ".join(CliRunner().invoke(group(), [*words, *arguments]).output.split())

    assert f"use `{told}run` to create it" in answered("list")
    open_for_writing(Path(words[1] if words else "usual.db")).close()
    assert f"{told}run starts one" in answered("list")
    assert f"{told}list shows which there are" in answered("show", "7")
    assert f"{told}sweep list shows which there are" in answered("sweep", "show", "7")
    assert store_command("list") == "lossboard list"  # the command is over


def test_make_run_is_how_the_dashboard_is_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert opening_text() == command_text() == "lossboard"
    monkeypatch.setenv(OPENED_WITH, "make run")
    assert (opening_text(), command_text("list")) == ("make run", "lossboard list")

"""The words that start the program: a hint names a command that exists where it is read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.files.program import OPENED_WITH, command_text, opening_text

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
    assert f"Use {typed} run, list or show" in answered()
    assert f"use `{typed} run` to create it" in answered("list")
    helped = answered("sweep", "--help")
    assert f"\n    {typed} sweep refine 1\n" in helped
    assert helped.count("lossboard") == helped.count(typed)


def test_make_run_is_how_the_dashboard_is_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert opening_text() == command_text() == "lossboard"
    monkeypatch.setenv(OPENED_WITH, "make run")
    assert (opening_text(), command_text("list")) == ("make run", "lossboard list")

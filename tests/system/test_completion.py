"""What a shell offers after a tab, and what asking costs: the real scripts in a real bash."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.spec import defaults
from engine.store import open_for_writing
from engine.sweep import Axis, SweepPlan

FOLDER = Path(sys.executable).parent
NOWHERE = {"TERM": "dumb", "PATH": f"{FOLDER}:{os.environ['PATH']}", "HOME": "/"}


def offered(folder: Path, line: str) -> list[str]:
    """The words that bash would show after a tab at the end of a line."""
    words = shlex.split(line) + ([""] if line.endswith(" ") else [])
    script = f"""
        eval "$(lossboard completion bash)"
        COMP_WORDS=({" ".join(map(shlex.quote, words))}); COMP_CWORD={len(words) - 1}; COLUMNS=80; COMP_TYPE=63
        _lossboard_completion lossboard 2>/dev/null; printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=NOWHERE, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_commands_options_choices_runs_and_sweeps(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "runs.db") as store:
        store.queue.add([defaults(), defaults("local-search")], names=["plain", "a\x1b[31m name"])
        store.queue.add_sweep(SweepPlan(defaults(), (Axis("delta", (1.0, 2.0)),), name="margins"))
    assert offered(tmp_path, "lossboard und") == ["undelete"]
    assert offered(tmp_path, "lossboard run --upd") == ["--update"]
    assert offered(tmp_path, "lossboard show ") == [
        *(f"{run}  gradient b256, queued" for run in (4, 3)),
        "2  a name, queued",
        "1  plain, queued",
    ]
    assert offered(tmp_path, "lossboard sweep ref") == ["refine"]
    assert offered(tmp_path, "lossboard sweep show ") == ["1"]
    assert "adam" in offered(tmp_path, "lossboard run --update ada")
    assert offered(tmp_path, "lossboard list --sort upd") == ["update"]
    assert offered(tmp_path, "lossboard list --columns run,upd") == ["run,update"]
    assert offered(tmp_path, "lossboard sweep --parameter batch") == ["batch-size"]
    assert offered(tmp_path, "lossboard plot --metric gradient") == ["gradient-norm"]
    assert offered(tmp_path, "lossboard --db other.db show ") == [""]
    assert not (tmp_path / "other.db").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_has_a_script_that_asks_the_program_of_the_line(shell: str) -> None:
    done = subprocess.run(["lossboard", "completion", shell], env=NOWHERE, capture_output=True, text=True, check=True)
    asked = subprocess.run(
        ["lossboard"],
        env={**NOWHERE, "_LOSSBOARD_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == asked.stdout
    assert f"_LOSSBOARD_COMPLETE={shell}_complete" in done.stdout

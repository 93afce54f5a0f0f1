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
from tests.copies import answer

FOLDER = Path(sys.executable).parent
END = "no more words"
NOWHERE = {"TERM": "dumb", "PATH": f"{FOLDER}:{os.environ['PATH']}", "HOME": "/"}


class Shell:
    """A bash in a folder that has loaded the script of completions, as a user's does when it starts."""

    def __init__(self, folder: Path) -> None:
        self._bash = subprocess.Popen(
            ["bash"], cwd=folder, env=NOWHERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        self._ask('eval "$(lossboard completion bash)"')

    def offered(self, line: str) -> list[str]:
        """The words that it would show after a tab at the end of a line."""
        words = shlex.split(line) + ([""] if line.endswith(" ") else [])
        return self._ask(f"""
            COMP_WORDS=({" ".join(map(shlex.quote, words))}); COMP_CWORD={len(words) - 1}; COLUMNS=80; COMP_TYPE=63
            COMPREPLY=(); _lossboard_completion lossboard 2>/dev/null </dev/null; printf '%s\\n' "${{COMPREPLY[@]}}"
        """)

    def _ask(self, script: str) -> list[str]:
        assert self._bash.stdin is not None
        answers = self._bash.stdout
        assert answers is not None
        self._bash.stdin.write(f"{script}\necho {END}\n")
        self._bash.stdin.flush()
        return list(iter(lambda: next(answers).removesuffix("\n"), END))

    def close(self) -> None:
        """End it; it has complained of nothing."""
        _, complaints = self._bash.communicate()
        assert complaints == ""


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_commands_options_choices_runs_and_sweeps(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "runs.db") as store:
        store.queue.add([defaults(), defaults("local-search")], names=["plain", "a\x1b[31m name"])
        store.queue.add_sweep(SweepPlan(defaults(), (Axis("delta", (1.0, 2.0)),), name="margins"))
    shell = Shell(tmp_path)
    assert shell.offered("lossboard und") == ["undelete"]
    assert shell.offered("lossboard run --upd") == ["--update"]
    assert shell.offered("lossboard show ") == [
        *(f"{run}  gradient b256, queued" for run in (4, 3)),
        "2  a name, queued",
        "1  plain, queued",
    ]
    assert shell.offered("lossboard list --columns run,upd") == ["run,update"]
    shell.close()


@pytest.mark.parametrize(("words", "offered"), [
    (["run", "--update", "ada"], ["plain", "adagrad", "plain", "adam", "plain", "adamw", "plain", "adadelta"]),
    (["list", "--sort", "upd"], ["plain", "update"]),
    (["sweep", "refine", ""], ["plain", "1", "margins"]),
    (["sweep", "--parameter", "batch"], ["plain", "batch-size"]),
    (["plot", "--metric", "gradient"], ["plain", "gradient-norm"]),
    (["--db", "other.db", "show", ""], []),
])  # fmt: skip
def test_what_the_script_is_told(tmp_path: Path, words: list[str], offered: list[str]) -> None:
    with open_for_writing(tmp_path / "runs.db") as store:
        store.queue.add_sweep(SweepPlan(defaults(), (Axis("delta", (1.0, 2.0)),), name="margins"))
    asked = {"COMP_WORDS": shlex.join(["lossboard", *words]), "COMP_CWORD": str(len(words))}
    done = answer([], tmp_path, {**NOWHERE, **asked, "_LOSSBOARD_COMPLETE": "bash_complete"})
    assert done.stdout.split() == offered
    assert not (tmp_path / "other.db").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_has_a_script_that_asks_the_program_of_the_line(tmp_path: Path, shell: str) -> None:
    done = answer(["completion", shell], tmp_path, NOWHERE)
    asked = answer([], tmp_path, {**NOWHERE, "_LOSSBOARD_COMPLETE": f"{shell}_source"})
    assert (done.returncode, done.stdout) == (0, asked.stdout)
    assert f"_LOSSBOARD_COMPLETE={shell}_complete" in done.stdout

"""`lossboard import`: what it answers, and what the other commands say of a run that was imported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.commands.cli import main
from tests.imports.files import ASSETS


def asked(path: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["--db", str(path), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_it_says_what_it_found_and_what_is_new(path: Path) -> None:
    code, said = asked(path, "import", "--dry-run", str(ASSETS / "tensorboard"))
    assert (code, path.exists()) == (0, False)
    assert "4 runs, 45 values there" in said
    code, said = asked(path, "import", str(ASSETS / "tensors"), str(path.parent / "nowhere"))
    assert code == 0
    assert [line.split()[:5] for line in said.splitlines() if "tensors" in line] == [
        ["1", "TensorBoard", "20", "new", "tensors"]
    ]
    assert "nowhere cannot be read: No such file or directory." in said
    answer = json.loads(asked(path, "import", "--json", str(ASSETS / "tensors"))[1])
    assert [(run["run_id"], run["values"], run["new"]) for run in answer["runs"]] == [(1, 0, False)]
    code, said = asked(path, "import", str(path.parent))
    assert (code, "nothing in it that can be imported" in said) == (1, True)
    assert str(ASSETS / "tensors") in asked(path, "show", "1")[1]


@pytest.mark.parametrize(
    "command", ["stop 1", "pause 1", "resume 1", "step-size 1 0.1", "knob 1 lr 1", "fork 1", "probe 1", "landscape 1"]
)
def test_what_cannot_be_done_with_an_imported_run_is_said_in_a_sentence(path: Path, command: str) -> None:
    asked(path, "import", str(ASSETS / "tensors"))
    code, said = asked(path, *command.split())
    assert code == 1
    assert len(said.strip().splitlines()) == 1
    assert "imported" in said


def test_it_is_noted_tagged_deleted_and_purged_as_any_other(path: Path) -> None:
    asked(path, "import", str(ASSETS / "tensors"))
    for command in ("note 1 seen", "tag 1 keep", "rename 1 mine", "delete 1 --yes", "purge 1 --yes"):
        assert asked(path, *command.split())[0] == 0, command
    assert "20 values new" in asked(path, "import", str(ASSETS / "tensors"))[1]

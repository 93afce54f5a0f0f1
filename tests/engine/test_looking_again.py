"""Looking again at a run of somebody's own code: gradient checks and landscapes hold its file to its hash and a yes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click import Command
from click.testing import CliRunner, Result

from engine.commands.numerics import gradient_check, landscape
from engine.jobs.people import own_code, submit
from engine.jobs.worker import worker_loop
from engine.own_code import loading
from engine.spec import spec_from_fields
from engine.store import Run, open_for_reading

MINE = """
def bowl(W):
    return (W**2).sum(), 2 * W

bowl.start = [1.0, -2.0]
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A finished run of a function in a file, named by its user, in a store beside the file."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for module in (worker_loop, submit):
        monkeypatch.setattr(module, "start_workers", lambda path: 0)
    (tmp_path / "mine.py").write_text(MINE)
    fields = {"objective": f"{tmp_path}/mine.py:bowl", "iterations": "40", "step_size": "0.1"}
    submit.submit(tmp_path / "runs.db", [own_code.named(spec_from_fields(fields))])
    worker_loop.work(tmp_path / "runs.db", leave=lambda: False)
    reader = open_for_reading(tmp_path / "runs.db")
    try:
        return reader.the_run(1)
    finally:
        reader.close()


@pytest.mark.parametrize(
    ("command", "words"),
    [(gradient_check.command, ()), (landscape.command, ("--direction", "start"))],
    ids=["gradient-check", "landscape"],
)
def test_it_is_looked_at_again_unless_its_file_has_changed_or_nobody_said_yes(
    tmp_path: Path, run: Run, command: Command, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask() -> Result:
        loading._imported.cache_clear()
        return CliRunner().invoke(command, ["1", *words, "--json"], obj=str(tmp_path / "runs.db"))

    found = json.loads(ask().output)
    assert (found["run_id"], found["after"], found["weights"]) == (1, run.iterations_done, 2)
    if words:
        assert min(found["losses"]) == pytest.approx(run.train_loss)
    else:
        assert found["passed"]
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    refused = ask()
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "is code that nobody here has said yes to" in refused.stderr
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "mine.py").write_text(MINE + "# changed\n")
    refused = ask()
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "mine.py has changed since the run was made" in refused.stderr

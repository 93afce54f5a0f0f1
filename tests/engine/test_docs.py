"""The examples in docs/engine.md run as they stand there."""

from __future__ import annotations

import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

DOCS = Path(__file__).parents[2] / "docs" / "engine.md"


def test_the_examples_of_the_engine_run() -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 9
    exec(compile("\n".join(blocks), str(DOCS), "exec"), {})


@pytest.mark.skipif(not find_spec("torch"), reason="the example needs torch")
def test_the_model_of_torch_runs_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a reader types it, with the example in a file of one's own; the worker is here, so torch is loaded once."""
    import torch

    from engine.commands.run import command
    from engine.jobs.people import submit
    from engine.jobs.worker import worker_loop
    from engine.store import open_for_reading

    def work_here(path: str, *_: object) -> int:
        worker_loop.work(Path(path), leave=lambda: False)
        return 1

    (block,) = re.findall(r"```py\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "net.py").write_text(block)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(submit, "start_workers", work_here)
    monkeypatch.setattr(worker_loop, "start_workers", lambda path: 0)
    monkeypatch.setattr(sys, "path", list(sys.path))
    usual = torch.get_default_dtype()
    try:
        done = CliRunner().invoke(command, ["--objective", "net.py:net", "--iterations", "30"], obj="runs.db")
    finally:
        torch.set_default_dtype(usual)
    assert done.exit_code == 0, done.output
    assert "finished all 30 iterations" in done.output
    losses = open_for_reading(tmp_path / "runs.db").curve(1, 30).last
    assert losses[-1] < losses[0] - 0.1


def test_every_strategy_objective_update_and_schedule_is_explained() -> None:
    from engine.spec import OBJECTIVES, SCHEDULES, STRATEGIES, TEST_FUNCTIONS, UPDATES

    text = DOCS.read_text(encoding="utf-8")
    assert not [
        name for name in (*STRATEGIES, *OBJECTIVES, *TEST_FUNCTIONS, *UPDATES, *SCHEDULES) if f"`{name}`" not in text
    ]

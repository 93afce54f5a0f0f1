"""The examples in docs/engine.md run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "engine.md"


def test_the_examples_of_the_engine_run() -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 9
    exec(compile("\n".join(blocks), str(DOCS), "exec"), {})


@pytest.mark.skipif(not find_spec("torch"), reason="the example needs torch")
def test_the_model_of_torch_runs_from_the_command_line(tmp_path: Path) -> None:
    """As a reader does it, with the example in a file of one's own."""
    from engine.store import open_for_reading

    (block,) = re.findall(r"```py\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "net.py").write_text(block)
    own = {"LOSSBOARD_DB": str(tmp_path / "runs.db"), "XDG_STATE_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "lossboard", "run", "--objective", "net.py:net", "--iterations", "30"]
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, **own}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "finished all 30 iterations" in done.stdout
    losses = open_for_reading(tmp_path / "runs.db").curve(1, 30).last
    assert losses[-1] < losses[0] - 0.1


def test_every_strategy_objective_update_and_schedule_is_explained() -> None:
    from engine.spec import OBJECTIVES, SCHEDULES, STRATEGIES, TEST_FUNCTIONS, UPDATES

    text = DOCS.read_text(encoding="utf-8")
    assert not [
        name for name in (*STRATEGIES, *OBJECTIVES, *TEST_FUNCTIONS, *UPDATES, *SCHEDULES) if f"`{name}`" not in text
    ]

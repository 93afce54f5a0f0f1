"""Code of one's own that fails in the middle of a run: what came before is in the store."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.jobs.people import own_code, submit
from engine.jobs.worker import worker_loop
from engine.spec import spec_from_fields
from engine.store import open_for_reading

MINE = """
def breaks(W):
    if W[0] < 0.15:
        raise RuntimeError("the bridge is out")
    return W[0] ** 2, 2 * W

breaks.start = [1.0]
"""


@pytest.mark.parametrize(("iterations", "kept"), [(40, 9), (10_000, 0)], ids=["at an evaluation", "in its first block"])
def test_what_came_before_a_failure_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, iterations: int, kept: int
) -> None:
    """W is 0.8^k after k iterations, and 0.8^9 the first below 0.15. A block that fails gives no rows."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for module in (worker_loop, submit):
        monkeypatch.setattr(module, "start_workers", lambda path: 0)
    (tmp_path / "mine.py").write_text(MINE)
    fields = {"objective": f"{tmp_path}/mine.py:breaks", "iterations": str(iterations), "step_size": "0.1"}
    submit.submit(tmp_path / "runs.db", [own_code.named(spec_from_fields({**fields, "dataset": "none"}))])
    worker_loop.work(tmp_path / "runs.db", leave=lambda: False)
    reader = open_for_reading(tmp_path / "runs.db")
    run, losses = reader.the_run(1), reader.curve(1, 100).last
    reader.close()
    assert (run.state, run.iterations_done) == ("failed", kept)
    assert run.reason.startswith("RuntimeError: the bridge is out")
    np.testing.assert_allclose(losses, 0.8 ** (2 * np.arange(kept)))

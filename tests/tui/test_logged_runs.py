"""A logged run on the board and in a replay: its curve is that of the metric that stands for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.store import Measured, open_for_writing
from tests.presence import present
from tests.stores import begun, measured, news
from tests.tui.moments import at
from tui.model.choices import Choices
from tui.model.snapshot import ReadRequest
from tui.presenting.curves import chart_run
from tui.reading.feed import Source

LOSSES = np.cos(np.arange(5000) / 300)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with open_for_writing(tmp_path / "runs.db") as store:
        writer, step = begun(store), np.arange(5000)
        batch = {"lr": Measured(step, step, np.zeros(5000)), "val/loss": Measured(step, step * 1000, LOSSES)}
        writer.write(batch, news(elapsed_s=5.0, marks=((3000, "warm"),)))
    return tmp_path / "runs.db"


def test_its_curve_grows_and_late_values_are_seen(path: Path) -> None:
    source = Source(path)
    choices = Choices(marked=(1,), pointed=1)
    first = present(source.read(ReadRequest(choices, 60, rows=8)))
    drawn = chart_run(first.runs[0], first, choices, ())
    assert (drawn.kind, drawn.metric, int(present(drawn.curve).count.sum())) == ("gradient", "val/loss", 5000)
    assert [event.outcome for event in first.of(1).events] == ["warm"]
    with open_for_writing(path) as store:
        writer = begun(store)
        writer.write({"val/loss": measured([(17, -9.0), (5000, 0.5)])}, news(received=1, elapsed_s=6.0))
    second = present(source.read(ReadRequest(choices, 60, rows=8)))
    assert (second.of(1).curve.low.min(), second.runs[0].current_loss) == (-9.0, 0.5)
    source.close()


@pytest.mark.parametrize("done", [1, 100, 1000, 4321])
def test_nothing_that_came_after_a_moment_is_in_it(path: Path, done: int) -> None:
    snapshot = at(path, done)
    run, curve = snapshot.runs[0], snapshot.of(1).curve
    assert done - curve.width <= int(curve.iteration[-1]) < done == run.iterations_done
    seen = int(curve.count.sum())
    assert 0.95 * done <= seen <= done
    assert run.current_loss in LOSSES[max(seen - 64, 0) : done]
    assert curve.low[curve.count > 0].min() >= LOSSES[:done].min()

"""Forks in the chart: what they go on from stands faintly before them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.store import Checkpoint, open_for_reading, open_for_writing
from tests.presence import present
from tests.stores import block_of, claimed_writer
from tests.tui.chart_curves import decimated, noisy
from tui.chart import ChartRun, ChartView, draw, readout, table
from tui.chart.cells.picture import faint, strong
from tui.model.choices import Choices
from tui.model.snapshot import ReadRequest
from tui.presenting.curves import chart_view
from tui.reading.curves.parent_curves import parent_curves
from tui.reading.feed import Source
from tui.reading.run_cache import RunCache


def test_what_a_fork_goes_on_from_is_a_faint_line_that_ends_where_it_begins() -> None:
    losses = noisy(100)
    run = ChartRun(2, "2 fork", 0, decimated(losses[60:], first=60), before=(decimated(losses[:60]),), emphasised=True)
    picture = draw(ChartView(runs=(run,)), 80, 24)
    plot = picture.plot
    styles = picture.styles[plot.top : plot.top + plot.height, plot.left : plot.left + plot.width]
    fork = int(0.6 * plot.width)
    assert (styles[:, : fork - 1] == faint(0)).any(axis=0).all()
    assert not (styles[:, : fork - 1] == strong(0)).any()
    assert (styles[:, fork + 1 :] == strong(0)).any()
    (reading,) = readout(ChartView(runs=(run,)), 30.0)
    assert (reading.value, reading.companion) == (None, None)
    kinds = {row.metric for row in table(ChartView(runs=(run,)))}
    assert kinds == {"loss", "before the fork"}


def test_it_is_read_with_the_fork_unless_the_parent_is_drawn_itself(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    losses = np.array(noisy(100))
    with open_for_writing(path) as store:
        parent = claimed_writer(store)
        parent.write(block_of(losses[:80]))
        parent.finish()
        store.queue.fork(1, 60, store.queue.spec_at(1, 60), "fork")
        claim = store.queue.claim(parent.claim.worker_id)
        assert claim is not None
        fork = store.writer(claim)
        fork.write(block_of(losses[60:], 60), checkpoint=Checkpoint(60, b"", "resume"))
        fork.finish()
    source = Source(path)
    alone = Choices(marked=(2,), considered=frozenset({1, 2}), slots={2: 0})
    snapshot = source.read(ReadRequest(alone, 200))
    assert snapshot is not None
    (before,) = snapshot.seen[2].before
    np.testing.assert_allclose(before.last, losses[:60])
    assert chart_view(snapshot, alone).runs[0].before is snapshot.seen[2].before
    both = Choices(marked=(1, 2), considered=frozenset({1, 2}), slots={1: 0, 2: 1})
    snapshot = source.read(ReadRequest(both, 200))
    assert snapshot is not None
    assert [run.before for run in chart_view(snapshot, both).runs] == [(), ()]
    source.close()
    with open_for_writing(path) as store:
        store.queue.fork(2, 90, store.queue.spec_at(2, 90), "fork of the fork")
        claim = store.queue.claim(1)
        assert claim is not None
        store.writer(claim).write(block_of(losses[90:], 90), checkpoint=Checkpoint(90, b"", "resume"))
    reader, cache = open_for_reading(path), RunCache()
    first, second = (cache.read(reader, [present(reader.run(2))], alone, 50)[2] for _ in range(2))
    assert first.before[0] is second.before[0]
    parents = parent_curves(reader, present(reader.run(3)), 200)
    assert [(int(one.iteration[0]), int(one.iteration[-1])) for one in parents] == [(60, 89), (0, 59)]
    reader.close()

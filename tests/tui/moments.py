"""Recorded runs, and what is read of a moment of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.spec import defaults
from engine.store import Evaluation, RunWriter, open_for_writing
from tests.stores import block_of, claimed_writer
from tui.chart.values.view import XKind
from tui.model.choices import Choices
from tui.model.clock import Moment
from tui.model.replay_opening import replayed
from tui.model.snapshot import ReadRequest, Snapshot
from tui.reading.feed import Source

NOISY = np.random.default_rng(0).lognormal(size=70_000)


def written(
    path: Path, losses: NDArray[np.float64] = NOISY, *, ended: bool = True, name: str = "run", part: int = 10_000
) -> RunWriter:
    """A run whose losses were written part by part; its writer."""
    with open_for_writing(path) as store:
        writer = claimed_writer(store, defaults().changed(iterations=max(len(losses), 1)))
    store = open_for_writing(path)
    writer = store.writer(writer.claim)
    for first in range(0, len(losses), part):
        block = block_of(losses[first : first + part], first)
        writer.write(block, evaluations=[Evaluation(block.end_iteration, "train", float(first), 0.5)])
    if ended:
        writer.finish("planned iterations done")
    return writer


def at(
    path: Path, position: float, *run_ids: int, kind: XKind = "iteration", columns: int = 60, **chart_options: Any
) -> Snapshot:
    source = Source(path)
    try:
        choices = replayed(Choices(), run_ids or (1,))
        choices = choices.with_chart_options(choices.chart_options.__class__(**chart_options))
        read = source.read(ReadRequest(choices, columns, rows=8, moment=Moment(run_ids or (1,), kind, position)))
        assert read is not None
        return read
    finally:
        source.close()

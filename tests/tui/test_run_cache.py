"""What is kept of a run between two reads is what a first read would give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.store import Evaluation, Reader, open_for_writing
from engine.store.records import Run
from engine.trace.block import Block
from tests.stores import claimed_writer
from tui.model.choices import Choices
from tui.reading.run_cache import RunCache


def run_1(reader: Reader) -> Run:
    run = reader.run(1)
    assert run is not None
    return run


def test_evaluations_that_came_between_two_reads_are_added_to_those_before(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "runs.db") as store:
        writer, reader, cache = claimed_writer(store), store.reader(), RunCache()
        for iteration in range(0, 40, 10):
            block = Block(iteration, np.ones(10), elapsed_s=np.arange(iteration, iteration + 10.0))
            writer.write(block, evaluations=[Evaluation(iteration, "train", 2.0, 0.1)])
            cache.read(reader, [run_1(reader)], Choices(), 100)
            # The other split of the same iteration comes after the screen has looked.
            writer.write(evaluations=[Evaluation(iteration, "validation", 3.0, 0.2)])
        writer.write(Block(40, np.ones(1), elapsed_s=np.array([40.0])))
        kept = cache.read(reader, [run_1(reader)], Choices(), 100)[1].evaluations
        assert kept == tuple(reader.evaluations(1))
        assert len(kept) == 8


def test_a_run_that_has_ended_before_the_window_is_kept_for_who_reads_its_value(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "runs.db") as store:
        writer, reader, cache = claimed_writer(store), store.reader(), RunCache()
        writer.write(Block(0, np.linspace(9.0, 0.5, 3000), elapsed_s=np.arange(3000.0)))
        writer.finish()
        chart_options = Choices().chart_options
        beyond, within = (
            Choices().with_chart_options(replace(chart_options, window=window))
            for window in ((3500.0, 4000.0), (100.0, 200.0))
        )
        assert cache.read(reader, [run_1(reader)], beyond, 100)[1].curve.last[-1] == 0.5
        assert cache.read(reader, [run_1(reader)], within, 100)[1].curve.iteration[-1] < 250

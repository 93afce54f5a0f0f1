"""One number for one thing: store, command line, list, details, chart and order tell the same of a run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.commands import list as list_command
from engine.commands import show
from engine.spec import defaults
from engine.store import Evaluation, Listing, Run, open_for_reading, open_for_writing
from engine.text import loss_text
from engine.trace.smoothing import HALF_LIFE
from tests.presence import present
from tests.stores import block_of, claimed_writer, query
from tui.chart import Picture, draw, readout
from tui.model.choices import Choices
from tui.model.run_seen import RowPreview
from tui.model.snapshot import ReadRequest
from tui.presenting.curves import chart_view
from tui.presenting.run_details import run_details
from tui.reading.feed import Source
from tui.widgets.columns import MEASURED
from tui.widgets.details import details

KINDS = {
    "mini-batch": defaults(),
    "full batch": defaults().changed(batch_size=None),
    "search": defaults("local-search"),
}
LOSSES = st.floats(0.02, 900.0)
Recorded = tuple[str, list[float], list[tuple[int, float]], int]


@st.composite
def recorded(draw: st.DrawFn) -> Recorded:
    """What a run recorded: its kind, its losses, its train losses by iteration, and where blocks were cut."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    losses = draw(st.lists(LOSSES, min_size=2, max_size=60))
    at = sorted(draw(st.sets(st.integers(0, len(losses)), min_size=1, max_size=5)) | {len(losses)})
    evaluated = [(iteration, draw(LOSSES)) for iteration in at]
    return kind, losses, evaluated, draw(st.integers(1, len(losses)))


def write(path: Path, runs: list[Recorded]) -> None:
    with open_for_writing(path) as store:
        for kind, losses, evaluated, cut in runs:
            writer = claimed_writer(store, KINDS[kind])
            writer.begin("{}", 256)
            for first in range(0, len(losses), cut):
                last = min(first + cut, len(losses))
                told = [
                    Evaluation(i, "train", loss, 0.9) for i, loss in evaluated if first < i <= last or not i + first
                ]
                writer.write(block_of(losses[first:last], first), evaluations=told)
            writer.finish("planned iterations done")


def expected(kind: str, losses: list[float], evaluated: list[tuple[int, float]]) -> tuple[float, float, int, float]:
    """(train, best, after how many iterations, loss now), worked out from the rows alone."""
    lowest = min(evaluated, key=lambda told: (told[1], told[0]))
    if kind == "search":
        best, best_at, now = min(losses), int(np.argmin(losses)) + 1, min(losses)
    else:
        best, best_at, now = lowest[1], lowest[0], losses[-1]
    if kind == "mini-batch":
        weights = 0.5 ** (np.arange(len(losses))[::-1] / HALF_LIFE)
        now = float((weights * losses).sum() / weights.sum())
    return evaluated[-1][1], best, best_at, now


def written_cells(picture: Picture) -> list[str]:
    """The words of a picture."""
    return "\n".join("".join(map(chr, row)) for row in picture.codepoints.tolist()).split()


def cell(title: str, run: Run) -> str:
    column = next(column for column in MEASURED if column.title == title)
    return "".join(text for text, _ in column.parts(run, RowPreview(), 9))


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(recorded(), min_size=2, max_size=5))
def test_every_place_tells_the_same_numbers_written_alike(
    runs: list[Recorded],
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "runs.db"
        write(path, runs)
        listed = json.loads(CliRunner().invoke(list_command.command, ["--json"], obj=str(path)).stdout)
        table = CliRunner().invoke(list_command.command, [], obj=str(path)).stdout.splitlines()[1:]
        source = Source(path)
        chosen = Choices(marked=tuple(range(1, len(runs) + 1)), slots={n: n - 1 for n in range(1, len(runs) + 1)})
        snapshot = present(source.read(ReadRequest(choices=chosen)))
        source.close()
        view = chart_view(snapshot, chosen)
        tiles = written_cells(draw(replace(view, grid=True), 200, 60))
        for run_id, (kind, losses, evaluated, _) in enumerate(runs, start=1):
            train, best, best_at, now = expected(kind, losses, evaluated)
            run = present(snapshot.run(run_id))
            assert (run.train_loss, run.best_loss, run.best_iteration) == (train, best, best_at)
            assert run.current_loss == pytest.approx(now)
            told = next(one for one in listed if one["run_id"] == run_id)
            shown = json.loads(CliRunner().invoke(show.command, [str(run_id), "--json"], obj=str(path)).stdout)
            for name in ("train_loss", "best_loss", "best_iteration", "current_loss"):
                assert told[name] == shown[name] == getattr(run, name)
            [row] = [line.split() for line in table if line.split()[0] == str(run_id)]
            written = {
                "train": loss_text(train),
                "best": loss_text(best),
                "batch ~": loss_text(present(run.current_loss)),
            }
            assert {title: cell(title, run) for title in written} == written
            assert set(written.values()) <= set(row)
            pointed = Choices(marked=chosen.marked, slots=chosen.slots, pointed=run_id)
            page = "\n".join("".join(text for text, _ in line) for line in run_details(snapshot, pointed, 100))
            assert set(written.values()) <= set(page.split())
            assert f"train {written['train']} " in details(snapshot, pointed, 120)[1].text
            [reading] = [one for one in readout(view, float(len(losses))) if one.run_id == run_id]
            assert reading.value == pytest.approx(run.current_loss)
            assert loss_text(present(reading.value)) == written["batch ~"]
            assert written["batch ~"] in tiles


@settings(max_examples=12)
@given(st.lists(recorded(), min_size=2, max_size=6))
def test_runs_are_ordered_by_whole_split_losses(runs: list[Recorded]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "runs.db"
        write(path, runs)
        newest = dict(query(path, "SELECT run_id, loss FROM final_evaluations WHERE split = 'train'"))
        reader = open_for_reading(path)
        order = [run.run_id for run in reader.listed(Listing(order="train")).runs]
        assert order == sorted(newest, key=lambda run_id: (newest[run_id], -run_id))
        best = reader.listed(Listing(order="best")).runs
        assert [run.best_loss for run in best] == sorted(present(run.best_loss) for run in best)
        # where a run's newest evaluation is its lowest, the order by best is that of the newest losses
        at_best = [run for run in best if run.best_loss == newest[run.run_id]]
        assert [newest[run.run_id] for run in at_best] == sorted(newest[run.run_id] for run in at_best)
        for run in best:
            found = [one.run_id for one in reader.listed(Listing(f"best<={run.best_loss!r}")).runs]
            assert set(found) == {one.run_id for one in best if present(one.best_loss) <= present(run.best_loss)}
        reader.close()

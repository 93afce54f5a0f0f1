"""The weights of a run on the screen: read once per checkpoint, never from after the moment, shown in its details."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import datasets
from engine.jobs.worker.data_check import with_data
from engine.spec import RunSpec, defaults
from engine.store import Checkpoint, RunWriter, open_for_reading, open_for_writing
from engine.strategy import optimize
from engine.trace.state import State, state_to_bytes
from tests.presence import present
from tests.stores import block_of, claimed_writer
from tests.tui.dashboards import losses, opened
from tui.chart.drawing.weight_cells import Manner
from tui.headless.frames import RenderJob, render
from tui.model.choices import Choices
from tui.model.clock import Moment
from tui.model.replay_opening import ReplayOpening, replayed
from tui.model.run_seen import Weights
from tui.model.snapshot import ReadRequest
from tui.presenting.inspected.weight_images import weight_images
from tui.reading import weights
from tui.reading.feed import Source
from tui.screens.replay import Replay
from tui.widgets.scrubber import Scrubber

generator = np.random.default_rng(0)


def checkpoint(
    iteration: int, spec: RunSpec | None = None, weights: NDArray[Any] | None = None, kind: str = "snapshot"
) -> Checkpoint:
    size = optimize.build(spec or defaults()).objectives["train"].size
    weights = generator.standard_normal(size).astype(np.float32) if weights is None else weights
    return Checkpoint(iteration, state_to_bytes(State(iteration, weights, 0.1)), kind)


def run_with(
    path: Path, spec: RunSpec | None = None, at: tuple[int, ...] = (0, 100), data: bytes | None = None
) -> RunWriter:
    """A running run of 200 iterations that has kept its weights at some of them; its writer."""
    spec = spec or defaults().changed(iterations=400)
    writer = claimed_writer(open_for_writing(path), spec)
    for first in range(0, 200, 50):
        given = checkpoint(first, spec) if data is None else Checkpoint(first, data, "snapshot")
        writer.write(block_of(losses(10.0)[first : first + 50], first), checkpoint=given if first in at else None)
    return writer


def asked(path: Path, alone: bool = True, position: float | None = None) -> ReadRequest:
    choices = replayed(Choices(), (1,)).looking(alone=alone)
    return ReadRequest(choices, 60, moment=None if position is None else Moment((1,), "iteration", position))


def test_they_are_read_when_a_run_is_looked_at_alone_and_once(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    writer = run_with(path)
    source = Source(path)
    assert present(source.read(asked(path, alone=False))).weights is None
    first = present(present(source.read(asked(path))).weights)
    assert (first.run_id, first.iteration, first.trouble) == (1, 100, "")
    assert present(present(first.templates).pictures).shape == (10, 8, 8)
    writer.write(block_of(np.ones(10), 200))
    assert present(source.read(asked(path))).weights is first
    writer.write(block_of(np.ones(10), 210), checkpoint=checkpoint(220))
    assert present(present(source.read(asked(path))).weights).iteration == 220
    source.close()


@pytest.mark.parametrize(("position", "iteration"), [(0, 0), (99, 0), (100, 100), (120, 100), (200, 150)])
def test_a_replay_has_those_that_were_kept_last_by_then(tmp_path: Path, position: float, iteration: int) -> None:
    path = tmp_path / "runs.db"
    run_with(path, at=(0, 100, 150))
    source = Source(path)
    assert present(present(source.read(asked(path, position=position))).weights).iteration == iteration
    assert present(source.read(asked(path, alone=False, position=position))).weights is None
    source.close()


def test_a_run_that_has_kept_none_has_none(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    run_with(path, at=())
    source = Source(path)
    assert present(source.read(asked(path))).weights is None
    assert present(source.read(asked(path, position=10.0))).weights is None
    source.close()


def test_what_cannot_be_shown_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "runs.db"
    run_with(path, data=b"nonsense")
    source = Source(path)
    trouble = present(present(source.read(asked(path))).weights).trouble
    assert trouble.startswith("not a readable checkpoint")
    assert source.read(asked(path)) is None
    monkeypatch.setattr(weights, "MOST_BYTES", 7)
    reader = open_for_reading(path)
    run = present(reader.run(1))
    assert "MB" in present(weights.WeightsReader().read(reader, run)).trouble
    monkeypatch.undo()
    run_with(other := tmp_path / "other.db", data=checkpoint(0, weights=np.ones(3)).data)
    reader = open_for_reading(other)
    found = present(weights.WeightsReader().read(reader, run))
    assert found.trouble == "the shape of its data set is not known here"
    assert "not shown: the shape" in told(found)
    assert (
        present(weights.WeightsReader().read(reader, replace(run, spec=None))).trouble
        == "this version cannot read its spec"
    )
    source.close()


def test_weights_of_a_file_that_was_changed_are_not_drawn_and_how_it_changed_is_said(
    tmp_path: Path, cache_folder: Path
) -> None:
    def write(shift: float) -> None:
        X = np.random.default_rng(0).standard_normal((60, 3)) + shift
        np.savez(file, X=X, y=np.arange(60) % 3)
        os.utime(file, ns=(1, int(1e9 * (shift + 1))))

    path, file = tmp_path / "runs.db", tmp_path / "mine.npz"
    write(0.0)
    spec = defaults().changed(dataset=str(file), batch_size=None, iterations=400)
    run_with(path, spec).begin(with_data("{}", datasets.load(spec.dataset)))
    source = Source(path)

    def seen(position: float) -> Weights:
        return present(present(source.read(asked(path, position=position))).weights)

    assert seen(50).templates is not None
    write(1.0)
    assert seen(60).templates is None
    text = " ".join(told(seen(70)).split())
    assert "not shown: The data set" in text
    assert "has changed since run 1 began: it has as many examples" in text
    assert "put those back, or start a new run on these" in text
    write(0.0)
    assert seen(80).templates is not None
    file.unlink()
    assert "cannot be read" in seen(90).trouble
    source.close()


def told(weights: Weights, width: int = 60, manner: Manner = "halves") -> str:
    return "\n".join("".join(text for text, _ in line) for line in weight_images(weights, width, manner))


def found_in(path: Path, spec: RunSpec, values: NDArray[Any] | None = None) -> Weights:
    writer = claimed_writer(open_for_writing(path), spec)
    writer.write(block_of([1.0]), checkpoint=checkpoint(1, spec, values))
    reader = open_for_reading(path)
    return present(weights.WeightsReader().read(reader, present(reader.run(1))))


def test_few_numbers_stand_in_a_table(tmp_path: Path) -> None:
    three = present(found_in(tmp_path / "a.db", defaults().changed(dataset="three-points", batch_size=None),
                     np.array([0.5, -0.25, 2.0])))  # fmt: skip
    assert [line.split() for line in told(three).splitlines()[1:]] == [
        ["w0"], ["0", "0.500"], ["1", "-0.250"], ["2", "2.00"],
    ]  # fmt: skip
    spiral = told(present(found_in(tmp_path / "b.db", defaults(objective="two-layer").changed(dataset="spiral"))))
    assert "weights after 1 iteration, one row per hidden unit, 20 of 50" in " ".join(spiral.split())
    assert "w0       w1     bias" in spiral


@pytest.mark.parametrize("manner", ["halves", "shades", "ascii"])
@pytest.mark.parametrize("width", [38, 55, 80, 120])
def test_pictures_fit_and_name_their_iteration(tmp_path: Path, width: int, manner: Manner) -> None:
    found = present(found_in(tmp_path / "runs.db", defaults()))
    text = told(found, width, manner)
    assert "weights after 1 iteration, one picture per class" in " ".join(text.split())
    assert ("(orange: for it, blue: against)" in " ".join(text.split())) == (manner == "halves")
    assert max(map(len, text.splitlines()[2:])) <= width
    assert all(f"{number} " in text for number in range(10))
    assert weight_images(found, width, manner) is weight_images(found, width, manner)


def test_weights_that_ran_away_are_said_to_have(tmp_path: Path) -> None:
    found = present(found_in(tmp_path / "runs.db", defaults(), np.full(650, np.nan)))
    assert "all of them are infinite or not numbers" in told(found)
    large = present(found_in(tmp_path / "large.db", defaults(), np.full(650, 4.16e4)))
    (line,) = weight_images(large, 60, "halves", diverged=True)
    assert ": diverged, up to 4.16e4" in "".join(text for text, _ in line)


async def test_enter_shows_them_and_a_replay_those_of_its_moment(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    run_with(path, at=(0, 100, 150))
    async with opened(path) as board:
        assert "weights" not in board.text()
        await board.press("enter")
        await board.until(lambda: "weights after 150 iterations" in board.text())
        assert "▀" in board.text()
        await board.press("r")
        await board.until(lambda: isinstance(board.app.screen, Replay))
        await board.press("space", "6", "enter")
        await board.until(lambda: "weights after 100 iterations" in board.text())
        await board.press("home")
        await board.until(lambda: "weights after 0 iterations" in board.text())
        assert "150" not in board.text()


async def test_without_colours_they_are_drawn_in_shades(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    path = tmp_path / "runs.db"
    run_with(path)
    async with opened(path) as board:
        await board.press("enter")
        await board.until(lambda: "▓" in board.text() and "≡" in board.text())
        assert "▀" not in board.text()


@pytest.mark.parametrize("size", [(120, 35), (80, 24)])
async def test_a_fork_from_a_replay_says_which_weights_there_are(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "runs.db"
    run_with(path, at=(0, 100, 150))
    async with opened(path, size) as board:
        await board.press("r")
        await board.until(lambda: isinstance(board.app.screen, Replay))
        await board.press("space", "6", "f")
        await board.until(lambda: re.search(r"from iteration +120", board.text()))
        assert "weights kept of 100" in board.text()


@pytest.mark.parametrize("size", [(120, 35), (80, 24), (60, 20)])
async def test_the_bar_of_a_replay_stays_where_it_is(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "runs.db"
    run_with(path, at=(100,))
    async with opened(path, size) as board:
        await board.press("r")
        await board.until(lambda: isinstance(board.app.screen, Replay))
        bars = set()
        for key in ("space", "home", "4", "6", "end"):
            await board.press(key)
            line = board.app.screen.query_one(Scrubber)
            line.text()
            bars.add(line._bar)
        assert len(bars) == 1


@pytest.mark.parametrize(("kind", "sign"), [("text", "▓"), ("svg", 'height="9" fill="#')])
async def test_frames_of_a_run_alone_have_them_in_what_a_document_keeps(tmp_path: Path, kind: str, sign: str) -> None:
    path = tmp_path / "runs.db"
    run_with(path, at=(0, 100, 150))
    frames: list[str] = []
    job = RenderJob(path, ReplayOpening((1,), at=120.0, alone=True), most=1, kind=kind)
    await render(job, lambda _, frame: frames.append(frame))
    assert re.search("weights.after.100.iterations", frames[0].replace("&#160;", " "))
    assert sign in frames[0]


async def test_a_replay_may_open_with_a_run_alone(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    run_with(path)
    async with opened(path) as board:
        board.app.replay_control.open(ReplayOpening((1,), at=120.0, alone=True))
        await board.until(lambda: "weights after 100 iterations" in board.text())
        await board.press("escape")
        assert not board.app.choices.alone


@pytest.mark.filterwarnings("error")
def test_weights_that_are_running_away_are_drawn_all_the_same(tmp_path: Path) -> None:
    spec = defaults(objective="softmax").changed(dataset="synthetic-cifar:100", batch_size=None)
    weights = np.full(30_730, np.float32(3e38))
    weights[::2] = -np.inf
    weights[::3] = np.nan
    found = present(found_in(tmp_path / "runs.db", spec, weights))
    assert "one picture per class" in " ".join(told(found).split())

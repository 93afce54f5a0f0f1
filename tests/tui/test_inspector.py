"""The inspector: opened from board and replay, it shows the runs of the moment, answers late, and leaves files."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.jobs.inspection.layer_weights import run_layers
from engine.jobs.inspection.mistakes import run_mistakes
from engine.jobs.inspection.range_test import run_range_test
from engine.jobs.worker import worker_loop
from engine.spec import defaults
from engine.store import open_for_reading, open_for_writing
from engine.strategy.optimize import build
from engine.text import loss_text, setting_text
from tests.stores import query
from tests.tui.dashboards import composed, opened
from tui.app.actions.inspect_actions import InspectActions
from tui.model.inspection.inquiries import Inquiry, Wanted
from tui.model.inspection.subjects import TITLES, TabName
from tui.model.messages import ForkRequested, OrderAnswered
from tui.screens.board import Board
from tui.screens.inspector.check_tab import CheckTab
from tui.screens.inspector.inspector import Inspector
from tui.screens.sweep_dialog import SweepDialog
from tui.text.numbers import number as number_text
from tui.widgets.chart_pane import ChartStyle

SPEC = defaults().changed(iterations=40)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of one spec but for the seed, computed to their end."""
    path = tmp_path_factory.mktemp("inspector") / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([SPEC, SPEC.changed(seed=1)])
    work(path)
    return path


def work(path: Path) -> None:
    """Compute what is queued, here and alone."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("engine.jobs.worker.worker_loop.start_workers", lambda path, count=None: 0)
        worker_loop.work(path, leave=lambda: False)


def key_of(tab: TabName) -> str:
    """The number that goes to a tab."""
    return str(list(TITLES).index(tab) + 1)


async def test_it_shows_the_run_under_the_cursor_first_and_goes_to_the_others(path: Path, tmp_path: Path) -> None:
    async with opened(path, (150, 35)) as board:
        await board.press("I", key_of("weights"))
        await board.until(lambda: "after 40 iterations, " in board.text())
        inspector = board.app.screen
        assert isinstance(inspector, Inspector)
        assert " run 2 and 1 more " in board.text()
        assert "one picture per class" in board.text()
        await board.press("pagedown")
        await board.until(lambda: " run 1 and 1 more " in board.text() and "after 40 iterations, " in board.text())
        await board.press("E")
        await board.fill("file", str(tmp_path / "weights.txt"))
        await board.press("enter")
        await board.until(lambda: board.all_of(OrderAnswered))
        saved = (tmp_path / "weights.txt").read_text()
        assert saved == inspector.exhibit().text
        assert "after 40 iterations" in saved
        await board.press("escape")
        for _ in range(2):
            await board.pilot.resize_terminal(40, 12)
            await board.until(lambda: "layer" in board.text())
            await board.pilot.resize_terminal(2, 2)  # no row is left for the picture
            inspector.exhibit()
        await board.press("escape")
        await board.until(lambda: isinstance(board.app.screen, Board))


def test_a_moment_that_waits_goes_before_finer_answers_to_the_last_one() -> None:
    told: list[object] = []
    view: Any = SimpleNamespace(take=lambda answered: None)
    app: Any = SimpleNamespace(
        path=Path(), screen_stack=[view], in_thread=lambda work, group: work(),
        post_message=lambda message: told.append((message.answer, message.is_last)),
    )  # fmt: skip
    actions = InspectActions(app)
    actions._opened = view

    def answers(later: bool, path: Path, wanted: Wanted) -> Iterator[object]:
        yield "coarse"
        yield None
        yield "finer"
        if later:
            actions.ask(Inquiry("question", lambda path, wanted: iter(()), moment=2))
        yield None
        yield "finest"

    for later in (False, True):
        actions.ask(Inquiry("question", partial(answers, later), moment=1))
    every = [("coarse", False), ("finer", False), ("finest", False), (None, True)]
    assert told == [*every, *every[:2], every[3]]


async def test_in_a_replay_it_follows_the_clock(path: Path) -> None:
    async with opened(path, (150, 35)) as board:
        await board.press("r")
        await board.until(lambda: board.app.is_replaying)
        await board.press("end", "I")
        await board.until(lambda: "REPLAY  after 40 " in board.text())
        await board.press("comma", "comma")
        await board.until(lambda: "REPLAY  after 38 " in board.text())
        await board.press("escape")
        await board.until(lambda: not isinstance(board.app.screen, Inspector))
        assert board.app.is_replaying
        await board.until(lambda: board.text().count("━   38 ") == 2)  # what was hidden follows, too


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (30, 8)])
async def test_every_size_shows_it_or_says_why_not(path: Path, size: tuple[int, int]) -> None:
    async with opened(path, size) as board:
        await board.app.run_action("app.inspect")
        await board.until(lambda: "starts and ends" in board.text() or "terminal too small" in board.text())
        assert ("terminal too small" in board.text()) == (size == (30, 8))
        assert "[Landscape]" in board.text().splitlines()[0] or size == (30, 8)


async def test_mistakes_are_those_of_the_exact_weights_of_the_moment(path: Path) -> None:
    with closing(open_for_reading(path)) as reader:
        kept = reader.checkpoints(2)
    asked = next(iteration for iteration in range(20, 40) if iteration not in kept)
    *_, exact = run_mistakes(path, lambda: True, 2, asked, "validation")
    assert exact.is_exact
    optimization = build(SPEC.changed(seed=1))
    repeated, _ = optimization.advance(optimization.start(), asked)
    accuracy = optimization.evaluate(repeated.weights, "validation")[1]
    assert exact.found.correct / exact.found.total == pytest.approx(accuracy)
    async with opened(path) as board:
        await board.press("r")
        await board.until(lambda: board.app.is_replaying)
        await board.press("end", "I", key_of("mistakes"))
        told = f"validation split: {exact.found.correct} of 300 right"
        for _ in range(40 - asked):
            await board.press("comma")
        await board.until(lambda: told in board.text() and f"after {asked} iterations" in board.text())
        await board.press("j", "j", "l")
        await board.until(lambda: "class 1, " in board.text())
        await board.press("v")
        await board.until(lambda: "test split: " in board.text())


async def test_the_landscape_shows_ways_planes_and_the_loss_under_the_cursor(path: Path) -> None:
    async with opened(path, (80, 24)) as board:
        await board.press("r")
        await board.until(lambda: board.app.is_replaying)
        await board.press("end", "I")
        await board.until(lambda: "starts and ends of the runs" in board.text() and "refining" not in board.text())
        await board.until(lambda: "checkpoints" not in board.text())
        screen = board.app.screen
        assert isinstance(screen, Inspector)
        whole = screen.exhibit()
        assert "2 gradient b256 " in board.text()
        optimization = build(SPEC)
        loss = optimization.evaluate(optimization.start().weights, "train")[0]
        assert whole.table.startswith("a,b,loss\n")
        losses = [float(line.split(",")[2]) for line in whole.table.splitlines()[1:]]
        assert min(losses) < loss < max(losses)
        await board.press("right")
        kept = optimization.advance(build(SPEC.changed(seed=1)).start(), 40)[0].weights
        ended = optimization.evaluate(kept, "train")[0]
        await board.until(lambda: f"loss {loss_text(ended)} here" in board.text())
        await board.press("left", "plus")
        await board.until(lambda: "nearest: run" in board.text() and screen.exhibit().table != whole.table)
        await board.press("0")
        await board.until(lambda: screen.exhibit().text == whole.text)
        await board.press("comma", "v")
        await board.until(lambda: "principal directions" in board.text() and "after 39 " in board.text())
        await board.press("up", "up")
        await board.until(lambda: "fork run" in board.text())
        await board.press("v", "v")
        await board.until(lambda: "the line from the end of run 2 to the end of run 1" in board.text())
        assert "kinks where hinge terms change sign: " in board.text()
        assert screen.exhibit().table.startswith("position,loss\n")
        await board.press("v", "v")
        await board.until(lambda: "principal directions" in board.text() and "computing" not in board.text())
        await board.press("up", "up")
        await board.until(lambda: "fork run" in board.text())
        await board.press("enter")
        await board.until(lambda: board.all_of(ForkRequested))


async def test_weights_that_were_never_kept_are_computed_from_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.app.actions.orders.recover", lambda path: True)
    mine = tmp_path / "runs.db"
    with open_for_writing(mine) as store:
        store.queue.add([SPEC])
    async with opened(mine) as board:
        await board.press("I", key_of("weights"))
        await board.until(lambda: "update of iteration 0" in board.text())
        await asyncio.to_thread(work, mine)
        await board.until(lambda: "after 40 iterations, " in board.text())
        await board.press("escape")
        query(mine, "DELETE FROM checkpoints")
        await board.press("I", key_of("weights"))
        await board.until(lambda: " after 40 iterations, one picture per class" in board.text())


async def test_weights_of_a_network_stand_beside_their_update_and_the_outputs_of_its_units(tmp_path: Path) -> None:
    mine = tmp_path / "runs.db"
    with open_for_writing(mine) as store:
        store.queue.add([defaults("gradient-descent", "mlp").changed(iterations=20, hidden="32,16", update="adam")])
    work(mine)
    *_, found = run_layers(mine, lambda: True, 1, 20)
    async with opened(mine, (80, 24)) as board:
        await board.press("I", key_of("weights"))
        await board.until(lambda: "▸ 1  32 hidden units x 64" in board.text())
        lines = board.text().splitlines()
        for number, layer in enumerate(found.layers, start=1):
            told = next(line for line in lines if line[1:].startswith(f" {number}  "))
            assert number_text(layer.ratio) in told
            assert number_text(layer.weights_norm) in told
        await board.press("j")
        await board.until(lambda: " W2 " in board.text() and "update of iteration 20 by adam" in board.text())
        await board.press("v")
        await board.until(lambda: "relu of 16 units" in board.text())
        assert f"dead {found.outputs[1].dead}" in board.text()
        await board.pilot.resize_terminal(40, 12)
        await board.until(lambda: "of 1,000 train examples" not in board.text() and "relu of 32" in board.text())
        await board.press("v")
        await board.until(
            lambda: "▸ 2  16 x 32" in board.text() and f"{number_text(found.layers[1].ratio)}" in board.text()
        )
        assert "update of iteration" not in board.text()  # the room is for the weights


async def test_a_function_has_no_classes_and_no_split_is_offered(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([defaults(objective="rosenbrock").changed(iterations=5)])
    work(path)
    async with opened(path, (150, 35)) as board:
        await board.press("I", key_of("weights"))
        await board.until(lambda: "2 weights" in board.text())
        await board.press(key_of("mistakes"))
        await board.until(lambda: "it makes no mistakes" in " ".join(board.text().split()))
        assert "split" not in board.text().splitlines()[-1]
        await board.press(key_of("landscape"))
        await board.until(lambda: "space of both weights" in board.text())
        await board.press("question_mark")
        await board.until(lambda: "This tab: Landscape" in board.text() and "next plane" in board.text())
        await board.press("tab")
        await board.until(lambda: board.text().splitlines()[1].startswith(" The landscape"))


@pytest.mark.parametrize("size", [(120, 35), (80, 24), (40, 12)])
async def test_one_step_shows_the_stored_numbers_and_goes_beyond_them(path: Path, size: tuple[int, int]) -> None:
    with closing(open_for_reading(path)) as reader:
        losses = reader.iterations(2).loss
    async with opened(path, size) as board:
        await board.press("I", key_of("step"))
        await board.until(lambda: "iteration 40: computed here" in board.text())
        beyond = board.text()
        await board.press("comma", "comma")
        await board.until(lambda: "iteration 38 of the run" in board.text())
        assert f"loss {loss_text(losses[38])}" in board.text()
        assert "example 1 of 256" in board.text()
        await board.press("j")
        await board.until(lambda: "example 2 of 256" in board.text())
        screen = board.app.screen
        assert isinstance(screen, Inspector)
        assert f"\nloss,{losses[38]}\n" in screen.exhibit().table
        await board.press("k", "full_stop", "full_stop")
        await board.until(lambda: board.text() == beyond)
        await board.press("full_stop")
        await board.until(lambda: "iteration 41: computed here" in board.text())
        await board.press("0")
        await board.until(lambda: "iteration 40: computed here" in board.text())


@pytest.mark.parametrize("size", [(120, 35), (80, 24), (40, 12)])
async def test_a_gradient_check_tells_both_gradients_and_takes_another_h(
    path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.jobs.inspection.check.COORDINATES", 60)
    async with opened(path, size) as board:
        await board.press("I", key_of("check"))
        await board.until(lambda: "120 losses" in board.text() and "passed" in board.text())
        assert not any(line.endswith("…") for line in board.text().splitlines()[1:-2])  # no number is cut
        assert "1e-5 centred" in board.text()
        if size[0] > 40:
            assert "60 of 650 weights, drawn; 1,000 of 1,198 examples; after 40 iterations" in board.text()
        screen = board.app.screen
        assert isinstance(screen, Inspector)
        assert len(screen.exhibit().table.splitlines()) == 61
        await board.press("right_square_bracket", "v")
        await board.until(lambda: "61 losses" in board.text() and "1e-4 one-sided" in board.text())
        await board.press("left_square_bracket", "v")
        await board.until(lambda: "120 losses" in board.text() and "1e-5 centred" in board.text())


@pytest.mark.parametrize("size", [(120, 35), (40, 12)])
async def test_the_range_test_offers_a_sweep_around_what_it_finds(path: Path, size: tuple[int, int]) -> None:
    *_, one = run_range_test(path, lambda: True, 2, None)
    around = one.found.around
    assert around is not None
    async with opened(path, size) as board:
        await board.press("I", key_of("range"))
        await board.until(lambda: "breaks" in board.text() and "from its beginning" in board.text())
        screen = board.app.screen
        assert isinstance(screen, Inspector)
        assert screen.exhibit().table.splitlines()[1].split(",")[1] == repr(float(one.found.loss[0]))
        await board.press("v")
        await board.until(lambda: "from iteration 40: " in board.text())
        await board.press("v")
        await board.until(lambda: "from its beginning" in board.text() and screen.tab.start() is not None)
        await board.press("enter")
        await board.until(lambda: isinstance(board.app.screen, SweepDialog))
        dialog = board.app.screen
        assert isinstance(dialog, SweepDialog)
        draft = dialog.draft
        assert (draft.range.field, draft.origin) == ("step_size", 2)
        assert [setting_text(float(end), 2) for end in (draft.range.low, draft.range.high)] == [
            setting_text(end, 2) for end in around
        ]


async def test_the_terminal_shows_every_tab_as_it_is_composed(path: Path) -> None:
    async with opened(path, (100, 30)) as board:
        await board.press("I")
        screen = board.app.screen
        assert isinstance(screen, Inspector)
        inspector = screen
        for tab in TITLES:
            await board.press(key_of(tab))
            for keys in ((), ("v",), ("j", "l"), ("plus", "full_stop"), ("0", "pagedown")):
                await board.press(*keys)
                await board.until(lambda: not inspector.is_computing)
        await board.press(key_of("landscape"))
        await board.until(lambda: not inspector.is_computing and board.app.output.is_open)
        await board.pilot.pause()
        assert composed(board.app).cells() == board.terminal.cells()


def test_where_no_gradient_can_be_checked_no_other_h_is_offered() -> None:
    tab = CheckTab(ChartStyle())
    assert {"scale(0.5)", "scale(2.0)"} <= tab.offers().keys()
    tab.sentence = "There is no gradient."
    assert not tab.offers()
    assert not tab.scale(2.0)
    assert not tab.next_view()

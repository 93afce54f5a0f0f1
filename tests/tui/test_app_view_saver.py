"""The view of a store is there again when it is opened again, whoever else looked at it meanwhile."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spec import defaults
from engine.store.list.listing import ORDERS
from tests.tui.dashboards import opened, raced, store_with
from tui.app.view_saver import ViewFile
from tui.model.chart_options import LAYOUTS
from tui.model.choices import MOST_MARKED, Choices
from tui.view_state import saved_view
from tui.view_state.conversion import choices_of, view_of
from tui.view_state.saved_view import View
from tui.widgets.columns import CHOOSABLE

RUN_IDS = st.lists(st.integers(1, 60), unique=True, max_size=12).map(tuple)
VIEWS = st.builds(
    View,
    marked=RUN_IDS,
    by_hand=RUN_IDS,
    considered_to=st.integers(0, 2**53),
    pinned=RUN_IDS,
    pointed=st.integers(0, 99),
    grouped=st.booleans(),
    x_kind=st.sampled_from(["iteration", "time", "examples"]),
    log_x=st.booleans(),
    metric=st.sampled_from(["loss", "accuracy", "no such thing"]),
    smoothing=st.floats(0, 2**53),
    layout=st.sampled_from(LAYOUTS),
    list_width=st.floats(0, 1),
    list_height=st.floats(0, 1),
    columns=st.sets(st.sampled_from(CHOOSABLE[:9]), max_size=4).map(tuple),
    hidden_columns=st.sets(st.sampled_from(CHOOSABLE[9:]), max_size=4).map(tuple),
    sort=st.sampled_from(ORDERS),
    reverse=st.booleans(),
    filter=st.text(max_size=10),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return raced(tmp_path / "runs.db")


@given(VIEWS)
def test_whatever_was_remembered_makes_choices_that_are_remembered_as_they_are(view: View) -> None:
    choices = choices_of(view)
    again = view_of(choices, view.theme)
    assert len(choices.marked) <= MOST_MARKED
    assert choices.by_hand <= set(choices.marked) == set(choices.slots)
    assert choices_of(again) == choices
    kept = {"marked", "by_hand", "smoothing", "metric"}
    assert replace(again, **{name: getattr(view, name) for name in kept}) == view


async def test_a_store_is_seen_again_as_it_was_left(path: Path) -> None:
    async with opened(path) as board:
        await board.press("y", "v", "X", "x", "O", "greater_than_sign", "m", "m", "w", "ctrl+t", "k", "space", "j", "i")
        left = board.app.choices
        assert left.chart_options.layout == "runs"
        assert left.marked == (1, 3)
    async with opened(path) as board:
        assert board.app.choices.chart_options == left.chart_options
        assert board.app.choices.listing == left.listing
        assert board.app.choices.marked == left.marked
        assert board.app.choices.pointed == left.pointed
        assert board.app.active_theme.name == "light"
        assert set(board.app.snapshot.seen) >= {1, 3}
    async with opened(path, theme="colour-blind") as board:
        assert board.app.active_theme.name == "colour-blind"
    assert saved_view.load(path).theme == "light"


async def test_a_change_is_remembered_before_anybody_leaves(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.app.view_saver.SETTLE_S", 0.01)
    async with opened(path) as board:
        await board.press("v")
        await board.until(lambda: saved_view.load(path).layout == "runs")


async def test_two_dashboards_leave_each_others_changes_alone(path: Path) -> None:
    async with opened(path) as first, opened(path) as second:
        await first.press("v")
        await second.press("y")
        await second.press("space")
    view = saved_view.load(path)
    assert (view.layout, view.log_y, view.marked) == ("runs", False, (1, 2))


async def test_who_changes_nothing_writes_nothing(path: Path) -> None:
    file = ViewFile(path, View())
    file.save(View())
    async with opened(path) as board:
        await board.press("question_mark", "escape")
    assert saved_view.load(path) == View()
    file.save(View(log_y=False))
    saved_view.save(path, View(log_y=False, log_x=True))
    file.save(View(log_y=False))
    assert saved_view.load(path) == View(log_y=False, log_x=True)


async def test_a_spoilt_file_is_the_usual_view(path: Path) -> None:
    saved_view.save(path, View(layout="runs"))
    file = max(saved_view.folder().iterdir(), key=lambda file: file.stat().st_mtime_ns)
    file.write_text('{"version": 1, "view": {"marked": "all", "grid": true, "filter": "loss<", "smoothing": 1e999}}')
    async with opened(path) as board:
        assert board.app.choices.chart_options.layout == "runs"
        assert board.app.choices.marked == (1, 2, 3)
        assert "loss needs a value" in board.text()


async def test_in_a_store_made_anew_runs_are_marked_again(path: Path) -> None:
    async with opened(path) as board:
        await board.press("space")
    assert saved_view.load(path).considered_to == 3
    for file in path.parent.glob("runs.db*"):
        os.unlink(file)
    store_with(path, ("mine", defaults()))
    async with opened(path) as board:
        assert board.app.choices.marked == (1,)


async def test_of_a_store_that_had_its_place_only_the_look_is_kept(path: Path) -> None:
    async with opened(path) as board:
        await board.press("y", "space", "j", "space", "j", "space")
        assert board.app.choices.marked == ()
    for file in path.parent.glob("runs.db*"):
        os.unlink(file)
    raced(path)
    async with opened(path) as board:
        assert board.app.choices.marked == (1, 2, 3)
        assert not board.app.choices.chart_options.log_y
        await board.press("X")
    async with opened(path) as board:
        assert board.app.choices.marked == (1, 2, 3)


def test_runs_that_were_there_are_not_marked_again() -> None:
    assert choices_of(View(considered_to=5)) == Choices(considered_to=5)

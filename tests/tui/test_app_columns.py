"""The columns and the order of the list, and the menus that choose them."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.strip import Strip

from engine.spec import defaults
from engine.store import Listing, open_for_writing
from engine.store.list.columns import SETTINGS
from tests.tui.dashboards import listed, opened, raced, store_with
from tests.tui.test_run_details import run_of
from tui.model.choices import NO_CHOICE, ColumnChoice
from tui.model.run_seen import RowPreview
from tui.screens.pick import Pick
from tui.widgets.columns import CHOOSABLE, ORDERED, fitting
from tui.widgets.runs_table import RunsTable


async def test_the_menu_of_orders_begins_with_the_present_one_which_turns_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heights: list[int] = []
    rows = Pick._rows

    def noted(menu: Pick, width: int, height: int) -> list[Strip]:
        heights.append(height)
        return rows(menu, width, height)

    monkeypatch.setattr(Pick, "_rows", noted)
    async with opened(raced(tmp_path / "runs.db")) as board:
        await board.press("o")
        assert set(heights) == {27}  # from the first frame on
        assert " › run number            now newest first; enter: oldest first" in board.text()
        assert "enter sort" in board.text()
        await board.press("enter")
        await board.until(lambda: listed(board) == [1, 2, 3])
        assert "▴run" in board.text()
        await board.type("ovalidation accuracy\r")
        assert board.app.choices.listing == Listing(order="accuracy")
        await board.type(":sort by seed\r")
        await board.until(lambda: board.app.snapshot.listing == Listing(order="seed"))


async def test_columns_are_chosen_in_a_menu_and_stay(tmp_path: Path) -> None:
    path = raced(tmp_path / "runs.db")
    with open_for_writing(path) as store:
        store.catalogue.tag(2, ["keep"])
    async with opened(path) as board:
        before = board.app.board.columns
        assert "seed" not in before
        await board.type("|seed ")
        await board.until(lambda: "seed" in board.app.board.columns and "[x] seed" in board.text())
        await board.press("home", *["delete"] * 4)
        await board.type("qqq")
        await board.until(lambda: "no column has these words" in board.text())
        await board.press("home", *["delete"] * 3)
        await board.type("age")
        await board.until(lambda: re.search(r"\[ \] age +no room for it", board.text()) is not None)
        await board.press("home", *["delete"] * 3)
        await board.type("test")
        await board.until(lambda: re.search(r"\[ \] test loss *$", board.text(), re.MULTILINE) is not None)
        await board.press("home", *["delete"] * 4)
        await board.type("tags ")
        await board.until(lambda: "tags" in board.app.board.columns and "keep" in board.text())
        await board.press("space")
        await board.until(lambda: "tags" not in board.app.board.columns)
        await board.press("home", *["delete"] * 4)
        await board.type("train")
        await board.press("enter")
        await board.until(lambda: "train" not in board.app.board.columns and "[ ] train loss" in board.text())
        await board.press("escape")
        await board.press("O", "j", "B")
        assert " seed " in board.text().splitlines()[1]
    async with opened(path) as board:
        assert "seed" in board.app.board.columns
        assert "train" not in board.app.board.columns
        await board.type("|automatic\r")
        await board.until(lambda: board.app.board.columns == before)
        assert board.app.choices.columns == ColumnChoice()


async def test_the_columns_are_what_differs_and_no_click_name_or_place_changes_them(swept: Path) -> None:
    async with opened(swept) as board:
        before = board.app.board.columns
        assert before[:4] == ("run", "name", "step_size", "train")
        table = board.app.screen.query_one(RunsTable)
        titles = board.text().splitlines()[1]
        for name in ("step", "train", "acc."):
            for sign in ("▴", "▾") if name != "acc." else ("▾", "▴"):
                await board.pilot.click(RunsTable, offset=(titles.index(name) + 1, 0))
                await board.until(partial(lambda title: title in table.text().splitlines()[0], sign + name))
                assert board.app.board.columns == before
        await board.press("j", "G", "B")
        assert board.app.board.columns == before


async def test_four_runs_that_differ_in_their_objective_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    objectives = ("svm", "softmax", "two-layer", "two-layer-svm")
    store_with(path, *(("", defaults(objective=objective)) for objective in objectives))
    async with opened(path) as board:
        rows = board.text().splitlines()[2:6]
        assert [row[21:35].strip() for row in rows] == list(reversed(objectives))
        assert board.app.board.columns == ("run", "name", "objective", "train", "validation", "accuracy")


async def test_an_order_without_a_column_is_told(swept: Path) -> None:
    async with opened(swept) as board:
        await board.type("oseed\r")
        await board.until(lambda: "Sorted by seed, smallest first; | shows its column." in board.text())


def test_what_differs_comes_before_the_live_loss_and_what_is_chosen_before_all() -> None:
    differing = {
        "objective": ("svm", "softmax"),
        "seed": ("0", "1"),
        "dropout": ("0.1", "0.2"),
        "update": ("adam", "sgd"),
    }
    reached = ("train", "validation", "accuracy")

    def shown(room: int, choice: ColumnChoice = NO_CHOICE) -> tuple[str, ...]:
        return tuple(column.name for column in fitting(3, room, differing, choice))

    assert shown(57) == ("run", "name", "objective", "seed", *reached)
    assert shown(76)[:7] == ("run", "name", "objective", "step_size", "dropout", "seed", "train")
    assert shown(58, ColumnChoice(("created", "beta1"), ("seed",)))[2:4] == ("objective", "beta1")
    assert "train" not in shown(300, ColumnChoice((), ("train", "curve")))


@given(
    st.integers(20, 300),
    st.sets(st.sampled_from(CHOOSABLE), max_size=6).map(tuple),
    st.sets(st.sampled_from(CHOOSABLE), max_size=6).map(tuple),
    st.dictionaries(st.sampled_from(SETTINGS), st.tuples(st.text(max_size=30), st.text(max_size=30)), max_size=8),
)
def test_any_choice_fits_into_any_table(
    room: int, shown: tuple[str, ...], hidden: tuple[str, ...], differing: dict[str, tuple[str, ...]]
) -> None:
    columns = fitting(3, room, differing, ColumnChoice(shown, hidden))
    assert sum(column.width + 1 for column in columns) <= room
    assert [column.name for column in columns] == sorted((column.name for column in columns), key=ORDERED.index)
    assert {column.name for column in columns} <= set(ORDERED) - (set(hidden) - set(shown))


def test_accuracies_of_both_splits_can_be_columns() -> None:
    run = run_of(1, defaults(), validation_accuracy=0.972, test_accuracy=1.0)
    shown = fitting(2, 200, {}, ColumnChoice(("test_accuracy",), ()))
    texts = {column.title: column.parts(run, RowPreview(), column.width)[0][0] for column in shown}
    assert (texts["acc."], texts["test acc."]) == ("97.2%", "100%")


def test_a_pace_gives_way_to_what_runs_have_reached() -> None:
    varied = {"pace": ("100", "none"), "step_size": ("0.1", "1")}
    shown = {room: {column.name for column in fitting(2, room, varied)} for room in (60, 300)}
    assert "pace" in shown[300]
    assert "pace" not in shown[60]
    assert {"step_size", "train", "validation", "accuracy", "batch_loss"} <= shown[60]

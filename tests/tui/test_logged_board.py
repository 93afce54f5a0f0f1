"""Logged runs on the board: filter, order and columns of what programs name, and the details of one of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.store import open_for_writing
from engine.store.programs.output import append_output
from engine.store.records import Printed
from tests.presence import present
from tests.stores import begun, measured, news
from tests.tui.dashboards import opened
from tui.model.choices import Choices, ColumnChoice
from tui.model.clock import Moment
from tui.model.replay_opening import replayed
from tui.model.snapshot import ReadRequest, Snapshot
from tui.presenting.curves import chart_view
from tui.presenting.offered_keys import board_keys
from tui.presenting.run_details import run_details
from tui.reading.feed import Source
from tui.text.parts import cells
from tui.widgets.columns import fitting

ODD = "a\nb\x1b[31m[/nope]"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with open_for_writing(tmp_path / "runs.db") as store:
        for place in range(3):
            config = {"optim": {"lr": 10.0**-place}, "model": ("cnn", "vit")[place % 2], "seed": place, ODD: place}
            writer = begun(store, f"s{place}", config=json.dumps(config), project="net[/]", note="why")
            batch = {
                "val/loss": measured([(step, place + 1 / (step + 1)) for step in range(30)]),
                "system/gpu": measured([(0, 50.0)]),
                f"odd {ODD}": measured([(0, np.nan)]),
            }
            told: dict[str, Any] = {"knobs": '{"lr": {"value": 0.1, "low": 0, "high": 1}}', "summary": '{"best": 0.25}'}
            printed = (
                Printed("out", "".join(f"line {line}\n" for line in range(300)) + " 1%\r 99%\n", 3, 5),
                Printed("err", "Traceback:\n  File \x1b[31mx.py\nValueError: [/bad]", 4, 6),
            )
            writer.end("failed", "ValueError", batch, news(marks=((5, "warm [/x]"),), **told))
            with store._connection.transaction() as raw:
                append_output(raw, place + 1, printed)
    return tmp_path / "runs.db"


def seen(path: Path, choices: Choices) -> Snapshot:
    source = Source(path)
    try:
        return present(source.read(ReadRequest(choices, 60, rows=8)))
    finally:
        source.close()


async def test_the_board_filters_sorts_and_shows_what_programs_name(path: Path) -> None:
    async with opened(path) as board:
        await board.until(lambda: "loss" in board.app.board.columns)
        assert board.app.board.columns[2:4] == ("config.optim.lr", "config.model")
        await board.type("/config.modl=cnn")
        await board.until(lambda: "! no run has config.modl; did you mean config.model?" in board.text())
        assert board.app.choices.listing.text == ""
        await board.type("\x15config.model=cnn val/loss<3\r")
        await board.until(lambda: "2 of 3 runs" in board.text())
        await board.type("ooptim.lr\r")
        await board.until(lambda: [run.run_id for run in board.app.snapshot.runs] == [3, 1])
        await board.type("|val/loss\r")
        await board.press("escape")
        await board.until(lambda: board.text().count("0.0333") == 2)
        assert "metric:val/loss" in board.app.board.columns
    async with opened(path) as board:  # order and columns are those of the sitting before
        assert board.app.choices.listing.order == "config.optim.lr"
        await board.until(lambda: "metric:val/loss" in board.app.board.columns)
        await board.type("I")
        await board.until(lambda: "is logged by a program of its own" in board.text())


def test_columns_of_logged_runs_are_what_differs_and_their_loss(path: Path) -> None:
    snapshot = seen(path, Choices())
    shown = [column.name for column in fitting(3, 90, snapshot.variety)]
    assert shown[:4] == ["run", "name", "config.optim.lr", "config.model"]
    assert "loss" in shown
    assert not {"train", "batch_loss", "step_size"} & set(shown)
    columns = {
        column.name: column for column in fitting(3, 200, snapshot.variety, ColumnChoice((f"config.{ODD}",), ()))
    }
    run, preview = snapshot.runs[0], snapshot.previews[3]
    texts = {name: column.parts(run, preview, column.width)[0][0] for name, column in columns.items()}
    assert (texts["config.optim.lr"], texts["config.model"], texts[f"config.{ODD}"]) == ("0.01", "cnn", "2")
    assert all("\x1b" not in column.title and "\n" not in column.title for column in columns.values())


def test_legends_tell_the_config_that_differs(path: Path) -> None:
    choices = Choices(marked=(1, 2), pointed=1)
    settings = [dict(run.settings) for run in chart_view(seen(path, choices), choices).runs]
    assert [(one["lr"], one["model"]) for one in settings] == [("1", "cnn"), ("0.1", "vit")]
    assert "seed" not in settings[0]


@pytest.mark.parametrize("width", [30, 54, 80, 120])
def test_the_details_tell_all_that_is_known_of_the_program(path: Path, width: int) -> None:
    choices = Choices(marked=(1, 2), pointed=1, alone=True)
    lines = run_details(seen(path, choices), choices, width)
    text = "\n".join("".join(part for part, _ in line) for line in lines)
    assert all(cells(line) <= width or "metrics" in text for line in lines)
    assert "\x1b" not in text
    for told in ("ValueError", "why", "net[/]", "val/loss", "optim.lr", "others 0.1", "best", "0.25", "gpu",
                 "warm [/x]", "line 299", " 99%", "  File x.py", "ValueError: [/bad]"):  # fmt: skip
        assert told in text or told in " ".join(text.split()), told
    assert " 1%" not in text
    assert "line 0\n" not in text  # the last lines


def test_the_details_of_a_moment_tell_nothing_that_came_after(path: Path) -> None:
    source, choices = Source(path), replayed(Choices(), (1,)).looking(alone=True)
    snapshot = present(source.read(ReadRequest(choices, 60, rows=8, moment=Moment((1,), "iteration", 3))))
    source.close()
    program = present(snapshot.program)
    assert (program.metrics, program.said.summary, program.printed) == ((), "", ())
    assert "optim" in program.said.config


def test_what_a_logged_run_cannot_do_is_not_offered(path: Path) -> None:
    choices = Choices(pointed=1)
    offered = {key.action for key in board_keys(seen(path, choices), choices) if key.rank is not None}
    assert not {"fork", "app.probe", "app.inspect"} & offered
    assert {"replay", "edit", "delete"} <= offered

"""Decision regions on the screen: fills, right and wrong examples, tiles, in each manner; and the tab with its keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.jobs.worker import worker_loop
from engine.spec import defaults
from engine.store import open_for_writing
from engine.strategy.optimize import build
from tests.tui.dashboards import opened
from tests.tui.test_plot import plot
from tui.chart.drawing.weight_cells import Manner
from tui.chart.inspected.regions import (
    LEAST_TILE,
    RegionsView,
    class_signs,
    class_slots,
    draw_regions,
    texture,
    tiling,
)
from tui.colours.styles import BLANK, faint, strong
from tui.model.inspection.subjects import TITLES
from tui.screens.inspector.inspector import Inspector
from tui.text.octants import CHARACTERS, are_drawn

NET = defaults().changed(dataset="spiral:3", objective="two-layer", iterations=30, batch_size=None, step_size=0.3)
VIEW = RegionsView(
    grid=np.repeat([[0, 0, 1, 1], [0, 0, 1, 1], [0, 2, 2, 1], [2, 2, 2, -1]], 2, axis=1).astype(np.int16),
    classes=3,
    window=(0.0, 8.0, 0.0, 4.0),
    axes=("x1", "x2"),
    places=np.array([[0.5, 3.5], [5.5, 2.5], [4.5, 3.5], [9.0, 9.0]]),
    y=np.array([0, 1, 2, 0]),
    is_wrong=np.array([False, False, True, True]),
    signs="abc",
)
REGIONS = str(list(TITLES).index("regions") + 1)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A net, a linear classifier and a function, computed to their end."""
    path = tmp_path_factory.mktemp("regions") / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([defaults(objective="rosenbrock").changed(iterations=5), NET.changed(objective="softmax"), NET])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("engine.jobs.worker.worker_loop.start_workers", lambda path, count=None: 0)
        worker_loop.work(path, leave=lambda: False)
    return path


@pytest.mark.parametrize(
    ("manner", "expected"),
    [
        ("ascii", ["*...c:::", "....:*::", "..////::", "////// !"]),
        ("shades", ["●···c░░░", "····░●░░", "··╱╱╱╱░░", "╱╱╱╱╱╱ ✗"]),
    ],
)
def test_without_colours_fills_examples_and_wrong_ones_differ_in_their_signs(
    manner: Manner, expected: list[str]
) -> None:
    doubled = replace(VIEW, grid=VIEW.grid.repeat(2, axis=0))
    assert draw_regions(doubled, 8, 4, manner).to_text().splitlines() == expected


def test_with_colours_a_cell_shows_two_dots_and_examples_on_their_ground() -> None:
    picture = draw_regions(VIEW, 8, 2, "halves")
    assert picture.to_text().splitlines()[0] == "•   c•"  # both dots of a cell are of one class: only its ground
    assert (picture.grounds[0] == [faint(0)] * 4 + [faint(1)] * 4).all()
    assert picture.styles[0, 0] == strong(0)
    assert picture.styles[0, 4] == strong(2)
    assert (chr(picture.codepoints[1, 1]), picture.styles[1, 1], picture.grounds[1, 1]) == ("▀", faint(0), faint(2))
    assert picture.grounds[1, 7] == BLANK


def test_where_the_terminal_draws_octants_a_cell_has_eight_dots_of_two_classes() -> None:
    grid = np.array([[0, 0, 1, 1], [0, 1, 1, 1], [0, 0, 1, 2], [0, 0, 2, 2]], np.int16)
    empty = replace(VIEW, grid=grid, window=(0.0, 2.0, 0.0, 1.0), places=VIEW.places + 99)
    picture = draw_regions(empty, 2, 1, "halves", octants=True)
    assert picture.to_text() == CHARACTERS[0b00001000] + CHARACTERS[0b11100000]
    assert picture.row(0) == [("\U0001cd03", faint(1), faint(0)), (CHARACTERS[0b11100000], faint(2), faint(1))]
    nobody = replace(empty, grid=np.where(grid == 1, -1, grid).astype(np.int16))
    assert draw_regions(nobody, 2, 1, "halves", octants=True).row(0)[0][1:] == (faint(0), BLANK)
    assert draw_regions(empty, 2, 1, "ascii", octants=True).to_text() == draw_regions(empty, 2, 1, "ascii").to_text()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM_PROGRAM": "ghostty", "TERM_PROGRAM_VERSION": "1.3.1-arch2"}, True),
        ({"TERM_PROGRAM": "ghostty", "TERM_PROGRAM_VERSION": "1.1.3"}, False),
        ({"TERM": "xterm-kitty"}, False),  # it may be an old one: it tells no version
        ({"TERM_PROGRAM": "WezTerm", "TERM_PROGRAM_VERSION": "20240203-110809-5046fc22"}, False),
        ({"VTE_VERSION": "7802", "TERM": "xterm-256color"}, True),
        ({"VTE_VERSION": "7802", "TERM": "tmux-256color"}, False),
        ({"VTE_VERSION": "7802", "LOSSBOARD_OCTANTS": "0"}, False),
        ({"TERM": "foot", "LOSSBOARD_OCTANTS": "1"}, True),
        ({}, False),
    ],
)
def test_octants_are_for_terminals_that_are_known_to_draw_them(environment: dict[str, str], expected: bool) -> None:
    assert are_drawn(environment) == expected


def test_octants_have_the_characters_of_unicode() -> None:
    assert len(set(CHARACTERS)) == 256
    told = {0b100: 0x1CD00, 0b110: 0x1CD01, 0b111: 0x1CD02, 0b1000: 0x1CD03, 0b10000: 0x1CD09, 0b10010: 0x1CD0B}
    assert {pattern: ord(CHARACTERS[pattern]) for pattern in told} == told
    assert (CHARACTERS[0b1111], CHARACTERS[0b1010101], ord(CHARACTERS[0xFE])) == ("▀", "▌", 0x1CDE5)


def test_signs_and_colours_tell_classes_apart() -> None:
    assert class_signs(["0", "1", "2"]) == "012"
    assert class_signs(["setosa", "versicolor", "virginica"]) == "abc"
    assert class_signs(["-1", "1"]) == "ab"
    assert class_signs(["\x1b[31m", "x"]) == "ab"
    assert len(set(class_slots(10))) == 10
    for manner in ("shades", "ascii"):
        assert len({texture(number, manner) for number in range(10)}) == 10
        assert not any(texture(number, manner).isalnum() for number in range(30))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 64])
def test_tiles_fit_and_are_as_many_as_fit(count: int) -> None:
    for width, height in ((30, 6), (40, 8), (80, 20), (160, 40)):
        tiled = tiling(count, width, height)
        down = -(-tiled.visible // tiled.across)
        assert down * tiled.height <= height
        assert tiled.across * tiled.width <= width
        assert 1 <= tiled.visible <= count
        assert tiled.visible == 1 or (tiled.width >= LEAST_TILE[0] and tiled.height >= LEAST_TILE[1])
    assert tiling(count, 160, 40).visible == min(count, 48)


async def test_the_tab_shows_the_weights_of_the_moment_and_what_is_under_the_cursor(path: Path, tmp_path: Path) -> None:
    optimization = build(NET)
    state, _ = optimization.advance(optimization.start(), 28)
    right = optimization.evaluate(state.weights, "train")[1]
    async with opened(path) as board:
        await board.press("r")
        await board.until(lambda: board.app.is_replaying)
        await board.press("end", "I", REGIONS, "comma", "comma")
        await board.until(lambda: f"run 3  {right:.1%} right  after 28" in board.text())
        assert "Run 1 minimises rosenbrock, which gives" in board.text()
        inspector = board.app.screen
        assert isinstance(inspector, Inspector)
        lines = inspector.exhibit().table.splitlines()
        assert lines[0] == "run,a,b,class"
        assert {line.split(",")[0] for line in lines[1:]} == {"2", "3"}
        await board.press("right", "right")
        await board.until(lambda: "scores 0: " in board.text().replace("1: ", "0: ").replace("2: ", "0: "))
        await board.press("plus", "v")
        await board.until(lambda: "examples of the validation split" in board.text())
        await board.press("0", "pagedown")
        await board.until(lambda: " run 1 " in board.text().splitlines()[0])
        for size in ((40, 12), (80, 24)):
            await board.pilot.resize_terminal(*size)
            await board.until(lambda: "[Regions]" in board.text() and "computing" not in board.text())


def test_regions_are_printed_and_so_is_why_there_are_none(path: Path) -> None:
    printed = plot(path, "1", "2", "3", "--regions", "--height", "18")
    assert "Run 1 minimises rosenbrock" in printed.stderr
    assert len(printed.stdout.splitlines()) <= 18
    assert "run 3  " in printed.stdout
    assert "\x1b" not in printed.stdout
    assert "rosenbrock" in plot(path, "1", "--regions", status=1).stderr
    for words in (("--landscape",), ("--metric", "loss"), ("--log-y",)):
        plot(path, "2", "--regions", *words, status=2)
    assert '"classes"' in plot(path, "2", "--regions", "--json").stdout

"""`lossboard plot`: what is printed, looked at as text, from real stores."""

from __future__ import annotations

import json
import re
import subprocess
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from engine.jobs.people import sweeps
from engine.jobs.worker import worker_loop
from engine.spec import defaults
from engine.store import Evaluation, open_for_writing
from engine.sweep import Axis, SweepPlan
from engine.trace.smoothing import HALF_LIFE, smoothed
from tests.stores import block_of, claimed_writer, query
from tests.system.terminal import PROGRAM, Terminal
from tests.tui.dashboards import raced, store_with
from tests.tui.moments import written
from tui.chart.drawing.frame import draw_frame
from tui.chart.drawing.plotting import ticks_for
from tui.chart.values.metrics import METRICS
from tui.chart.values.view import Axes
from tui.printing.plotext_figure import Stroke, draw_figure
from tui.start.cli import group

BRAILLE = re.compile("[\u2801-\u28ff]")


def plot(path: Path, *words: str, status: int = 0) -> Result:
    result = CliRunner().invoke(group(), ["--db", str(path), "plot", *words])
    assert result.exit_code == status, result.output
    return result


def width_of(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return raced(tmp_path_factory.mktemp("plot") / "runs.db")


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep of step sizes, the largest of which diverges, a grid, and a sweep that has only been queued."""
    path = tmp_path_factory.mktemp("swept") / "runs.db"
    base = defaults().changed(iterations=20, batch_size=32)
    sizes = Axis("step_size", (1e-3, 0.1, 1e12))
    plans = SweepPlan(base, (sizes,)), SweepPlan(base, (Axis("step_size", (1e-2, 0.1)), Axis("delta", (0.5, 1.0))))
    with pytest.MonkeyPatch.context() as patch:
        for module in (sweeps, worker_loop):
            patch.setattr(module, "start_workers", lambda path: 0)
        open_for_writing(path).close()
        for plan in plans:
            sweeps.start(path, plan)
        worker_loop.work(path, leave=lambda: False)
        sweeps.start(path, plans[0])
    return path


@pytest.mark.parametrize(("width", "height"), [(30, 8), (80, 24), (120, 40), (200, 12)])
@pytest.mark.parametrize("words", [("1", "2", "3"), ("3", "--metric", "train-loss"), ("2", "--log-y", "--x", "time")])
def test_a_chart_has_the_size_that_was_asked_for(race: Path, words: tuple[str, ...], width: int, height: int) -> None:
    lines = plot(race, *words, "--width", str(width), "--height", str(height)).stdout.splitlines()
    assert len(lines) <= height
    assert max(map(width_of, lines)) <= width
    assert max(map(width_of, lines)) > width - 8
    assert "\x1b" not in "".join(lines)


def test_curves_are_named_and_their_smoothing_is_said(race: Path) -> None:
    text = plot(race, "1", "2", "3", "--width", "100").stdout
    assert text.splitlines()[0].split("  ·  ")[0].strip() == "loss"
    assert f"smoothing {HALF_LIFE:g}" in text
    for name in ("● 1 random search", "■ 2 local search", "▲ 3 gradient b256"):
        assert name in text
    assert BRAILLE.search(text)
    for sign in "●■▲":
        assert text.count(sign) > 2, "without colour a line is told apart by its sign"
    assert "smoothing" not in plot(race, "1", "2").stdout, "searches are exact"
    assert "(log)" in plot(race, "1", "--log-y").stdout
    assert "x: examples seen" in plot(race, "3", "--x", "examples").stdout


def test_by_losses_a_run_stands_where_it_has_evaluated_them_and_an_unknown_number_is_said(path: Path) -> None:
    gone = str(path.parent / "gone.npz")
    runs = (("gradient-descent", "digits", 256), ("spsa", "digits", 3 * 256), ("newton", gone, 19 * 26))
    with open_for_writing(path) as store:
        for strategy, dataset, examples in runs:
            writer = claimed_writer(store, defaults(strategy).changed(dataset=dataset))
            writer.begin("{}", examples_per_iteration=examples)
            writer.write(block_of([3.0, 2.0, 1.0]))
            writer.finish("planned iterations done")
    found = plot(path, "1", "2", "3", "--x", "evaluations", "--json")
    first, second = json.loads(found.stdout)["lines"]
    assert {x for x, _ in first["points"]} == {1, 2, 3}
    assert {x for x, _ in second["points"]} == {3, 6, 9}
    assert "Run 3 has an unknown number of losses an iteration" in found.stderr
    printed = plot(path, "1", "2", "3", "--x", "evaluations", "--width", "100").stdout
    assert "x: losses evaluated" in printed
    assert "unknown losses: 3" in printed
    assert "nothing to plot" in plot(path, "3", "--x", "evaluations", status=1).stderr


def test_a_curve_is_the_one_of_the_board(path: Path) -> None:
    losses = np.random.default_rng(3).lognormal(size=150)
    written(path, losses)
    answer = json.loads(plot(path, "1", "--json").stdout)
    (line,) = answer["lines"]
    assert (answer["metric"], answer["x"], answer["log_y"]) == ("loss", "iteration", False)
    assert (line["run_id"], line["kind"], line["smoothing"]) == (1, "loss", HALF_LIFE)
    values = np.array([value for _, value in line["points"]])
    np.testing.assert_allclose(values[:150], smoothed(losses, np.ones(150), 1 / HALF_LIFE))
    assert values[-1] == query(path, "SELECT current_loss FROM runs")[0][0], "it ends where the list says"


def test_a_search_shows_the_best_so_far(path: Path) -> None:
    losses = np.random.default_rng(4).lognormal(size=80)
    with open_for_writing(path) as store:
        claimed_writer(store, defaults("random-search")).finish(block=block_of(losses))
    (line,) = json.loads(plot(path, "1", "--json").stdout)["lines"]
    np.testing.assert_array_equal([value for _, value in line["points"]][:80], np.minimum.accumulate(losses))


def test_a_long_run_is_read_in_buckets(path: Path) -> None:
    written(path, np.linspace(5.0, 1.0, 400_000), part=100_000)
    (line,) = json.loads(plot(path, "1", "--width", "80", "--json").stdout)["lines"]
    assert 80 <= len(line["points"]) <= 8 * 80 + 1
    assert "400k" in plot(path, "1").stdout


def test_what_is_not_finite_is_a_gap_and_nothing_ends_the_process(path: Path) -> None:
    losses = np.linspace(4.0, 1.0, 400)
    losses[100:200] = np.nan
    losses[300:310] = np.inf
    losses[390:] = 1e308
    written(path, losses)
    text = plot(path, "1", "--log-y", "--width", "80").stdout
    assert text.count("✗") == 2
    columns = {at for line in text.splitlines()[1:-3] for at, sign in enumerate(line) if BRAILLE.match(sign)}
    assert {20, 30, 31} & columns == {20}, "the plot is some 76 cells wide, its second quarter is empty"
    points = json.loads(plot(path, "1", "--json").stdout)["lines"][0]["points"]
    assert sum(value == "nan" for _, value in points) > 10
    assert plot(path, "1").exit_code == 0


@pytest.mark.parametrize("losses", [[2.5], [0.0, 0.0], [-1.0, 3.0], [1e-300, 1e300], [5e-324, 1.7e308], [7.0] * 50])
@pytest.mark.parametrize("scale", [(), ("--log-y",)])
def test_one_point_no_height_and_wide_ranges(path: Path, losses: list[float], scale: tuple[str, ...]) -> None:
    written(path, np.array(losses))
    if scale and max(losses) <= 0:
        plot(path, "1", *scale)
        return
    assert "●" in plot(path, "1", *scale).stdout.rpartition("└")[0]


def test_evaluations_are_points_and_validation_stands_beside(path: Path) -> None:
    with open_for_writing(path) as store:
        writer = claimed_writer(store)
        for at in range(0, 100, 20):
            found = [Evaluation(at + 20, split, 1 / (at + 1), 0.9) for split in ("train", "validation")]
            writer.write(block_of(np.ones(20), at), evaluations=found)
    chart = plot(path, "1", "--metric", "Train Loss").stdout
    assert chart.rpartition("└")[0].count("●") == 5
    assert "train loss  ·  ┄ validation" in chart
    kinds = [line["kind"] for line in json.loads(plot(path, "1", "--metric", "train-loss", "--json").stdout)["lines"]]
    assert kinds == ["train loss", "validation"]
    assert "%" in plot(path, "1", "--metric", "validation_accuracy").stdout


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_of_the_board_can_be_plotted(swept: Path, metric: str) -> None:
    assert plot(swept, "1", "2", "--metric", metric.replace(" ", "-")).stdout.lstrip().startswith(metric)


def test_eight_runs_are_told_apart_at_80_columns(path: Path) -> None:
    store_with(path, *((f"name {number}", defaults().changed(seed=number)) for number in range(8)))
    text = plot(path, *map(str, range(1, 9)), "--log-y").stdout
    for number, sign in enumerate("●■▲▼✚○□△"):
        assert f"{sign} {number + 1} name {number}" in text
        assert text.rpartition("└")[0].count(sign) >= 3


def test_names_from_outside_are_only_text(path: Path) -> None:
    store_with(path, ("\x1b[31mred\x1b]0;x\x07 [/nope] 名前", defaults()))
    text = plot(path, "1").stdout
    assert "\x1b" not in text
    assert "red [/nope] 名前" in text


def test_a_sweep_is_the_loss_over_its_values(swept: Path) -> None:
    text = plot(swept, "--sweep", "1", "--log-y").stdout
    assert text.splitlines()[0].strip() == "train loss (log) against step size"
    assert text.rpartition("└")[0].count("★") == 1
    assert "✗ diverged" in text
    assert "★ best: step size 0.1" in text
    grid = plot(swept, "--sweep", "2").stdout
    assert "● delta 0.5" in grid
    assert "■ delta 1" in grid
    for size in (("30", "8"), ("200", "50")):
        drawn = plot(swept, "--sweep", "2", "--width", size[0], "--height", size[1]).stdout.splitlines()
        assert len(drawn) <= int(size[1])
        assert max(map(width_of, drawn)) <= int(size[0])
    answer = json.loads(plot(swept, "--sweep", "1", "--json").stdout)
    assert [result["values"] for result in answer["results"]] == [[1e-3], [0.1], [1e12]]
    assert "No value of sweep 3 has been evaluated yet" in plot(swept, "--sweep", "3", status=1).stderr


def test_weights_are_a_histogram(swept: Path) -> None:
    text = plot(swept, "1", "2", "--metric", "weights", "--height", "12").stdout
    assert len(text.splitlines()) == 24
    assert "weights of run 1 after 20 iterations" in text
    assert "█" in text
    answer = json.loads(plot(swept, "1", "2", "--metric", "weights", "--json").stdout)
    assert [run["run_id"] for run in answer["runs"]] == [1, 2]
    for run in answer["runs"]:
        assert sum(run["counts"]) == run["weights"] == 650
        assert len(run["edges"]) == len(run["counts"]) + 1
    assert answer["runs"][0]["edges"] == answer["runs"][1]["edges"]
    assert plot(swept, "1", "--metric", "weights", "--log-y").stdout != plot(swept, "1", "--metric", "weights").stdout


def test_a_landscape_has_bands_ways_and_a_diverged_run_on_it(swept: Path) -> None:
    text = plot(swept, "1", "2", "3", "--landscape", "--height", "16").stdout
    assert len(text.splitlines()) == 16
    assert "\x1b" not in text
    assert "● run 1" in text
    assert "starts and ends of the runs" in text
    assert "loss to" in text
    assert BRAILLE.search(text)
    answer = json.loads(plot(swept, "1", "2", "--landscape", "--json").stdout)
    assert [way["run_id"] for way in answer["ways"]] == [1, 2]
    assert all(way["iterations"] == list(range(len(way["places"]))) for way in answer["ways"])
    assert answer["ways"][0]["places"][0] == pytest.approx([0, 0], abs=1e-6)
    assert plot(swept, "1", "2", "3", "--tab", "landscape", "--height", "16").stdout == text
    early = json.loads(plot(swept, "1", "2", "--tab", "landscape", "--at", "7", "--json").stdout)
    assert early["ways"][0]["iterations"][-1] == 7


def test_tabs_of_the_inspector_are_printed_with_the_numbers_behind_them(swept: Path) -> None:
    text = plot(swept, "1", "--tab", "mistakes", "--at", "7").stdout
    assert "after 7 iterations" in text
    table = json.loads(plot(swept, "1", "--tab", "mistakes", "--at", "7", "--json").stdout)
    assert sum(sum(count for name, count in row.items() if name != "class") for row in table) == 300
    weights = plot(swept, "1", "--tab", "weights", "--width", "100", "--height", "20").stdout
    assert "10 classes x 64" in weights
    assert max(map(width_of, weights.splitlines())) <= 100
    assert len(weights.splitlines()) <= 20
    (layer,) = json.loads(plot(swept, "1", "--tab", "weights", "--json").stdout)
    assert layer["ratio"] == pytest.approx(layer["update_norm"] / layer["weights_norm"])
    assert "iteration 20: computed here" in plot(swept, "1", "--tab", "step").stdout


def test_what_cannot_be_plotted_is_a_sentence(race: Path, swept: Path) -> None:
    assert "There is no run 9 in this store" in plot(race, "9", status=1).stderr
    assert "There is no sweep 9 in this store" in plot(race, "--sweep", "9", status=1).stderr
    assert "did you mean train-loss?" in plot(race, "1", "--metric", "trainloss", status=2).stderr
    assert "A width of 12 is too small: a chart has 30 to 500" in plot(race, "1", "--width", "12", status=2).stderr
    assert "A height of 999 is too large" in plot(race, "1", "--height", "999", status=2).stderr
    for words in ((), ("1", "--sweep", "1")):
        assert f"Name runs, such as lossboard --db {race} plot 1 2, or a sweep" in plot(race, *words, status=2).stderr
    plot(race, "--sweep", "1", "--metric", "loss", status=2)
    plot(race, "1", "--metric", "weights", "--x", "time", status=2)
    plot(race, *map(str, range(1, 70)), status=2)
    plot(race, "1", "--landscape", "--metric", "loss", status=2)
    assert "choose one of them" in plot(race, "1", "--landscape", "--tab", "check", status=2).stderr
    assert "is about one run" in plot(race, "1", "2", "--tab", "check", status=2).stderr
    assert "--at goes with --tab" in plot(race, "1", "--at", "3", status=2).stderr
    plot(race, "--sweep", "1", "--landscape", status=2)
    assert "Run 1 has kept no finite weights" in plot(race, "1", "--metric", "weights", status=1).stderr
    assert "There is nothing to plot." in plot(race, "1", "--metric", "gradient-norm", status=1).stderr
    missing = race.with_name("none.db")
    plot(missing, "1", status=1)
    assert not missing.exists()


def test_a_run_without_values_is_left_out_and_said(path: Path) -> None:
    written(path, np.linspace(2.0, 1.0, 50))
    with open_for_writing(path) as store:
        store.queue.add([defaults()])
    both = plot(path, "1", "2")
    assert "Run 2 has no loss that could be drawn" in both.stderr
    assert " 2 gradient" not in both.stdout
    alone = plot(path, "2", status=1)
    assert alone.stdout == ""
    assert "There is nothing to plot." in alone.stderr
    assert json.loads(plot(path, "2", "--json").stdout)["lines"] == []
    query(path, "UPDATE runs SET deleted_at = '2026-01-02' WHERE run_id = 1")
    assert f"lossboard --db {path} undelete 1" in plot(path, "1", status=1).stderr


def test_colours_are_for_a_terminal_alone(race: Path) -> None:
    words = ("--db", str(race), "plot", "1", "3")
    terminal = Terminal(*words, columns=100, LC_ALL="C.UTF-8", NO_COLOR="")
    assert terminal.exit_code() == 0
    assert "\x1b[38;2;" in terminal.written
    plain = re.sub(r"\x1b\[[\d;]*m", "", terminal.written)
    assert "\x1b" not in plain
    assert 90 < max(map(width_of, plain.splitlines())) <= 100
    few = Terminal(*words, LC_ALL="C.UTF-8", COLORTERM="", NO_COLOR="")
    assert few.exit_code() == 0
    assert "\x1b[38;5;" in few.written
    ascii_only = Terminal(*words, LC_ALL="C", NO_COLOR="1")
    assert ascii_only.exit_code() == 0
    assert ascii_only.written.isascii()
    assert "\x1b" not in ascii_only.written
    assert "\x1b" not in plot(race, "1", "3").output


def test_a_pipe_that_takes_only_ascii_gets_ascii(race: Path) -> None:
    words = [str(PROGRAM), "--db", str(race), "plot", "1", "3"]
    done = subprocess.run(words, capture_output=True, check=True, env={"PYTHONIOENCODING": "ascii"})
    assert done.stdout.isascii()
    assert b"+**" in done.stdout


def test_a_printed_chart_has_the_frame_of_the_board() -> None:
    for axes in (
        Axes(0, 1000, 0.1, 20, False, True, "iteration", "loss"),
        Axes(1, 1e5, 1e-7, 3e4, True, True, "iteration", "loss"),
        Axes(0, 137, -0.03, 1.75, False, False, "time", "loss"),
        Axes(0, 2e6, 0, 1, False, False, "examples", "train accuracy"),
    ):
        for width, height in ((40, 9), (80, 20), (119, 33), (200, 48)):
            ticks = ticks_for(axes, width, height)
            assert ticks is not None
            codes, _ = draw_frame(ticks.columns, ticks.rows, ticks.x, ticks.y)
            board = ["".join(map(chr, row)).rstrip() for row in codes.tolist()]
            printed = draw_figure(ticks, [], "title", ascii_only=False, colours=False).split("\n")
            assert printed[0].strip() == "title"
            assert printed[1:] == board


def test_every_dot_is_where_it_was_asked_for() -> None:
    ticks = ticks_for(Axes(0, 100, 0, 1, False, False, "iteration", "loss"), 30, 8)
    assert ticks is not None
    bit = {
        0x40: (0, 0),
        0x04: (0, 1),
        0x02: (0, 2),
        0x01: (0, 3),
        0x80: (1, 0),
        0x20: (1, 1),
        0x10: (1, 2),
        0x08: (1, 3),
    }
    for x in range(0, ticks.columns * 2, 3):
        for y in range(ticks.rows * 4):
            dot = Stroke(np.array([float(x)]), np.array([float(y)]))
            lines = draw_figure(ticks, [dot], "title", ascii_only=False, colours=False).split("\n")
            found = [
                (2 * (column - ticks.label_width - 1) + bit[ord(sign) & 0xFF][0],
                 4 * (ticks.rows - row) + bit[ord(sign) & 0xFF][1])
                for row, line in enumerate(lines) for column, sign in enumerate(line) if BRAILLE.match(sign)
            ]  # fmt: skip
            assert found == [(x, y)]


def test_far_away_values_cost_nothing() -> None:
    ticks = ticks_for(Axes(0, 100, 0, 1, False, False, "iteration", "loss"), 80, 24)
    assert ticks is not None
    across = np.arange(100.0)
    wild = Stroke(across, np.where(across % 2, 1e300, -1e300), joined=True)
    assert BRAILLE.search(draw_figure(ticks, [wild], "title", ascii_only=False, colours=True))

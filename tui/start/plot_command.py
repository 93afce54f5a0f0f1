"""`lossboard plot RUN...`: charts as text, for mails, logs and notes."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from engine.commands.options import as_json, json_option, people_errors, reading
from engine.commands.typed.values import RUN, SWEEP, matching
from engine.files.program import store_command

if TYPE_CHECKING:
    from engine.store import Reader, Run
    from tui.printing.paper import Paper

WEIGHTS = "weights"
"""The metric that is drawn as a histogram."""
IN_A_PIPE = 80, 24
"""Columns and rows of a chart that is not printed to a terminal."""
ABOUT_RUNS = ("landscape", "regions")
"""Tabs of the inspector that are about several runs, and options of their own."""

MOST_ROWS = 30
"""Default limit on the rows of a chart, however high the terminal."""


class MetricType(click.ParamType[str]):
    """A metric, or the weights; words of the board's own are separated by spaces or hyphens."""

    name = "metric"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name as it is given: what a program has logged is known once its run is read."""
        return WEIGHTS if _hyphened(str(value)) == WEIGHTS else str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The metrics that begin so."""
        from tui.chart.values.metrics import METRICS

        return matching((name.replace(" ", "-") for name in (*METRICS, WEIGHTS)), incomplete)


def _hyphened(name: str) -> str:
    return "-".join(name.lower().replace("-", " ").replace("_", " ").split())


@click.command("plot")
@click.argument("runs", metavar="[RUN]...", nargs=-1, type=RUN)
@click.option(
    "--metric",
    type=MetricType(),
    help="What is drawn: the loss by default, another metric of the board, one that was logged, or weights.",
)
@click.option("--log-y", is_flag=True, help="A logarithmic y axis.")
@click.option(
    "--x",
    "x_kind",
    type=click.Choice(["iteration", "time", "examples", "evaluations"]),
    help="The x axis: iteration by default; evaluations counts losses, one with its gradient once.",
)
@click.option(
    "--sweep",
    "sweep_id",
    metavar="N",
    type=SWEEP,
    help="A sweep instead of runs: the loss over its values.",
)
@click.option(
    "--landscape", is_flag=True, help="The loss over a plane of weight space, with the ways of the runs on it."
)
@click.option(
    "--regions", is_flag=True, help="Which class wins where over the plane of the examples, the runs side by side."
)
@click.option(
    "--tab",
    type=click.Choice([*ABOUT_RUNS, "weights", "step", "check", "mistakes", "range"]),
    help="A tab of the inspector: landscape and regions as with --landscape and --regions, or about one run its "
    "weights by layer, one step, a gradient check, mistakes, or a step-size range test.",
)
@click.option(
    "--at",
    metavar="ITERATION",
    type=click.IntRange(min=0),
    help="Runs after so many iterations; goes with --tab, --landscape and --regions. By default they are as far as "
    "they have come.",
)
@click.option(
    "--width", metavar="COLUMNS", type=int, help="Columns of the chart: those of the terminal by default, else 80."
)
@click.option(
    "--height",
    metavar="ROWS",
    type=int,
    help="Rows of the chart, title and legend included: by default 30 at most, in a pipe 24.",
)
@json_option
@click.pass_obj
def command(
    db: str, runs: tuple[int, ...], metric: str | None, log_y: bool, x_kind: Any, sweep_id: int | None,
    landscape: bool, regions: bool, tab: Any, at: int | None, width: int | None, height: int | None, json: bool,
) -> None:  # fmt: skip
    """Print the curves of runs, as the board draws them.

    Losses of mini-batches are smoothed with the board's half-life, which the title says; searches show the best loss
    so far. --metric weights prints a histogram of the newest weights that each run has kept. --landscape,
    --regions and --tab compute.
    """
    if bool(runs) == (sweep_id is not None):
        raise click.UsageError(
            f"Name runs, such as {store_command('plot 1 2')}, or a sweep: {store_command('plot --sweep 1')}."
        )
    chosen = [name for name, is_on in (("--landscape", landscape), ("--regions", regions), ("--tab", tab)) if is_on]
    if len(chosen) > 1:
        raise click.UsageError(f"{' and '.join(chosen)} are different pictures: choose one of them.")
    computed = next(iter(chosen), "")
    landscape, regions = landscape or tab == "landscape", regions or tab == "regions"
    if at is not None and not computed:
        raise click.UsageError("--at goes with --tab, --landscape and --regions.")
    if tab and tab not in ABOUT_RUNS and len(runs) > 1:
        raise click.UsageError(f"--tab {tab} is about one run; these are {len(runs)}.")
    if sweep_id is not None and computed:
        raise click.UsageError(f"--sweep plots the train loss over the values; {computed} goes with runs.")
    if sweep_id is not None and metric is not None:
        raise click.UsageError("--sweep plots the train loss over the values; --metric goes with runs.")
    paper = _paper(width, height)
    if sweep_id is not None:
        _plot_sweep(db, sweep_id, paper, log_y, x_kind, json)
    elif computed:
        if metric is not None or x_kind is not None or log_y:
            raise click.UsageError(f"{computed} has axes of its own; leave --metric, --x and --log-y out.")
        if landscape or regions:
            (_plot_landscape if landscape else _plot_regions)(db, _distinct(runs), at, paper, json)
        else:
            _plot_tab(db, runs[0], tab, at, paper, json)
    elif metric == WEIGHTS:
        if x_kind is not None:
            raise click.UsageError("--metric weights has the weights themselves on its x axis; leave --x out.")
        _plot_weights(db, _distinct(runs), paper, log_y, json)
    else:
        _plot_curves(db, _distinct(runs), metric or "loss", paper, log_y, x_kind or "iteration", json)


def _plot_curves(
    db: str, run_ids: tuple[int, ...], metric: str, paper: Paper, log_y: bool, x_kind: Any, json: bool
) -> None:
    from tui.model.chart_options import ChartOptions
    from tui.printing.curves import as_data, curves_of, print_curves, without_values

    with reading(db) as reader:
        _check(reader, run_ids)
        metric = _metric_of(reader, run_ids, metric)
    with people_errors():
        view = curves_of(Path(db), run_ids, ChartOptions(metric=metric, log_y=log_y, x_kind=x_kind), paper.width)
    placed = {run.run_id for run in view.runs}
    unknown = [run_id for run_id in run_ids if run_id not in placed]
    _report_left_out(unknown, len(run_ids), "an unknown number of losses an iteration")
    if json:
        click.echo(as_json(as_data(view)))
        return
    lacking = without_values(view)
    _report_left_out(lacking, len(placed), f"no {metric} that could be drawn")
    print_chart(print_curves(replace(view, runs=tuple(run for run in view.runs if run.run_id not in lacking)), paper))


def _metric_of(reader: Reader, run_ids: tuple[int, ...], asked: str) -> str:
    """The metric by its name on the board. Raises UsageError where the board has none of this name and no run has."""
    from engine.spec.parsing import near_match, quoted
    from tui.chart.values.metrics import METRICS
    from tui.reading.curves.logged import logged_metrics

    logged = [logged_metrics(reader, reader.the_run(run_id)).by_name for run_id in run_ids]
    own = {name: name for names in logged for name in names}
    spelled = {_hyphened(name): name for name in own} | {_hyphened(name): name for name in METRICS}
    found = own.get(asked, spelled.get(_hyphened(asked)))
    if found is None:
        names = dict.fromkeys((*own, *map(_hyphened, METRICS), WEIGHTS))
        listed = list(names)[:MOST_NAMED] + ["…"] * (len(names) > MOST_NAMED)
        raise click.BadParameter(
            f"{quoted(asked)} is not a metric{near_match(asked, names)} (choose from {', '.join(listed)})",
            param_hint="'--metric'",
        )
    return found


MOST_NAMED = 30
"""Most metrics that an error lists."""


def _plot_weights(db: str, run_ids: tuple[int, ...], paper: Paper, log_y: bool, json: bool) -> None:
    from engine.store import Refused, uncomputed
    from tui.printing.weights import as_data, print_weights, weights_of

    with reading(db) as reader:
        _check(reader, run_ids)
        others = [run for run_id in run_ids if (run := reader.the_run(run_id)).kind != "engine"]
        if len(others) == len(run_ids):
            raise Refused(uncomputed(others[0]))
        found = {run_id: weights_of(reader, run_id) for run_id in run_ids}
    drawable = [one for one in found.values() if one is not None and len(one.finite)]
    drawn_ids = {one.run_id for one in drawable}
    _report_left_out([run_id for run_id in run_ids if run_id not in drawn_ids], len(run_ids), "kept no finite weights")
    print_chart(as_json(as_data(drawable, paper.width)) if json else print_weights(drawable, paper, log_y=log_y))


def _plot_landscape(db: str, run_ids: tuple[int, ...], at: int | None, paper: Paper, json: bool) -> None:
    from tui.printing.landscape import as_data, landscape_of, print_landscape

    with reading(db) as reader:
        _check(reader, run_ids)
        until = tuple((run_id, _moment(reader.the_run(run_id), at)) for run_id in run_ids)
    with people_errors():
        found = landscape_of(Path(db), until, paper)
    print_chart(as_json(as_data(found)) if json else print_landscape(found, paper))


def _plot_regions(db: str, run_ids: tuple[int, ...], at: int | None, paper: Paper, json: bool) -> None:
    from tui.printing.regions import as_data, print_regions, regions_of

    with reading(db) as reader:
        _check(reader, run_ids)
        until = tuple((run_id, _moment(reader.the_run(run_id), at)) for run_id in run_ids)
    with people_errors():
        found, lacking = regions_of(Path(db), until, paper)
    for sentence in lacking:
        click.echo(sentence, err=True)
    print_chart(as_json(as_data(found)) if json else print_regions(found, paper))


def _plot_tab(db: str, run_id: int, name: Any, at: int | None, paper: Paper, json: bool) -> None:
    from tui.headless.tabs import tab_of
    from tui.presenting.describe import label
    from tui.printing.tab import as_data, has_fills, print_rows
    from tui.widgets.chart_pane import ChartStyle

    with reading(db) as reader:
        _check(reader, (run_id,))
        run = reader.the_run(run_id)
    moment = _moment(run, at)
    style = ChartStyle(paper.charset, shades=not has_fills(paper))
    with people_errors():
        found = tab_of(Path(db), name, [(run_id, label(run), run.spec, moment)], paper.width, paper.height, style)
    print_chart(as_json(as_data(found.table)) if json else print_rows(found.rows, paper))


def _moment(run: Run, at: int | None) -> int:
    """An iteration that the run has come to."""
    return run.iterations_done if at is None else min(at, run.iterations_done)


def _plot_sweep(db: str, sweep_id: int, paper: Paper, log_y: bool, x_kind: Any, json: bool) -> None:
    from engine.commands.sweeps.waiting import outcome_as_dict
    from engine.jobs.people.progress import present_outcome
    from tui.printing.sweep import print_sweep, sweep_of

    with reading(db) as reader:
        found = present_outcome(reader, sweep_id)
    if json:
        click.echo(as_json(outcome_as_dict(found)))
        return
    with people_errors():
        drawn = print_sweep(sweep_of(Path(db), sweep_id), paper, log_y=log_y, x_kind=x_kind)
    if not drawn:
        raise click.ClickException(f"No value of sweep {sweep_id} has been evaluated yet.")
    print_chart(drawn)


def print_chart(text: str) -> None:
    """Print a chart to standard output as it is: its colours were decided before."""
    click.echo(text, color=True)


def _distinct(runs: tuple[int, ...]) -> tuple[int, ...]:
    from tui.model.choices import MOST_MARKED

    run_ids = tuple(dict.fromkeys(runs))
    if len(run_ids) > MOST_MARKED:
        raise click.UsageError(f"At most {MOST_MARKED} runs are drawn at once; these are {len(run_ids)}.")
    return run_ids


def _check(reader: Reader, run_ids: tuple[int, ...]) -> None:
    """Raise StoreError for a run that does not exist or is deleted."""
    from engine.store import Refused

    for run_id in run_ids:
        if reader.the_run(run_id).deleted_at is not None:
            raise Refused(f"Run {run_id} is deleted; {store_command(f'undelete {run_id}')} brings it back.")


def _report_left_out(lacking: list[int], asked: int, what: str) -> None:
    """Print on standard error which runs are left out. Raises ClickException if none is left."""
    for run_id in lacking:
        click.echo(f"Run {run_id} has {what}; {store_command(f'show {run_id}')} tells how far it is.", err=True)
    if len(lacking) == asked:
        raise click.ClickException("There is nothing to plot.")


def _paper(width: int | None, height: int | None) -> Paper:
    """The output that is drawn on: the terminal, or plain text without one. Raises UsageError for a bad size."""
    from tui.printing import paper

    stream = sys.stdout
    on_terminal = stream is not None and stream.isatty()
    columns, rows = shutil.get_terminal_size(IN_A_PIPE) if on_terminal else IN_A_PIPE
    width = columns if width is None else width
    height = max(min(rows - 1, MOST_ROWS), paper.LEAST_HEIGHT) if height is None else height
    for given, name, least, most in (
        (width, "width", paper.LEAST_WIDTH, paper.MOST_WIDTH), (height, "height", paper.LEAST_HEIGHT, paper.MOST_HEIGHT)
    ):  # fmt: skip
        if not least <= given <= most:
            size = "small" if given < least else "large"
            raise click.UsageError(f"A {name} of {given} is too {size}: a chart has {least} to {most} (--{name}).")
    return paper.on(stream, width, height, on_terminal=on_terminal)

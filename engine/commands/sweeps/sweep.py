"""`lossboard sweep`: start one run per value in the background, wait, and print which value was best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

from engine.commands.options import given_spec, json_option, people_errors, spec_options, tags_option, workers_option
from engine.commands.script_options import NAMES, WITH_DEFAULTS, before_words, script_options, words_of
from engine.commands.sweeps.script_plan import script_plan
from engine.commands.sweeps.steering import STEERING, detach_option
from engine.commands.sweeps.waiting import wait_and_report
from engine.commands.typed.help import GroupedGroup, options_in
from engine.commands.typed.values import matching
from engine.jobs.people import sweeps
from engine.jobs.processes.launch import set_worker_count
from engine.spec import FIELDS, SpecError, near_match, quoted
from engine.sweep import SWEEPABLE, Axis, Halving, SweepPlan, fitting, linear_values, listed, log_values, powers_of_two

DEFAULT_STEP_SIZES = (1e-6, 100.0, 9)
"""Low, high and count of the default values: from far too low to far too high on digits."""

SPACINGS: dict[str, Callable[..., Sequence[float]]] = {
    "log": log_values,
    "linear": linear_values,
    "powers_of_two": powers_of_two,
}

RANGE = click.Tuple([float, float, int])

varied = options_in("What differs")
second_varied = options_in("A second parameter, for a grid")


def parameters(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The parameters that can be swept and begin so."""
    return matching((name.replace("_", "-") for name in SWEEPABLE), incomplete)


repeated = options_in("Repeats and races")


ranked = options_in("Sweeps over a command")


class SweepGroup(GroupedGroup):
    """The commands about sweeps; what stands after -- is the command that a new sweep runs."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the options before a command, and keep its words."""
        if "--" in args and not set(args[: args.index("--")]) & set(self.commands):
            args = before_words(ctx, args)
        return super().parse_args(ctx, args)


@click.group("sweep", cls=SweepGroup, invoke_without_command=True, subcommand_metavar="[COMMAND] [ARGS]...")
@varied(
    "--parameter",
    metavar="NAME",
    shell_complete=parameters,
    help="What differs: step-size by default, batch-size, delta, seed, ...",
)
@varied(
    "--log",
    type=RANGE,
    metavar="LOW HIGH COUNT",
    help="COUNT values from LOW to HIGH, evenly spaced on a logarithmic axis.",
)
@varied(
    "--linear",
    type=RANGE,
    metavar="LOW HIGH COUNT",
    help="COUNT values from LOW to HIGH, evenly spaced.",
)
@varied(
    "--powers-of-two",
    nargs=2,
    type=float,
    metavar="LOW HIGH",
    help="The powers of two from LOW to HIGH.",
)
@varied("--values", metavar="A,B,...", help="These values, separated by commas.")
@second_varied(
    "--second",
    metavar="NAME",
    shell_complete=parameters,
    help="A second parameter: then the sweep is a grid.",
)
@second_varied(
    "--second-log",
    type=RANGE,
    metavar="LOW HIGH COUNT",
    help="Its values, evenly spaced on a logarithmic axis.",
)
@second_varied(
    "--second-linear",
    type=RANGE,
    metavar="LOW HIGH COUNT",
    help="Its values, evenly spaced.",
)
@second_varied("--second-values", metavar="A,B,...", help="Its values.")
@repeated(
    "--repeats",
    metavar="N",
    type=int,
    default=1,
    show_default=True,
    help="Runs per value, with seeds one after another.",
)
@repeated(
    "--own-seeds",
    is_flag=True,
    help="A seed for each run, in place of the same ones for all values.",
)
@repeated(
    "--halving",
    metavar="A,B,...",
    help="A race: at each of these iterations the values with the largest losses are stopped.",
)
@repeated(
    "--keep",
    metavar="SHARE",
    type=float,
    help="The share of the values that goes on in a race; by default 0.5.",
)
@ranked("--metric", metavar="NAME", default="", help="The metric that ranks the values; its loss by default.")
@ranked("--highest", is_flag=True, help="The highest value of the metric is the best one.")
@script_options
@click.option("--name", default="", help="A name for the sweep.")
@tags_option
@spec_options
@detach_option
@workers_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    halving: str | None,
    keep: float | None,
    repeats: int,
    own_seeds: bool,
    name: str,
    tags: tuple[str, ...],
    detach: bool,
    workers: int | None,
    json: bool,
    **given: Any,
) -> None:
    """Start a run for each value of a parameter and wait for all; the table on stdout marks the best.

    Where nothing else is said, the values are step sizes from 1e-6 to 100.
    The runs work in the background: interrupting this command does not end them, `lossboard sweep resume` waits again.
    The other options are those of `lossboard run`.

    \b
      lossboard sweep --log 1e-6 100 9 --iterations 300
      lossboard sweep --parameter batch-size --powers-of-two 1 256
      lossboard sweep --log 1e-4 10 16 --halving 100,300 --keep 0.5
      lossboard sweep refine 1

    After -- stands a command of yours in place of an engine run; the parameter is a name in braces in it, or an option:

    \b
      lossboard sweep --parameter lr --log 1e-4 1 8 -- python train.py --lr {lr}
    """
    if ctx.invoked_subcommand is not None:
        return
    with people_errors():
        words, race = words_of(ctx), _race(halving, keep)
        if words:
            plan = script_plan(words, given, SPACINGS, race, repeats, own_seeds, name)
        else:
            plan = plan_from(given, race, repeats, own_seeds, name)
        if workers is not None:
            set_worker_count(ctx.obj, workers)
        sweep_id = sweeps.start(ctx.obj, plan, tags)
    wait_and_report(ctx.obj, sweep_id, detach, json)


for steering in STEERING:
    command.add_command(steering)


def _race(halving: str | None, keep: float | None) -> Halving | None:
    """The race that the options describe; None without one. Raises SpecError."""
    if keep is not None and halving is None:
        raise SpecError("halving", "--keep belongs to a race; say with --halving at which iterations it decides")
    return None if halving is None else Halving(_rungs(halving), 0.5 if keep is None else keep)


def plan_from(given: dict[str, Any], halving: Halving | None, repeats: int, own_seeds: bool, name: str) -> SweepPlan:
    """The plan that the options describe. Raises SpecError, whose message says what does not fit."""
    parameter = _field(given.pop("parameter") or "step_size")
    ranges = {kind: given.pop(kind) for kind in ("log", "linear", "powers_of_two", "values")}
    if parameter == "step_size" and not any(ranges.values()):
        ranges["log"] = DEFAULT_STEP_SIZES
    second = given.pop("second")
    second_ranges = {kind: given.pop(f"second_{kind}") for kind in ("log", "linear", "values")}
    axes = [_axis(parameter, "--", ranges)]
    if second:
        axes.append(_axis(_field(second), "--second-", second_ranges))
    elif any(second_ranges.values()):
        raise SpecError("second", "these are values of a second parameter; name it with --second")
    for option, name_typed in {**NAMES, "metric": "--metric", "highest": "--highest"}.items():
        if given.pop(option) and option not in WITH_DEFAULTS:
            raise SpecError(option, f"{name_typed} belongs to a sweep over a command, which stands after --")
    fields = {field: text for field, text in given.items() if text is not None}
    for axis in axes:
        if axis.field in fields:
            raise SpecError(axis.field, f"{axis.label} is what the sweep varies; leave its option away")
    return SweepPlan(
        base=given_spec(fields, [axis.field for axis in axes]),
        axes=tuple(axes),
        repeats=repeats,
        same_seeds=not own_seeds,
        halving=halving,
        name=name,
    )


def _axis(field: str, prefix: str, ranges: dict[str, Any]) -> Axis:
    chosen = {kind: given for kind, given in ranges.items() if given}
    ways = " or ".join(f"{prefix}{kind.replace('_', '-')}" for kind in ranges)
    if len(chosen) != 1:
        few = "give its values with" if not chosen else "give its values in one way only, with"
        raise SpecError(field, f"{field.replace('_', ' ')}: {few} {ways}")
    ((kind, given),) = chosen.items()
    if kind == "values":
        return Axis(field, listed(given, field))
    return Axis(field, fitting(field, SPACINGS[kind](*given)))


def _field(name: str) -> str:
    """The field of a parameter's name. Raises SpecError, with the closest one, for a name that is none."""
    field = name.strip().lower().removeprefix("--").replace("-", "_")
    if field not in FIELDS:
        names = [known.replace("_", "-") for known in FIELDS]
        raise SpecError(field, f"There is no parameter {quoted(name)}{near_match(field.replace('_', '-'), names)}")
    return field


def _rungs(text: str) -> tuple[int, ...]:
    """The iterations named by `--halving`. Raises SpecError for text that is not integers."""
    try:
        return tuple(map(int, text.split(",")))
    except ValueError:
        raise SpecError("halving", f"rungs: {text[:40]!a} are no iterations; write them like 100,300") from None

"""Options: shared by the commands: options for the fields of a run, access to a store, errors and output."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from typing import Any, TypeVar

import click

from engine.commands.typed.help import GroupedOption
from engine.commands.typed.values import RUN, FieldText
from engine.jobs.processes.launch import MOST_WORKERS
from engine.spec import (
    FIELDS,
    OBJECTIVES,
    STRATEGIES,
    DataError,
    Field,
    RunSpec,
    SpecError,
    check_given,
    defaults,
    spec_from_fields,
    typed_text,
)
from engine.spec.data_defaults import PIXELS
from engine.spec.field_groups import GROUP_OF
from engine.spec.own_names import OWN
from engine.store import Reader, StoreError, open_for_reading
from engine.text import cells_of, clean, loss_text

FAILED = 1
DIVERGED = 3
"""Exit codes of a command whose run has failed or has diverged: a script must not take it for done."""

Command = TypeVar("Command", bound=Callable[..., Any])

json_option = click.option("--json", is_flag=True, help="Answer as JSON.")
run_argument = click.argument("run_id", metavar="RUN", type=RUN)
runs_argument = click.argument("run_ids", metavar="RUN...", type=RUN, nargs=-1, required=True)
yes_option = click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal to ask at.")
detach_option = click.option("--detach", is_flag=True, help="Print the run's number and leave; the run goes on.")


def tag_words(context: click.Context, parameter: click.Parameter, typed: Sequence[str]) -> tuple[str, ...]:
    """The tags in what was typed: blanks and commas are between two."""
    return tuple(word for text in typed for word in text.replace(",", " ").split())


tags_option = click.option(
    "--tag", "tags", metavar="TAG", multiple=True, callback=tag_words, help="A tag; more of them in more options."
)
workers_option = click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(1, MOST_WORKERS),
    help="How many runs the store works on at once, from now on.",
)
limit_option = click.option(
    "--limit", metavar="N", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most."
)

FEW = 4
"""Most choices that the help of an option names as those with which alone it has an effect."""


def spec_options(command: Command) -> Command:
    """A decorator that adds one option per field of a run, in the order of GROUP_OF; the helps tell the defaults."""
    return _field_options(command, with_defaults=True)


def change_options(command: Command) -> Command:
    """A decorator that adds the same options to a command that changes a spec: a field not given stays as it is."""
    return _field_options(command, with_defaults=False)


def _field_options(command: Command, with_defaults: bool) -> Command:
    for name in reversed(GROUP_OF):
        field_option(FIELDS[name], with_defaults)(command)
    return command


def field_option(field: Field, with_default: bool = True) -> Callable[[Command], Command]:
    """The option of one field of a run, as text that `engine.spec` parses."""
    explained = field.help[0].upper() + field.help[1:]
    return click.option(
        field.flag,
        field.name,
        type=FieldText(field),
        cls=GroupedOption,
        group=GROUP_OF[field.name],
        help=f"{explained}{only_with(field)}.",
        default_text=default_text(field) if with_default else "",
    )


def only_with(field: Field) -> str:
    """The few choices of another field with which alone a field has an effect, in brackets; '' if these are many."""
    choices = list(field.needs.values()) or [field.strategies if len(field.strategies) == 1 else frozenset[str]()]
    named = [name for values in choices if len(values) <= FEW for name in sorted(values - {OWN})]
    return f" (only with {', '.join(named)})" if named else ""


def default_text(field: Field) -> str:
    """A field's default, and the strategies, objectives and data sets that have another one."""
    default = getattr(defaults(), field.name)
    others: dict[str, list[str]] = {}
    for name, spec in _default_specs().items():
        value = getattr(spec, field.name)
        if value != default and name != value and spec.decides(field.name):
            others.setdefault(typed_text(field.name, value), []).append(name)
    exceptions = [f"{text} with {', '.join(kinds)}" for text, kinds in others.items()]
    return "; ".join([typed_text(field.name, default), *exceptions])


@cache
def _default_specs() -> dict[str, RunSpec]:
    """The default spec of each strategy, objective and data set of pixels, by its name."""
    return (
        {name: defaults(strategy=name) for name in STRATEGIES}
        | {name: defaults(objective=name) for name in OBJECTIVES}
        | {name: defaults(dataset=name) for name in PIXELS}
    )


def given_spec(fields: Mapping[str, str | None], varied: Collection[str] = ()) -> RunSpec:
    """The spec that the options describe; a default batch that is larger than the data set becomes the full one.

    Says on stderr what was changed and which options have no effect. `varied` are fields that a sweep sets.
    Raises SpecError.
    """
    given = {name: text for name, text in fields.items() if text is not None}
    spec = check_given(_named(spec_from_fields(given)), given)
    exceptions = {*given, *varied}
    if spec.has_data and "batch_size" not in exceptions:
        from engine.jobs.people.submit import fitted_to_data  # imports the numerics, which most commands do not need

        fitted = fitted_to_data(spec)
        if fitted != spec:
            click.echo(
                f"batch size: full, since {clean(spec.dataset)} has fewer than {spec.batch_size} training examples",
                err=True,
            )
        spec = fitted
    if spec.has_data:
        from engine.jobs.people.fitted_defaults import fitted_defaults  # imports the numerics, too

        values = {name: value for name, value in fitted_defaults(spec, waits=True).items() if name not in exceptions}
        spec = spec.changed(**values)
        if values:
            told = ", ".join(f"{FIELDS[name].label} {typed_text(name, value)}" for name, value in values.items())
            click.echo(f"{told}: the defaults for features of the size that they have here", err=True)
    say_without_effect(given, spec)
    return spec


def _named(spec: RunSpec) -> RunSpec:
    """The spec with the yes to the files of code that it names: typed here, they may run."""
    if not spec.own_names:
        return spec
    from engine.jobs.people import own_code  # imports the numerics, which most commands do not need

    return own_code.named(spec)


def say_without_effect(given: Iterable[str], spec: RunSpec) -> None:
    """Say on stderr which of the fields that were given have no effect on the runs of a spec."""
    chosen = asdict(spec)
    for name in given:
        obstacle = FIELDS[name].obstacle(chosen)
        if obstacle not in (None, name):
            what = f"{FIELDS[obstacle].label} {chosen[obstacle]}"
            click.echo(f"{FIELDS[name].flag} has no effect with {what}", err=True)


def answer(json: bool, sentence: str, **more: Any) -> None:
    """Print a command's answer on stdout: the sentence, or a JSON object with it and `more`."""
    click.echo(as_json({**more, "answer": sentence}) if json else sentence)


def ask(question: str, yes: bool) -> None:
    """Ask at the terminal, unless `yes`, before something is deleted. Raises Abort after a no, UsageError elsewhere."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask at: give --yes. Nothing was deleted.")
    click.confirm(question, abort=True, err=True)


def each_answers(run_ids: Iterable[int], ask: Callable[[int], str], json: bool) -> None:
    """Print one answer per run; a run's StoreError goes to stderr, the rest go on, and the exit code is 1."""
    refused = False
    for run_id in run_ids:
        try:
            answer(json, ask(run_id), run_id=run_id)
        except StoreError as error:
            click.echo(f"Error: {clean(str(error))}", err=True)
            refused = True
    if refused:
        raise SystemExit(1)


@contextmanager
def people_errors() -> Iterator[None]:
    """Turn errors into one sentence: exit code 2 for wrong usage, 1 for a store's or a data file's error."""
    try:
        yield
    except DataError as error:
        raise click.ClickException(clean(error.message)) from error
    except SpecError as error:
        raise click.UsageError(clean(error.message)) from error
    except StoreError as error:
        raise click.ClickException(clean(str(error))) from error


@contextmanager
def reading(path: str) -> Iterator[Reader]:
    """A reader of the store, closed at the end; errors are reported as by `people_errors`."""
    with people_errors():
        reader = open_for_reading(path)
        try:
            yield reader
        finally:
            reader.close()


def as_json(value: Any) -> str:
    """Portable, printable JSON: NaN and Inf become texts, unprintable characters are escaped."""
    text = json.dumps(_finite(value), ensure_ascii=False)
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    # JSON escapes are UTF-16 code units.
    units = character.encode("utf-16-be", "surrogatepass").hex(" ", 2).split()
    return "".join(f"\\u{unit}" for unit in units)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value


def number(value: float | None, digits: int = 4) -> str:
    """A number for a table, to so many significant digits; a dot for None."""
    return "·" if value is None else f"{value:.{digits}g}"


def loss(value: float | None) -> str:
    """A loss for a table; a dot for None."""
    return "·" if value is None else loss_text(value)


def accuracy(share: float | None) -> str:
    """An accuracy (0 to 1) for a table, in per cent; a dot for None."""
    return "·" if share is None else f"{share:.1%}"


def rate(per_s: float | None) -> str:
    """Iterations per second for a table, without decimals from 100 on; a dot for None."""
    return number(per_s, 3) if per_s is None or per_s < 100 else f"{per_s:,.0f}"


def table(header: list[str], rows: list[list[str]], right: frozenset[int]) -> str:
    """Rows of cleaned text in aligned columns; columns in `right` are right-aligned."""
    cells = [header, *([clean(cell, 40) for cell in row] for row in rows)]
    widths = [max(cells_of(row[i]) for row in cells) for i in range(len(header))]
    lines = (
        "  ".join(
            " " * (width - cells_of(cell)) + cell if i in right else cell + " " * (width - cells_of(cell))
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)

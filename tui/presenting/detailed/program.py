"""Program: what a program said of its run, logged and printed, in sections, as lines of (text, style)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from engine.store import LoggedBackground, Metric, Run
from engine.store.list.config_variety import shown
from engine.store.records import Printed
from engine.store.records.config import flat, json_object
from engine.store.records.printed import lines_of, shown_line
from engine.store.records.runs import OF_KIND
from engine.store.records.script_facts import script_lines
from engine.text import clean, counted
from tui.colours.theme import ACCENTED, DIM, FAILED, STRONG, TEXT
from tui.model.run_seen import ProgramSeen
from tui.presenting.detailed.lines import Line, Pair, pieces
from tui.text import numbers
from tui.text.widths import width_of

MOST_VALUES = 500
"""Values of a config or summary that are listed."""

MOST_METRICS = 1000
MOST_LINES = 200
"""Lines of output that are shown: the last ones."""

WIDEST_NAME = 48
SYSTEM = "system/"
"""How the names of metrics begin that measure the machine."""

NUMBER, NARROW_NUMBER, WIDE = 11, 9, 72
"""Cells of a number in the table of metrics, and the width of a wide one."""


def about_program(run: Run, seen: ProgramSeen | None) -> Iterator[Pair]:
    """What kind of run it is, and what its program says it belongs to."""
    yield "kind", [(f"it {OF_KIND[run.kind]}" if run.kind in OF_KIND else run.kind, TEXT)]
    for name, text in script_lines(run, "" if seen is None else seen.said.scraped):
        yield name, [(text, TEXT)]
    for name, value in (("project", run.project), ("group", run.run_group)):
        if value:
            yield name, [(clean(value, 200), TEXT)]
    if seen is not None and seen.said.logged_id:
        yield "its own id", [(clean(seen.said.logged_id, 100), TEXT)]
    if seen is not None and seen.said.place:
        yield "read from", [(clean(seen.said.place, 300), TEXT)]
    if run.listens == 0 and run.ended_at is None and run.kind == "logged":
        yield "listens", [("this run does not listen: its loop asks for no commands", DIM)]
    if run.exit_code is not None:
        yield "exit code", [(str(run.exit_code), FAILED if run.exit_code else TEXT)]
    if run.retries:
        yield "started again", [(counted(run.retries, "time"), TEXT)]


def config_values(text: str, others: Sequence[str] = ()) -> Iterator[Pair]:
    """The values of a JSON object by flat name; those that differ from `others` (of other marked runs) stand out."""
    values, theirs = flat(text), [flat(other) for other in others]
    for name, value in list(values.items())[:MOST_VALUES]:
        own = shown(value)
        differing = [
            given for given in dict.fromkeys(shown(one[name]) for one in theirs if name in one) if given != own
        ]
        line: Line = [(own, ACCENTED if differing else TEXT)]
        yield clean(name, WIDEST_NAME), [*line, (f"  others {', '.join(differing[:4])}", DIM)] if differing else line
    if len(values) > MOST_VALUES:
        yield "", [(f"and {counted(len(values) - MOST_VALUES, 'other value')}", DIM)]


def knob_values(said: LoggedBackground) -> Iterator[Pair]:
    """The numbers that may be changed while the run goes on, with their bounds."""
    for name, knob in list(json_object(said.knobs).items())[:MOST_VALUES]:
        facts: Mapping[str, Any] = knob if isinstance(knob, dict) else {"value": knob}
        bounds = [f"{word} {_number(facts[end])}" for end, word in (("low", "from"), ("high", "to")) if _is(facts, end)]
        yield clean(name, WIDEST_NAME), [(_number(facts.get("value")), STRONG), (f"  {' '.join(bounds)}", DIM)]


def _is(facts: Mapping[str, Any], name: str) -> bool:
    return isinstance(facts.get(name), (int, float))


def _number(value: object) -> str:
    return numbers.setting(value, 6) if isinstance(value, (int, float)) else clean(str(value), 40)


def metric_table(seen: ProgramSeen, width: int) -> Iterator[Line]:
    """A row for each metric: its last, lowest and highest value, and how many steps have one."""
    metrics = [metric for metric in seen.metrics if not metric.name.startswith(SYSTEM)]
    if not metrics:
        return
    number = NUMBER if width >= WIDE else NARROW_NUMBER
    standing = seen.standing
    metrics.sort(key=lambda metric: metric.name != standing)
    longest = max(width_of(_name(metric.name)) for metric in metrics)
    room = max(min(longest, width - 3 - 4 * number), 12)
    yield [(f"   {'':<{room}}{'last':>{number}}{'lowest':>{number}}{'highest':>{number}}{'steps':>{number}}", DIM)]
    for metric in metrics[:MOST_METRICS]:
        name = numbers.fit(_name(metric.name), room)
        is_standing = metric.name == standing
        values = "".join(f"{value:>{number}}" for value in _values(metric))
        yield [(" ● " if is_standing else "   ", ACCENTED), (name, STRONG if is_standing else TEXT), (values, TEXT)]
    if len(metrics) > MOST_METRICS:
        yield [(f"   and {counted(len(metrics) - MOST_METRICS, 'other metric')}", DIM)]


def _values(metric: Metric) -> tuple[str, str, str, str]:
    last, low, high = (numbers.loss(value) for value in (metric.last, metric.low, metric.high))
    return last, low, high, numbers.count(metric.count)


def system_values(seen: ProgramSeen) -> Iterator[Pair]:
    """The last values of what measures the machine."""
    for metric in seen.metrics:
        if metric.name.startswith(SYSTEM):
            yield clean(metric.name.removeprefix(SYSTEM), WIDEST_NAME), [(numbers.number(metric.last), TEXT)]


def output_tail(printed: Sequence[Printed], width: int) -> Iterator[Line]:
    """The last lines that a program printed, as they came on both streams; those of errors stand out."""
    lines = lines_of(printed)
    if len(lines) > MOST_LINES or (printed and printed[0].part):
        yield [(f" the last {counted(min(len(lines), MOST_LINES), 'line')}", DIM)]
    for text, stream in lines[-MOST_LINES:]:
        for piece in pieces(shown_line(text), max(width - 2, 8)):
            yield [(f" {piece}", FAILED if stream == "err" else TEXT)]


@lru_cache(maxsize=4096)
def _name(name: str) -> str:
    return clean(name, WIDEST_NAME)

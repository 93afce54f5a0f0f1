"""Values: what a word on the command line may be, and how the shell completes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

import click
from click.shell_completion import CompletionItem

from engine.spec import DATASETS, Field, defaults, is_path, quoted, typed_text
from engine.text import clean

MOST_OFFERED = 50
"""The newest so many runs or sweeps are offered: more cannot be read, and a shell waits for them."""

NAME_WIDTH = 40


class FieldText(click.ParamType[str]):
    """The text of a run's field, which `engine.spec` parses; its choices are shown and completed."""

    name = "text"

    def __init__(self, field: Field) -> None:
        self._field = field

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as it is; the short name of a file that has been added becomes its path."""
        text = str(value)
        if not self._field.open or is_path(text) or text.partition(":")[0].strip().lower() in DATASETS:
            return text
        paths = _own_files().get(text.strip().lower(), [])
        if len(paths) > 1:
            self.fail(f"{quoted(text)} may be {' or '.join(map(clean, sorted(paths)))}; give the path", param, ctx)
        return paths[0] if paths else text

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """The choices between bars; `NAME|FILE` where others are possible; else NUMBER or A,B,..."""
        if not self._field.choices:
            return "A,B,..." if "," in typed_text(self._field.name, getattr(defaults(), self._field.name)) else "NUMBER"
        own = "|FILE.py:NAME" if self._field.takes_own else ""
        return "NAME|FILE" if self._field.open else f"[{'|'.join(self._field.choices)}{own}]"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The choices that begin so; files where other values are possible and no choice does."""
        names = [*self._field.choices, *(_own_files() if self._field.open else ())]
        items = matching(names, incomplete)
        return [CompletionItem(incomplete, type="file")] if self._field.open and not items else items


class RunNumber(click.IntRange):
    """The number of a run; the shell offers those of the store, with their names."""

    name = "number of a run"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The newest runs whose numbers begin so; none without a readable store."""
        return [item for item in _runs(store_of(ctx)) if item.value.startswith(incomplete)]


class SweepNumber(click.IntRange):
    """The number of a sweep; the shell offers those of the store, with their names."""

    name = "number of a sweep"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The newest sweeps whose numbers begin so; none without a readable store."""
        return [item for item in _sweeps(store_of(ctx)) if item.value.startswith(incomplete)]


RUN = RunNumber(min=1)
SWEEP = SweepNumber(min=1)


def matching(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    """The names that begin with what has been typed."""
    return [CompletionItem(name) for name in names if name.startswith(incomplete.lower())]


def store_of(ctx: click.Context) -> str:
    """The path of the store that a command line names."""
    return str(ctx.find_root().params.get("db") or "runs.db")


def _own_files() -> dict[str, list[str]]:
    from engine.datasets import catalogue

    return catalogue.own_files()


def _runs(path: str) -> Iterator[CompletionItem]:
    from engine.store import StoreError, open_for_reading, status_word

    try:
        with closing(open_for_reading(path)) as reader:
            for run in reader.runs(limit=MOST_OFFERED):
                yield CompletionItem(str(run.run_id), help=f"{clean(run.name, NAME_WIDTH)}, {status_word(run.state)}")
    except StoreError:
        return  # a store that cannot be read offers nothing; the command itself will say why


def _sweeps(path: str) -> Iterator[CompletionItem]:
    from engine.store import StoreError, open_for_reading

    try:
        with closing(open_for_reading(path)) as reader:
            for sweep in reader.sweeps(MOST_OFFERED):
                yield CompletionItem(str(sweep.sweep_id), help=clean(sweep.name, NAME_WIDTH))
    except StoreError:
        return

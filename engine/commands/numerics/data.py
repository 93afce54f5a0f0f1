"""`lossboard data`: list and describe data sets, and add one to the cache."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.commands.numerics.loss_point import numerics_errors
from engine.commands.options import as_json, json_option, table
from engine.commands.typed.help import GroupedGroup
from engine.commands.typed.values import FieldText
from engine.spec import FIELDS, SpecError, dataset_parts, is_path, parse_field
from engine.text import clean

if TYPE_CHECKING:
    from engine.datasets.catalogue import DatasetEntry

MOST_LABELS = 20
"""Most names of classes that are told after a file was added; `data info` tells all."""

HEADER = ["data set", "classes", "features", "train", "validation", "test", "cache", "state"]


@click.group("data", cls=GroupedGroup)
def command() -> None:
    """The data sets: list them, look at one, add your own or CIFAR-10."""


@command.command("list")
@json_option
def list_all(json: bool) -> None:
    """List every data set: the known ones, and what else is in the cache."""
    from engine.datasets import cache, catalogue

    with numerics_errors():
        found = catalogue.all_entries()
    if json:
        click.echo(as_json({"cache": str(cache.folder()), "datasets": [as_dict(entry) for entry in found]}))
        return
    click.echo(table(HEADER, [row(entry) for entry in found], right=frozenset(range(1, 7))))
    click.echo(f"cache folder: {clean(str(cache.folder()))}", err=True)


@command.command("info")
@click.argument("dataset", metavar="DATASET", type=FieldText(FIELDS["dataset"]))
@json_option
def info(dataset: str, json: bool) -> None:
    """Tell what DATASET is, how large, and how to get it; a .npz, .csv or .csv.gz file is read and checked."""
    from engine.datasets import catalogue

    with numerics_errors():
        found = catalogue.describe(dataset)
        explanation = catalogue.explanation(parse_field("dataset", dataset))
    if json:
        click.echo(as_json({**as_dict(found), "explanation": explanation}))
        return
    labels = ", ".join(f"{number} {label}" for number, label in enumerate(found.labels))
    more = (("labels", labels), ("source", found.source), ("trouble", found.trouble))
    for label, value in (*zip(HEADER, row(found), strict=True), *more):
        if value:
            click.echo(f"{label:>10}  {clean(value)}")
    if explanation:
        click.echo("\n" + textwrap.fill(explanation, 100, break_long_words=False, break_on_hyphens=False))


@command.command("add")
@click.argument("dataset", metavar="DATASET", type=FieldText(FIELDS["dataset"]))
@click.argument("path", required=False)
@json_option
def add(dataset: str, path: str | None, json: bool) -> None:
    """Put DATASET into the cache: your .npz or .csv[.gz], synthetic-cifar[:N], or cifar10 with the PATH of its files.

    For cifar10, PATH is its .tar.gz (binary or python version) or the folder that it unpacks to.
    """
    from engine.datasets import catalogue, cifar10, load, registry

    with numerics_errors():
        dataset = parse_field("dataset", dataset)
        if dataset == "cifar10":
            if path is None:
                raise SpecError("dataset", f"cifar10 needs the path of its files. {cifar10.HOW_TO_GET}")
            click.echo("reading and checking six batches ...", err=True)
            cifar10.add(Path(parse_field("dataset", os.path.join(os.curdir, path))))
        elif path is not None:
            raise SpecError("dataset", f"only cifar10 is added from a second path; {clean(dataset, 40)} takes none")
        elif not is_path(dataset) and dataset_parts(dataset)[0] not in registry.STORED:
            raise SpecError("dataset", f"{dataset} needs no adding: it is always there")
        else:
            click.echo("reading and checking ...", err=True)
            load(dataset)
        found = catalogue.describe(dataset)
    if json:
        click.echo(as_json(as_dict(found)))
        return
    click.echo(f"{clean(found.dataset)}: {found.state}, {size(found.cache_bytes)}")
    if found.labels:
        labels = ", ".join(clean(label, 40) for label in found.labels[:MOST_LABELS])
        more = ", ..." if len(found.labels) > MOST_LABELS else ""
        click.echo(f"its classes are numbered 0 to {len(found.labels) - 1} in this order: {labels}{more}", err=True)
    short = [name for name, paths in catalogue.own_files().items() if paths == [found.dataset]]
    for name in map(clean, short):
        click.echo(f"its short name is {name}: --dataset {name}", err=True)


def as_dict(entry: DatasetEntry) -> dict[str, object]:
    """A data set as a JSON object."""
    from engine.datasets import SPLITS

    return {
        "dataset": entry.dataset,
        "state": entry.state,
        "classes": entry.classes,
        "features": entry.features,
        "examples": dict(zip(SPLITS, entry.sizes, strict=True)) if entry.sizes else None,
        "labels": list(entry.labels),
        "cache_bytes": entry.cache_bytes,
        "source": entry.source,
        "trouble": entry.trouble,
    }


def row(entry: DatasetEntry) -> list[str]:
    """A data set as a row of the table, in the order of HEADER."""
    numbers = (entry.classes, entry.features, *(entry.sizes or (None, None, None)))
    cells = ["·" if number is None else f"{number:,}" for number in numbers]
    return [entry.dataset, *cells, size(entry.cache_bytes), entry.state]


def size(count: int) -> str:
    """A number of bytes as text in MB or kB; a dot for 0."""
    return "·" if not count else f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"

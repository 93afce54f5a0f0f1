"""`lossboard predict RUN FILE`: print the classes and scores of a file's examples by the weights of a run."""

from __future__ import annotations

import csv
import sys

import click

from engine.commands.numerics.loss_point import numerics_errors
from engine.commands.options import as_json, json_option
from engine.text import clean, counted


@click.command("predict")
@click.argument("run_id", metavar="RUN", type=int)
@click.argument("file", metavar="FILE")
@click.option(
    "--at",
    metavar="ITERATION",
    type=click.IntRange(min=0),
    help="By the weights kept at or before this iteration; by default the newest.",
)
@json_option
@click.pass_obj
def command(db: str, run_id: int, file: str, at: int | None, json: bool) -> None:
    """Predict the class of each example of FILE by the weights of RUN, as CSV: the class, then a score for each class.

    FILE is a .npz with X, or a .csv (.csv.gz) of the features, with or without the class column. The examples are
    treated as those of the run were: the same mean is subtracted, and the same standardization applied.
    """
    from engine.jobs.people.predict import predict

    with numerics_errors():
        found = predict(db, run_id, file, at)
    names = [clean(name) for name in found.names]
    where = f"run {run_id}, weights after {counted(found.iteration, 'iteration')}"
    click.echo(f"{where}: {counted(len(found.classes), 'example')}", err=True)
    if json:
        classes = [names[number] for number in found.classes.tolist()]
        answer = {"run_id": run_id, "iteration": found.iteration, "names": names, "classes": classes}
        click.echo(as_json({**answer, "scores": found.scores.tolist()}))
        return
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(["class", *(f"score {name}" for name in names)])
    for number, scores in zip(found.classes.tolist(), found.scores.tolist(), strict=True):
        rows.writerow([names[number], *(f"{score:.6g}" for score in scores)])

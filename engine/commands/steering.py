"""Steering commands: each does one thing to runs and prints a sentence that says what happens now."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from engine.commands.options import (
    answer,
    ask,
    change_options,
    detach_option,
    each_answers,
    json_option,
    people_errors,
    reading,
    run_argument,
    runs_argument,
    say_without_effect,
    yes_option,
)
from engine.commands.run import tell
from engine.commands.typed.help import GroupedCommand, NumberCommand
from engine.commands.typed.values import RUN
from engine.jobs.people import own_code, steer
from engine.text import clean, counted


def _of_each(name: str, does: Callable[[str, int], str], explained: str) -> click.Command:
    """A command that does one thing to each of some runs and answers with a sentence for each."""

    @click.command(name, help=explained)
    @runs_argument
    @json_option
    @click.pass_obj
    def steer_each(db: str, run_ids: tuple[int, ...], json: bool) -> None:
        each_answers(run_ids, lambda run_id: does(db, run_id), json)

    return steer_each


pause = _of_each("pause", steer.pause, "Pause runs: each keeps where it is and frees its worker.")
resume = _of_each(
    "resume",
    steer.resume,
    "Let paused runs go on, and failed ones: from their newest iteration, in their sweep or race.",
)
stop = _of_each("stop", steer.stop, "Stop runs where they are; what they have recorded is kept.")
undelete = _of_each("undelete", steer.undelete, "Bring deleted runs back, as they were.")


@click.command("step-size", cls=NumberCommand)
@run_argument
@click.argument("value")
@json_option
@click.pass_obj
def step_size(db: str, run_id: int, value: str, json: bool) -> None:
    """Let RUN go on with the step size (learning rate) VALUE; `lossboard show` tells from which iteration on."""
    with people_errors():
        answer(json, steer.set_step_size(db, run_id, value), run_id=run_id)


@click.command("knob", cls=NumberCommand)
@run_argument
@click.argument("name")
@click.argument("value")
@json_option
@click.pass_obj
def knob(db: str, run_id: int, name: str, value: str, json: bool) -> None:
    """Set the knob NAME of RUN, which a program of its own logs, to VALUE; `lossboard show` tells from which step."""
    with people_errors():
        answer(json, steer.set_knob(db, run_id, name, value), run_id=run_id)


@click.command("metric")
@run_argument
@click.argument("name", default="")
@json_option
@click.pass_obj
def metric(db: str, run_id: int, name: str, json: bool) -> None:
    """Let the metric NAME stand for RUN, which a program of its own logs, in lists, filters and charts of losses.

    Without NAME the names of its metrics decide again.
    """
    with people_errors():
        answer(json, steer.choose_main_metric(db, run_id, name), run_id=run_id)


@click.command("fork", cls=GroupedCommand)
@run_argument
@click.option("--at", metavar="ITERATION", type=click.IntRange(min=0), help="Where to fork; by default the newest.")
@change_options
@click.option("--name", default="", help="A name for the new run.")
@detach_option
@json_option
@click.pass_obj
def fork(db: str, /, run_id: int, at: int | None, name: str, detach: bool, json: bool, **fields: str | None) -> None:
    """Start a run that goes on from an iteration of RUN, with what is given here changed, and wait for it.

    Weights, update buffers and random streams go on as they were there, bit for bit, so a data set or a network that
    the weights do not fit is refused. Budgets count from iteration 0.
    Waiting, exit codes and answers are those of `lossboard run`.
    """
    with people_errors():
        changes = {field: text for field, text in fields.items() if text is not None}
        forked = steer.fork(db, run_id, at, changes, name)
    say_without_effect(changes, forked.spec)
    click.echo(forked.sentence, err=True)
    tell(db, forked.run_id, detach, json)


@click.command("trust")
@run_argument
@yes_option
@json_option
@click.pass_obj
def trust(db: str, run_id: int, yes: bool, json: bool) -> None:
    """Let RUN run the files of code that it names, as they were when it was made; if it waits for that, it goes on.

    Read them first: they can do on this machine whatever you can.
    """
    with reading(db) as reader:
        spec = reader.the_run(run_id).spec
    named = {} if spec is None else spec.own_names
    for name in named.values():
        click.echo(clean(name), err=True)
    if named and not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("code can do whatever you can: read it, then give --yes where nobody can be asked")
        click.confirm("Have you read it, and may it run here?", abort=True, err=True)
    with people_errors():
        answer(json, own_code.trust(db, run_id), run_id=run_id)


@click.command("rename")
@run_argument
@click.argument("name")
@json_option
@click.pass_obj
def rename(db: str, run_id: int, name: str, json: bool) -> None:
    """Give RUN another name."""
    if not clean(name):
        raise click.UsageError("A run needs a name that can be read; its name was not changed.")
    with people_errors():
        answer(json, steer.rename(db, run_id, name), run_id=run_id)


@click.command("tag")
@run_argument
@click.argument("tags", metavar="TAG...", nargs=-1, required=True)
@click.option("--remove", is_flag=True, help="Take these tags away instead.")
@json_option
@click.pass_obj
def tag(db: str, run_id: int, tags: tuple[str, ...], remove: bool, json: bool) -> None:
    """Add tags to RUN, or take them away. A tag is one word: blanks and commas are between two."""
    tag_words = [word for tag in tags for word in tag.replace(",", " ").split()]
    if not tag_words:
        raise click.UsageError("A tag is a word; the tags were not changed.")
    with people_errors():
        if remove:  # tags of several words are there from before, or from other programs
            answer(json, steer.untag(db, run_id, [*tags, *tag_words]), run_id=run_id)
        else:
            answer(json, steer.tag(db, run_id, tag_words), run_id=run_id)


@click.command("note")
@run_argument
@click.argument("text", required=False)
@json_option
@click.pass_obj
def note(db: str, run_id: int, text: str | None, json: bool) -> None:
    """Keep TEXT with RUN in place of its note ('' removes it), or print the note that it has."""
    with people_errors():
        if text is not None:
            answer(json, steer.write_note(db, run_id, text), run_id=run_id)
            return
    with reading(db) as reader:
        note = reader.the_run(run_id).note
    answer(json, note if json else clean(note), run_id=run_id)


@click.command("delete")
@runs_argument
@yes_option
@json_option
@click.pass_obj
def delete(db: str, run_ids: tuple[int, ...], yes: bool, json: bool) -> None:
    """Delete runs. `lossboard undelete` brings them back until `lossboard purge` gives their space back."""
    if not yes:
        with reading(db) as reader:
            for run_id in run_ids:
                reader.the_run(run_id)
    ask(f"Delete {counted(len(run_ids), 'run')}?", yes)
    each_answers(run_ids, lambda run_id: steer.delete(db, run_id), json)


@click.command("purge")
@click.argument("run_ids", metavar="[RUN...]", type=RUN, nargs=-1)
@yes_option
@json_option
@click.pass_obj
def purge(db: str, run_ids: tuple[int, ...], yes: bool, json: bool) -> None:
    """Remove deleted runs for good and give their space back; all of them when none is named."""
    ask("Remove deleted runs for good?", yes)
    with people_errors():
        answer(json, steer.purge(db, run_ids or None))

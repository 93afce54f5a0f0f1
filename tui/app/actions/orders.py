"""Orders: what the viewer asks of the store. Call them in a thread: a store may make its writers wait."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

from engine.files.program import store_command
from engine.spec import RunSpec, SpecError, race
from engine.store import (
    FilterError,
    Knob,
    Listing,
    NoRun,
    PageRequest,
    Refused,
    Run,
    StoreBusy,
    StoreError,
    StoreFull,
    open_for_reading,
)
from engine.text import clean
from tui.model.messages import Steering
from tui.reading.list_page import MOST_RUNS


def start(path: Path, spec: RunSpec, name: str, named: frozenset[str] = frozenset()) -> tuple[int, ...]:
    """Queue one run and start workers; its number. Raises SpecError where the data set does not fit, StoreError.

    `named` are the fields in which the user has just typed a name: files of code there may be run.
    """
    from engine.jobs.people import own_code
    from engine.jobs.people.submit import submit

    return tuple(submit(path, [own_code.named(spec, named)], names=[name] if name else None))


def start_named(path: Path, runs: Sequence[tuple[str, RunSpec]], tag: str) -> tuple[int, ...]:
    """Queue runs of these names and specs with a tag, and start workers; their numbers. Raises StoreError."""
    from engine.jobs.people.submit import submit

    return tuple(submit(path, [spec for _, spec in runs], names=[name for name, _ in runs], tags=(tag,)))


def start_race(path: Path) -> tuple[int, ...]:
    """Queue the race of the four strategies and start workers; the runs' numbers. Raises StoreError."""
    from engine.jobs.people.submit import submit

    return tuple(submit(path, race()))


def recover(path: Path) -> bool:
    """Recover lost runs and start workers for the queue; False if the store was busy or full: try again.

    A read-only store stays as it is.
    """
    from engine.jobs.people import steer

    try:
        steer.recover(path)
    except (StoreBusy, StoreFull):
        return False
    except StoreError:
        return True
    return True


def listing_with(path: Path, run_id: int, listing: Listing, judged: Mapping[int, str]) -> Listing:
    """A listing that contains this run: the given one, or it without the fold or filter that hides the run.

    Raises ValueError where the run does not exist or is deleted, and StoreError.
    """
    with closing(open_for_reading(path)) as reader:
        run = reader.run(run_id)
        if run is None:
            raise ValueError(f"There is no run {run_id}.")
        if run.deleted_at is not None:
            raise ValueError(f"Run {run_id} is deleted; {store_command(f'undelete {run_id}')} brings it back.")
        unfolded = replace(listing, folded=tuple(folded for folded in listing.folded if folded != run.sweep_id))
        for wider in (listing, unfolded):
            with suppress(FilterError):
                rows = reader.listed(wider, PageRequest(1, run_id=run_id), judged).rows
                if any(isinstance(row, Run) and row.run_id == run_id for row in rows):
                    return wider
    return replace(unfolded, text="")


def top_of(path: Path, listing: Listing, judged: Mapping[int, str]) -> tuple[int, ...]:
    """The runs at the top of a list, at most one page. Raises StoreError."""
    with closing(open_for_reading(path)) as reader:
        try:
            listed = reader.listed(listing, PageRequest(MOST_RUNS), judged)
        except FilterError:  # the page, too, shows all runs under a broken filter
            listed = reader.listed(replace(listing, text=""), PageRequest(MOST_RUNS), judged)
        return tuple(run.run_id for run in listed.runs)


def found_runs(
    path: Path, text: str, listing: Listing, judged: Mapping[int, str], among: Collection[int] | None = None
) -> tuple[tuple[Run, ...], int, int]:
    """Runs that fit a filter in the order of a listing, at most MOST_RUNS; how many fit, and of how many runs.

    `among` are the runs that are looked through; None: all that are not deleted. Raises StoreError.
    """
    listing = Listing(text, listing.order, listing.reverse)
    with closing(open_for_reading(path)) as reader:
        if among is None:
            listed = reader.listed(listing, PageRequest(MOST_RUNS), judged)
            return listed.runs, listed.fitting, sum(reader.counts().values())
        fitting = reader.fitting(listing, among, judged)
        runs = {run.run_id: run for run in reader.runs_by_id(fitting)}
        return tuple(runs[run_id] for run_id in among if run_id in runs), len(runs), len(among)


def steered(path: Path, run_id: int, verb: Steering) -> str:
    """Pause, resume, stop or delete a run; the answer as a sentence. Raises StoreError."""
    from engine.jobs.people import steer

    if verb == "delete":
        steer.delete(path, run_id)
        return f"Run {run_id} is deleted; u brings it back, until the dashboard closes."
    return {"pause": steer.pause, "resume": steer.resume, "stop": steer.stop}[verb](path, run_id)


def set_knob(path: Path, run_id: int, name: str, value: float | str) -> str:
    """Set a knob of a logged run; the answer as a sentence. Raises StoreError, SpecError."""
    from engine.jobs.people import steer

    return steer.set_knob(path, run_id, name, value)


def scale_knob(path: Path, run_id: int, factor: float, name: str) -> tuple[str, Knob]:
    """Multiply a knob of a logged run, its only one without a name; the answer, and how it stood. Raises StoreError."""
    from engine.jobs.people import steer

    return steer.scale_knob(path, run_id, factor, name)


def scale_step_size(path: Path, run_id: int, factor: float) -> str:
    """Multiply the step size of a run; the answer as a sentence. Raises StoreError, SpecError."""
    from engine.jobs.people import steer

    return steer.scale_step_size(path, run_id, factor)


def choose_metric(path: Path, names: Mapping[int, str]) -> dict[int, str]:
    """Let a metric stand for each of some logged runs; returns what was chosen before. Raises StoreError."""
    from engine.jobs.people import steer

    return steer.choose_metric(path, names)


def undelete(path: Path, what: Literal["run", "sweep"], number: int) -> str:
    """Restore a deleted run or sweep; the answer as a sentence. Raises StoreError."""
    from engine.jobs.people import steer, sweeps

    return steer.undelete(path, number) if what == "run" else sweeps.undelete(path, number)


def purge(path: Path, run_ids: Sequence[int]) -> str:
    """Free the space of those runs that are still deleted; the answers, one per line. Raises StoreError."""
    from engine.jobs.people import steer

    with closing(open_for_reading(path)) as reader:
        deleted = [run.run_id for run in reader.runs_by_id(run_ids) if run.deleted_at is not None]
    answers = []
    for run_id in deleted:
        try:
            answers.append(steer.purge(path, [run_id]))
        except Refused as refusal:  # the other runs can still be purged
            answers.append(str(refusal))
    return "\n".join(answers)


def fork(path: Path, run_id: int, texts: Mapping[str, str]) -> tuple[int, str]:
    """Fork a run with the texts of its form; the new run's number and the answer.

    Raises SpecError with the field's name, and StoreError.
    """
    from engine.jobs.people import steer

    changes = dict(texts)
    at, name = changes.pop("iteration").strip(), changes.pop("name").strip()
    if at and not at.isdecimal():
        raise SpecError("iteration", f"from iteration: {at!r} is not a whole number")
    forked = steer.fork(path, run_id, int(at) if at else None, changes, name)
    return forked.run_id, forked.sentence


def edit(path: Path, before: Run, texts: Mapping[str, str]) -> str:
    """Set the run's name, tags and note, as far as `texts` has them; the answers as one sentence. Raises StoreError."""
    from engine.jobs.people import steer

    run_id = before.run_id
    if "name" in texts:
        steer.rename(path, run_id, texts["name"].strip())
    if "tags" in texts:
        wanted = _words(texts["tags"])
        kept = [tag for tag in before.tags if set(_words(clean(tag))) <= set(wanted)]
        there = {word for tag in kept for word in _words(clean(tag))}
        if added := [word for word in wanted if word not in there]:
            steer.tag(path, run_id, added)
        if removed := [tag for tag in before.tags if tag not in kept]:
            steer.untag(path, run_id, removed)
    if "note" in texts:
        steer.write_note(path, run_id, texts["note"].strip())
    changed = [name for name in ("name", "tags", "note") if name in texts]
    if not changed:
        return "Nothing was changed."
    changed_names = changed[0] if len(changed) == 1 else f"{', '.join(changed[:-1])} and {changed[-1]}"
    return f"Saved {changed_names} of run {run_id}. u undoes."


def restore(path: Path, before: Run) -> str:
    """Give a run the name, tags and note again that it had; the answer as a sentence. Raises StoreError."""
    from engine.jobs.people import steer

    run_id = before.run_id
    with closing(open_for_reading(path)) as reader:
        run = reader.run(run_id)
    if run is None:
        raise NoRun(run_id)
    if run.name != before.name:
        steer.rename(path, run_id, before.name)
    if run.tags != before.tags:
        steer.untag(path, run_id, run.tags)
        steer.tag(path, run_id, before.tags)
    if run.note != before.note:
        steer.write_note(path, run_id, before.note)
    return f"Run {run_id} has its name, tags and note from before the edit again."


def _words(text: str) -> list[str]:
    """The words of typed tags; a stored tag may itself be several words."""
    return text.replace(",", " ").split()


def set_workers(path: Path, text: str) -> str:
    """Set the largest number of workers ('': the default); the answer. Raises ValueError, StoreError."""
    from engine.jobs.processes.launch import set_worker_count

    if text.strip() and not text.strip().isdecimal():
        raise ValueError(f"workers: {text.strip()!r} is not a whole number")
    return set_worker_count(path, int(text) if text.strip() else None)

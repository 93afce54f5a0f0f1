"""What the viewer orders, carried out in the store. Called in a thread: a store may make its writers wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

from engine.spec import RunSpec, SpecError, race
from engine.store import (
    FilterError,
    Listing,
    PageRequest,
    Refused,
    Run,
    StoreBusy,
    StoreError,
    StoreFull,
    open_for_reading,
)
from engine.text import clean
from tui.reading.list_page import MOST_RUNS


def start(path: Path, spec: RunSpec, name: str) -> tuple[int, ...]:
    """Queue one run and start workers. Raises SpecError, where the data set does not fit, or StoreError."""
    from engine.jobs.people.submit import submit

    return tuple(submit(path, [spec], names=[name] if name else None))


def start_race(path: Path) -> tuple[int, ...]:
    """Queue the race of the four ways down and start workers. Raises StoreError."""
    from engine.jobs.people.submit import submit

    return tuple(submit(path, race()))


def take_up(path: Path) -> bool:
    """Have lost runs taken up again, and workers there for the queue; False where that may be tried again.

    A store that may only be read stays as it is.
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
    """A listing that has this run: the given one, or without what hides the run in it.

    Raises ValueError that says so where there is no such run, and StoreError.
    """
    with closing(open_for_reading(path)) as reader:
        run = reader.run(run_id)
        if run is None:
            raise ValueError(f"There is no run {run_id}.")
        if run.deleted_at is not None:
            raise ValueError(f"Run {run_id} is deleted; lossboard undelete {run_id} brings it back.")
        unfolded = replace(listing, folded=tuple(folded for folded in listing.folded if folded != run.sweep_id))
        for wider in (listing, unfolded):
            with suppress(FilterError):
                rows = reader.listed(wider, PageRequest(1, run_id=run_id), judged).rows
                if any(isinstance(row, Run) and row.run_id == run_id for row in rows):
                    return wider
    return replace(unfolded, text="")


def top_of(path: Path, listing: Listing, judged: Mapping[int, str]) -> tuple[int, ...]:
    """The runs at the top of a list, as many as a page has. Raises StoreError."""
    with closing(open_for_reading(path)) as reader:
        try:
            listed = reader.listed(listing, PageRequest(MOST_RUNS), judged)
        except FilterError:  # the page shows all runs then
            listed = reader.listed(replace(listing, text=""), PageRequest(MOST_RUNS), judged)
        return tuple(run.run_id for run in listed.runs)


def stop(path: Path, run_id: int) -> str:
    """End a run where it is; the store's answer as a sentence. Raises StoreError."""
    from engine.jobs.people import steer

    return steer.stop(path, run_id)


def steered(path: Path, run_id: int, verb: Literal["pause", "resume"]) -> str:
    """Pause or resume a run; the answer as a sentence. Raises StoreError."""
    from engine.jobs.people import steer

    return steer.pause(path, run_id) if verb == "pause" else steer.resume(path, run_id)


def scale_step_size(path: Path, run_id: int, factor: float) -> str:
    """Multiply the step size of a run; the answer as a sentence. Raises StoreError, SpecError."""
    from engine.jobs.people import steer

    return steer.scale_step_size(path, run_id, factor)


def delete(path: Path, run_id: int) -> str:
    """Put a run out of sight; the answer as a sentence. Raises StoreError."""
    from engine.jobs.people import steer

    steer.delete(path, run_id)
    return f"Run {run_id} is deleted; u brings it back, until the dashboard closes."


def undelete(path: Path, what: Literal["run", "sweep"], number: int) -> str:
    """Bring a run or a whole sweep back; the answer as a sentence. Raises StoreError."""
    from engine.jobs.people import steer, sweeps

    return steer.undelete(path, number) if what == "run" else sweeps.undelete(path, number)


def purge(path: Path, run_ids: Sequence[int]) -> str:
    """Give the space of those runs back that are still deleted; the answers, a line each. Raises StoreError."""
    from engine.jobs.people import steer

    with closing(open_for_reading(path)) as reader:
        deleted = [run.run_id for run in reader.these(run_ids) if run.deleted_at is not None]
    answers = []
    for run_id in deleted:
        try:
            answers.append(steer.purge(path, [run_id]))
        except Refused as refusal:  # is no reason to keep the others
            answers.append(str(refusal))
    return "\n".join(answers)


def fork(path: Path, run_id: int, texts: Mapping[str, str]) -> tuple[int, str]:
    """Start a fork as its form says; its number and the answer. Raises StoreError, or SpecError naming the field."""
    from engine.jobs.people import steer

    changes = dict(texts)
    at, name = changes.pop("iteration").strip(), changes.pop("name").strip()
    if at and not at.isdecimal():
        raise SpecError("iteration", f"from iteration: {at!r} is not a whole number")
    return steer.fork(path, run_id, int(at) if at else None, changes, name)


def edit(path: Path, before: Run, texts: Mapping[str, str]) -> str:
    """Change those of a run's name, tags and note that are given; the answers as a sentence. Raises StoreError."""
    from engine.jobs.people import steer

    run_id, answers = before.run_id, []
    if "name" in texts:
        answers.append(steer.rename(path, run_id, texts["name"].strip()))
    if "tags" in texts:
        wanted = _words(texts["tags"])
        kept = [tag for tag in before.tags if set(_words(clean(tag))) <= set(wanted)]
        there = {word for tag in kept for word in _words(clean(tag))}
        if added := [word for word in wanted if word not in there]:
            answers.append(steer.tag(path, run_id, added))
        if removed := [tag for tag in before.tags if tag not in kept]:
            answers.append(steer.untag(path, run_id, removed))
    if "note" in texts:
        answers.append(steer.write_note(path, run_id, texts["note"].strip()))
    return " ".join(answers) or "Nothing was changed."


def _words(text: str) -> list[str]:
    """What is typed as tags; one from elsewhere may have several words."""
    return text.replace(",", " ").split()


def set_workers(path: Path, text: str) -> str:
    """How many workers there may be ('': as many as is usual); the answer as a sentence. Raises ValueError."""
    from engine.jobs.processes.launch import set_worker_count

    if text.strip() and not text.strip().isdecimal():
        raise ValueError(f"workers: {text.strip()!r} is not a whole number")
    return set_worker_count(path, int(text) if text.strip() else None)

"""Importing: takes the runs of some files and folders in, once however often it is asked."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from engine.imports.decoding.unreadable import Unreadable
from engine.imports.detection import FORMATS, Found
from engine.imports.records import Source
from engine.jobs.imports.intake import Intake, Taken
from engine.jobs.processes.liveness import is_alive, this_process
from engine.store import FencedOff, Reader, Store, open_for_writing


@dataclass(frozen=True, slots=True)
class Imported:
    """What was taken in of one source: its run (None: none was made) and how that is called, how many values were new,
    and how long it took.

    `troubles` are sentences about what could not be read.
    """

    source: Source
    run_id: int | None
    name: str
    values: int
    is_new: bool
    seconds: float
    troubles: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What people call its format."""
        return FORMATS[self.source.format].title


def import_sources(store_path: str | os.PathLike[str], found: Found) -> Iterator[Imported]:
    """Take in what is new of each source; a store that is missing is made. Raises StoreError."""
    with open_for_writing(store_path) as store:
        worker_id = store.register_worker(this_process())
        try:
            with closing(ahead_of([Intake(store, worker_id, source) for source in found.sources])) as intakes:
                for intake in intakes:
                    yield _imported(store, intake)
        finally:
            store.leave(worker_id)
            store.fold_journal()


def ahead_of(intakes: Sequence[Intake], *, settled: bool = True) -> Generator[Intake, None, None]:
    """The intakes, each while the next one is being read already. Close it, so that none reads in vain."""
    begun: Intake | None = None
    try:
        for intake, following in zip(intakes, [*intakes[1:], None], strict=False):
            begun = following
            if following is not None:
                following.begin_to_read(settled=settled)
            yield intake
    finally:
        if begun is not None:
            begun.close()


def _imported(store: Store, intake: Intake) -> Imported:
    began, source = time.monotonic(), intake.source
    follower = followed_by(store.reader(), intake.run_id)
    taken = Taken(intake.run_id)
    if follower is not None:
        intake.close()
        taken.troubles.append(f"Run {intake.run_id} is being read by process {follower}, which has all that is there.")
    else:
        try:
            taken = intake.take()
        except (Unreadable, FencedOff) as error:
            taken.troubles.append(str(error))
    run = None if taken.run_id is None else store.reader().run(taken.run_id)
    return Imported(
        source, taken.run_id, source.name if run is None else run.name, taken.values,
        taken.is_new and run is not None, time.monotonic() - began, tuple(taken.troubles),
    )  # fmt: skip


def followed_by(reader: Reader, run_id: int | None) -> int | None:
    """The process that reads a run at this moment, another one than this; None where none does."""
    run = None if run_id is None else reader.run(run_id)
    if run is None or run.state != "running":
        return None
    worker = next((each for each in reader.workers() if each.worker_id == run.worker_id), None)
    if worker is None or worker.pid == os.getpid() or is_alive(worker) is False:
        return None
    return worker.pid


def counted_only(found: Found) -> Iterator[Imported]:
    """Read all of each source and store nothing: what an import of it into an empty store would take in."""
    for source in found.sources:
        began, values, troubles = time.monotonic(), 0, list[str]()
        try:
            for piece in FORMATS[source.format].read(source, {}, settled=True):
                values += sum(map(len, piece.values.values()))
                troubles += piece.troubles
        except Unreadable as error:
            troubles.append(str(error))
        yield Imported(source, None, source.name, values, True, time.monotonic() - began, tuple(troubles))

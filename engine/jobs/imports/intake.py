"""Intake: takes one run of another program's into the store: what is new in its files, and how far they were read."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from engine.imports.decoding.unreadable import Replaced
from engine.imports.detection import FORMATS, stamps
from engine.imports.records import PIECE_VALUES, Ending, Facts, Piece, Position, Source
from engine.jobs.imports.batch import Batch
from engine.jobs.imports.read_ahead import ReadAhead, read_ahead
from engine.store import ENDED, ImportedFacts, ImportedNews, ImportedWriter, RunState, SourceKey, Store
from engine.text import span_text

QUIET_S = 600.0
"""A followed run whose files were not written for so long has ended, as far as they tell."""

LOST_AFTER_S = 3600.0
"""A run whose files would tell its end and were not written for so long is given up."""

LONGEST_TEXT, LONGEST_NOTE, MOST_TAGS = 500, 20_000, 100
LONGEST_JSON = 1 << 20
"""What is stored at most of names, notes, tags, and of settings as JSON: longer ones are left out."""

UNTOLD = "its file does not tell how it ended"
GOES_ON = "it had not ended when it was read; import or watch it again, and it goes on"


@dataclass(slots=True)
class Taken:
    """What was taken in of a run: its number, how many values, and sentences about what could not be read."""

    run_id: int | None = None
    values: int = 0
    is_new: bool = False
    troubles: list[str] = field(default_factory=list)


class Intake:
    """Takes one run in, again and again as its files grow."""

    def __init__(self, store: Store, worker_id: int, source: Source) -> None:
        self.source = source
        self._key = SourceKey(source.format, str(source.place), source.key)
        self._store = store
        self._worker_id = worker_id
        self._known = store.imported.known(self._key)
        self._position: Position = _position("" if self._known is None else self._known.position)
        self._state: RunState | None = None if self._known is None else self._known.state
        self._writer: ImportedWriter | None = None
        self._facts: Facts | None = None
        self._ending: Ending | None = None
        self._metrics: set[str] = set()
        self._elapsed_s = 0.0
        self._begun: ReadAhead | None = None

    @property
    def run_id(self) -> int | None:
        """The run's number; None before it has one."""
        return None if self._known is None else self._known.run_id

    def take(self, *, settled: bool = True, stays: bool = False) -> Taken:
        """Take in what is new; `stays`: the run is followed on. Raises Unreadable, StoreError."""
        taken = Taken(is_new=self._known is None)
        if self._known is not None and self._known.is_deleted:
            self.close()
            taken.troubles.append(f"Run {self.run_id} was read from it and is deleted; undelete it to go on with it.")
        else:
            try:
                self._read(taken, settled=settled, stays=stays)
            except Replaced as error:
                taken.troubles.append(f"{error} What is in it now is another run.")
                self._begin_anew()
                taken.is_new = True
                self._read(taken, settled=settled, stays=stays)
        taken.run_id = self.run_id
        return taken

    def begin_to_read(self, *, settled: bool = True) -> None:
        """Have a thread read what the next `take` takes in, while another run is stored; take it, or close."""
        self._begun = ReadAhead(FORMATS[self.source.format].read(self.source, self._position, settled=settled))

    def close(self) -> None:
        """Let go what was begun to be read."""
        if self._begun is not None:
            self._begun.close()
            self._begun = None

    @property
    def goes_on(self) -> bool:
        """Whether the run is stored as one that goes on, by this process."""
        return self._writer is not None

    def heartbeat(self) -> None:
        """Tell that a run that goes on is still followed. Raises FencedOff, StoreError."""
        if self._writer is not None:
            self._writer.note_waiting("")

    def _read(self, taken: Taken, *, settled: bool, stays: bool) -> None:
        batch = Batch()
        for piece in self._pieces(settled=settled):
            if piece.rewind is not None:
                self._store_batch(batch, taken, "running")
                batch = Batch()
                if self._known is not None:
                    self._claimed().rewind(piece.rewind)
            self._facts = piece.facts or self._facts
            self._ending = piece.ending or self._ending
            taken.troubles += piece.troubles
            batch.add(piece)
            if batch.values >= PIECE_VALUES:
                self._store_batch(batch, taken, "running")
                batch = Batch()
        state, reason, at_s = self._outcome(stays=stays)
        self._store_batch(batch, taken, state, reason, at_s)

    def _pieces(self, *, settled: bool) -> Iterator[Piece]:
        """What is new of the run, from what was begun to be read if there is any."""
        begun, self._begun = self._begun, None
        if begun is None:
            yield from read_ahead(FORMATS[self.source.format].read(self.source, self._position, settled=settled))
        else:
            with closing(begun):
                yield from begun

    def _store_batch(
        self, batch: Batch, taken: Taken, state: RunState, reason: str = "", at_s: float | None = None
    ) -> None:
        """Store a batch and the state of its run, where either is new and it is known what run that is."""
        if self._facts is None and self._known is None:
            return
        position = self._position if batch.position is None else batch.position
        is_news = bool(batch.values) or json.dumps(position) != json.dumps(self._position)
        has_ended = self._state in ENDED and self._ending is None
        if not is_news and (state == self._state or has_ended):
            return
        elapsed_s = max(self._elapsed_s, batch.elapsed_s)
        writer = self._claimed(elapsed_s)
        elapsed_s = self._elapsed_s = max(elapsed_s, self._elapsed_s)
        measured, told = batch.measured(self._metrics)
        news = ImportedNews(
            received=0,
            elapsed_s=elapsed_s,
            config=_json(batch.config),
            summary=_json(batch.summary),
            position=json.dumps(position),
        )
        if state == "running":
            writer.write(measured, news)
        else:
            ended_at = None if state == "paused" else _iso(at_s if at_s is not None else self._changed_s())
            writer.leave(state, reason, measured, replace(news, ended_at=ended_at))
            self._writer = None
        self._state, self._position = state, position
        taken.values += batch.values
        taken.troubles += told

    def _claimed(self, elapsed_s: float = 0.0) -> ImportedWriter:
        """The writer of the run, which is begun or taken over with the first batch."""
        if self._writer is None:
            if self._known is None:
                claim = self._store.imported.begin(self._worker_id, self._key, self._first_facts(elapsed_s))
                self._known = self._store.imported.known(self._key)
            else:
                claim = self._store.imported.take(self._worker_id, self._known)
                self._elapsed_s = claim.elapsed_s
            self._writer = self._store.imported_writer(claim)
            self._metrics = set(self._writer.metric_names)
            self._state = "running"
        return self._writer

    def _first_facts(self, elapsed_s: float) -> ImportedFacts:
        facts = self._facts
        assert facts is not None
        started_s = facts.started_s
        if started_s is None:  # the last value was written when the file was
            changed_s = self._changed_s()
            started_s = None if changed_s is None else changed_s - elapsed_s
        return ImportedFacts(
            name=facts.name[:LONGEST_TEXT],
            project=facts.project[:LONGEST_TEXT],
            group=facts.group[:LONGEST_TEXT],
            config=_json(facts.config) or "{}",
            tags=tuple(tag[:LONGEST_TEXT] for tag in facts.tags[:MOST_TAGS]),
            note=facts.note[:LONGEST_NOTE],
            started_at=_iso(started_s),
        )

    def _begin_anew(self) -> None:
        """Leave the run of the file that was there before, and begin another one."""
        if self._writer is not None:
            self._store_batch(Batch(), Taken(), "finished", "its file was replaced")
        self._store.imported.set_aside(self._key)
        self._known = self._writer = self._facts = self._ending = self._state = None
        self._position, self._elapsed_s = {}, 0.0

    def _outcome(self, *, stays: bool) -> tuple[RunState, str, float | None]:
        """(state, reason, time in seconds since the epoch) of the run as its files and their age tell."""
        if self._ending is not None:
            return self._ending.state, self._ending.reason, self._ending.at_s
        changed_s = self._changed_s()
        quiet_s = 0.0 if changed_s is None else max(time.time() - changed_s, 0.0)
        if stays and quiet_s < QUIET_S:
            return "running", "", None
        if not FORMATS[self.source.format].tells_end:
            return "finished", UNTOLD, None
        if quiet_s < LOST_AFTER_S:
            return "paused", GOES_ON, None
        return "failed", f"lost: no end is in its file, which was last written {span_text(quiet_s)} before", None

    def _changed_s(self) -> float | None:
        """When the run's files were written last, in seconds since the epoch; None where there are none."""
        return max((changed_ns / 1e9 for _, _, changed_ns in stamps(self.source)), default=None)


def _position(text: str) -> Position:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _json(values: Mapping[str, Any] | None) -> str | None:
    """A JSON object that any reader takes: numbers that JSON does not know are written as text."""
    if values is None:
        return None
    text = json.dumps(_plain(values), ensure_ascii=False).encode("utf-8", "replace").decode()
    return text if len(text) <= LONGEST_JSON else "{}"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _iso(second_s: float | None) -> str | None:
    """A time as ISO 8601 in UTC, as the store has it; None where there is none or it is beyond all calendars."""
    if second_s is None:
        return None
    try:
        return datetime.fromtimestamp(second_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None

"""Imported: what the store knows of a run that was read from files of another program, and how far it was read."""

from __future__ import annotations

from dataclasses import dataclass

from engine.store.records.logged import LoggedClaim, LoggedNews
from engine.store.records.runs import RunState

UNREAD = "what read it has ended; imported again, it goes on"
"""The reason of a run whose reader was killed."""


@dataclass(frozen=True, slots=True)
class SourceKey:
    """Which run of which place in which format a run was read from: one row of the table `sources`."""

    format: str
    place: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class ImportedFacts:
    """What a file says of its run when it is first read; `config` is a JSON object as text, `started_at` ISO 8601."""

    name: str
    project: str = ""
    group: str = ""
    config: str = "{}"
    tags: tuple[str, ...] = ()
    note: str = ""
    started_at: str | None = None


@dataclass(frozen=True, slots=True)
class ImportedSource:
    """A row of `sources`: its run with that one's state, and how far it was read, as JSON."""

    source: SourceKey
    run_id: int
    position: str
    state: RunState
    is_deleted: int


@dataclass(frozen=True, slots=True)
class ImportedClaim(LoggedClaim):
    """The exclusive right to write an imported run, with how far it was read."""

    position: str = ""


@dataclass(frozen=True, slots=True)
class ImportedNews(LoggedNews):
    """What else is stored with a batch: how far the run is read with it, and when it ended (None: now)."""

    position: str = ""
    ended_at: str | None = None

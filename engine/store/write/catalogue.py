"""Catalogue: names, notes and tags of runs, and their deletion."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from engine.files.program import store_command
from engine.store.file.connection import Connection, pragma
from engine.store.file.timing import utc_now
from engine.store.records import NoRun, Refused
from engine.store.write.tags import tags_from_text, tags_to_text
from engine.text import clean

PURGE_ROWS = 20_000
"""Iterations that one transaction of a purge deletes: takes about 20 ms, so that no worker waits for long."""

VACUUM_PAGES = 1000

HELD = "(state = 'running' OR state = 'paused' AND (kind = 'logged' OR process <> ''))"
"""SQL condition: a process has the run, one that is paused included."""

PURGED_WITH_A_RUN = ("evaluations", "checkpoints", "commands", "output", "sources", "runs")


class Catalogue:
    """Names, tags, notes and deletion. Text is stored as given: clean it before display.

    Methods on a run return a sentence for people, and raise NoRun for an unknown run, Refused when its state forbids
    the change; nothing is changed then.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rename(self, run_id: int, name: str) -> str:
        """Rename a run; '' removes its name."""
        answer = f"Renamed run {run_id} to {clean(name)!r}." if name else f"Removed the name of run {run_id}."
        return self._set(run_id, "name", name, answer)

    def write_note(self, run_id: int, note: str) -> str:
        """Replace a run's note; '' removes it."""
        return self._set(run_id, "note", note, f"{'Saved' if note else 'Removed'} the note of run {run_id}.")

    def tag(self, run_id: int, tags: Iterable[str]) -> str:
        """Add tags to a run."""
        return self._retag(run_id, add=tuple(tags))

    def untag(self, run_id: int, tags: Iterable[str]) -> str:
        """Remove tags from a run."""
        return self._retag(run_id, remove=frozenset(tags))

    def delete(self, run_id: int) -> str:
        """Hide a run; `undelete` restores it until `purge` removes it for good. Refused while it is running."""
        with self._connection.transaction() as raw:
            state, deleted_at, is_held = _known(raw, run_id, f"state, deleted_at, {HELD}")
            if deleted_at is not None:
                return f"Run {run_id} is deleted already; {store_command(f'undelete {run_id}')} brings it back."
            if is_held:
                raise Refused(
                    f"Run {run_id} is {state}; stop it first ({store_command(f'stop {run_id}')}). Nothing was deleted."
                )
            raw.execute("UPDATE runs SET deleted_at = ? WHERE run_id = ?", (utc_now(), run_id))
        return f"Run {run_id} is deleted; {store_command(f'undelete {run_id}')} brings it back, until it is purged."

    def undelete(self, run_id: int) -> str:
        """Restore a deleted run unchanged. Refused once its purge has begun."""
        with self._connection.transaction() as raw:
            (deleted_at,) = _known(raw, run_id, "deleted_at")
            if deleted_at is None:
                return f"Run {run_id} is not deleted; nothing to bring back."
            _restore(raw, run_id)
        return f"Run {run_id} is back."

    def delete_sweep(self, sweep_id: int) -> int:
        """Hide all runs of a sweep, or none; returns how many. Raises Refused while one is running."""
        with self._connection.transaction() as raw:
            running = raw.execute(
                f"SELECT run_id, state FROM runs WHERE sweep_id = ? AND {HELD} AND deleted_at IS NULL LIMIT 1",
                (sweep_id,),
            ).fetchone()
            if running is not None:
                held, state = running
                raise Refused(f"Run {held} of sweep {sweep_id} is {state}; stop it first. Nothing was deleted.")
            changed = raw.execute(
                "UPDATE runs SET deleted_at = ? WHERE sweep_id = ? AND deleted_at IS NULL", (utc_now(), sweep_id)
            )
            return changed.rowcount

    def undelete_sweep(self, sweep_id: int) -> int:
        """Restore the deleted runs of a sweep, all or none; returns how many. Raises Refused once a purge has begun."""
        with self._connection.transaction() as raw:
            deleted = raw.execute(
                "SELECT run_id FROM runs WHERE sweep_id = ? AND deleted_at IS NOT NULL", (sweep_id,)
            ).fetchall()
            for (run_id,) in deleted:
                _restore(raw, run_id)
            return len(deleted)

    def purge(self, run_id: int) -> str:
        """Remove a deleted run for good and free its space, in short transactions, so that other writers get a turn.

        An interrupted purge leaves the run deleted; purging it again continues.
        """
        with self._connection.transaction() as raw:
            self._refuse_to_purge(raw, run_id)
            done, first = _known(raw, run_id, "iterations_done, coalesce(parent_iteration, 0)")
            before = pragma(raw, "page_count")
        for upto in range(first + PURGE_ROWS, done + PURGE_ROWS, PURGE_ROWS):
            with self._connection.transaction() as raw:
                self._refuse_to_purge(raw, run_id)
                raw.execute("DELETE FROM iterations WHERE run_id = ? AND iteration < ?", (run_id, upto))
                raw.execute("DELETE FROM buckets WHERE run_id = ? AND level = 4 AND bucket < ?", (run_id, upto >> 4))
        while self._purge_measurements(run_id):
            pass
        with self._connection.transaction() as raw:
            self._refuse_to_purge(raw, run_id)
            raw.execute("UPDATE runs SET parent_id = NULL WHERE parent_id = ?", (run_id,))
            for table in ("iterations", "buckets", "metric_buckets", "metrics", *PURGED_WITH_A_RUN):
                raw.execute(f"DELETE FROM {table} WHERE run_id = ?", (run_id,))
        self._shrink()
        with self._connection.transaction() as raw:
            given_back = (before - pragma(raw, "page_count")) * pragma(raw, "page_size")
        return f"Purged run {run_id}: freed {max(given_back, 0) / 1e6:.1f} MB."

    def _purge_measurements(self, run_id: int) -> bool:
        """Delete PURGE_ROWS measurements of a run; whether there are more."""
        with self._connection.transaction() as raw:
            self._refuse_to_purge(raw, run_id)
            upto = raw.execute(
                "SELECT metric_id, step FROM measurements WHERE run_id = ? ORDER BY metric_id, step LIMIT 1 OFFSET ?",
                (run_id, PURGE_ROWS),
            ).fetchone()
            raw.execute(
                "DELETE FROM measurements WHERE run_id = ? AND (metric_id, step) < (?, ?)",
                (run_id, *(upto or (2**62, 0))),
            )
            return upto is not None

    def deleted(self) -> list[int]:
        """Ids of the runs that are deleted and not purged."""
        return [row[0] for row in self._connection.rows("SELECT run_id FROM runs WHERE deleted_at IS NOT NULL")]

    def _set(self, run_id: int, column: str, text: str, answer: str) -> str:
        with self._connection.transaction() as raw:
            _known(raw, run_id, "1")
            raw.execute(f"UPDATE runs SET {column} = ? WHERE run_id = ?", (storable(text), run_id))
        return answer

    def _retag(self, run_id: int, add: tuple[str, ...] = (), remove: frozenset[str] = frozenset()) -> str:
        with self._connection.transaction() as raw:
            before = tags_from_text(_known(raw, run_id, "tags")[0])
            after = [tag for tag in dict.fromkeys((*before, *map(storable, add))) if tag not in remove]
            raw.execute("UPDATE runs SET tags = ? WHERE run_id = ?", (tags_to_text(after), run_id))
        return f"Tags of run {run_id}: {', '.join(map(clean, after))}." if after else f"Run {run_id} has no tags."

    def _refuse_to_purge(self, raw: sqlite3.Connection, run_id: int) -> None:
        state, deleted_at = _known(raw, run_id, "state, deleted_at")
        if state == "running":
            raise Refused(
                f"Run {run_id} is running; stop it first ({store_command(f'stop {run_id}')}). Nothing was purged."
            )
        if deleted_at is None:
            raise Refused(f"Run {run_id} is not deleted; delete it first ({store_command(f'delete {run_id}')}).")
        child = raw.execute(
            "SELECT run_id FROM runs WHERE parent_id = ? AND state IN ('queued', 'running', 'paused') "
            "AND NOT EXISTS (SELECT 1 FROM checkpoints c WHERE c.run_id = runs.run_id) LIMIT 1",
            (run_id,),
        ).fetchone()
        if child is not None:
            raise Refused(
                f"Run {child[0]} was forked from run {run_id} and has not begun: it still needs it. "
                f"Let run {child[0]} begin, or stop it. Nothing was purged."
            )

    def _shrink(self) -> None:
        """Return free pages to the file system, VACUUM_PAGES per transaction."""
        while True:
            with self._connection.transaction() as raw:
                free = pragma(raw, "freelist_count")
                if free:
                    raw.execute(f"PRAGMA incremental_vacuum({VACUUM_PAGES})").fetchall()
                if pragma(raw, "freelist_count") in (0, free):
                    break
        self._connection.rows("PRAGMA wal_checkpoint(PASSIVE)")


UNWHOLE = """
    SELECT 1 FROM metrics m WHERE run_id = ? AND NOT EXISTS
    (SELECT 1 FROM measurements v WHERE v.run_id = m.run_id AND v.metric_id = m.metric_id AND v.step = m.first_step)
"""
"""A row where a metric has lost its first value: its run is being purged."""


def storable(text: str) -> str:
    """The text with lone surrogates (undecodable bytes of a command line) replaced, which SQLite cannot store."""
    return text.encode("utf-8", "replace").decode()


def _restore(raw: sqlite3.Connection, run_id: int) -> None:
    done, first, kind = _known(raw, run_id, "iterations_done, coalesce(parent_iteration, 0), kind")
    if kind == "engine":
        row = raw.execute("SELECT 1 FROM iterations WHERE run_id = ? AND iteration = ?", (run_id, first)).fetchone()
        is_whole = done <= first or row is not None
    else:
        is_whole = raw.execute(UNWHOLE, (run_id,)).fetchone() is None
    if not is_whole:
        raise Refused(f"Run {run_id} is being purged: iterations of it are gone, so it cannot be brought back.")
    raw.execute("UPDATE runs SET deleted_at = NULL WHERE run_id = ?", (run_id,))


def _known(raw: sqlite3.Connection, run_id: int, columns: str) -> tuple[Any, ...]:
    row = raw.execute(f"SELECT {columns} FROM runs WHERE run_id = ?", (run_id,)).fetchone()
    if row is None:
        raise NoRun(run_id)
    return tuple(row)

"""Attached: the writer of what a script logs itself; its recorder writes beside its worker."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace

from engine.store.file.connection import Connection
from engine.store.programs.attaching import config_beside
from engine.store.programs.logged import LoggedWriter
from engine.store.records import Command, RunState
from engine.store.records.logged import LoggedClaim, LoggedNews, Measured
from engine.store.write.catalogue import storable
from engine.store.write.tags import tags_to_text


class AttachedWriter(LoggedWriter):
    """The writer of what a script logs itself: its metrics, marks, evaluations, config, summary and knobs.

    Its state, exit and output are its worker's, which may have ended it before all of this is stored.
    """

    fence = "run_id = ? AND recorder_id = ? AND attempt = ?"

    def __init__(self, connection: Connection, claim: LoggedClaim, boot_clock: Callable[[], float]) -> None:
        super().__init__(connection, claim, boot_clock)
        self._spec = str(connection.rows("SELECT spec FROM runs WHERE run_id = ?", (claim.run_id,))[0][0])

    def end(self, state: RunState, reason: str, batch: Mapping[str, Measured], news: LoggedNews) -> None:
        """Store the last batch; how the run ends its worker sees."""
        self.write(batch, news)

    def note_waiting(self, reason: str) -> None:
        """Nothing: the run's worker says why it waits."""

    def write(self, batch: Mapping[str, Measured], news: LoggedNews) -> list[Command]:
        """Commit measurements and news; returns the run's waiting commands. What it prints its worker reads."""
        return super().write(batch, replace(news, output=()))

    def _update_run(
        self, raw: sqlite3.Connection, state: RunState, reason: str, news: LoggedNews, steps: int, loss: float | None,
        now_s: float, *, is_revised: bool,
    ) -> None:  # fmt: skip
        since_s, since = self._rate_from
        took_s = news.elapsed_s - since_s
        raw.execute(
            "UPDATE runs SET received = ?, iterations_done = ?, last_loss = ?, current_loss = ?, "
            "iterations_per_s = coalesce(?, iterations_per_s), config = coalesce(?, config), "
            "summary = coalesce(?, summary), knobs = coalesce(?, knobs), name = coalesce(?, name), "
            "tags = coalesce(?, tags), note = coalesce(?, note), listens = coalesce(?, listens), "
            "revision = revision + ?, state = iif(state IN ('running', 'paused'), coalesce(?, state), state) "
            "WHERE run_id = ?",
            (news.received, steps, loss, loss, (steps - since) / took_s if took_s > 0 else None,
             None if news.config is None else config_beside(self._spec, news.config), news.summary, news.knobs,
             None if news.name is None else storable(news.name),
             None if news.tags is None else tags_to_text(map(storable, news.tags)),
             None if news.note is None else storable(news.note), news.listens, is_revised,
             None if news.waits is None else state, self.claim.run_id),
        )  # fmt: skip

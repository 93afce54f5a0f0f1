"""Feed: the one thread that reads the store; each request is answered by one snapshot."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Condition, Thread

from engine.jobs.people.default_spec import default_spec
from engine.store import Reader, Run, StoreGone, open_for_reading
from engine.store.list.columns import NO_VARIETY, Variety
from tui.model.choices import Choices, place_of
from tui.model.clock import Moment
from tui.model.snapshot import ReadRequest, Snapshot
from tui.reading.list_page import Page, PageReader
from tui.reading.liveness import LivenessReader
from tui.reading.logged_fields import LoggedFieldsReader, with_values
from tui.reading.past_snapshots import PastReader
from tui.reading.program import program_seen
from tui.reading.row_previews import PreviewReader
from tui.reading.run_cache import RunCache
from tui.reading.sweep import SweepReader
from tui.reading.weights import WeightsReader

PACE_S = 0.1
"""Shortest time between reads in seconds, unless the request changes."""

QUIET_PACE_S = 0.25
"""The same after QUIET_AFTER_S without news: each poll wakes an idle processor."""
QUIET_AFTER_S = 2.0

RETRY_S = 1.0
"""Pause after a failed read, in seconds."""

Outcome = Snapshot | Exception


class Source:
    """A store's reader, with the caches of what it has read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader: Reader | None = None
        self._version = -1
        self._created_at = ""
        self._page_reader = PageReader()
        self._page = Page()
        self._answered: object = None
        self._wanted: ReadRequest | None = None
        self._counts: Mapping[str, int] = {}
        self._variety: Variety = NO_VARIETY
        self._variety_of: object = None
        self._logged_fields = LoggedFieldsReader()
        self._liveness = LivenessReader()
        self._runs = RunCache()
        self._past = PastReader()
        self._sweep_reader = SweepReader()
        self._previews = PreviewReader()
        self._weights_reader = WeightsReader()

    def read(self, wanted: ReadRequest) -> Snapshot | None:
        """Return all that the screen needs; None if nothing has changed since the last read.

        Raises StoreError: when the store cannot be read.
        """
        if self._reader is None:
            self._reader = open_for_reading(self._path)
            self._created_at = self._reader.created_at()
        version = self._reader.data_version()
        if wanted.moment is not None:
            return self._replayed(self._reader, wanted, wanted.moment, version)
        changed = version != self._version or not self._previews.complete
        status_changed = self._liveness.revise(self._reader)
        page = self._page_reader.read(self._reader, wanted.choices, self._liveness.judged, changed or status_changed)
        changed |= status_changed or page is not self._page
        if not changed and wanted == self._wanted:
            return None  # the usual case of an idle store, ten times a second
        choices = wanted.choices.follow(page.newest, page.rows, page.others, neighbour=page.neighbour)
        chart_options = choices.chart_options
        cursor = choices.drawn, choices.cursor, choices.closely, wanted.rows, choices.columns.shown
        looked_at = (
            chart_options.window,
            chart_options.x_kind,
            chart_options.log_x,
            chart_options.layout == "measures",
            chart_options.metric,
            chart_options.smoothing,
        )
        of_sweep = wanted.sweep_id, wanted.sweep_options, wanted.sweep_filter
        request = cursor, wanted.columns, of_sweep, looked_at
        if not changed and request == self._answered:
            self._wanted = wanted
            return None
        if version != self._version:
            self._counts = self._reader.counts()
            self._read_variety(self._reader, page.newest)
            self._logged_fields.read(self._reader, self._variety)
        snapshot = self._snapshot(self._reader, page, choices, wanted)
        self._version, self._page, self._answered, self._wanted = version, page, request, wanted
        return snapshot

    def _read_variety(self, reader: Reader, newest: Sequence[Run]) -> None:
        """Read in what the runs differ, if there are other ones than before: a spec never changes."""
        of_runs = newest[0].run_id if newest else 0, sum(self._counts.values())
        if of_runs != self._variety_of:
            self._variety, self._variety_of = reader.variety(), of_runs

    def _replayed(self, reader: Reader, wanted: ReadRequest, moment: Moment, version: int) -> Snapshot | None:
        """Return the snapshot of a replay's moment; None if it was read last."""
        self._wanted = None
        changed = self._past.follow(reader, moment.run_ids, version)
        changed |= self._liveness.revise(reader)
        if not changed and self._answered == wanted:
            return None
        snapshot = self._past.at(reader, moment, wanted, self._liveness)
        self._answered = wanted
        if self._variety_of is None:
            self._variety, self._variety_of = reader.variety(), ()
            self._logged_fields.read(reader, self._variety)
        given = with_values(reader, snapshot.previews, self._variety, wanted.choices, of_now=False)
        return replace(snapshot, variety=self._variety, previews=given, logged_fields=self._logged_fields.found)

    def close(self) -> None:
        """Close the store; the next read opens it again."""
        reader, self._reader, self._version, self._answered, self._wanted = self._reader, None, -1, None, None
        if reader is not None:
            reader.close()

    def _snapshot(self, reader: Reader, page: Page, choices: Choices, wanted: ReadRequest) -> Snapshot:
        drawn = [run for run in page.all if run.run_id in choices.drawn or run.run_id == choices.pointed]
        place = (place_of(page.rows, choices) or 0) if choices.scrolled is None else choices.scrolled - page.first
        pointed = next((run for run in drawn if run.run_id == choices.pointed), None)
        return Snapshot(
            listing=choices.listing,
            looked_up=wanted.choices.cursor,
            rows=page.rows,
            runs=page.runs,
            newest=page.newest,
            others=page.others,
            first=page.first,
            total=page.total,
            fitting=page.fitting,
            complaint=page.complaint,
            neighbour=page.neighbour,
            counts=self._counts,
            speeds=reader.speeds(),
            variety=self._variety,
            logged_fields=self._logged_fields.found,
            pinned=page.pinned,
            judged=self._liveness.judged,
            lost_attempts=self._liveness.lost_attempts,
            seen=self._runs.read(reader, drawn, choices, wanted.columns),
            previews=with_values(
                reader, self._previews.read(reader, page.rows, place, wanted.rows), self._variety, choices
            ),
            background=reader.background(pointed) if pointed is not None and choices.closely else None,
            weights=self._weights_reader.read(reader, pointed) if pointed is not None and choices.closely else None,
            program=program_seen(reader, pointed, choices.marked) if pointed is not None and choices.closely else None,
            workers=self._liveness.workers,
            most_workers=self._liveness.most_workers,
            workforce=self._liveness.workforce,
            sweep=self._sweep_reader.read(reader, wanted, self._liveness.judged),
            default_spec=default_spec(reader),
            created_at=self._created_at,
        )


@dataclass(slots=True)
class _PendingRequest:
    """The current request, shared by both threads; guarded by the Feed's condition."""

    wanted: ReadRequest
    asked: bool = True
    changed: bool = False
    stopped: bool = False


def read_once(path: Path, wanted: ReadRequest) -> Snapshot:
    """Return one snapshot of a store, which is closed again. Raises StoreError."""
    with closing(Source(path)) as source:
        return source.read(wanted) or Snapshot()


class Feed:
    """Reads in its own thread: each `ask` is answered by one call of `deliver`, in that thread.

    A request stays pending until there is news, so an idle store costs one PRAGMA per QUIET_PACE_S. After an answer
    nothing is read until the next `ask`, so a slow screen builds no backlog.
    """

    def __init__(self, path: Path, wanted: ReadRequest, deliver: Callable[[Outcome], None]) -> None:
        self.deliver = deliver
        self._path = path
        self._pending = _PendingRequest(wanted)
        self._condition = Condition()
        self._thread = Thread(target=self._run, name="feed", daemon=True)

    def start(self) -> None:
        """Start reading; the request given to the constructor is pending."""
        self._thread.start()

    def ask(self, wanted: ReadRequest) -> None:
        """Ask for news. A request that differs from the last one is answered at once."""
        with self._condition:
            pending = self._pending
            pending.changed = pending.changed or wanted != pending.wanted
            pending.wanted, pending.asked = wanted, True
            self._condition.notify()

    def stop(self, timeout_s: float = 1.0) -> None:
        """Stop reading, close the store, and wait at most `timeout_s` for the thread."""
        with self._condition:
            self._pending.stopped = True
            self._condition.notify()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        source = Source(self._path)
        pause_s = 0.0
        news_at_s = time.monotonic()
        last_error = ""
        gone: StoreGone | None = None
        while (wanted := self._next(pause_s)) is not None:
            try:
                outcome: Outcome | None = source.read(wanted)
                now_s = time.monotonic()
                news_at_s = news_at_s if outcome is None else now_s
                pause_s = PACE_S if now_s - news_at_s < QUIET_AFTER_S else QUIET_PACE_S
            except Exception as error:  # of any kind: the last picture stays and the screen says why
                source.close()
                if isinstance(error, StoreGone):
                    # caches of the old file are wrong for a new one at its path
                    gone, source = error, Source(self._path)
                # how the store went away says more than that it does not exist
                outcome = error if gone is None or self._path.exists() else gone
                pause_s = RETRY_S
            if outcome is None or (isinstance(outcome, Exception) and str(outcome) == last_error):
                continue  # no news; a lasting error is delivered once
            if isinstance(outcome, Exception):
                last_error = str(outcome)
            else:
                last_error, gone = "", None
            with self._condition:
                self._pending.asked = False
            self.deliver(outcome)
        source.close()

    def _next(self, pause_s: float) -> ReadRequest | None:
        """Return the next request to answer, after a pause; None once stopped."""
        with self._condition:
            pending = self._pending
            self._condition.wait_for(lambda: pending.changed or pending.stopped, pause_s)
            self._condition.wait_for(lambda: pending.asked or pending.stopped)
            pending.changed = False
            return None if pending.stopped else pending.wanted

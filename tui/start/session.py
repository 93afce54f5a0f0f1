"""A session of the dashboard: from opening the store to the last line on exit."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from engine.files.program import opening_text, store_command, usual_store, working_on
from engine.store import MisplacedStore, StoreError, open_for_reading, open_for_writing
from engine.text import clean
from tui.model.snapshot import ReadRequest, Snapshot
from tui.reading.feed import Feed, Outcome
from tui.start import signals
from tui.text.ascii_only import is_wanted
from tui.text.octants import are_drawn
from tui.view_state import saved_view
from tui.view_state.conversion import choices_of
from tui.view_state.saved_view import View

FRAMES_PER_S = "250"
"""Textual's frame rate: high, so that a key need not wait for the next 60th of a second. Frames are few."""

READ_ONLY = "You may read this store, but not write to it: runs can be looked at here, not started or steered."

ABORTED = 1
"""Exit code of a dashboard that ended without being left."""

if TYPE_CHECKING:
    from tui.app.app import Dashboard


def run(
    path: Path,
    theme: str = "",
    *,
    ascii_only: bool = False,
    replay: Mapping[str, Any] | None = None,
    scene: int | None = None,
) -> int:
    """Run the dashboard until it is left; the exit code. Raises StoreError if the store cannot be read.

    `theme` and `ascii_only` override the saved theme and what the terminal can show. `replay` holds the fields of a
    ReplayOpening to begin with; `scene` is one of the tour, 0 where it was left.
    """
    os.environ.setdefault("TEXTUAL_FPS", FRAMES_PER_S)
    gc.disable()  # until the first frame: imports allocate much and free little
    app = prepare(path, theme, ascii_only=ascii_only)
    app.chart_style = replace(app.chart_style, octants=are_drawn())
    if replay is not None:
        from tui.model.replay_opening import ReplayOpening

        app.replay_control.begin_with(ReplayOpening(**replay))
    if scene is not None:
        app.learning.begin_with(scene)
    from tui.model.messages import SignalCaught

    def caught(number: int) -> None:
        app.post_message(SignalCaught(number))

    signals.await_in_thread(caught)
    code = app.run()
    purge_deleted(path, [number for what, number in app.run_actions.deleted if what == "run"])
    if code is None or app.return_code:
        return app.return_code or ABORTED
    print(farewell(app.snapshot if not app.is_replaying else counted(path), path), file=sys.stderr)
    return code


def purge_deleted(path: Path, deleted: list[int]) -> None:
    """Free the space of deleted runs: they can no longer be restored."""
    if deleted:
        from tui.app.actions import orders

        try:
            sentence = orders.purge(path, deleted)
            print(sentence + "\n" * bool(sentence), end="", file=sys.stderr)
        except StoreError as error:
            print(f"lossboard: {clean(str(error), 300)}", file=sys.stderr)


def prepare(path: Path, theme: str = "", *, ascii_only: bool = False) -> Dashboard:
    """The dashboard of a store, created if missing, with its first read done. Raises StoreError.

    The feed's thread reads the store while the screen's modules are still being imported, so that the first frame shows
    data.
    """
    if not path.exists():
        open_for_writing(path).close()
    view = saved_view.load(path)
    feed, first = _first_read(path, view)
    from tui.app.app import Dashboard

    outcome, notice = first.get(), ""
    if isinstance(outcome, StoreError):
        feed.stop()
        notice = _bring_up_to_date(path, outcome)
        feed, first = _first_read(path, view)
        outcome = first.get()
    if isinstance(outcome, Snapshot):
        notice = notice or ("" if os.access(path, os.W_OK) else READ_ONLY)
        dashboard = Dashboard(path, feed, outcome, view, theme, ascii_only=ascii_only or is_wanted())
        dashboard.notice = notice
        return dashboard
    feed.stop()
    raise outcome


def _first_read(path: Path, view: View) -> tuple[Feed, SimpleQueue[Outcome]]:
    """A feed that was asked for its first read, and the queue that gets the outcome."""
    answers: SimpleQueue[Outcome] = SimpleQueue()
    wanted = ReadRequest(choices_of(view), 2 * shutil.get_terminal_size().columns)
    feed = Feed(path, wanted, answers.put)
    feed.start()
    return feed, answers


def _bring_up_to_date(path: Path, error: StoreError) -> str:
    """Open for writing a store that could not be read; what that did to it as a sentence, '' if nothing to report.

    It migrates an older schema and sets another store's journal aside. Raises MisplacedStore; `error` if it fails
    otherwise.
    """
    try:
        with open_for_writing(path, create=False) as store:
            return store.notice
    except MisplacedStore:
        raise
    except StoreError:
        raise error from None


def counted(path: Path) -> Snapshot:
    """A snapshot of the present number of runs per state, for leaving from a replay; empty if it cannot be read."""
    try:
        reader = open_for_reading(path)
    except StoreError:
        return Snapshot()
    with closing(reader):
        return Snapshot(counts=reader.counts())


def farewell(snapshot: Snapshot, path: Path) -> str:
    """The number of active runs, and the command that opens the dashboard again."""
    number, paused = snapshot.going_on, snapshot.paused
    with working_on(path):
        back = opening_text() if str(path) == usual_store() else store_command()
    what = f"{number} run{'s go' if number > 1 else ' goes'} on without the screen" if number else "No run is going on"
    waits = f", {paused} {'is' if paused == 1 else 'are'} paused" if paused else ""
    return f"{what}{waits}. Come back with: {clean(back)}"

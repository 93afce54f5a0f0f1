"""Start-up of the dashboard: checks before anything is painted, and the order of imports."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypedDict

if TYPE_CHECKING:
    import click

THEMES = ("dark", "light", "colour-blind", "ansi")
"""The names in `tui.colours.themes`, repeated here because importing that is slow."""

STANDARD_ERROR = 2


def refuse_without_terminal(alternative: str = "") -> None:
    """Exit with 2 if there is no terminal to paint on; `alternative` names commands that need none."""
    from engine.files.program import command_text  # only for the refusal, so that the dashboard starts faster

    if not (_is_terminal(sys.stdin) and _is_terminal(sys.stdout)):
        lack = "The dashboard needs a terminal, and there is none here"
    elif os.environ.get("TERM", "") in ("", "dumb", "unknown"):
        lack = f"The dashboard cannot be painted on a terminal of the kind {os.environ.get('TERM') or '(none)'!r}"
    else:
        return
    alternative = alternative or f"{command_text('run')}, list or show instead ({command_text('--help')})"
    print(f"{lack}. Use {alternative}.", file=sys.stderr)
    raise SystemExit(2)


def _is_terminal(stream: TextIO | None) -> bool:
    """Whether a standard stream is a terminal; Python has None for one that was closed (<&-)."""
    return stream is not None and stream.isatty()


def open_standard_error() -> None:
    """Open the null device in place of a closed standard error (2>&-), lest messages go into the next opened file."""
    if sys.stderr is not None:
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    if nowhere != STANDARD_ERROR and not _is_open(STANDARD_ERROR):
        os.dup2(nowhere, STANDARD_ERROR)
    sys.stderr = open(nowhere, "w")  # noqa: SIM115


def _is_open(fileno: int) -> bool:
    try:
        os.fstat(fileno)
    except OSError:
        return False
    return True


class Appearance(TypedDict):
    """What --theme and --ascii say of the dashboard."""

    theme: str
    ascii_only: bool


def appearance(ctx: click.Context) -> Appearance:
    """What was said in front of a command that opens the dashboard."""
    given = ctx.find_root().params
    return {"theme": given.get("theme") or "", "ascii_only": bool(given.get("ascii_only"))}


def dashboard(
    path: Path,
    theme: str = "",
    *,
    ascii_only: bool = False,
    replay: Mapping[str, Any] | None = None,
    scene: int | None = None,
) -> int:
    """Open the dashboard of a store, created if missing; the exit code. A StoreError is printed.

    `replay` holds the fields of a ReplayOpening to begin with; `scene` is one of the tour, 0 where it was left.
    """
    from tui.start import signals

    theme = theme or os.environ.get("LOSSBOARD_THEME", "")
    if theme and theme not in THEMES:
        print(f"lossboard: LOSSBOARD_THEME names no theme: it may be {', '.join(THEMES)}.", file=sys.stderr)
        return 2

    signals.block()  # before NumPy is imported: its threads would take the signals
    from engine.jobs.processes.threads import ONE_THREAD

    # What the inspector computes again is the worker's to the last bit, and two threads wait for each other beside it.
    os.environ.update(ONE_THREAD)
    from engine.files.program import working_on
    from engine.store import StoreError
    from tui.start import session

    try:
        with working_on(path):
            return session.run(path, theme, ascii_only=ascii_only, replay=replay, scene=scene)
    except StoreError as error:
        print(f"lossboard: {error}", file=sys.stderr)
        return 1

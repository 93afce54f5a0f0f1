"""Commands: everything the palette offers, from the key table and from values that a key only steps through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.store import Run
from tui.chart.values.metrics import METRICS
from tui.chart.values.view import X_KINDS
from tui.colours import themes
from tui.model import keymap
from tui.model.clock import STOPS
from tui.model.keymap import Place
from tui.presenting.describe import given_name, label

MENUS = frozenset({"app.palette", "back"})
"""Actions left out of the palette."""


@dataclass(frozen=True, slots=True)
class PaletteCommand:
    """An entry of the palette. Textual runs `action` on the board; `key` does the same. Name and help are cleaned."""

    name: str
    help: str
    action: str
    key: str = ""


def commands(runs: Sequence[Run], place: Place = "board") -> list[PaletteCommand]:
    """All commands: those of the key table in its order, then named choices, then the runs."""
    by_key = [
        PaletteCommand(key.word, key.help, key.action, key.shown)
        for key in keymap.keys_of(place)
        if key.action not in MENUS and "{key}" not in key.action
    ]
    return [
        *by_key,
        *(PaletteCommand(f"metric {name}", "on the y axis", f"show({name!r})") for name in METRICS),
        *(PaletteCommand(f"x axis {kind}", "along the curves", f"along({kind!r})") for kind in X_KINDS),
        *(
            PaletteCommand(f"theme {name}", "colours of the screen", f"app.apply_theme({name!r})")
            for name in themes.NAMES
        ),
        *(PaletteCommand(f"save {end}", about, f"app.save({end!r})") for end, about in SAVED.items()),
        *copies(place),
        *stops(place),
        *(pointing(run.run_id, given_name(run) or label(run)) for run in runs if place != "sweepview"),
    ]


SAVED = {"svg": "the chart as a picture", "txt": "the chart as plain text", "csv": "the values that it shows"}


def stops(place: Place) -> list[PaletteCommand]:
    """The places in time that a replay can go to."""
    names = STOPS if place == "replay" else ()
    return [PaletteCommand(f"go to {name}", "the next one from here", f"stop_at({name!r})") for name in names]


def copies(place: Place = "board") -> list[PaletteCommand]:
    """What can be copied."""
    moment = PaletteCommand("copy moment", "the command that opens this moment again", "app.copy_this('moment')")
    return [
        *([moment] if place == "replay" else []),
        PaletteCommand("copy table", "the values of the drawn runs, where they are read", "app.copy_this('table')"),
        PaletteCommand("copy command", "the command that repeats the selected run", "app.copy_this('command')"),
        PaletteCommand("copy chart", "the chart as plain text", "app.copy_this('chart')"),
    ]


def pointing(run_id: int, name: str = "") -> PaletteCommand:
    """The command that points the cursor at a run; `name` is cleaned."""
    return PaletteCommand(f"run {run_id}", name or "go to it", f"point({run_id})")


def matching(among: Iterable[PaletteCommand], query: str) -> list[PaletteCommand]:
    """The commands that match the typed text, best first; a number also matches its run if that is not listed."""
    from textual.fuzzy import Matcher

    typed = query.strip()
    wanted = typed.casefold()
    found = list(among)
    if not wanted:
        return found
    run_id = _run_number(wanted)
    if run_id is not None and not any(one.action == pointing(run_id).action for one in found):
        found.append(pointing(run_id))
    exactly = "" if run_id is None else pointing(run_id).action
    matcher = Matcher(wanted)
    ranked = [
        ((one.action == exactly, *_rank(one, typed, matcher.match(one.name), matcher.match(one.help))), one)
        for one in found
    ]
    return [one for rank, one in sorted(ranked, key=lambda pair: pair[0], reverse=True) if any(rank)]


def _run_number(wanted: str) -> int | None:
    """The run meant by a number alone or after 'run', None for other text. Runs are numbered from 1."""
    digits = wanted.removeprefix("run").strip()
    return int(digits) if digits.isdecimal() and len(digits) < 16 and int(digits) else None


def _rank(one: PaletteCommand, typed: str, in_name: float, in_help: float) -> tuple[float, ...]:
    """How well a command matches: by its key, its name, a word, any part, fuzzily; all zero if not at all."""
    wanted, name = typed.casefold(), one.name.casefold()
    words = any(word.startswith(wanted) for word in name.split())
    said = wanted in f"{name} {one.help.casefold()}"
    return (one.key == typed, name.startswith(wanted), words, said, in_name, in_help / 2)

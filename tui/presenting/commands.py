"""Commands: everything the palette offers, from the key table and from values that a key only steps through."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

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
    """An entry of the palette. Textual runs `action` on the view; `key` does the same. Name and help are cleaned.

    `aliases` are other words for it, which find it but are not shown.
    """

    name: str
    help: str
    action: str
    key: str = ""
    aliases: tuple[str, ...] = ()


ALIASES: Mapping[str, tuple[str, ...]] = {
    "new_run": ("start", "launch", "train", "create"),
    "app.sweep": ("tune", "grid search", "hyperparameters"),
    "app.probe": ("lr finder", "learning rate finder"),
    "probe": ("lr finder", "learning rate finder"),
    "open": ("show run", "enlarge"),
    "spread": ("info",),
    "mark": ("select", "show", "hide"),
    "replay": ("history", "time travel"),
    "stop": ("kill", "cancel", "abort"),
    "fork": ("branch", "clone", "continue"),
    "edit": ("rename", "tag", "note", "comment"),
    "delete": ("remove", "trash"),
    "filter": ("search", "find", "grep"),
    "sort": ("order by",),
    "pin": ("star", "favourite"),
    "undo": ("revert",),
    "workers": ("processes", "parallel", "jobs"),
    "scale_step(0.5)": ("lr", "learning rate", "halve"),
    "scale_step(2.0)": ("lr", "learning rate", "double"),
    "show('step size')": ("lr", "learning rate"),
    "show('gradient norm')": ("grad",),
    "show('loss')": ("cost",),
    "along('examples')": ("epochs",),
    "log_y": ("scale",),
    "layout": ("tiles", "small multiples", "facets", "overlay"),
    "room": ("full screen", "fullscreen", "maximize"),
    "readout": ("cursor", "crosshair", "values"),
    "bands": ("raw", "min max", "noise"),
    "whole": ("reset zoom", "unzoom"),
    "follow": ("tail",),
    "app.copy": ("yank", "clipboard"),
    "app.save": ("download", "save"),
    "app.next_theme": ("colors", "dark mode"),
    "app.apply_theme('colour-blind')": ("color-blind",),
    "app.leave": ("exit", "close", "bye"),
    "app.help": ("keys", "legend", "what is"),
}
"""Words of other programs, by action."""

SMOOTHINGS = (0, 5, 10, 20, 50, 100)
"""Half-lives in iterations that have commands of their own."""

TRANSPORT = (
    PaletteCommand("step back", "one iteration back", "step('comma')", ","),
    PaletteCommand("step on", "one iteration on", "step('full_stop')", "."),
    PaletteCommand("slower", "play more slowly", "speed('left_square_bracket')", "["),
    PaletteCommand("faster", "play faster", "speed('right_square_bracket')", "]"),
    PaletteCommand("to the start", "of the replay", "bound('home')", "home"),
    PaletteCommand("to the end", "of the replay, or the live edge", "bound('end')", "end"),
    PaletteCommand("event before", "the one before this moment", "event('left_curly_bracket')", "{"),
    PaletteCommand("next event", "the one after this moment", "event('right_curly_bracket')", "}"),
)
"""What keys of a replay do that stand for two things each."""


def commands(runs: Sequence[Run], place: Place = "board") -> list[PaletteCommand]:
    """All commands: those of the key table in its order, then named choices, then the runs."""
    by_key = [
        PaletteCommand(key.word, key.help, key.action, key.shown)
        for key in keymap.keys_of(place)
        if key.action not in MENUS and "{key}" not in key.action
    ]
    found = [
        *by_key,
        *(TRANSPORT if place == "replay" else ()),
        *(PaletteCommand(f"metric {name}", "on the y axis", f"show({name!r})") for name in METRICS),
        *(PaletteCommand(f"x axis {kind}", "along the curves", f"along({kind!r})") for kind in X_KINDS),
        *(PaletteCommand(f"smoothing {life}", _smoothing_help(life), f"smoothing({life})") for life in SMOOTHINGS),
        *(
            PaletteCommand(f"theme {name}", "colours of the screen", f"app.apply_theme({name!r})")
            for name in themes.NAMES
        ),
        *(PaletteCommand(f"save {end}", about, f"app.save({end!r})") for end, about in SAVED.items()),
        *copies(place),
        *stops(place),
        *(pointing(run.run_id, given_name(run) or label(run)) for run in runs if place != "sweepview"),
    ]
    return [replace(one, aliases=ALIASES.get(one.action, ())) for one in found]


def _smoothing_help(life: int) -> str:
    return f"average batch losses, half-life {life} iterations" if life else "batch losses as they are"


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


def matching(among: Iterable[PaletteCommand], query: str, recent: Sequence[str] = ()) -> list[PaletteCommand]:
    """The commands that match the typed text, best first; a number also matches its run if that is not listed.

    Without text all of them, those whose actions are `recent` first, in that order.
    """
    typed, found = query.strip(), list(among)
    if not typed:
        used = {action: place for place, action in enumerate(recent)}
        return sorted(found, key=lambda one: used.get(one.action, len(used)))
    run_id = _run_number(typed.casefold())
    if run_id is not None and not any(one.action == pointing(run_id).action for one in found):
        found.append(pointing(run_id))
    exactly = "" if run_id is None else pointing(run_id).action
    ranked = [(-1 if one.action == exactly else _rank(one, typed), one) for one in found]
    return [one for _, one in sorted((pair for pair in ranked if pair[0] < NO_MATCH), key=lambda pair: pair[0])]


def used(recent: Sequence[str], action: str) -> tuple[str, ...]:
    """The actions used last, newest first, after another one."""
    return (action, *(one for one in recent if one != action))[:MOST_RECENT]


MOST_RECENT = 5
"""Most commands that stand on top because they were used."""

NO_MATCH = 7
"""The rank of a command that the typed text does not mean."""

RUN_NUMBER = re.compile(r"(?:(?:show|go to|goto|open)\s+)?(?:run\s*)?#?(\d{1,15})")


def _run_number(wanted: str) -> int | None:
    """The run meant by a number alone or after 'run', 'show run', 'go to run'; None for other text. Runs begin at 1."""
    meant = RUN_NUMBER.fullmatch(wanted)
    return (int(meant[1]) or None) if meant is not None and meant[1].isascii() else None


def _rank(one: PaletteCommand, typed: str) -> int:
    """How well a command matches, 0 best: its key, its whole name or another word for it, how these begin, its help.

    Words match from their beginnings, in any order.
    """
    wanted, name = " ".join(typed.casefold().split()), one.name.casefold()
    words = _words(wanted)
    if one.key == typed:
        return 0
    if name == wanted or wanted in one.aliases:
        return 1
    if name.startswith(wanted):
        return 2
    if words and _begin(words, _words(name)):
        return 3
    if any(alias.startswith(wanted) for alias in one.aliases):
        return 4
    if words and _begin(words, _words(" ".join((name, *one.aliases)))):
        return 5
    return 6 if words and _begin(words, _words(" ".join((name, *one.aliases, one.help.casefold())))) else NO_MATCH


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def _begin(typed: Sequence[str], words: Sequence[str]) -> bool:
    """Whether each typed word is how one of the words begins."""
    return all(any(word.startswith(one) for word in words) for one in typed)

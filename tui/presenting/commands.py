"""Commands: everything the palette offers, from the key table and from values that a key only steps through."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.spec import FIELDS
from engine.store import Listing, Run
from engine.store.list.columns import SETTINGS, TELLING, Variety
from engine.store.list.logged_fields import logged_field
from engine.store.list.order_words import ORDER_NAMES, NamedOrder, directions, words_of
from engine.text import clean, loss_text, setting_text
from tui.chart.values.metrics import METRICS
from tui.chart.values.view import X_KINDS
from tui.colours import themes
from tui.model import keymap
from tui.model.choices import ColumnChoice
from tui.model.clock import STOPS
from tui.model.keymap import Place
from tui.model.snapshot import Snapshot
from tui.presenting.describe import differing, given_name, label, spec_texts
from tui.text.matching import NO_MATCH, rank

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
    "find": ("search", "filter", "other run", "grep"),
    "sort": ("order by",),
    "pin": ("star", "favourite"),
    "undo": ("revert",),
    "workers": ("processes", "parallel", "jobs"),
    "scale_step(0.5)": ("lr", "learning rate", "halve"),
    "scale_step(2.0)": ("lr", "learning rate", "double"),
    "choose_metric": ("main metric", "primary metric"),
    "show('step size')": ("lr", "learning rate"),
    "show('gradient norm')": ("grad",),
    "show('loss')": ("cost",),
    "along('examples')": ("epochs",),
    "log_y": ("scale",),
    "layout": ("tiles", "small multiples", "facets", "overlay"),
    "room": ("full screen", "fullscreen", "maximize"),
    "readout": ("cursor", "crosshair", "values"),
    "bands": ("raw", "min max", "noise"),
    "seeds": ("mean", "average", "confidence interval", "error band", "std"),
    "whole": ("reset zoom", "unzoom"),
    "follow": ("tail",),
    "app.copy": ("yank", "clipboard"),
    "app.save": ("download", "save"),
    "app.next_theme": ("colors", "dark mode"),
    "app.apply_theme('colour-blind')": ("color-blind",),
    "app.leave": ("exit", "close", "bye"),
    "app.help": ("keys", "legend", "what is"),
    "app.turn_scene(1)": ("tutorial", "course", "lessons", "introduction"),
}
"""Words of other programs, by action."""

SMOOTHINGS = (0, 5, 10, 20, 50, 100)
"""Half-lives in iterations that have commands of their own."""

TOUR = tuple(key for key in keymap.keys_of("app") if key.action == "turn_scene(1)")
"""The key that opens the tour from any view."""

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


def commands(
    runs: Sequence[Run], place: Place = "board", metrics: Sequence[str] = tuple(METRICS)
) -> list[PaletteCommand]:
    """All commands: those of the key table in its order, then named choices, then the runs; `metrics` can be drawn."""
    by_key = [
        PaletteCommand(key.word, key.help, key.action, key.keys_text)
        for key in keymap.keys_of(place)
        if key.action not in MENUS and "{key}" not in key.action
    ]
    found = [
        *by_key,
        *(PaletteCommand(key.word, key.help, f"app.{key.action}", key.keys_text) for key in TOUR),
        *(TRANSPORT if place == "replay" else ()),
        *(_of_curves(metrics) if place in WITH_CURVES else ()),
        *((CHOOSE_METRIC,) if place in ("board", "replay") else ()),
        *(
            PaletteCommand(f"sort by {order.phrase}", order.directions[0], f"sort_by({order.name!r})")
            for order in (ORDER_NAMES if place == "board" else ())
            if order.name in TELLING or order.name not in SETTINGS
        ),
        *(
            PaletteCommand(f"theme {name}", "colours of the screen", f"app.apply_theme({name!r})")
            for name in themes.NAMES
        ),
        *(PaletteCommand(f"save {end}", explanation, f"app.save({end!r})") for end, explanation in _saved(place)),
        *(copies(place) if place != "probe" else ()),
        *stops(place),
        *(pointing(run.run_id, given_name(run) or label(run)) for run in runs if place in ("board", "replay")),
    ]
    return [replace(one, aliases=ALIASES.get(one.action, ())) for one in found]


def knobs(run: Run | None, place: Place) -> list[PaletteCommand]:
    """The knobs of the run under the cursor, while its program runs."""
    if run is None or place != "board" or run.state not in ("running", "paused"):
        return []
    return [
        PaletteCommand(
            f"knob {clean(knob.name, 60)}",
            f"set it, now {setting_text(knob.value, 6)}; [ and ] halve and double it",
            f"app.knob({run.run_id}, {knob.name!r})",
            aliases=("lr", "learning rate", "step size"),
        )
        for knob in run.knobs
    ]


WITH_CURVES: tuple[Place, ...] = ("board", "replay", "sweepview")
"""Places that draw curves, of a metric along an axis."""


CHOOSE_METRIC = PaletteCommand("metrics", "a list to pick from; * lets one stand for its runs", "choose_metric")


def _of_curves(metrics: Sequence[str]) -> Iterator[PaletteCommand]:
    """What can be chosen about curves."""
    yield from (PaletteCommand(f"metric {name}", "on the y axis", f"show({name!r})") for name in metrics)
    yield from (PaletteCommand(f"x axis {kind}", "along the curves", f"along({kind!r})") for kind in X_KINDS)
    yield from (PaletteCommand(f"smoothing {life}", _smoothing_help(life), f"smoothing({life})") for life in SMOOTHINGS)


def _saved(place: Place) -> Iterable[tuple[str, str]]:
    """The endings of files that can be saved, and what they hold."""
    return SAVED.items() if place != "probe" else ()


def _smoothing_help(life: int) -> str:
    return f"average batch losses, half-life {life} iterations" if life else "batch losses as they are"


def orders(listing: Listing, seen: Sequence[str], logged: Sequence[str] = ()) -> list[PaletteCommand]:
    """The menu of orders: those of the columns that are seen, then the others; the current one turns round.

    `logged` are the fields that programs name.
    """
    likely = frozenset((listing.order, "status", *seen))
    fields = dict.fromkeys((*(name for name in likely if logged_field(name) is not None), *logged))
    named = (NamedOrder(name, words_of(name), directions(name)) for name in fields)
    return [
        _sorting(order, listing)
        for order in sorted(
            (*ORDER_NAMES, *named), key=lambda order: (order.name not in likely, order.name in SETTINGS)
        )
    ]


def _sorting(order: NamedOrder, listing: Listing) -> PaletteCommand:
    is_current = order.name == listing.order
    direction = order.directions[is_current and listing.reverse]
    turned = f"now {direction}; enter: {order.directions[not listing.reverse]}"
    return PaletteCommand(
        order.phrase, turned if is_current else direction, f"sort_by({order.name!r})", "O" if is_current else ""
    )


BY_ITSELF = PaletteCommand("automatic", "what differs among the runs, and what they reached", "by itself")
"""The row of the menu of columns that takes all choices back."""


def columns(
    names: Sequence[str], seen: Sequence[str], wanted: Collection[str], choice: ColumnChoice, variety: Variety
) -> list[PaletteCommand]:
    """The menu of columns: each of `names` with whether it is `seen`, and why; settings that tell little come last.

    Those of `wanted` that are not seen have no room.
    """
    rows = [
        PaletteCommand(
            f"[{'x' if name in seen else ' '}] {words_of(name)}",
            "; ".join(filter(None, (_reason(name, choice, variety), _lack(name, seen, wanted)))),
            name,
            aliases=(words_of(name),),
        )
        for name in sorted(names, key=lambda name: (name in SETTINGS and name not in variety, name not in TELLING))
    ]
    return [replace(BY_ITSELF, name=f"[{' ' if choice.shown or choice.hidden else 'x'}] {BY_ITSELF.name}"), *rows]


def _reason(name: str, choice: ColumnChoice, variety: Variety) -> str:
    if name in choice.shown:
        return "chosen"
    if name in choice.hidden:
        return "hidden"
    return "the runs differ in it" if name in variety else ""


def _lack(name: str, seen: Sequence[str], wanted: Collection[str]) -> str:
    return "no room for it" if name in wanted and name not in seen else ""


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


def found_runs(runs: Sequence[Run]) -> list[PaletteCommand]:
    """The rows of the run finder: each run's number, name, the settings in which the runs differ, and train loss."""
    differ = differing(tuple(run.spec for run in runs if run.spec is not None))
    without = [name for name in FIELDS if name not in differ]
    return [_found_run(run, without) for run in runs]


def _found_run(run: Run, without: Collection[str]) -> PaletteCommand:
    settings = [] if run.spec is None else spec_texts(run.spec, without=(*without, "strategy", "batch_size"))
    told = " · ".join(filter(None, (given_name(run), label(run), *settings)))
    loss = "" if run.train_loss is None else f"train {loss_text(run.train_loss)}"
    return PaletteCommand(f"run {run.run_id}", told, str(run.run_id), loss)


def runs_beyond(snapshot: Snapshot, place: Place) -> Collection[int]:
    """The numbers of runs that a list of commands finds besides the listed ones: those that exist, as far as is known.

    Where not all runs were read, these are all numbers up to the newest run's; going to a deleted one says so.
    """
    if place != "board":
        return ()
    known = {run.run_id for run in (*snapshot.runs, *snapshot.newest, *snapshot.others)}
    return known if len(known) >= sum(snapshot.counts.values()) else range(1, max(known, default=0) + 1)


def matching(
    among: Iterable[PaletteCommand], query: str, recent: Sequence[str] = (), beyond: Collection[int] = ()
) -> list[PaletteCommand]:
    """The commands that match the typed text, best first; a number also matches its run if that is one of `beyond`.

    Without text all of them, those whose actions are `recent` first, in that order.
    """
    typed, found = query.strip(), list(among)
    if not typed:
        used = {action: place for place, action in enumerate(recent)}
        return sorted(found, key=lambda one: used.get(one.action, len(used)))
    run_id = _run_number(typed.casefold())
    if run_id is not None and run_id in beyond and not any(one.action == pointing(run_id).action for one in found):
        found.append(pointing(run_id))
    exactly = "" if run_id is None else pointing(run_id).action
    ranked = [
        (-1 if one.action == exactly else rank(typed, one.name, one.key, one.aliases, one.help), one) for one in found
    ]
    return [one for _, one in sorted((pair for pair in ranked if pair[0] < NO_MATCH), key=lambda pair: pair[0])]


def used(recent: Sequence[str], action: str) -> tuple[str, ...]:
    """The actions used last, newest first, after another one."""
    return (action, *(one for one in recent if one != action))[:MOST_RECENT]


MOST_RECENT = 5
"""Most commands that stand on top because they were used."""

RUN_NUMBER = re.compile(r"(?:(?:show|go to|goto|open)\s+)?(?:run\s*)?#?(\d{1,15})")


def _run_number(wanted: str) -> int | None:
    """The run meant by a number alone or after 'run', 'show run', 'go to run'; None for other text. Runs begin at 1."""
    meant = RUN_NUMBER.fullmatch(wanted)
    return (int(meant[1]) or None) if meant is not None and meant[1].isascii() else None

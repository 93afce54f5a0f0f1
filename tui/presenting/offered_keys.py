"""Offered keys: what the footer offers, which is what works here and now, as far as it fits; the help has the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from engine.store import ENDED, Run
from tui.model import keymap
from tui.model.choices import Choices
from tui.model.keymap import Key
from tui.model.snapshot import Snapshot
from tui.model.sweep_seen import SweepSeen
from tui.text.widths import width_of

ALWAYS: Mapping[str, int] = {"app.help": 0, "app.palette": 1, "filter": 1, "app.leave": 1, "new_run": 2, "app.sweep": 2}
"""Ranks of what the board offers in every state: the lower, the longer it stays in a narrow footer."""

READOUT: Mapping[str, int] = {"back": 0, "readout": 1, "across(-1)": 2, "across(1)": 2}
DETAILS: Mapping[str, int] = {"back": 0, "spread": 2, "page(1)": 2}
ENLARGED: Mapping[str, int] = {"back": 0, "metric": 2}

RUNNING: Mapping[str, int] = {"pause": 2, "stop": 3, "scale_step(0.5)": 4, "scale_step(2.0)": 4, "mark": 4, "open": 3}
QUEUED: Mapping[str, int] = {"pause": 3, "stop": 2, "edit": 4, "open": 4}
PAUSED: Mapping[str, int] = {"pause": 2, "stop": 3, "fork": 3, "mark": 4, "open": 3, "replay": 4}
FAILED: Mapping[str, int] = {"pause": 2, "fork": 3, "delete": 3, "open": 3, "mark": 4, "replay": 4}
ENDED_RUN: Mapping[str, int] = {"replay": 2, "fork": 3, "open": 3, "mark": 3, "app.probe": 4, "edit": 5, "delete": 5}
TITLE: Mapping[str, int] = {"open": 2, "app.open_sweep": 2, "steer_sweep('pause')": 4, "steer_sweep('stop')": 5}
GOING_ON = ("running", "queued", "paused")
OF_GOING_ON = frozenset({"steer_sweep('pause')", "steer_sweep('stop')"})
"""What a store in which every run has ended does not allow."""

OF_SPEC = frozenset({"fork", "app.probe", "app.inspect"})
"""What a run without a spec does not allow: one that this version cannot read, or one of another program."""

CHART: Mapping[str, int] = {"log_y": 5, "x_axis": 5, "layout": 6, "metric": 6, "readout": 6}

PAIRS: Mapping[str, str] = {
    "move(1)": "move(-1)",
    "across(-1)": "across(1)",
    "scale(0.5)": "scale(2.0)",
    "scale_step(0.5)": "scale_step(2.0)",
    "zoom(2.0)": "zoom(0.5)",
}
"""Actions of neighbouring keys that share one word, as in `j k example`."""

TOGETHER: Mapping[tuple[str, str], str] = {
    ("down", "up"): "move",
    ("left", "right"): "left right",
    ("earlier", "later"): "earlier later",
    ("line left", "line right"): "line",
    ("zoom in", "zoom out"): "zoom",
    ("smaller", "larger"): "size",
    ("h / 10", "h x 10"): "h",
    ("step size / 2", "step size x 2"): "step size",
    ("left", "taken for"): "taken for",
}
"""The word that a pair shares, by the words of both; of other pairs the first one's."""

EVERYWHERE = frozenset({"filter", "find", "app.palette", "app.help"})
"""Actions whose keys are in every footer, in a narrow one without their words."""

NARROW = 60
"""Cells below which a footer is narrow."""


def board_keys(snapshot: Snapshot, choices: Choices) -> list[Key]:
    """The board's keys with a rank and a word that fit the cursor's run, the readout and the part that is open."""
    run = snapshot.run(choices.pointed)
    ranks = {**CHART, **_of_run(run, is_title=choices.title is not None), **ALWAYS}
    words: dict[str, str] = {}
    if run is not None and (run.state == "paused" or (run.state == "failed" and run.kind in ("engine", "script"))):
        words["pause"] = "resume"
    if run is not None and run.knobs:
        words |= {"scale_step(0.5)": "knob", "scale_step(2.0)": "knob"}
    if run is not None and not _takes_steps(run):
        ranks = {action: rank for action, rank in ranks.items() if not action.startswith("scale_step")}
    if run is not None and run.spec is None:
        ranks = {action: rank for action, rank in ranks.items() if action not in OF_SPEC}
    if choices.title is not None and not any(snapshot.counts.get(state) for state in GOING_ON):
        ranks = {action: rank for action, rank in ranks.items() if action not in OF_GOING_ON}
    if choices.title is not None:
        words["open"] = "unfold" if choices.title in choices.listing.folded else "fold"
    return _offered(_useful("board", choices), {**ranks, **_of_part(choices)}, words | _words_of_part(choices))


def _takes_steps(run: Run) -> bool:
    """Whether the keys of the step size do something: a logged run has its knobs in its place."""
    if run.kind != "engine":
        return bool(run.knobs)
    return run.spec is None or run.spec.kind.steps


def replay_keys(run: Run | None, choices: Choices, *, plays: bool, stops: str) -> list[Key]:
    """The replay's keys for the run under the cursor; what the keys of events go to stands beside them."""
    ranks = {key.action: key.rank for key in keymap.keys_of("replay") if key.place == "replay" and key.rank is not None}
    if run is not None and run.spec is None:
        ranks = {action: rank for action, rank in ranks.items() if action not in OF_SPEC}
    shared = {"app.help": 0, "app.palette": 1, "app.leave": 3, "open": 6}
    words = {"play": "pause" if plays else "play", "event('{key}')": stops}
    return _offered(
        _useful("replay", choices), {**ranks, **shared, **_of_part(choices)}, words | _words_of_part(choices)
    )


def sweep_keys(seen: SweepSeen, pointed: Sequence[Run], *, is_filtered: bool = False) -> list[Key]:
    """The sweep view's keys: pausing and stopping while it goes on, refining and using once values are known."""
    runs = seen.runs.values()
    going = any(run.state in ("running", "queued") for run in runs)
    over = all(run.state in ENDED for run in runs)
    words = {} if going else {"steer_sweep('pause')": "resume sweep"}
    words |= {"back": "clear filter"} if is_filtered else {}
    left_out = {"steer_sweep('pause')", "steer_sweep('stop')", "pause"} if over else set()
    if over and any(run.state == "cancelled" and run.rung is not None for run in pointed):
        left_out.remove("pause")
        words["pause"] = "let go on"
    if seen.outcome is None or seen.outcome.best is None:
        left_out |= {"refine", "use"}
    keys = [key for key in keymap.keys_of("sweepview") if key.action not in left_out]
    shown = {"app.help": 0, "app.palette": 1, "app.leave": 1}
    return [_with(key, shown.get(key.action, key.rank), words.get(key.action, key.word)) for key in keys]


def _useful(place: keymap.Place, choices: Choices) -> list[Key]:
    """The keys of a place without opening a run that is open already; in the grid of measures `enter` enlarges one."""
    is_open = choices.alone and choices.chart_options.layout != "measures"
    return [key for key in keymap.keys_of(place) if key.action != "open" or not is_open]


def _of_run(run: Run | None, *, is_title: bool) -> Mapping[str, int]:
    if is_title:
        return TITLE
    if run is None:
        return {}
    if run.kind == "imported" or (run.state == "failed" and run.kind != "engine"):
        return ENDED_RUN
    return {"running": RUNNING, "queued": QUEUED, "paused": PAUSED, "failed": FAILED}.get(run.state, ENDED_RUN)


def _of_part(choices: Choices) -> Mapping[str, int]:
    ranks: dict[str, int] = {}
    if choices.listing.text:
        ranks |= {"back": 1}
    if choices.chart_options.enlarged:
        ranks |= ENLARGED
    if choices.alone:
        ranks |= DETAILS
    if choices.room != "all":
        ranks |= {"room": 0, "back": 0}
    if choices.chart_options.cursor is not None:
        ranks |= READOUT
    return ranks


def _words_of_part(choices: Choices) -> dict[str, str]:
    words: dict[str, str] = {}
    if choices.listing.text:
        words["back"] = "clear filter"
    if choices.alone or choices.chart_options.enlarged:
        words["back"] = "back"
    if choices.alone:
        words["page(1)"] = "scroll"
    if choices.room == "details":
        words["spread"] = "curve"
    if choices.room != "all":
        words["back"] = "back"
        following = choices.with_next_room().room
        words["room"] = following if following != "all" else "all again"
    if choices.chart_options.cursor is not None:
        words |= {"back": "back", "readout": "end readout", "across(-1)": "line left", "across(1)": "line right"}
    return words


def _offered(keys: Iterable[Key], ranks: Mapping[str, int], words: Mapping[str, str]) -> list[Key]:
    return [_with(key, ranks.get(key.action), words.get(key.action, key.word)) for key in keys]


def _with(key: Key, rank: int | None, word: str) -> Key:
    return key if (rank, word) == (key.rank, key.word) else replace(key, rank=rank, word=word)


def footer(keys: Sequence[Key], room: int) -> list[Key]:
    """Return the keys that fit into `room` cells, in their order; the highest ranks are dropped first.

    A key without a word shares that of the next one.
    """
    kept = list(_paired([key for key in keys if key.rank is not None]))
    if room < NARROW:
        kept = [replace(key, word="", rank=0) if key.action in EVERYWHERE else key for key in kept]
    while kept and sum(map(width, kept)) - gap(kept[-1]) > room:
        ranks = [key.rank or 0 for key in kept]
        at = len(kept) - 1 - ranks[::-1].index(max(ranks))
        del kept[at - _is_second(kept, at) : at + 1]
    return kept


def width(key: Key) -> int:
    """Return the cells of a key with its word and the gap behind it."""
    return width_of(text(key)) + gap(key)


def gap(key: Key) -> int:
    """Return the cells between a key and the next one."""
    return 2 if key.word else 1


def text(key: Key) -> str:
    """Return a key and its word as the footer writes them."""
    return f"{key.keys_text} {key.word}".rstrip()


def _paired(keys: Sequence[Key]) -> Iterator[Key]:
    """Yield the keys, the first of a pair without its word."""
    word = ""
    for key, following in pairwise((*keys, None)):
        assert key is not None
        if following is not None and PAIRS.get(key.action) == following.action:
            word = TOGETHER.get((key.word, following.word), key.word)
            yield replace(key, word="", advertised=1)
        elif word:
            yield replace(key, word=word, advertised=1)
            word = ""
        else:
            yield key


def _is_second(keys: Sequence[Key], at: int) -> bool:
    """Whether the key at a place is the second of a pair."""
    return at > 0 and PAIRS.get(keys[at - 1].action) == keys[at].action

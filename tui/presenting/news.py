"""News: what happened to runs between two snapshots, as one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.store import Run
from tui.model.choices import MOST_MARKED, Choices
from tui.model.snapshot import Snapshot
from tui.text import numbers

What = Literal["failed", "gone", "lost", "diverged", "resumed", "finished"]

ORDER: tuple[What, ...] = ("failed", "gone", "lost", "diverged", "resumed", "finished")
"""From the most to the least urgent."""

SAID: Mapping[What, tuple[str, str]] = {
    "gone": ("is lost: its program ended without a word", "are lost: their programs ended without a word"),
    "lost": ("lost its worker and is restarted", "lost their workers and are restarted"),
}
"""The words for one run and for several, if the event's name is not enough."""

MOST_NAMED = 3
GOING_ON = frozenset({"running", "paused", "waiting", "silent", "lost", "queued"})


@dataclass(frozen=True, slots=True)
class News:
    """What happened to one run; `result` is what it reached, in words, '' if unknown."""

    run_id: int
    what: What
    result: str = ""


def news(before: Snapshot, after: Snapshot) -> tuple[News, ...]:
    """What happened to the runs in both snapshots, by run number. Runs that a person ended make no news."""
    if (_states(before), before.judged) == (_states(after), after.judged):
        return ()
    known = {run.run_id: run for run in _runs(before)}
    found = []
    for run in sorted(_runs(after), key=lambda run: run.run_id):
        earlier = known.get(run.run_id)
        what = None if earlier is None else _change(before.status(earlier), after.status(run))
        if what == "lost" and run.state == "failed":
            what = "gone"
        if what is not None:
            found.append(News(run.run_id, what, _result(run)))
    return tuple(found)


def _result(run: Run) -> str:
    """The newest train loss, which runs are ranked by; without one, the current loss; '' without any."""
    if run.train_loss is not None:
        return f"train loss {numbers.loss(run.train_loss)}"
    if run.current_loss is None:
        return ""
    word = "batch loss" if run.spec is not None and run.spec.is_noisy else "loss"
    return f"{word} {numbers.loss(run.current_loss)}"


def _runs(snapshot: Snapshot) -> Iterable[Run]:
    return {run.run_id: run for run in (*snapshot.runs, *snapshot.others, *snapshot.newest)}.values()


def _states(snapshot: Snapshot) -> list[tuple[int, str]]:
    return [(run.run_id, run.state) for run in (*snapshot.runs, *snapshot.others, *snapshot.newest)]


def _change(before: str, after: str) -> What | None:
    if before not in GOING_ON or before == after:
        return None
    match after:
        case "failed" | "finished" | "diverged":
            return after
        case "lost":
            return "lost"
        case "running" | "queued" if before == "lost":
            return "resumed"
        case _:
            return None


def marks(before: Choices, after: Choices) -> str:
    """A sentence on the automatic marks of newly started runs; '' if all are drawn and replaced no other."""
    started = after.considered - before.considered
    new = sorted(started & frozenset(after.marked))
    gone = [run_id for run_id in before.marked if run_id not in after.marked and run_id not in after.vacated]
    undrawn = sorted(started - frozenset(after.drawn))
    parts = []
    if new and gone:
        parts.append(f"{_named(new)} {'is' if len(new) == 1 else 'are'} drawn in place of {_named(gone, plain=True)}.")
    if undrawn:
        parts.append(f"{_named(undrawn)} {'is' if len(undrawn) == 1 else 'are'} not drawn: {_why_not_drawn(after)}.")
    return " ".join(parts)


def _why_not_drawn(choices: Choices) -> str:
    """Why a started run is not drawn, and which key helps."""
    if len(choices.marked) >= MOST_MARKED:
        return f"{MOST_MARKED} runs are marked; space unmarks one"
    return "space draws a run, a all of the list"


def _named(run_ids: Sequence[int], *, plain: bool = False) -> str:
    """Runs by their numbers, or their count if there are many."""
    if len(run_ids) == 1:
        return f"{'run' if plain else 'Run'} {run_ids[0]}"
    if len(run_ids) > MOST_NAMED:
        return f"{len(run_ids)} runs"
    *first, last = map(str, run_ids)
    return f"{'runs' if plain else 'Runs'} {', '.join(first)} and {last}"


def added(so_far: Iterable[News], more: Iterable[News]) -> tuple[News, ...]:
    """Both lists of news; of each run the newest stays."""
    return tuple({one.run_id: one for one in (*so_far, *more)}.values())


def sentence(news: Iterable[News]) -> str:
    """All news in one sentence, the most urgent first; '' for none."""
    parts = [part for what in ORDER if (part := _part(what, [one for one in news if one.what == what]))]
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _part(what: What, news: list[News]) -> str:
    if not news:
        return ""
    if len(news) == 1:
        reached = f" at {news[0].result}" if what == "finished" and news[0].result else ""
        return f"run {news[0].run_id} {SAID.get(what, (what, what))[0]}{reached}"
    return f"{_named([one.run_id for one in news], plain=True)} {SAID.get(what, (what, what))[1]}"

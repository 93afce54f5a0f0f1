"""Tour: how progress follows from what is seen, and what stands on the screen then. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.store import Run
from tui.model.choices import Choices
from tui.model.keymap import VIEWS, Place
from tui.model.learning.observed import Observed
from tui.model.learning.progress import Progress
from tui.presenting.learning.scene import Scene, Step
from tui.presenting.learning.scenes import NAMES, SCENES


@dataclass(frozen=True, slots=True)
class Told:
    """What the tour tells: where it is, a sentence or two, the keys to press and what they do, and that in brief.

    `is_done`: the scene is over. `keys` is '' where there is only something to wait for. `turns`: the keys of the tour
    work here; where something is typed they do not.
    """

    number: int
    count: int
    title: str
    says: str
    keys: str
    does: str
    brief: str
    is_done: bool = False
    turns: bool = True


TURNING: tuple[Place, ...] = (*VIEWS, "replay", "help")
"""The places in which the keys of the tour work."""


def place(progress: Progress) -> int:
    """The index of the present scene; the first one's before the tour has begun."""
    return NAMES.index(progress.scene) if progress.scene in NAMES else 0


def scene_of(progress: Progress) -> Scene:
    """The present scene."""
    return SCENES[place(progress)]


def step_of(progress: Progress) -> Step | None:
    """The present step; None at the end of the scene."""
    steps = scene_of(progress).steps
    return steps[progress.step] if progress.step < len(steps) else None


def begun(progress: Progress, number: int | None = None) -> Progress:
    """Begin the scene of that number (from 1), else go on where the tour was left: with the first scene after it that
    is not done. A tour of which all is done begins anew.
    """
    if number is not None:
        return replace(progress, scene=NAMES[number - 1], step=0)
    at = place(progress)
    left = [name for name in (*NAMES[at:], *NAMES[:at]) if name not in progress.learned]
    return replace(progress, scene=left[0] if left else NAMES[0], step=0)


def turned(progress: Progress, by: int) -> Progress:
    """Go to the next scene (1) or the one before (-1), done or not; the first and the last one have no other beside."""
    at = place(progress) + by
    return replace(progress, scene=NAMES[at], step=0) if 0 <= at < len(NAMES) else progress


def followed(progress: Progress, seen: Observed) -> Progress:
    """Leave the steps behind that are done by what is seen."""
    while (step := step_of(progress)) is not None and step.done(seen):
        progress = replace(progress, step=progress.step + 1)
    if step is None and (name := scene_of(progress).name) not in progress.learned:
        progress = replace(progress, learned=(*progress.learned, name))
    return progress


def starts_runs(progress: Progress) -> bool:
    """Whether the present step starts the runs of its scene."""
    return progress.step == 0


def told(progress: Progress, seen: Observed) -> Told:
    """What the tour tells now."""
    return replace(_told(progress, seen), turns=seen.place in TURNING)


def _told(progress: Progress, seen: Observed) -> Told:
    at, scene, step = place(progress), scene_of(progress), step_of(progress)
    where = at + 1, len(SCENES), scene.title
    if step is not None and starts_runs(progress) and seen.place != "board":
        return Told(*where, step.says, "esc", "go back to the board, where the scene begins", "to the board")
    if step is not None:
        return Told(*where, step.says, step.keys, step.does, step.brief or step.does)
    if at + 1 < len(SCENES):
        return Told(*where, scene.ends(seen), "N", f"go on to {SCENES[at + 1].title}", "next scene", is_done=True)
    return Told(*where, scene.ends(seen), "Q", "leave; that was the last scene", "leave", is_done=True)


def chosen(progress: Progress, seen: Observed, choices: Choices) -> Choices:
    """Draw the runs of the scene that are there, with those that it compares them with, the cursor on its newest.

    Of other marks those stay that somebody made by hand on runs that are not the tour's.
    """
    wanted = seen.found(*scene_of(progress).shown)
    own = {run.run_id for run in seen.runs().values()}
    others = [run_id for run_id in choices.marked if run_id in own or run_id not in choices.by_hand]
    whole = replace(choices.chart_options, cursor=None, window=None, y_window=None)
    cleared = choices.looking(alone=False).giving("all").with_chart_options(whole).unmarking(others)
    return _pointing(cleared.marking_all(run.run_id for run in wanted), wanted)


def _pointing(choices: Choices, wanted: Iterable[Run]) -> Choices:
    newest = max((run.run_id for run in wanted), default=None)
    return choices if newest is None else choices.pointing_at(newest)


def listed(progress: Progress) -> list[tuple[int, str, bool, bool]]:
    """Each scene's number and title, whether it is done, and whether the tour goes on there."""
    going_on = begun(progress).scene
    return [
        (number, scene.title, scene.name in progress.learned, scene.name == going_on)
        for number, scene in enumerate(SCENES, start=1)
    ]

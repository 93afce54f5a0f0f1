"""Parent curves: those that a fork goes on from, up to where it was forked."""

from __future__ import annotations

from engine.store import Reader, Run
from engine.trace.curve import Curve

MOST_PARENTS = 8
"""Of a longer line of forks of forks only the last ones are shown."""


def parent_curves(reader: Reader, run: Run, columns: int) -> tuple[Curve, ...]:
    """The curves of a run's parent up to the fork, of that one's parent, and so on, as far as they are there.

    None for a run that was not forked, or whose parent is gone. What lies before a fork does not change.
    """
    curves: list[Curve] = []
    child: Run | None = run
    for _ in range(MOST_PARENTS):
        if child is None or child.parent_id is None or not child.first_iteration:
            break
        curve = reader.curve(child.parent_id, columns, last=child.first_iteration - 1, ending=True)
        if len(curve.iteration):
            curves.append(curve)
        child = reader.run(child.parent_id)
    return tuple(curves)

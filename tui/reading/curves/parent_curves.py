"""Parent curves: the curves of a fork's ancestors, up to each fork."""

from __future__ import annotations

from engine.store import Reader, Run
from engine.trace.curve import Curve

MOST_PARENTS = 8
"""Most ancestors read; earlier ones are not shown."""


def parent_curves(reader: Reader, run: Run, columns: int) -> tuple[Curve, ...]:
    """Return the curves of the run's parent up to the fork, of the parent's parent, and so on, as far as they exist.

    Returns () if the run is not a fork or its parent is gone. They can be cached: the past of a fork does not change.
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

"""Learning: how far somebody has come in the tour of `lossboard learn`, as a frozen value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """`scene` is the name of the present scene, '' before the first one; `step` counts its steps that are done.

    `learned` are the names of the scenes that were done to their end.
    """

    scene: str = ""
    step: int = 0
    learned: tuple[str, ...] = ()


NOT_BEGUN = Progress()

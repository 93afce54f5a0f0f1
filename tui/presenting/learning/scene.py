"""Scene: one idea of the optimization notes, shown by runs and by what somebody does with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.spec import RunSpec
from tui.model.learning.observed import Observed
from tui.presenting.learning.conditions import Condition


@dataclass(frozen=True, slots=True)
class Step:
    """`says` is a sentence or two; `keys` are to be pressed, '' where there is only something to wait for.

    `does` is what they do, or what is waited for, `brief` the same for a narrow terminal, if it is not short enough
    anyway. The step is over when `done`.
    """

    says: str
    keys: str
    does: str
    done: Condition
    brief: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """The first step starts the `runs`, each a name and a spec. `beside` names runs of other scenes to compare with.

    `ends` says what was seen, with the numbers of the runs.
    """

    name: str
    title: str
    runs: tuple[tuple[str, RunSpec], ...]
    steps: tuple[Step, ...]
    ends: Callable[[Observed], str]
    beside: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        """The names of the runs that the scene is about, its own last."""
        return (*self.beside, *(name for name, _ in self.runs))

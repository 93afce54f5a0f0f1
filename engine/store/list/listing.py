"""Listing: which runs somebody wants to see, and in what order; told to SQLite, so that ten thousand cost as few."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.store.list.filter_fields import NUMBERS
from engine.store.list.run_sql import GIVEN_NAME, LABEL, text_of

# What filters are read with is imported where there is one: workers have none, and a dashboard seldom at its start.
if TYPE_CHECKING:
    from engine.store.list.filter_sql import Condition

STATUS_ORDER = (
    "running", "paused", "queued", "waiting", "silent", "lost", "failed", "diverged", "cancelled", "finished",
)  # fmt: skip
"""From what happens now, over what asks for help, to what is over."""

_STATUS = "CASE WHEN state = 'finished' AND diverged_at IS NOT NULL THEN 'diverged' ELSE state END"
_RANKS = " ".join(f"WHEN '{status}' THEN {rank}" for rank, status in enumerate(STATUS_ORDER))

_EXPRESSIONS: Mapping[str, str] = {
    "run": "run_id",
    "status": f"CASE {_STATUS} {_RANKS} END",
    "name": f"sortable({GIVEN_NAME})",
    "strategy": f"sortable({LABEL})",
    "objective": text_of("objective"),
    "step_size": NUMBERS["step_size"],
    "batch_size": NUMBERS["batch_size"],
    "iterations": NUMBERS["iterations"],
    "train": NUMBERS["train"],
    "validation": NUMBERS["validation"],
    "accuracy": NUMBERS["accuracy"],
    "best": NUMBERS["best"],
    "batch_loss": NUMBERS["batch_loss"],
    "speed": NUMBERS["speed"],
    "created": "created_at",
}

ORDERS: tuple[str, ...] = tuple(_EXPRESSIONS)
"""What a list can be sorted by."""

ORDER_ALIASES: Mapping[str, str] = {"loss": "train"}
"""Other words for an order."""

LARGEST_FIRST = frozenset({"run", "iterations", "accuracy", "speed", "created"})


@dataclass(frozen=True, slots=True)
class Listing:
    """A filter as it was typed, and an order: one of ORDERS, `reverse` the other way round than usual.

    `pinned` runs stand on top, whether they fit the filter or not. `grouped`: the runs of a sweep stand together under
    a title, where the first of them would stand alone; those of the `folded` sweeps are left out. `deleted`:
    of the runs that were deleted and can be brought back, instead of the others.
    """

    text: str = ""
    order: str = "run"
    reverse: bool = False
    pinned: tuple[int, ...] = ()
    grouped: bool = False
    folded: tuple[int, ...] = ()
    deleted: bool = False

    @property
    def plain(self) -> bool:
        """Whether this is every run, newest first."""
        return not (self.text or self.reverse or self.pinned or self.grouped or self.deleted) and self.order == "run"

    @property
    def present(self) -> str:
        """Whether a row is there at all, in SQL."""
        return f"deleted_at IS {'NOT ' if self.deleted else ''}NULL"

    def check(self) -> None:
        """Raise FilterError where the filter cannot be read."""
        from engine.store.list.filter import parse

        parse(self.text)

    def fits(self, judged: Mapping[int, str]) -> Condition:
        """Whether a row fits the filter, in SQL with its parameters. Raises FilterError."""
        if not self.text.strip():
            return "1", ()
        from engine.store.list.filter import parse
        from engine.store.list.filter_sql import condition

        return condition(parse(self.text), judged)

    @property
    def is_pinned(self) -> str:
        """Whether a row is pinned, in SQL."""
        return _is_among(self.pinned)

    def order_by(self, judged: Mapping[int, str]) -> str:
        """The order in SQL: the pinned first, what has no value last, equal ones newest first."""
        expression = _status_rank(judged) if self.order == "status" else _EXPRESSIONS[self.order]
        downwards = (self.order in LARGEST_FIRST) != self.reverse
        direction = "DESC" if downwards else "ASC"
        on_top = f"{self.is_pinned} DESC, " if self.pinned else ""
        if self.order == "run":
            return f"{on_top}run_id {direction}"
        return f"{on_top}{expression} {direction} NULLS LAST, run_id DESC"

    def pinning(self, run_id: int) -> Listing:
        """The same with a run pinned, or not any more."""
        rest = tuple(pinned for pinned in self.pinned if pinned != run_id)
        return replace(self, pinned=rest if run_id in self.pinned else (*rest, run_id))

    def folding(self, sweep_id: int) -> Listing:
        """The same with a sweep folded, or unfolded."""
        rest = tuple(folded for folded in self.folded if folded != sweep_id)
        return replace(self, folded=rest if sweep_id in self.folded else (*rest, sweep_id))


def _is_among(run_ids: Iterable[int]) -> str:
    return f"run_id IN ({', '.join(str(int(run_id)) for run_id in run_ids)})"


def _status_rank(judged: Mapping[int, str]) -> str:
    """Where a status stands, in SQL: what `judged` says of a run that is stored as running comes first."""
    other = [
        f"WHEN {_is_among(number for number, told in judged.items() if told == status)} THEN {rank}"
        for rank, status in enumerate(STATUS_ORDER)
        if status in judged.values()
    ]
    stored = _EXPRESSIONS["status"]
    return f"CASE WHEN state <> 'running' THEN {stored} {' '.join(other)} ELSE {stored} END" if other else stored

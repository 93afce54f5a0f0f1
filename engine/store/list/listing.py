"""Listing: filter, order and grouping of a list of runs, as SQL, so that SQLite does the work for ten thousand runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.spec import FIELDS
from engine.store.list.filter_fields import ALIASES, NUMBERS
from engine.store.list.run_sql import LABEL, LOST, TAGS, text_of
from engine.trace.metric_names import more_is_better

# The filter modules are imported on use: workers have no filter, and a dashboard seldom has one at its start.
if TYPE_CHECKING:
    from engine.store.list.filter_sql import Condition
    from engine.store.list.logged_fields import Expression, LoggedNames

STATUS_ORDER = (
    "running", "paused", "queued", "waiting", "silent", "lost", "failed", "diverged", "cancelled", "finished",
)  # fmt: skip
"""Active runs first, then those that need attention, then ended ones."""

_STATUS = (
    f"CASE WHEN state = 'finished' AND diverged_at IS NOT NULL THEN 'diverged' WHEN {LOST} THEN 'lost' ELSE state END"
)
_RANKS = " ".join(f"WHEN '{status}' THEN {rank}" for rank, status in enumerate(STATUS_ORDER))

_EXPRESSIONS: Mapping[str, str] = {
    "run": "run_id",
    "status": f"CASE {_STATUS} {_RANKS} END",
    "name": f"sortable(coalesce(nullif(name, ''), {LABEL}))",
    "tags": f"sortable((SELECT group_concat(value, ' ') FROM {TAGS}))",
    "strategy": f"sortable({LABEL})",
    "objective": text_of("objective"),
    "step_size": NUMBERS["step_size"],
    "batch_size": NUMBERS["batch_size"],
    "iterations": NUMBERS["iterations"],
    "loss": NUMBERS["loss"],
    "kind": "kind",
    "project": "sortable(project)",
    "group": "sortable(run_group)",
    "train": NUMBERS["train"],
    "validation": NUMBERS["validation"],
    "accuracy": NUMBERS["accuracy"],
    "best": NUMBERS["best"],
    "batch_loss": NUMBERS["batch_loss"],
    "speed": NUMBERS["speed"],
    "created": "created_at",
    "elapsed": NUMBERS["elapsed"],
    "test": NUMBERS["test"],
    "test_accuracy": NUMBERS["test_accuracy"],
    "planned": NUMBERS["planned"],
    **{
        name: NUMBERS[name] if name in NUMBERS else f"sortable({text_of(name)})"
        for name in FIELDS
        if name not in ("strategy", "objective", "step_size", "batch_size", "iterations")
    },
}

ORDERS: tuple[str, ...] = tuple(_EXPRESSIONS)
"""Names of the orders that a list can have; a list can show a column for each."""

ORDER_ALIASES: Mapping[str, str] = {
    alias: name for alias, name in ALIASES.items() if name in _EXPRESSIONS and alias not in _EXPRESSIONS
}
"""Other names for some of ORDERS, as in a filter."""

LARGEST_FIRST = frozenset({"run", "iterations", "accuracy", "test_accuracy", "speed", "created"})


@dataclass(frozen=True, slots=True)
class Listing:
    """A typed filter (`text`) and an order, one of ORDERS or a logged field; `reverse` inverts its default direction.

    `pinned` runs come first, whether they fit the filter or not. `grouped` lists the runs of a sweep under a title, at
    the place of the first of them; runs of `folded` sweeps are omitted. `deleted` lists deleted runs instead of others.
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
        """True when this lists every run, newest first."""
        return not (self.text or self.reverse or self.pinned or self.grouped or self.deleted) and self.order == "run"

    @property
    def downwards(self) -> bool:
        """True if the largest value, the last word or the newest run comes first."""
        return largest_first(self.order) != self.reverse

    @property
    def present(self) -> str:
        """SQL condition: the row belongs to the list before filtering."""
        return f"deleted_at IS {'NOT ' if self.deleted else ''}NULL"

    def check(self, names: LoggedNames | None = None) -> None:
        """Raise FilterError if the filter does not parse; `names` are those that programs have given, None: none."""
        from engine.store.list.filter import parse
        from engine.store.list.logged_fields import NO_NAMES

        parse(self.text, names or NO_NAMES)

    def fits(self, judged: Mapping[int, str], names: LoggedNames | None = None) -> Condition:
        """SQL condition and its parameters: the row fits the filter. Raises FilterError if it does not parse."""
        if not self.text.strip():
            return "1", ()
        from engine.store.list.filter import parse
        from engine.store.list.filter_sql import condition
        from engine.store.list.logged_fields import NO_NAMES

        return condition(parse(self.text, names or NO_NAMES), judged)

    @property
    def is_pinned(self) -> str:
        """SQL condition: the row is pinned."""
        return _is_among(self.pinned)

    def order_by(self, judged: Mapping[int, str], names: LoggedNames | None = None) -> Expression:
        """The ORDER BY list and its parameters: pinned runs first, missing values last, ties newest first.

        Of a field that no run has, all values are missing.
        """
        direction = "DESC" if self.downwards else "ASC"
        on_top = f"{self.is_pinned} DESC, " if self.pinned else ""
        if self.order == "run":
            return f"{on_top}run_id {direction}", ()
        values: tuple[object, ...] = ()
        if self.order == "status":
            expression = _status_rank(judged)
        elif self.order in _EXPRESSIONS:
            expression = _EXPRESSIONS[self.order]
        else:
            expression, values = _logged(self.order, names)
        return f"{on_top}{expression} {direction} NULLS LAST, run_id DESC", values

    def pinning(self, run_id: int) -> Listing:
        """The listing with a run's pin toggled."""
        rest = tuple(pinned for pinned in self.pinned if pinned != run_id)
        return replace(self, pinned=rest if run_id in self.pinned else (*rest, run_id))

    def folding(self, sweep_id: int) -> Listing:
        """The listing with a sweep's fold toggled."""
        rest = tuple(folded for folded in self.folded if folded != sweep_id)
        return replace(self, folded=rest if sweep_id in self.folded else (*rest, sweep_id))


def largest_first(order: str) -> bool:
    """Whether an order has the largest value on top by itself; of metrics those of which more is better."""
    return order in LARGEST_FIRST or (order.startswith("metric:") and more_is_better(order.removeprefix("metric:")))


def _logged(order: str, names: LoggedNames | None) -> Expression:
    """The value that a logged field has of a run: numbers first, then text in natural order."""
    from engine.store.list.logged_fields import NO_NAMES, sought

    field = sought(order, names or NO_NAMES)
    if field is None:
        return "NULL", ()
    value, values = field.expression
    natural = "CASE typeof(value) WHEN 'text' THEN sortable(value) ELSE value END"
    return f"(SELECT {natural} FROM (SELECT {value} AS value))", values


def _is_among(run_ids: Iterable[int]) -> str:
    return f"run_id IN ({', '.join(str(int(run_id)) for run_id in run_ids)})"


def _status_rank(judged: Mapping[int, str]) -> str:
    """SQL expression: the rank of a row's status in STATUS_ORDER; for a running run `judged` overrides the state."""
    other = [
        f"WHEN {_is_among(number for number, judgement in judged.items() if judgement == status)} THEN {rank}"
        for rank, status in enumerate(STATUS_ORDER)
        if status in judged.values()
    ]
    stored = _EXPRESSIONS["status"]
    return f"CASE WHEN state <> 'running' THEN {stored} {' '.join(other)} ELSE {stored} END" if other else stored

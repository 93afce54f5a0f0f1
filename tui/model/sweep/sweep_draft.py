"""SweepDraft: a sweep being edited, as a frozen value with pure changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from engine.spec import FIELDS, RunSpec, SpecError, parse_field
from engine.sweep import SWEEPABLE, Halving, SweepPlan
from engine.text import counted
from tui.model.sweep.sweep_range import SweepRange

KEEPS = (1 / 2, 1 / 3, 1 / 4)
"""Fractions of runs that continue after a rung, in the order of the key."""

MOST_RUNGS = 6
MOST_REPEATS = 100
WATCH_PACE = 100.0
"""Iterations per second of runs that are slowed down to be watched."""


@dataclass(frozen=True, slots=True)
class SweepDraft:
    """`ranges` are of one field, or of two for a grid; keys change the one at index `active`.

    `base` is the spec of the run `origin`, or the default spec (None). `fine` moves are by factors of two instead of
    ten. With `rungs` > 0 the sweep is a race by successive halving: the fraction `keep` continues at each rung.
    """

    base: RunSpec
    ranges: tuple[SweepRange, ...]
    origin: int | None = None
    active: int = 0
    fine: bool = False
    repeats: int = 1
    same_seeds: bool = True
    rungs: int = 0
    keep: float = KEEPS[0]

    @classmethod
    def of(cls, base: RunSpec, origin: int | None = None) -> SweepDraft:
        """Return the first draft: a sweep of the step size, or of the first field that the strategy has."""
        return cls(base, (SweepRange.usual(offered(base)[0]),), origin)

    def on(self, base: RunSpec, origin: int | None) -> SweepDraft:
        """Apply the sweep to another spec; ranges of fields that have no effect there are replaced."""
        if (base, origin) == (self.base, self.origin):
            return self
        fields = offered(base)
        kept = tuple(one for one in self.ranges if one.field in fields) or (SweepRange.usual(fields[0]),)
        return replace(self, base=base, origin=origin, ranges=kept, active=min(self.active, len(kept) - 1))

    @property
    def range(self) -> SweepRange:
        """The active range."""
        return self.ranges[self.active]

    def _with(self, changed: SweepRange) -> SweepDraft:
        ranges = (*self.ranges[: self.active], changed, *self.ranges[self.active + 1 :])
        return replace(self, ranges=ranges)

    def with_low_moved(self, by: int) -> SweepDraft:
        """Move the low end of the active range by `by` moves."""
        return self._with(self.range.with_low_moved(by, fine=self.fine))

    def with_high_moved(self, by: int) -> SweepDraft:
        """Move the high end of the active range by `by` moves."""
        return self._with(self.range.with_high_moved(by, fine=self.fine))

    def recounted(self, by: int) -> SweepDraft:
        """Change the number of values of the active range."""
        return self._with(self.range.recounted(by))

    def with_next_scale(self) -> SweepDraft:
        """Switch the active range to its next scale."""
        return self._with(self.range.with_next_scale())

    def with_other_moves(self) -> SweepDraft:
        """Switch between moves by factors of ten and of two."""
        return replace(self, fine=not self.fine)

    def with_next_field(self, by: int) -> SweepDraft:
        """Switch the active range to the next parameter, with its default values.

        Batch sizes are also compared at equal time, so their runs are not slowed down.
        """
        taken = {one.field for one in self.ranges} - {self.range.field}
        fields = [field for field in offered(self.base) if field not in taken]
        place = fields.index(self.range.field) if self.range.field in fields else -by
        field = fields[(place + by) % len(fields)]
        draft = replace(self, base=self.base.changed(pace=None)) if field == "batch_size" and self.base.pace else self
        return draft._with(SweepRange.usual(field))

    def with_other_range(self) -> SweepDraft:
        """Make the other range of a grid active."""
        return replace(self, active=(self.active + 1) % len(self.ranges))

    def with_grid(self) -> SweepDraft:
        """Add a second parameter, or remove it."""
        if len(self.ranges) > 1:
            return replace(self, ranges=self.ranges[:1], active=0)
        fields = [field for field in offered(self.base) if field not in (self.range.field, "seed")]
        return replace(self, ranges=(*self.ranges, SweepRange.brief(fields[0])), active=1)

    def repeated(self, by: int) -> SweepDraft:
        """Change the number of seeds per value."""
        return replace(self, repeats=max(1, min(self.repeats + by, MOST_REPEATS)))

    def with_other_seeds(self) -> SweepDraft:
        """Switch between the same seeds for all values and a seed of its own for each run."""
        return replace(self, same_seeds=not self.same_seeds)

    def with_rungs(self) -> SweepDraft:
        """Add a rung; after MOST_RUNGS there is no race."""
        return replace(self, rungs=(self.rungs + 1) % (MOST_RUNGS + 1))

    def with_next_keep(self) -> SweepDraft:
        """Switch to the next fraction that continues at each rung."""
        return replace(self, keep=KEEPS[(KEEPS.index(self.keep) + 1) % len(KEEPS)])

    def lasting(self, factor: int) -> SweepDraft:
        """Double (factor 2) or halve (-2) the iterations; a budget in seconds alone stays."""
        before = self.base.iterations
        if before is None:
            return self
        after = before * 2 if factor > 0 else max(before // 2, 1)
        return replace(self, base=self.base.changed(iterations=min(after, 2**40)))

    def with_other_pace(self) -> SweepDraft:
        """Switch between WATCH_PACE and full speed."""
        return replace(self, base=self.base.changed(pace=None if self.base.pace else WATCH_PACE))

    def typed(self, texts: Mapping[str, str]) -> SweepDraft:
        """Apply typed texts: low, high, count, values, iterations, repeats. Raises SpecError: when one is invalid."""
        changed = self._with(self.range.typed(texts["low"], texts["high"], texts["count"], texts["values"]))
        iterations = parse_field("iterations", texts["iterations"])
        repeats = parse_field("seed", texts["repeats"])
        if not 1 <= repeats <= MOST_REPEATS:
            raise SpecError("repeats", f"seeds: 1 to {MOST_REPEATS}, not {texts['repeats'].strip()[:20]!a}")
        base = self.base if iterations == self.base.iterations else self.base.changed(iterations=iterations)
        return replace(changed, base=base, repeats=repeats)

    @property
    def halving(self) -> Halving | None:
        """The rungs of the race, at iterations * keep^n; None without rungs.

        Raises SpecError: when the budget has no iterations, or too few for distinct rungs.
        """
        if not self.rungs:
            return None
        iterations = self.base.iterations
        if iterations is None:
            raise SpecError("halving", "rungs are iterations; give the runs a budget in iterations")
        rungs = tuple(round(iterations * self.keep**power) for power in range(self.rungs, 0, -1))
        if rungs[0] < 1 or len(set(rungs)) < len(rungs) or rungs[-1] >= iterations:
            few = f"{counted(iterations, 'iteration')} {'is' if iterations == 1 else 'are'} too few"
            raise SpecError("halving", f"{few} for {counted(self.rungs, 'rung')}; m changes how many there are")
        return Halving(rungs, self.keep)

    def plan(self) -> SweepPlan:
        """Return the sweep's plan. Raises SpecError: when the draft is not a valid sweep."""
        axes = tuple(one.axis() for one in self.ranges)
        return SweepPlan(self.base, axes, self.repeats, self.same_seeds, self.halving)

    def complaint(self) -> str:
        """Return why this draft is not a valid sweep; '' if it is."""
        try:
            self.plan()
        except SpecError as error:
            return error.message
        return ""


def offered(base: RunSpec) -> list[str]:
    """Return the fields that can be swept and affect runs of this spec, step size first."""
    chosen = asdict(base)
    return [field for field in SWEEPABLE if FIELDS[field].applies(chosen)]

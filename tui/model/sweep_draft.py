"""SweepDraft: a sweep that is being put together, as one frozen value with pure changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from engine.spec import FIELDS, RunSpec, SpecError, parse_field
from engine.sweep import SWEEPABLE, Halving, SweepPlan
from engine.text import counted
from tui.model.sweep_range import SweepRange

KEEPS = (1 / 2, 1 / 3, 1 / 4)
"""Shares that go on from a rung, in the order of their key."""

MOST_RUNGS = 6
MOST_REPEATS = 100
WATCH_PACE = 100.0
"""Iterations per second of runs that are to be watched."""


@dataclass(frozen=True, slots=True)
class SweepDraft:
    """`ranges` are of one field, or of two that make a grid; `active` is the one that keys move.

    `origin` is the run whose spec `base` is, None for the defaults. `fine` moves are by halves instead of decades.
    With `rungs` the sweep is a race by successive halving, of which `keep` go on at each rung.
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
        """The draft that `s` begins with: step sizes, or what the strategy has instead."""
        return cls(base, (SweepRange.usual(offered(base)[0]),), origin)

    def on(self, base: RunSpec, origin: int | None) -> SweepDraft:
        """The same sweep of another spec; parameters that decide nothing there are replaced."""
        if (base, origin) == (self.base, self.origin):
            return self
        fields = offered(base)
        kept = tuple(one for one in self.ranges if one.field in fields) or (SweepRange.usual(fields[0]),)
        return replace(self, base=base, origin=origin, ranges=kept, active=min(self.active, len(kept) - 1))

    @property
    def range(self) -> SweepRange:
        """The range that keys move."""
        return self.ranges[self.active]

    def _with(self, changed: SweepRange) -> SweepDraft:
        ranges = (*self.ranges[: self.active], changed, *self.ranges[self.active + 1 :])
        return replace(self, ranges=ranges)

    def with_low_moved(self, by: int) -> SweepDraft:
        return self._with(self.range.with_low_moved(by, fine=self.fine))

    def with_high_moved(self, by: int) -> SweepDraft:
        return self._with(self.range.with_high_moved(by, fine=self.fine))

    def recounted(self, by: int) -> SweepDraft:
        return self._with(self.range.recounted(by))

    def with_next_scale(self) -> SweepDraft:
        return self._with(self.range.with_next_scale())

    def with_other_moves(self) -> SweepDraft:
        """Ends move by decades, or by halves."""
        return replace(self, fine=not self.fine)

    def with_next_field(self, by: int) -> SweepDraft:
        """Another parameter for the active range, with its usual values; batch sizes go at full speed.

        They are compared at equal time as well, which says nothing of runs that were slowed down to be watched.
        """
        taken = {one.field for one in self.ranges} - {self.range.field}
        fields = [field for field in offered(self.base) if field not in taken]
        place = fields.index(self.range.field) if self.range.field in fields else -by
        field = fields[(place + by) % len(fields)]
        draft = replace(self, base=self.base.changed(pace=None)) if field == "batch_size" and self.base.pace else self
        return draft._with(SweepRange.usual(field))

    def with_other_range(self) -> SweepDraft:
        """Keys move the other parameter of a grid."""
        return replace(self, active=(self.active + 1) % len(self.ranges))

    def with_grid(self) -> SweepDraft:
        """A second parameter, or only the first again."""
        if len(self.ranges) > 1:
            return replace(self, ranges=self.ranges[:1], active=0)
        fields = [field for field in offered(self.base) if field not in (self.range.field, "seed")]
        return replace(self, ranges=(*self.ranges, SweepRange.brief(fields[0])), active=1)

    def repeated(self, by: int) -> SweepDraft:
        """More runs with other seeds for each value, or fewer."""
        return replace(self, repeats=max(1, min(self.repeats + by, MOST_REPEATS)))

    def with_other_seeds(self) -> SweepDraft:
        """All values with the same seeds, or each run with its own."""
        return replace(self, same_seeds=not self.same_seeds)

    def with_rungs(self) -> SweepDraft:
        """One rung more; after the last of them no race."""
        return replace(self, rungs=(self.rungs + 1) % (MOST_RUNGS + 1))

    def with_next_keep(self) -> SweepDraft:
        return replace(self, keep=KEEPS[(KEEPS.index(self.keep) + 1) % len(KEEPS)])

    def lasting(self, factor: int) -> SweepDraft:
        """Twice as many iterations (factor 2), or half as many (-2); budgets in seconds alone stay."""
        before = self.base.iterations
        if before is None:
            return self
        after = before * 2 if factor > 0 else max(before // 2, 1)
        return replace(self, base=self.base.changed(iterations=min(after, 2**40)))

    def with_other_pace(self) -> SweepDraft:
        """Runs that can be watched, or at full speed."""
        return replace(self, base=self.base.changed(pace=None if self.base.pace else WATCH_PACE))

    def typed(self, texts: Mapping[str, str]) -> SweepDraft:
        """What somebody wrote: low, high, count, values, iterations, repeats. Raises SpecError for no number."""
        changed = self._with(self.range.typed(texts["low"], texts["high"], texts["count"], texts["values"]))
        iterations = parse_field("iterations", texts["iterations"])
        repeats = parse_field("seed", texts["repeats"])
        if not 1 <= repeats <= MOST_REPEATS:
            raise SpecError("repeats", f"seeds: 1 to {MOST_REPEATS}, not {texts['repeats'].strip()[:20]!a}")
        base = self.base if iterations == self.base.iterations else self.base.changed(iterations=iterations)
        return replace(changed, base=base, repeats=repeats)

    @property
    def halving(self) -> Halving | None:
        """The rungs of the race: each as far from the end as its share. Raises SpecError where they do not rise."""
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
        """The sweep. Raises SpecError that says why there can be none."""
        axes = tuple(one.axis() for one in self.ranges)
        return SweepPlan(self.base, axes, self.repeats, self.same_seeds, self.halving)

    def complaint(self) -> str:
        """Why this draft is no sweep; '' when it is one."""
        try:
            self.plan()
        except SpecError as error:
            return error.message
        return ""


def offered(base: RunSpec) -> list[str]:
    """The fields that can be swept and decide something in such runs, step size first."""
    chosen = asdict(base)
    return [field for field in SWEEPABLE if FIELDS[field].applies(chosen)]

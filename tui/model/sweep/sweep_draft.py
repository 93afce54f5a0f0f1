"""SweepDraft: a sweep being edited, as a frozen value with pure changes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Literal

from engine.jobs.people.batch_sizes import train_examples
from engine.spec import FIELDS, RunSpec, SpecError, parse_field
from engine.sweep import SWEEPABLE, Halving, SweepPlan
from engine.text import counted, setting_text
from tui.model.sweep.sweep_range import Scale, SweepRange

KEEPS = (1 / 2, 1 / 3, 1 / 4)
"""Fractions of runs that continue after a rung, in the order of the key."""

MOST_RUNGS = 6
MOST_REPEATS = 100
WATCH_PACE = 100.0
"""Iterations per second of runs that are slowed down to be watched."""


@dataclass(frozen=True, slots=True)
class SweepDraft:
    """`ranges` are of one field, or of two for a grid; keys change the one at index `active`.

    `base` is the spec of the run `origin`, or the default spec (None). With `rungs` > 0 the sweep is a race by
    successive halving: the fraction `keep` continues at each rung.
    """

    base: RunSpec
    ranges: tuple[SweepRange, ...]
    origin: int | None = None
    active: int = 0
    repeats: int = 1
    same_seeds: bool = True
    rungs: int = 0
    keep: float = KEEPS[0]

    @classmethod
    def of(cls, base: RunSpec, origin: int | None = None) -> SweepDraft:
        """Return the first draft: a sweep of the step size, or of the first field that the strategy has."""
        return cls(base, (default_range(base, offered(base)[0]),), origin)

    def on(self, base: RunSpec, origin: int | None) -> SweepDraft:
        """Apply the sweep to another spec; ranges of fields that have no effect there are replaced."""
        if (base, origin) == (self.base, self.origin):
            return self
        fields = offered(base)
        kept = tuple(one for one in self.ranges if one.field in fields) or (default_range(base, fields[0]),)
        return replace(self, base=base, origin=origin, ranges=kept, active=min(self.active, len(kept) - 1))

    def between(self, low: float, high: float) -> SweepDraft:
        """Set the ends of the active range, as round as they are written with two digits."""
        return self._with(replace(self.range, low=Decimal(setting_text(low, 2)), high=Decimal(setting_text(high, 2))))

    @property
    def range(self) -> SweepRange:
        """The active range."""
        return self.ranges[self.active]

    def _with(self, changed: SweepRange) -> SweepDraft:
        ranges = (*self.ranges[: self.active], changed, *self.ranges[self.active + 1 :])
        return replace(self, ranges=ranges)

    def with_low_moved(self, by: int) -> SweepDraft:
        """Move the low end of the active range by `by` moves."""
        return self._with(self.range.with_low_moved(by))

    def with_high_moved(self, by: int) -> SweepDraft:
        """Move the high end of the active range by `by` moves."""
        return self._with(self.range.with_high_moved(by))

    def recounted(self, by: int) -> SweepDraft:
        """Change the number of values of the active range."""
        return self._with(self.range.recounted(by))

    def with_scale(self, scale: Scale) -> SweepDraft:
        """Switch the active range to another scale."""
        return self._with(self.range.with_scale(scale))

    def fields_left(self, place: int) -> list[str]:
        """The fields that the range at `place` may be of: those of no other range."""
        taken = {one.field for at, one in enumerate(self.ranges) if at != place}
        return [field for field in offered(self.base) if field not in taken and not (place and field == "seed")]

    def with_field(self, field: str) -> SweepDraft:
        """Sweep another parameter in the active range, with its default values."""
        return self._at_full_speed_for(field)._with(default_range(self.base, field))

    def _at_full_speed_for(self, field: str) -> SweepDraft:
        """Batch sizes are also compared at equal time, so their runs are not slowed down."""
        return replace(self, base=self.base.changed(pace=None)) if field == "batch_size" and self.base.pace else self

    def at(self, place: int) -> SweepDraft:
        """Make the range at `place` the active one."""
        return replace(self, active=min(place, len(self.ranges) - 1))

    def with_second(self, field: str | None) -> SweepDraft:
        """Make a grid with a second parameter; None: without one."""
        if field is None:
            return replace(self, ranges=self.ranges[:1], active=0)
        ranges = self.ranges[0], short_default_range(self.base, field)
        return replace(self._at_full_speed_for(field), ranges=ranges, active=1)

    def repeated(self, by: int) -> SweepDraft:
        """Change the number of seeds per value."""
        return replace(self, repeats=max(1, min(self.repeats + by, MOST_REPEATS)))

    def with_rungs(self, rungs: int) -> SweepDraft:
        """Race to so many rungs, at most MOST_RUNGS; 0: no race."""
        return replace(self, rungs=max(0, min(rungs, MOST_RUNGS)))

    def with_keep(self, keep: float) -> SweepDraft:
        """Let this fraction go on at each rung."""
        return replace(self, keep=keep)

    def lasting(self, factor: int) -> SweepDraft:
        """Double (factor 2) or halve (-2) the iterations; a budget in seconds alone stays."""
        before = self.base.iterations
        if before is None:
            return self
        after = before * 2 if factor > 0 else max(before // 2, 1)
        return replace(self, base=self.base.changed(iterations=min(after, 2**40)))

    def with_end(self, end: Literal["low", "high"], text: str) -> SweepDraft:
        """Apply a typed end of the active range. Raises SpecError: when it is not a number."""
        return self._with(self.range.with_end(end, text))

    def with_count(self, text: str) -> SweepDraft:
        """Apply a typed number of values of the active range. Raises SpecError."""
        return self._with(self.range.with_count(text))

    def with_list(self, text: str) -> SweepDraft:
        """Apply typed values of the active range; none make a range again."""
        return self._with(self.range.with_list(text))

    def with_iterations(self, text: str) -> SweepDraft:
        """Apply a typed budget in iterations. Raises SpecError."""
        iterations = parse_field("iterations", text)
        return (
            self if iterations == self.base.iterations else replace(self, base=self.base.changed(iterations=iterations))
        )

    def with_repeats(self, text: str) -> SweepDraft:
        """Apply a typed number of seeds for each value. Raises SpecError."""
        try:
            repeats = parse_field("seed", text)
        except SpecError as error:
            raise SpecError("repeats", error.message.replace("seed: ", "seeds: ", 1)) from None
        if not 1 <= repeats <= MOST_REPEATS:
            raise SpecError("repeats", f"seeds: 1 to {MOST_REPEATS}, not {text.strip()[:20]!a}")
        return replace(self, repeats=repeats)

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
            raise SpecError("halving", f"{few} for {counted(self.rungs, 'rung')}; give more iterations, or fewer rungs")
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


def default_range(base: RunSpec, field: str) -> SweepRange:
    """Return the default range of a field for runs of this spec; no batch is larger than the data set."""
    return SweepRange.default(field).within(_examples(base))


def short_default_range(base: RunSpec, field: str) -> SweepRange:
    """Return the default range of a second parameter for runs of this spec."""
    return SweepRange.short_default(field).within(_examples(base))


def _examples(base: RunSpec) -> int | None:
    return train_examples(base.dataset)


def offered(base: RunSpec) -> list[str]:
    """Return the fields that can be swept and affect runs of this spec, step size first."""
    chosen = asdict(base)
    return [field for field in SWEEPABLE if FIELDS[field].applies(chosen)]

"""Racing: how the race ended, where a store holds nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.spec import race
from engine.store import ENDED, Evaluation, Reader, Run


@dataclass(frozen=True, slots=True)
class Lane:
    """One run of the race, and its newest evaluations over a whole split; None before the first."""

    run: Run
    train: Evaluation | None
    validation: Evaluation | None


class Racing:
    """Reads the race once it is over, and keeps it while its runs stay as they are."""

    def __init__(self) -> None:
        self._of: Sequence[Run] = ()
        self._lanes: tuple[Lane, ...] = ()

    def read(self, reader: Reader, newest: Sequence[Run], counts: Mapping[str, int]) -> tuple[Lane, ...]:
        """The lanes, first to last, of a race that is over; () while it goes on, or in a store that holds other runs.

        A race may have lost lanes, as long as two are left.
        """
        runs = newest[::-1]
        ways = [run.spec for run in runs]
        is_race = len(ways) > 1 and len(set(ways)) == len(ways) == sum(counts.values()) and {*ways} <= {*race()}
        if not is_race or any(run.state not in ENDED for run in runs):
            self._of, self._lanes = (), ()
        elif runs != self._of:
            numbers = [run.run_id for run in runs]
            train, validation = (reader.latest(numbers, split) for split in ("train", "validation"))
            lanes = (Lane(run, train.get(run.run_id), validation.get(run.run_id)) for run in runs)
            self._of, self._lanes = runs, tuple(lanes)
        return self._lanes

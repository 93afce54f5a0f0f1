"""Following: takes in what is new of some files and folders again and again, and the runs that appear in them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

from engine.imports.decoding.unreadable import Unreadable
from engine.imports.detection import find, stamps
from engine.imports.records import Source
from engine.jobs.imports.importing import ahead_of, followed_by
from engine.jobs.imports.intake import Intake
from engine.store import FencedOff, Store, StoreError, StoreGone

log = logging.getLogger(__name__)

POLL_S = 0.2
"""Seconds between two looks at the files."""

FLUSH_S = 0.5
"""Seconds at least between two commits of one run."""

SCAN_S, SCAN_SHARE = 2.0, 0.02
"""Seconds at least between two looks for new files, and the share of the time that they may take."""

SETTLED_S = 2.0
"""After so many seconds without a change a file's last line is whole, even without an end."""

HEARTBEAT_S = 5.0
ENDED_S = 2.0
"""Seconds between two looks at a run that does not go on."""

Stamps = list[tuple[str, int, int]]


@dataclass(slots=True)
class Followed:
    """A run that is followed, and when it was looked at, read and told alive last, on the follower's clock."""

    intake: Intake
    stamps: Stamps
    was_settled: bool = False
    looked_s: float = float("-inf")
    read_s: float = float("-inf")
    told_s: float = float("-inf")


class Follower:
    """Follows paths; `tell` gets what there is to say, each sentence once."""

    def __init__(
        self,
        store: Store,
        worker_id: int,
        paths: Sequence[str],
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.values = 0
        self._store = store
        self._worker_id = worker_id
        self._paths = paths
        self._tell = tell
        self._clock = clock
        self._scan_at = float("-inf")
        self._followed: dict[Source, Followed | None] = {}
        self._said: set[str] = set()

    @property
    def runs(self) -> int:
        """How many runs are followed."""
        return sum(each is not None and each.intake.run_id is not None for each in self._followed.values())

    def turn(self) -> None:
        """Take in what is new. Raises StoreGone; whatever else the store says is told, and tried again."""
        if self._clock() >= self._scan_at:
            self._scan()
        for source, followed in list(self._followed.items()):
            if followed is not None:
                self._look(source, followed)

    def leave(self) -> None:
        """Take in what is left, and store the runs as their files leave them."""
        for source, followed in self._followed.items():
            if followed is not None:
                self._take(source, followed, settled=True, stays=False)

    def _scan(self) -> None:
        began = self._clock()
        found = find(self._paths)
        for trouble in found.troubles:
            self._say(trouble)
        begun = {source: self._begun(source) for source in found.sources if source not in self._followed}
        self._followed |= begun
        new = [followed for followed in begun.values() if followed is not None]
        with closing(ahead_of([followed.intake for followed in new], settled=False)) as intakes:
            for followed, intake in zip(new, intakes, strict=True):
                followed.stamps, followed.read_s = stamps(intake.source), self._clock()
                self._take(intake.source, followed, settled=False, stays=True)
        took_s = self._clock() - began
        self._scan_at = began + max(SCAN_S, took_s / SCAN_SHARE)

    def _begun(self, source: Source) -> Followed | None:
        intake = Intake(self._store, self._worker_id, source)
        other = followed_by(self._store.reader(), intake.run_id)
        if other is not None:
            self._say(f"Run {intake.run_id} is being read by process {other}.")
            return None
        return Followed(intake, [])

    def _look(self, source: Source, followed: Followed) -> None:
        now_s = self._clock()
        if not followed.intake.goes_on and followed.stamps and now_s < followed.looked_s + ENDED_S:
            return
        followed.looked_s = now_s
        now = stamps(source)
        is_settled = bool(now) and time.time() - max(changed for _, _, changed in now) / 1e9 >= SETTLED_S
        is_new = now != followed.stamps or is_settled != followed.was_settled
        if is_new and now_s >= followed.read_s + FLUSH_S:
            followed.stamps, followed.was_settled, followed.read_s = now, is_settled, now_s
            self._take(source, followed, settled=is_settled, stays=True)
        elif followed.intake.goes_on and now_s >= max(followed.told_s, followed.read_s) + HEARTBEAT_S:
            followed.told_s = now_s
            self._take(source, followed, settled=is_settled, stays=True, tells=True)

    def _take(self, source: Source, followed: Followed, *, settled: bool, stays: bool, tells: bool = False) -> None:
        try:
            taken = followed.intake.take(settled=settled, stays=stays)
            if tells:
                followed.intake.heartbeat()
        except Unreadable as error:
            self._say(str(error))
        except FencedOff as error:
            self._say(f"{error}; it is not followed any more.")
            self._followed[source] = None
        except StoreGone:
            raise
        except StoreError as error:
            self._say(str(error))
            followed.stamps = []  # read again
        except Exception:  # whatever one file does, the others are followed on
            log.exception("%s", source)
            self._say(f"{source.place} cannot be read: its reader broke off.")
            self._followed[source] = None
        else:
            self.values += taken.values
            for trouble in taken.troubles:
                self._say(trouble)

    def _say(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            log.warning("%s", sentence)
            self._tell(sentence)

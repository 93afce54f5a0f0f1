"""Roster: the cluster workers that a bridge knows: which of them compute for it, what they do, and what was lost."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.jobs.cluster.likeness import kind_of, refusal
from engine.jobs.cluster.pool import Member
from engine.store import ClusterWorker

SILENT_S = 10.0
"""Seconds without a sign of life, which a worker gives about each second while it computes, until it counts as lost."""

RATE_S = 5.0
ORDERS_EACH = 2
"""Orders that a worker has at a time: it computes one while the other waits, so that it never waits itself."""


@dataclass
class Colleague:
    """One cluster worker: `facts` once it was greeted, `refused` why it gets no orders, `keys` of those it has, in the
    order in which it computes them, and the files of `code` that it was sent."""

    member: Member
    facts: Mapping[str, str] | None = None
    refused: str = ""
    keys: list[str] = field(default_factory=list)
    code: set[bytes] = field(default_factory=set)
    lost: int = 0
    chunks: int = 0
    computed: deque[tuple[float, int, float]] = field(default_factory=deque)
    heard_at: float = field(default_factory=time.monotonic)

    @property
    def is_ready(self) -> bool:
        """Whether it may get an order for a run."""
        return self.facts is not None and not self.refused and not self.is_silent

    @property
    def is_silent(self) -> bool:
        """Whether it has given no sign of life for too long: its process or its host is frozen or cut off."""
        return time.monotonic() - self.heard_at > SILENT_S

    @property
    def kind(self) -> str:
        """The group of workers that give the same bits."""
        return kind_of(self.facts or {})

    @property
    def pace(self) -> tuple[float, float]:
        """Iterations a second, and the share of its time in which it computes, over the last RATE_S."""
        now = time.monotonic()
        while self.computed and now - self.computed[0][0] > RATE_S:
            self.computed.popleft()
        iterations = sum(count for _, count, _ in self.computed)
        return iterations / RATE_S, min(sum(took_s for _, _, took_s in self.computed) / RATE_S, 1.0)

    def hear(self, member: Member) -> None:
        """Take what the scheduler tells of it over."""
        if member.seen != self.member.seen:
            self.heard_at = time.monotonic()
        self.member = member

    def count(self, iterations: int, took_s: float) -> None:
        """Count a chunk that it has computed."""
        self.chunks += 1
        self.computed.append((time.monotonic(), iterations, took_s))


class Roster:
    """The workers of a pool by address, with `ours`, what the bridge itself computes with."""

    def __init__(self, ours: Mapping[str, str]) -> None:
        self._ours = ours
        self._all: dict[str, Colleague] = {}

    def __iter__(self) -> Iterator[Colleague]:
        return iter(self._all.values())

    def __getitem__(self, address: str) -> Colleague:
        return self._all[address]

    def get(self, address: str) -> Colleague | None:
        """The worker at an address, if it is still there."""
        return self._all.get(address)

    def meet(self, members: Mapping[str, Member]) -> tuple[list[Colleague], list[Colleague]]:
        """Take the scheduler's list over; returns who is new, to be greeted, and who is gone."""
        gone = [self._all.pop(address) for address in [*self._all] if address not in members]
        new = []
        for address, member in members.items():
            if address in self._all:
                self._all[address].hear(member)
            else:
                new.append(self._all.setdefault(address, Colleague(member)))
        return new, gone

    def introduce(self, address: str, facts: Mapping[str, str]) -> str:
        """Note what a worker has said of itself; returns why it is refused, '' if it may compute."""
        each = self._all[address]
        each.facts, each.refused = facts, refusal(facts, self._ours)
        return each.refused

    @property
    def room(self) -> int:
        """How many runs may be at work at a time."""
        return ORDERS_EACH * sum(each.is_ready for each in self)

    def kinds(self) -> dict[str, int]:
        """How many workers there are of each group that gives the same bits."""
        found: dict[str, int] = {}
        for each in self:
            if each.is_ready:
                found[each.kind] = found.get(each.kind, 0) + 1
        return found

    def place(self, kind: str, last: str) -> Colleague | None:
        """The worker of a group for the next order of a run: the `last` one unless another has less to do; None while
        all have enough."""
        fitting = [each for each in self if each.is_ready and each.kind == kind and len(each.keys) < ORDERS_EACH]
        if not fitting:
            return None
        return min(fitting, key=lambda each: (len(each.keys), each.member.address != last))

    def told(self, bridge_id: int, runs: Mapping[str, Sequence[int]]) -> list[ClusterWorker]:
        """The workers as they are stored for everybody to see; `runs` are those that each has, by address."""
        return [
            ClusterWorker(
                bridge_id=bridge_id,
                address=each.member.address,
                host=(each.facts or {}).get("host", "") or each.member.host,
                pid=int((each.facts or {}).get("process", 0)),
                cpu=(each.facts or {}).get("cpu", ""),
                kind=each.kind,
                run_ids=tuple(sorted(runs.get(each.member.address, ()))),
                iterations_per_s=each.pace[0],
                busy=each.pace[1],
                chunks=each.chunks,
                lost=each.lost,
                trouble=each.refused or ("silent" if each.is_silent else "" if each.facts else "not known yet"),
            )
            for each in self
        ]

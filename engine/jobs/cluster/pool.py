"""Pool: the cluster workers that a bridge has, orders to them, and answers. What a bridge needs of a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Member:
    """A cluster worker as its scheduler tells of it; `seen` changes with each of its signs of life."""

    address: str
    host: str
    seen: float
    has_nanny: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an order: the `frame`, or '' and why it was lost. `is_fault` where the worker died with it."""

    key: str
    address: str
    frame: bytes | None = None
    lost: str = ""
    is_fault: bool = False


class Pool(Protocol):
    """Cluster workers, and tasks that are each given to one of them. No method waits for the network."""

    def members(self) -> Mapping[str, Member]:
        """The workers there are now, by address; empty while the scheduler cannot be reached."""

    @property
    def trouble(self) -> str:
        """Why the scheduler cannot be reached; '' while it can."""

    def submit(self, key: str, address: str, frame: bytes) -> None:
        """Give an order to a worker. It is answered once, unless it is dropped."""

    def drop(self, key: str) -> None:
        """Forget an order: whatever comes of it is not told any more."""

    def answers(self, wait_s: float) -> list[Answer]:
        """The answers since the last call; waits for the first one, but no longer than so many seconds."""

    def restart(self, address: str) -> None:
        """Have a worker ended and another one started in its place, where it has a nanny that does so."""

    def close(self) -> None:
        """Leave the cluster, and end it where it was started from here."""

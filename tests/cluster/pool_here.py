"""A cluster in this process, for tests of a bridge: its workers carry orders out when they are asked for answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

from engine.jobs.cluster.bridge import Bridge
from engine.jobs.cluster.orders import Order, Reply
from engine.jobs.cluster.pool import Answer, Member
from engine.jobs.cluster.task import work
from engine.jobs.processes.liveness import this_process
from engine.store import ENDED, Store, open_for_writing


class PoolHere:
    """Workers by address; `carried` lists what each was asked for, as (address, verb), in order."""

    def __init__(self, *addresses: str, facts: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self.there = list(addresses)
        self.trouble = ""
        self.carried: list[tuple[str, Order]] = []
        self.frozen: set[str] = set()
        self.around: Callable[[str], AbstractContextManager[object]] = lambda address: nullcontext()
        self.losing: Callable[[str, Order], bool] = lambda address, order: False
        self._facts = facts or {}
        self._waiting: dict[str, tuple[str, Order]] = {}

    def members(self) -> Mapping[str, Member]:
        return {} if self.trouble else {each: Member(each, "here", time.monotonic()) for each in self.there}

    def submit(self, key: str, address: str, frame: bytes) -> None:
        self._waiting[key] = address, Order.from_bytes(frame)

    def drop(self, key: str) -> None:
        self._waiting.pop(key, None)

    def answers(self, wait_s: float) -> list[Answer]:
        served: dict[str, Answer] = {}
        for key, (address, order) in [*self._waiting.items()]:
            if address in served or address not in self.there or address in self.frozen:
                continue
            self.carried.append((address, order))
            if self.losing(address, order):
                served[address] = Answer(key, address, lost="KilledWorker", is_fault=True)
            else:
                served[address] = Answer(key, address, self._reply(address, order))
            del self._waiting[key]
        return [*served.values()]

    def _reply(self, address: str, order: Order) -> bytes:
        with self.around(address):
            frame = work(order.to_bytes())
        if order.verb != "greet" or address not in self._facts:
            return frame
        reply = Reply.from_bytes(frame)
        return replace(reply, facts=tuple({**dict(reply.facts), **self._facts[address]}.items())).to_bytes()

    def restart(self, address: str) -> None:
        self.there.remove(address)

    def close(self) -> None:
        self.there.clear()


def bridge_to(store: Store, pool: PoolHere) -> Bridge:
    """The bridge from a store to a pool."""
    worker_id = store.register_worker(this_process(), "", "here")
    return Bridge(store, pool, lambda: False, worker_id)


def turns(bridge: Bridge, until: Callable[[], object], seconds: float = 30.0) -> None:
    """Let a bridge work until something holds."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end
        bridge.turn()


def finished(path: Path, pool: PoolHere, runs: Iterable[int]) -> None:
    """Have a bridge work until these runs have ended."""
    with open_for_writing(path) as store:
        bridge, reader = bridge_to(store, pool), store.reader()
        ids = [*runs]

        def over() -> bool:
            return all(reader.the_run(each).state in ENDED for each in ids)

        turns(bridge, over)

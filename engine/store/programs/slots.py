"""Slots: which queued scripts may start now: those of a pool, such as gpu:2, wait until one of its slots is free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from engine.spec import SpecError
from engine.spec.script import pool_of

Ask = Callable[[str], Iterable[tuple[Any, ...]]]
"""Gives the rows of a SELECT, inside a transaction or outside."""

QUEUED = """
    SELECT run_id, coalesce(iif(json_valid(spec), json_extract(spec, '$.pool'), ''), '') FROM runs
    WHERE state = 'queued' AND kind = 'script' AND deleted_at IS NULL ORDER BY run_id
"""
TAKEN = "SELECT slot FROM runs WHERE kind = 'script' AND state IN ('running', 'paused') AND slot <> ''"


def next_script(ask: Ask) -> tuple[int, str] | None:
    """The oldest queued script that may start, and the slot that it gets; None where none may."""
    taken: set[str] | None = None
    full: set[str] = set()
    for run_id, pool in ask(QUEUED):
        if not pool:
            return run_id, ""
        if pool in full:
            continue
        if taken is None:
            taken = _taken(ask)
        free = _free(pool, taken)
        if free:
            return run_id, free[0]
        full.add(pool)
    return None


def startable(ask: Ask) -> int:
    """How many queued scripts could start at once, were there workers enough."""
    pools = Counter(pool for _, pool in ask(QUEUED))
    without = pools.pop("", 0)
    if not pools:
        return without
    taken = _taken(ask)
    return without + sum(min(count, len(_free(pool, taken))) for pool, count in pools.items())


def _taken(ask: Ask) -> set[str]:
    return {str(slot) for (slot,) in ask(TAKEN)}


def _free(pool: str, taken: set[str]) -> list[str]:
    """The free slots of a pool; that of a pool that cannot be read is '', so that its run starts and fails with why."""
    try:
        name, count = pool_of(pool)
    except SpecError:
        return [""]
    return [slot for number in range(count) if (slot := f"{name}:{number}") not in taken]

"""Timing: alternatives measured in turn, so that whatever else the machine does meets all of them alike.

What is compared computes in one thread and waits for nothing, so CPU time is counted: on a machine
that others use as well it is what the clock on the wall would say on an idle one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median


def medians(alternatives: Mapping[str, Callable[[], object]], rounds: int, in_a_loop: bool = False) -> dict[str, float]:
    """The median CPU time of each alternative in seconds, after one round that is not counted.

    `in_a_loop` runs each once more before it is timed, so that it finds its own examples in the cache and not the last
    one's: what is short is called again and again.
    """
    taken: dict[str, list[float]] = {name: [] for name in alternatives}
    for counted in range(-1, rounds):
        for name, run in alternatives.items():
            if in_a_loop:
                run()
            start = time.process_time()
            run()
            if counted >= 0:
                taken[name].append(time.process_time() - start)
    return {name: median(times) for name, times in taken.items()}

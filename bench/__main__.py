"""`python -m bench [NAME...]`: one table of measured figures, with the machine they were measured on.

A bench is a module of this package with `rows() -> Iterable[Row]`; BENCHES lists them in order.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

# NumPy reads these when it is imported: one thread, as a worker has.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[name] = "1"

BENCHES = (
    *("engine_speed", "networks", "own_function", "engine_search", "numerical_gradient", "data_memory", "chart_draw"),
    *("store_throughput", "store_reading", "store_cost", "store_kill", "sweep_throughput"),
    "screen",
    "replay",
    "inspector",
)
APART = ("soak", "logging", "imports", "cluster")
"""Those that take so long that they are only run when they are named."""


def main() -> int:
    """Print the table; 1 when a limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    named = f"which ones ({', '.join(BENCHES)}: these by default; {', '.join(APART)})"
    parser.add_argument("benches", nargs="*", metavar="NAME", help=named)
    chosen = parser.parse_args().benches or list(BENCHES)
    unknown = [name for name in chosen if name not in (*BENCHES, *APART)]
    if unknown:
        parser.error(f"no bench {unknown[0]!r}; there are {', '.join((*BENCHES, *APART))}")
    from bench import machine, report

    print(machine.described(), flush=True)
    missed = 0
    for name in chosen:
        for row in import_module(f"bench.{name}").rows():
            print(report.line(row), flush=True)
            missed += not row.met
    print(f"{missed} of the limits were missed" if missed else "every limit was met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""What a worker adds to the machine's memory with synthetic-cifar 50,000, and how long the data take to open.

Four workers run at once, as they would; private memory is what each alone would give back (Linux: smaps). The
mapped images are in the page cache once, for all of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from statistics import median

from bench.report import Row, line
from engine import datasets

# The workers inherit it: one thread, as they are started.
os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

WORKERS, EXAMPLES, ITERATIONS, OPENINGS = 4, 50_000, 60, 9
LIMIT_MB, LIMIT_MS = 30.0, 10.0

PRIVATE = """
import sys
def private_mb():
    with open("/proc/self/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private_")) / 1024
def told(*values):
    print(*values, flush=True)
    sys.stdin.readline()
"""

INTERPRETER = PRIVATE + "told('ready'); told(private_mb())"

NUMPY = PRIVATE + "import numpy; told('ready'); told(private_mb())"

OPENING = f"""
from time import perf_counter
from engine import datasets
start = perf_counter()
datasets.load("synthetic-cifar:{EXAMPLES}")
print(1000 * (perf_counter() - start))
"""

WORKER = f"""{PRIVATE}
from engine import datasets
from engine.strategy import optimize
from engine.spec import RunSpec
spec = RunSpec(dataset="synthetic-cifar:{EXAMPLES}", step_size=1e-6, batch_size=256, iterations={ITERATIONS})
optimization = optimize.build(spec)
state, _ = optimization.advance(optimization.start(), {ITERATIONS})
for split in datasets.SPLITS:
    optimization.evaluate(state.weights, split)
told("ready")
told(private_mb())
"""


def opening_ms() -> float:
    """The median time to open the data set in a fresh process, in milliseconds."""
    programs = [
        subprocess.run([sys.executable, "-c", OPENING], capture_output=True, check=True) for _ in range(OPENINGS)
    ]
    return median(float(done.stdout) for done in programs)


def private_mb(program: str, count: int) -> float:
    """The median of what `count` processes of this program hold when all of them are ready, in MB."""
    processes = [
        subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    for process in processes:
        _line(process)
    answers = [_answer(process) for process in processes]
    for process in processes:
        process.communicate("\n", timeout=60)
    return median(float(answer) for answer in answers)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    told = process.stdout.readline()
    if not told:
        raise RuntimeError("a worker ended early; its message is above")
    return told


def _answer(process: subprocess.Popen[str]) -> str:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return _line(process)


def rows() -> Iterator[Row]:
    """Opening, and private memory; makes the data set in the cache where it is not there yet."""
    datasets.load(f"synthetic-cifar:{EXAMPLES}")
    opening = opening_ms()
    yield Row(
        f"opening synthetic-cifar {EXAMPLES:,} in a fresh process",
        f"{opening:.2f} ms",
        f"limit {LIMIT_MS:g} ms",
        opening / LIMIT_MS,
        1.0,
        at_most=True,
    )
    if not os.path.exists("/proc/self/smaps_rollup"):
        return
    bare, numpy, worker = private_mb(INTERPRETER, 1), private_mb(NUMPY, 1), private_mb(WORKER, WORKERS)
    yield Row(
        f"private memory of each of {WORKERS} workers on it",
        f"{worker - bare:.1f} MB",
        f"limit {LIMIT_MB:g} MB, NumPy alone {numpy - bare:.1f} MB",
        (worker - bare) / LIMIT_MB,
        1.0,
        at_most=True,
    )


def main() -> None:
    """Print the rows."""
    for row in rows():
        print(line(row))


if __name__ == "__main__":
    main()

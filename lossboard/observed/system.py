"""System: what a program uses of its machine, logged as metrics every ten seconds by a thread that sleeps else."""

from __future__ import annotations

import os
import threading
import time
from time import monotonic

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Callable

EVERY_S = 10.0

CHEAP_S = 0.5
"""Longest time of a look at the GPUs; where it took longer, they are not asked again."""

GPU = ("nvidia-smi", "--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits")

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
UTIME, STIME, CUTIME, CSTIME, STARTED, RESIDENT = 11, 12, 13, 14, 19, 21
"""Places in /proc/PID/stat after the command's name."""

MOST_PROCESSES = 200


class Sampler:
    """Logs `system/cpu` (percent of one processor), `system/memory` (MB resident) and the GPUs', children included.

    `sample` logs numbers by name; `recorder` gives the process that does not count.
    """

    def __init__(self, sample: Callable[[dict[str, float]], None], recorder: Callable[[], int]) -> None:
        self._log, self._recorder = sample, recorder
        self._process = os.getpid()
        self._over = threading.Event()
        self._before = (monotonic() - _age_s(), 0.0)
        self._gpu_program = _found(GPU[0])
        self._thread = threading.Thread(target=self._sample, name="lossboard-system", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Sample no more."""
        self._over.set()

    def _sample(self) -> None:
        wait_s = 0.0
        while not self._over.wait(wait_s) and os.getpid() == self._process:
            self._log(self._numbers())
            wait_s = EVERY_S

    def _numbers(self) -> dict[str, float]:
        now, (cpu_s, memory) = monotonic(), used(self._process, without=self._recorder())
        since, before_s = self._before
        self._before = now, cpu_s
        numbers = {"system/memory": memory / 1e6}
        if now > since:
            numbers["system/cpu"] = 100 * max(cpu_s - before_s, 0.0) / (now - since)
        if self._gpu_program:
            numbers.update(_gpus(self._gpu_program))
            if monotonic() - now > CHEAP_S:
                self._gpu_program = ""
        return numbers


def used(process: int, without: int = 0) -> tuple[float, int]:
    """(seconds of processor time, bytes resident) of a process of ours and its children, one of them aside."""
    waiting, cpu_s, memory, count = [process], 0.0, 0, 0
    while waiting and count < MOST_PROCESSES:
        each = waiting.pop()
        count += 1
        stat = _stat(each)
        if not stat:
            continue
        cpu_s += sum(int(stat[place]) for place in (UTIME, STIME, CUTIME, CSTIME)) / TICKS
        memory += int(stat[RESIDENT]) * PAGE
        waiting += [child for child in _children(each) if child != without]
    return (cpu_s, memory) if cpu_s or memory else _by_resource()


def _by_resource() -> tuple[float, int]:
    """`used` of this process alone, where there is no /proc: the most memory that it ever had."""
    import resource
    import sys

    unit = 1 if sys.platform == "darwin" else 1024
    return sum(os.times()[:4]), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _stat(process: int) -> list[str]:
    """The fields of /proc/PID/stat after the command's name, which may hold anything."""
    return _read(f"/proc/{process}/stat").rpartition(")")[2].split()


def _children(process: int) -> list[int]:
    """The children of all threads of a process."""
    try:
        threads = os.listdir(f"/proc/{process}/task")
    except OSError:
        return []
    return [int(child) for each in threads for child in _read(f"/proc/{process}/task/{each}/children").split()]


def _read(path: str) -> str:
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _age_s() -> float:
    """Seconds since this process began; 0 where that cannot be told."""
    stat = _stat(os.getpid())
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(stat[STARTED]) / TICKS if stat else 0.0


def _found(program: str) -> str:
    """The path of a program; '' where there is none."""
    places = os.environ.get("PATH", "").split(os.pathsep)
    return next((path for path in (os.path.join(each, program) for each in places) if os.access(path, os.X_OK)), "")


def _gpus(program: str) -> dict[str, float]:
    """Percent and MB in use of each GPU."""
    import subprocess

    try:
        said = subprocess.run([program, *GPU[1:]], capture_output=True, text=True, timeout=5, check=True).stdout
        rows = [[float(value) for value in line.split(",")] for line in said.splitlines() if line.strip()]
    except (OSError, ValueError, subprocess.SubprocessError):
        return {}
    numbers = {}
    for place, (percent, memory) in enumerate(rows):
        name = "system/gpu" if len(rows) == 1 else f"system/gpu{place}"
        numbers[name], numbers[f"{name}_memory"] = percent, memory
    return numbers

"""Worker: the process `python -m engine.jobs.worker.worker --db PATH`, which works until no run is queued."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from getopt import GetoptError, getopt
from types import FrameType

from engine.jobs.processes.priority import lower_priority
from engine.jobs.processes.threads import ONE_THREAD

OPTIONS = ("db=", "log=", "max-runs=", "beyond-limit", "launched")
USAGE = """\
usage: python -m engine.jobs.worker.worker --db PATH [--log PATH] [--max-runs N] [--beyond-limit] [--launched]

  --db PATH       the store to work for
  --log PATH      where this process's output goes, for the record
  --max-runs N    leave after so many runs
  --beyond-limit  work although as many workers are there as were set
  --launched      wait a little when the queue is empty, and have others started"""
"""Parsed by getopt: importing argparse takes as long as importing the store, and people use `lossboard work`."""


class LeaveRequest:
    """A flag set by a signal: the worker releases its run and leaves."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> bool:
        """True once a signal has asked to leave."""
        return self.asked

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        """Signal handler: set the flag."""
        self.asked = True


def main(arguments: list[str] | None = None) -> int:
    """Work until the queue is empty or a signal asks to leave.

    Returns the exit code: 0, 1 after a StoreError, 2 for invalid options.
    """
    # A launcher that waits for signals in a thread has blocked them, and children inherit the mask.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signal.valid_signals())
    leave = LeaveRequest()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave.ask)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        options, unknown = getopt(sys.argv[1:] if arguments is None else arguments, "", OPTIONS)
        if unknown:
            raise ValueError(unknown)
        given = dict(options)
        path, max_runs = given["--db"], int(given["--max-runs"]) if "--max-runs" in given else None
    except (GetoptError, KeyError, ValueError):
        print(USAGE, file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    os.environ.update(ONE_THREAD)
    lower_priority()
    # NumPy reads the environment on import, so modules that import it come after. Garbage collection during and of
    # the imports would lengthen the start by a twentieth.
    gc.disable()
    from engine.jobs.processes.launch import linger_s
    from engine.jobs.worker.worker_loop import work
    from engine.store import StoreError

    gc.freeze()
    gc.enable()
    is_launched = "--launched" in given
    try:
        work(
            path, leave=leave, log_path=given.get("--log", ""), max_runs=max_runs,
            beyond_limit="--beyond-limit" in given, linger_s=linger_s() if is_launched else 0.0,
            call_others=is_launched,
        )  # fmt: skip
    except StoreError as error:
        logging.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

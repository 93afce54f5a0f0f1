"""A worker process: `python -m engine.jobs.worker.worker --db PATH` claims queued runs until none is left."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from getopt import GetoptError, getopt
from types import FrameType

from engine.jobs.processes.priority import make_room
from engine.jobs.processes.threads import ONE_THREAD

OPTIONS = ("db=", "log=", "max-runs=", "beyond-limit", "launched")
USAGE = """\
usage: python -m engine.jobs.worker.worker --db PATH [--log PATH] [--max-runs N] [--beyond-limit] [--launched]

  --db PATH       the store to work for
  --log PATH      where this process's output goes, for the record
  --max-runs N    leave after so many runs
  --beyond-limit  work although as many workers are there as were set
  --launched      wait a little when the queue is empty, and have others started"""
"""People use `lossboard work`; for this few options argparse takes as long to import as the store."""


class LeaveRequest:
    """Set by a signal: finish what is at hand and go."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> bool:
        return self.asked

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        """The signal handler."""
        self.asked = True


def main(arguments: list[str] | None = None) -> int:
    """Work until the queue is empty or a signal asks to leave; 0 when all went well, 1 when the store did not, 2 for
    options that are none.
    """
    # A launcher that waits for signals in a thread has blocked them, and a child inherits that.
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
    make_room()
    # NumPy reads the environment when it is imported, so everything that needs it comes after. Looking for cycles
    # among what is imported, now and ever after, would make a start longer by a twentieth.
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

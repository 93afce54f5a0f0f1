"""A worker process: `python -m engine.jobs.worker --db PATH` claims queued runs until none is left."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from types import FrameType

from engine.jobs.niceness import make_room
from engine.jobs.threads import ONE_THREAD


class Leave:
    """Set by a signal: finish what is at hand and go."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> bool:
        return self.asked

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        """The signal handler."""
        self.asked = True


def main(arguments: list[str] | None = None) -> int:
    """Work until the queue is empty or a signal asks to leave; 0 when all went well, 1 when the store did not."""
    # A launcher that waits for signals in a thread has blocked them, and a child inherits that.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signal.valid_signals())
    leave = Leave()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave.ask)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    parser = argparse.ArgumentParser(prog="python -m engine.jobs.worker", description=__doc__)
    parser.add_argument("--db", required=True, metavar="PATH", help="the store to work for")
    parser.add_argument("--log", default="", metavar="PATH", help="where this process's output goes, for the record")
    parser.add_argument("--max-runs", type=int, default=None, metavar="N", help="leave after so many runs")
    parser.add_argument(
        "--beyond-limit", action="store_true", help="work although as many workers are there as were set"
    )
    parser.add_argument(
        "--launched", action="store_true", help="wait a little when the queue is empty, and have others started"
    )
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    os.environ.update(ONE_THREAD)
    make_room()
    # NumPy reads the environment when it is imported, so everything that needs it comes after.
    from engine.jobs.launch import linger_s
    from engine.jobs.shift import work
    from engine.store import StoreError

    try:
        work(
            given.db, leave=leave, log_path=given.log, max_runs=given.max_runs, beyond_limit=given.beyond_limit,
            linger_s=linger_s() if given.launched else 0.0, call_others=given.launched,
        )  # fmt: skip
    except StoreError as error:
        logging.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

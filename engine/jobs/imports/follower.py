"""Follower: the process that follows files, as `main STORE LOG PATH...`; it leaves when its standard input ends."""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
from types import FrameType

from engine.jobs.processes.threads import ONE_THREAD

USAGE = "usage: STORE LOG PATH..., with a pipe as standard input whose end ends it, or the null device, which does not"


class LeaveRequest:
    """A flag set by a signal."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, _number: int, _frame: FrameType | None) -> None:
        """Handler of a signal: take in what is there, and leave."""
        self.asked = True


def main() -> int:
    """Follow until the pipe ends or a signal asks to leave; returns the exit code."""
    if len(sys.argv) < 4:
        print(USAGE, file=sys.stderr)
        return 2
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signal.valid_signals())
    leave = LeaveRequest()
    signal.signal(signal.SIGTERM, leave.ask)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # NumPy reads the environment on import, so modules that import it come after.
    os.environ.update(ONE_THREAD)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    from engine.jobs.imports.following import POLL_S, Follower
    from engine.jobs.processes.liveness import this_process
    from engine.store import StoreError, open_for_writing
    from engine.text import counted

    store_path, log_path, *paths = sys.argv[1:]
    try:
        with open_for_writing(store_path) as store:
            worker_id = store.register_worker(this_process(), log_path)
            follower = Follower(store, worker_id, paths, _tell)
            try:
                while not leave.asked:
                    follower.turn()
                    if _has_ended(POLL_S):
                        break
                follower.leave()
            finally:
                store.leave(worker_id)
                store.fold_journal()
            were = "was" if follower.runs == 1 else "were"
            _tell(f"{counted(follower.runs, 'run')} {were} followed, {counted(follower.values, 'value')} taken in.")
    except StoreError as error:
        logging.error("%s", error)
        _tell(str(error))
        return 1
    return 0


def _has_ended(seconds: float) -> bool:
    """Wait so long, and whether standard input, a pipe, has ended meanwhile."""
    poll = select.poll()
    poll.register(0, 0)  # the end of a pipe is told unasked
    return bool(poll.poll(seconds * 1000))


def _tell(sentence: str) -> None:
    """Tell a sentence to whoever has started this process; nobody need listen."""
    try:
        os.write(1, sentence.encode("utf-8", "replace") + b"\n")
    except OSError:
        logging.info("nobody hears: %s", sentence)

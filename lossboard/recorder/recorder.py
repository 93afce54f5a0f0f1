"""Recorder: the process that a logging program starts, as `main STORE PARENT` with a socket, or `main --fold STORE`."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from pathlib import Path

from engine.jobs.processes.threads import ONE_THREAD

SOCKET = 3
"""The descriptor of the socket to the program."""

USAGE = "usage: STORE PARENT, with a socket to the program as descriptor 3, or --fold STORE"


def main() -> int:
    """Record until the program is gone or has finished; returns the exit code."""
    if len(sys.argv) != 3:
        print(USAGE, file=sys.stderr)
        return 2
    if os.getpgrp() != os.getpid():
        os.setsid()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signal.valid_signals())
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # NumPy reads the environment on import, so modules that import it come after.
    os.environ.update(ONE_THREAD)
    from engine.jobs.processes.logs import open_log
    from lossboard.recorder.session import Session, folded

    if sys.argv[1] == "--fold":
        return folded(Path(sys.argv[2]))
    descriptor, log_path = open_log()
    os.dup2(descriptor, 2)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    with socket.socket(fileno=SOCKET) as there:
        session = Session(there, Path(sys.argv[1]), int(sys.argv[2]), log_path)
        signal.signal(signal.SIGTERM, session.leave)
        try:
            return session.serve()
        except Exception:
            logging.exception("the recorder breaks off")
            return 1

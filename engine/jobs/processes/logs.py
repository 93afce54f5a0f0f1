"""Workers' logs: where they are written, and the last thing that a worker said."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from engine.files.paths import state_folder
from engine.store import Worker

LOGS_KEPT = 50
TAIL_BYTES = 4096


def log_folder() -> Path:
    """Where workers write their logs: in the user's state folder, so that nothing gathers beside the store."""
    return state_folder() / "workers"


def open_log() -> tuple[int, str]:
    """A new log file and its path; the null device and '' when none can be made: that must not stop a run."""
    folder = log_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in sorted(folder.glob("*.log"))[: -LOGS_KEPT + 1]:
            old.unlink(missing_ok=True)
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-")
        return tempfile.mkstemp(prefix=stamp, suffix=".log", dir=folder)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY), ""


def last_words(worker: Worker) -> str:
    """The last line of a worker's log, without its time; '' where there is none to be read from here."""
    if not worker.log_path:
        return ""
    try:
        with open(worker.log_path, "rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(log.tell() - TAIL_BYTES, 0))
            lines = log.read().decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].split(" ", 3)[-1] if lines else ""

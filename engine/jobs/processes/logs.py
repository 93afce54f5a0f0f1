"""Logs: where workers write their logs, and the last line of one."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from engine.files.paths import state_folder

if TYPE_CHECKING:
    from engine.store import Worker

LOGS_KEPT = 50
TAIL_BYTES = 4096


def log_folder() -> Path:
    """The folder of worker logs, in the user's state folder, so that none gather beside the store."""
    return state_folder() / "workers"


def open_log() -> tuple[int, str]:
    """A new log file as (descriptor, path); the null device and '' if none can be made, which must not stop a run.

    Deletes the oldest logs beyond LOGS_KEPT.
    """
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
    """The last line of a worker's log, without time and level; '' if the log cannot be read from here."""
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

"""Spilled: files beside a store with what programs logged while it could not be written, and who stores them."""

from __future__ import annotations

import glob
import os
import subprocess
from pathlib import Path

from engine.jobs.processes.launch import own_command

SPILLED = ".logged"
"""The ending of these files, which begin with the name of their store."""


def spilled(store: str | os.PathLike[str]) -> list[Path]:
    """The files beside a store that hold a part of what a program logged."""
    return [Path(path) for path in sorted(glob.glob(f"{glob.escape(os.path.abspath(store))}.*{SPILLED}"))]


def store_spilled(store: str | os.PathLike[str]) -> list[str]:
    """Have a recorder store these files, but those of programs that still run; a sentence for each stream."""
    if not spilled(store):
        return []
    command = [*own_command("engine, lossboard", "lossboard.recorder.recorder"), "--fold", os.path.abspath(store)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return [*done.stdout.splitlines(), *done.stderr.splitlines()[-1:]]

"""Spilled: what programs logged and no recorder has stored, in files beside a store or in memory that has a name."""

from __future__ import annotations

import glob
import os
import subprocess
from binascii import crc32
from pathlib import Path

from engine.files.own_process import own_command

SPILLED = ".logged"
"""The ending of these files, which begin with the name of their store."""


NAMED = "/dev/shm"
"""Where memory has names until the machine stops."""


def spilled(store: str | os.PathLike[str]) -> list[Path]:
    """The files that hold a part of what a program logged for a store; those of running programs, too."""
    named = f"{NAMED}/lossboard-{os.getuid()}-{crc32(os.path.realpath(store).encode()):08x}"
    places = (glob.escape(os.path.abspath(store)), named)
    return [Path(path) for place in places for path in sorted(glob.glob(f"{place}.*{SPILLED}"))]


def store_spilled(store: str | os.PathLike[str]) -> list[str]:
    """Have a recorder store these files, but those of programs that still run; a sentence for each stream."""
    if not spilled(store):
        return []
    command = [*own_command("engine, lossboard", "lossboard.recorder.recorder"), "--fold", os.path.abspath(store)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return [*done.stdout.splitlines(), *done.stderr.splitlines()[-1:]]

"""Trusted: the files of code, by path and SHA-256, that a user of this machine has said yes to.

A store may come from anywhere, and its specs name files; what is run is what was named or allowed here.
"""

from __future__ import annotations

import os
from pathlib import Path

from engine.files.paths import state_folder


def _list() -> Path:
    return state_folder() / "trusted-code"


def is_trusted(path: str, digest: str) -> bool:
    """Return whether the user has said yes to a file with this content."""
    try:
        lines = _list().read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return False
    return f"{digest}  {path}" in lines


def trust(path: str, digest: str) -> None:
    """Note the user's yes to a file with this content. Raises OSError if the state folder cannot be written."""
    if is_trusted(path, digest):
        return
    place = _list()
    place.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, f"{digest}  {path}\n".encode("utf-8", "surrogateescape"))
    finally:
        os.close(descriptor)

"""Where the program lies, and where things are kept that belong to the user and not to a store."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The folder that the package `engine` lies in."""


def state_folder() -> Path:
    """The user's state folder of this program, which need not exist: $XDG_STATE_HOME or ~/.local/state, `lossboard`."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return Path(base if os.path.isabs(base) else os.path.expanduser("~/.local/state")) / "lossboard"

"""The folder of the program, and the folder of user state that belongs to no store."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The folder that contains the package `engine`."""


def state_folder() -> Path:
    """Return the user's state folder, `lossboard` in $XDG_STATE_HOME or ~/.local/state, which may not exist."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return Path(base if os.path.isabs(base) else os.path.expanduser("~/.local/state")) / "lossboard"

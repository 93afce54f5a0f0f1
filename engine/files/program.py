"""Program: the words that start this program, as the person at the keyboard has typed them.

After `make run` there is no `lossboard` on the path, so a hint such as "lossboard list" would name a command that
does not exist.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

OPENED_WITH = "LOSSBOARD_OPENED_WITH"
"""Environment variable with the command that opened the dashboard, where another program started it, such as make."""

NAME = "lossboard"


def program() -> list[str]:
    """The words that start this program: `lossboard` when it is on the path, else as it was started."""
    typed = Path(sys.argv[0])
    if typed.name == "__main__.py" and typed.parent.name == NAME:
        return [sys.orig_argv[0], "-m", NAME]
    if typed.stem != NAME or typed.is_dir():
        return [NAME]
    on_path = shutil.which(NAME)
    if on_path is not None and os.path.exists(typed) and os.path.samefile(on_path, typed):
        return [NAME]
    return [sys.argv[0]]


def command_text(arguments: str = "") -> str:
    """A command of this program as text for a shell, with `arguments` as they are."""
    return f"{shlex.join(program())} {arguments}".rstrip()


def opening_text() -> str:
    """The command that opens the dashboard as it was opened."""
    return os.environ.get(OPENED_WITH) or command_text()

"""Program: the words that start this program, as the person at the keyboard has typed them.

After `make run` there is no `lossboard` on the path, so a hint such as "lossboard list" would name a command that
does not exist.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OPENED_WITH = "LOSSBOARD_OPENED_WITH"
"""Environment variable with the command that opened the dashboard, where another program started it, such as make."""

NAME = "lossboard"

STORE = "LOSSBOARD_DB"
"""Environment variable with the store that is used where none is named."""

_named_store = ""
"""The store that the running command works on, as it was named; '' if none was."""


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


def usual_store() -> str:
    """The store that is used where none is named."""
    return os.environ.get(STORE) or "runs.db"


@contextmanager
def working_on(store: str | Path) -> Iterator[None]:
    """Have `store_command` name this store."""
    global _named_store
    before, _named_store = _named_store, str(store)
    try:
        yield
    finally:
        _named_store = before


def store_command(arguments: str = "") -> str:
    """A command of this program on the store that the running command works on, as text for a shell."""
    return command_text(" ".join(filter(None, (shlex.join(store_option()), arguments))))


def store_option(*, from_anywhere: bool = False) -> list[str]:
    """The words that name the store that the running command works on; none where it is used unasked.

    `from_anywhere`: as an absolute path.
    """
    if _named_store in ("", usual_store()):
        return []
    return ["--db", str(Path(_named_store).absolute()) if from_anywhere else _named_store]

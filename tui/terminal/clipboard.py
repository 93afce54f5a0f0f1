"""Clipboard: copies text to the terminal's clipboard, also over SSH and through tmux."""

from __future__ import annotations

import os
import subprocess
from base64 import b64encode
from collections.abc import Callable

MOST_BYTES = 72_000
"""Longest text: terminals ignore longer ones; xterm's limit is 100,000 characters of base64."""

TMUX_ANSWERS_S = 2.0


def copy(text: str, write: Callable[[str], None]) -> None:
    """Send the text to the terminal's clipboard (OSC 52). Raises ValueError for more than MOST_BYTES.

    Terminals do not answer, so success is unknown. tmux blocks the sequence by default, but has a command that does the
    same.
    """
    if len(text.encode()) > MOST_BYTES:
        raise ValueError("That is too much for a terminal's clipboard: save it to a file instead (E).")
    if not os.environ.get("TMUX"):
        write(sequence(text))
    elif not _into_tmux(text):
        write(through_tmux(sequence(text)))


def sequence(text: str) -> str:
    """The control sequence that sets a terminal's clipboard to a text."""
    return f"\x1b]52;c;{b64encode(text.encode()).decode()}\x07"


def through_tmux(inner: str) -> str:
    """A sequence wrapped so that tmux passes it to the outer terminal, if it is configured to."""
    return "\x1bPtmux;" + inner.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def _into_tmux(text: str) -> bool:
    """Load the text into tmux's buffer and, with -w, into the outer clipboard; False if tmux cannot."""
    try:
        done = subprocess.run(
            ["tmux", "load-buffer", "-w", "-"], input=text.encode(), capture_output=True, timeout=TMUX_ANSWERS_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0

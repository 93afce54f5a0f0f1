"""Clipboard: text to the clipboard of the terminal, which may be far away and behind tmux."""

from __future__ import annotations

import os
import subprocess
from base64 import b64encode
from collections.abc import Callable

MOST_BYTES = 72_000
"""Terminals ignore longer ones: xterm's limit is 100,000 characters of base64."""

TMUX_ANSWERS_S = 2.0


def copy(text: str, write: Callable[[str], None]) -> None:
    """Send the text (OSC 52): nobody answers, so whether the terminal takes it is not known. Raises ValueError.

    A tmux in between does not let programs do so unless told to, but takes it itself and hands it on.
    """
    if len(text.encode()) > MOST_BYTES:
        raise ValueError("That is too much for a terminal's clipboard: save it to a file instead (E).")
    if not os.environ.get("TMUX"):
        write(sequence(text))
    elif not _into_tmux(text):
        write(through_tmux(sequence(text)))


def sequence(text: str) -> str:
    """What tells a terminal to put a text into its clipboard."""
    return f"\x1b]52;c;{b64encode(text.encode()).decode()}\x07"


def through_tmux(inner: str) -> str:
    """A sequence wrapped so that tmux hands it to the terminal outside, where it is allowed to."""
    return "\x1bPtmux;" + inner.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def _into_tmux(text: str) -> bool:
    """Put the text into tmux's own buffer and from there (-w) into the clipboard outside; False where tmux cannot."""
    try:
        done = subprocess.run(
            ["tmux", "load-buffer", "-w", "-"], input=text.encode(), capture_output=True, timeout=TMUX_ANSWERS_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0

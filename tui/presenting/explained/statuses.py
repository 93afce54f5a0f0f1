"""Statuses: sign, style and meaning of each status of a run."""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style

from tui.colours.theme import DIM, FAILED, FINISHED, STRONG, WARNED

SIGNS: Mapping[str, tuple[str, Style]] = {
    "running": ("●", STRONG),
    "queued": ("…", DIM),
    "paused": ("⏸", WARNED),
    "finished": ("✓", FINISHED),
    "diverged": ("✗", FAILED),
    "failed": ("!", FAILED),
    "cancelled": ("⊘", DIM),
    "lost": ("?", WARNED),
    "silent": ("◌", WARNED),
    "waiting": ("◔", WARNED),
}
"""Sign and style of each status: the sign alone tells it, without colour."""

MEANINGS: Mapping[str, str] = {
    "running": "a worker computes it",
    "queued": "it waits for a free worker",
    "paused": "it stands still until p resumes it",
    "finished": "its iterations or seconds are done, or its patience is at an end",
    "diverged": "its loss exploded or is not a number, so it ended: try a smaller step size",
    "failed": "it ended with an error, which its details tell; p tries it again",
    "cancelled": "t stopped it, or a race dropped it; its rows stay",
    "lost": "its process is gone; its rows stay, and a new worker takes up what the engine computes",
    "silent": "its worker has written nothing for a while",
    "waiting": "its worker cannot write to the store; the details say why",
}
"""What each status means, in one line."""

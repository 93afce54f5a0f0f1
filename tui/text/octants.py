"""Octants: the block characters of 2 x 4 dots, and which terminals draw them.

Source: The Unicode Standard 16.0, Symbols for Legacy Computing Supplement, and the blocks that have the patterns which
were characters before.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

SETTING = "LOSSBOARD_OCTANTS"
"""The variable that overrides what is known of the terminal: 1 or yes, 0 or no."""

FIRST = 0x1CD00
"""The character of the first pattern that none was there for; the others follow in the order of their patterns."""

BEFORE: Mapping[int, str] = {
    0x00: " ", 0xFF: "█", 0x0F: "▀", 0xF0: "▄", 0x55: "▌", 0xAA: "▐",
    0x05: "▘", 0x0A: "▝", 0x50: "▖", 0xA0: "▗", 0xA5: "▞", 0x5A: "▚", 0x5F: "▛", 0xAF: "▜", 0xF5: "▙", 0xFA: "▟",
    0x01: "\U0001cea8", 0x02: "\U0001ceab", 0x40: "\U0001cea3", 0x80: "\U0001cea0",
    0x03: "\U0001fb82", 0xC0: "▂", 0x3F: "\U0001fb85", 0xFC: "▆", 0x14: "\U0001fbe6", 0x28: "\U0001fbe7",
}  # fmt: skip
"""Patterns that have characters of other blocks: halves, quadrants and quarters."""

CHARACTERS = "".join(
    BEFORE.get(pattern) or chr(FIRST + pattern - sum(other < pattern for other in BEFORE)) for pattern in range(256)
)
"""The character of each pattern of dots; their bits are in reading order, the lowest bit at the top left."""

LEAST_VERSIONS: Mapping[str, tuple[int, ...]] = {"ghostty": (1, 2), "kitty": (0, 40), "wezterm": (20260101,)}
"""The terminals that tell name and version in $TERM_PROGRAM, from when on they draw all octants themselves."""

LEAST_VTE = 7800
"""The same in $VTE_VERSION, of GNOME's and other terminals."""


def are_drawn(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal is known to draw octants itself, whatever its font has; SETTING overrides.

    A terminal that tells no version is not known to, and inside of tmux or screen none is.
    """
    wanted = environment.get(SETTING, "").lower()
    if wanted:
        return wanted in ("1", "yes", "true", "on")
    if environment.get("TERM", "").startswith(("tmux", "screen")) or environment.get("TMUX") or environment.get("STY"):
        return False
    vte = environment.get("VTE_VERSION", "")
    if vte.isascii() and vte.isdigit():
        return int(vte) >= LEAST_VTE
    least = LEAST_VERSIONS.get(environment.get("TERM_PROGRAM", "").lower())
    version = tuple(map(int, re.findall(r"\d+", environment.get("TERM_PROGRAM_VERSION", "")[:40])))
    return least is not None and version >= least

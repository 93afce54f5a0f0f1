"""Ramp: a sequential colour scale, so that a chart of many runs ordered by a value reads without its legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

STEPS = 78
"""Number of colours: three per letter of the alphabet."""

FIRST_SLOT = 128
"""First colour slot of the ramp; lower slots are for runs without an order."""

LETTERS = "abcdefghijklmnopqrstuvwxyz"

ANCHORS: Mapping[str, tuple[str, ...]] = {
    # lightness is monotonic, so the order survives a reduction to fewer colours
    "dark": ("#8650f0", "#4a86f0", "#22b5b0", "#86cf55", "#ffe357"),
    # blue to yellow by lightness: no red next to green
    "colour-blind": ("#3b54c4", "#4a86f0", "#8fb0c9", "#c9c46a", "#ffe357"),
    "light": ("#b58900", "#5f9300", "#008c7a", "#2563c4", "#6b2fb0"),
    "ansi-dark": ("ansi_bright_blue", "ansi_cyan", "ansi_green", "ansi_bright_green", "ansi_bright_yellow"),
    "ansi-light": ("ansi_yellow", "ansi_green", "ansi_cyan", "ansi_blue", "ansi_black"),
}
GROUNDS: Mapping[str, str] = {"dark": "#101216", "colour-blind": "#101216", "light": "#ffffff"}


def ramp_slots(count: int) -> tuple[int, ...]:
    """Return the colour slots of `count` runs in the order of their values, evenly spaced from end to end."""
    return tuple(FIRST_SLOT + (round(place * (STEPS - 1) / (count - 1)) if count > 1 else 0) for place in range(count))


def slot_at(share: float) -> int:
    """Return the colour slot at a fraction (0..1) of the ramp."""
    return FIRST_SLOT + round(max(0.0, min(1.0, share)) * (STEPS - 1))


def letter(slot: int) -> str:
    """Return the letter of a slot: its place in the alphabet is the value's place in the range."""
    return LETTERS[(slot - FIRST_SLOT) % STEPS * len(LETTERS) // STEPS]


@cache
def colour(slot: int, scheme: str) -> str:
    """Return the colour of a slot of the ramp; "" without colour."""
    anchors = ANCHORS.get(scheme, ())
    if not anchors:
        return ""
    place = (slot - FIRST_SLOT) % STEPS / (STEPS - 1) * (len(anchors) - 1)
    if scheme not in GROUNDS:
        return anchors[round(place)]
    before = min(int(place), len(anchors) - 2)
    return _mixed(anchors[before], anchors[before + 1], place - before)


def colours(scheme: str) -> list[str]:
    """Return all colours of the ramp, then all faint ones."""
    slots = range(FIRST_SLOT, FIRST_SLOT + STEPS)
    return [paint(slot, scheme) for paint in (colour, faint) for slot in slots]


@cache
def faint(slot: int, scheme: str) -> str:
    """Return a slot's colour blended towards the background; unblended if the background is unknown."""
    strong = colour(slot, scheme)
    return _mixed(strong, GROUNDS[scheme], 0.55) if scheme in GROUNDS else strong


def _mixed(one: str, other: str, share: float) -> str:
    parts = (round(a + (b - a) * share) for a, b in zip(_rgb(one), _rgb(other), strict=True))
    return "#" + "".join(f"{part:02x}" for part in parts)


def _rgb(text: str) -> Sequence[int]:
    return [int(text[at : at + 2], 16) for at in (1, 3, 5)]

"""Ramp: colours that are ordered by a value, so that a chart of many runs reads without its legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

STEPS = 78
"""Colours of a ramp: three for each letter of the alphabet."""

FIRST_SLOT = 128
"""Colour slots from here on are the steps of the ramp; those before are for runs without an order."""

LETTERS = "abcdefghijklmnopqrstuvwxyz"

ANCHORS: Mapping[str, tuple[str, ...]] = {
    # lightness rises (on a light ground: falls) all along, so the order survives any reduction to fewer colours
    "dark": ("#8650f0", "#4a86f0", "#22b5b0", "#86cf55", "#ffe357"),
    # blue to yellow by lightness: nobody has to tell red from green
    "colour-blind": ("#3b54c4", "#4a86f0", "#8fb0c9", "#c9c46a", "#ffe357"),
    "light": ("#b58900", "#5f9300", "#008c7a", "#2563c4", "#6b2fb0"),
    "ansi-dark": ("ansi_bright_blue", "ansi_cyan", "ansi_green", "ansi_bright_green", "ansi_bright_yellow"),
    "ansi-light": ("ansi_yellow", "ansi_green", "ansi_cyan", "ansi_blue", "ansi_black"),
}
GROUNDS: Mapping[str, str] = {"dark": "#101216", "colour-blind": "#101216", "light": "#ffffff"}


def ramp_slots(count: int) -> tuple[int, ...]:
    """The colour slots of `count` runs in the order of their values: the ends of the ramp and what lies between."""
    return tuple(FIRST_SLOT + (round(place * (STEPS - 1) / (count - 1)) if count > 1 else 0) for place in range(count))


def slot_at(share: float) -> int:
    """The colour slot at a share (0..1) of the ramp."""
    return FIRST_SLOT + round(max(0.0, min(1.0, share)) * (STEPS - 1))


def letter(slot: int) -> str:
    """The sign of a slot: its place in the alphabet is the value's place in the range."""
    return LETTERS[(slot - FIRST_SLOT) % STEPS * len(LETTERS) // STEPS]


@cache
def colour(slot: int, scheme: str) -> str:
    """The colour of a slot of the ramp; "" without colour."""
    anchors = ANCHORS.get(scheme, ())
    if not anchors:
        return ""
    place = (slot - FIRST_SLOT) % STEPS / (STEPS - 1) * (len(anchors) - 1)
    if scheme not in GROUNDS:
        return anchors[round(place)]
    before = min(int(place), len(anchors) - 2)
    return _mixed(anchors[before], anchors[before + 1], place - before)


def colours(scheme: str) -> list[str]:
    """The whole ramp, strong and faint."""
    slots = range(FIRST_SLOT, FIRST_SLOT + STEPS)
    return [paint(slot, scheme) for paint in (colour, faint) for slot in slots]


@cache
def faint(slot: int, scheme: str) -> str:
    """The same, nearer to the ground; as it is where the ground is not known."""
    strong = colour(slot, scheme)
    return _mixed(strong, GROUNDS[scheme], 0.55) if scheme in GROUNDS else strong


def _mixed(one: str, other: str, share: float) -> str:
    parts = (round(a + (b - a) * share) for a, b in zip(_rgb(one), _rgb(other), strict=True))
    return "#" + "".join(f"{part:02x}" for part in parts)


def _rgb(text: str) -> Sequence[int]:
    return [int(text[at : at + 2], 16) for at in (1, 3, 5)]

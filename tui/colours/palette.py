"""Palette: each run's colour and marker, stable while it is marked; runs differ in shape as well as in colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from tui.colours import ramp
from tui.colours.styles import BLANK, CURSOR, FRAME, HINT, POINTED, TICK, TITLE, run_style

Scheme = Literal["dark", "light", "colour-blind", "ansi-dark", "ansi-light", "none"]

COLOURS: Mapping[Scheme, tuple[str, ...]] = {
    # the order of Okabe and Ito, lightened for a dark background, darkened for a light one
    "dark": ("#56b4e9", "#e69f00", "#2fc59b", "#e58fc0", "#f0e442", "#f0743a", "#8fa8ff", "#c8c8c8"),
    "light": ("#0072b2", "#b35c00", "#007a5a", "#a8447f", "#857500", "#c43e00", "#4b50c8", "#555555"),
    # M. Okabe and K. Ito, "Color Universal Design" (2008), with light grey instead of black
    "colour-blind": ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00", "#0072b2", "#dcdcdc"),
    "ansi-dark": (
        "ansi_bright_cyan", "ansi_yellow", "ansi_green", "ansi_bright_magenta",
        "ansi_bright_yellow", "ansi_bright_red", "ansi_bright_blue", "ansi_white",
    ),
    "ansi-light": (
        "ansi_blue", "ansi_red", "ansi_green", "ansi_magenta",
        "ansi_yellow", "ansi_cyan", "ansi_bright_blue", "ansi_black",
    ),
    "none": ("",),
}  # fmt: skip
FAINT: Mapping[Scheme, tuple[str, ...]] = {
    "dark": ("#2b5770", "#6b4d0c", "#1d5e4b", "#6b475b", "#6c672a", "#703c22", "#475276", "#5c5c5c"),
    "colour-blind": ("#2f5a73", "#70510c", "#0a4f3f", "#654259", "#716c2d", "#673809", "#0b3b5b", "#686868"),
    "light": ("#a5cbe0", "#e0c3a3", "#a3cdc0", "#deb9cf", "#d0caa0", "#e8b8a3", "#bcbde8", "#c0c0c0"),
}
ON_DARK = {
    FRAME: "#4a4f57",
    TICK: "#8a9099",
    TITLE: "#b4bac4",
    HINT: "#8a9099",
    CURSOR: "#8a9099",
    POINTED: "#f4f6fa",
}
OTHERS: Mapping[Scheme, Mapping[int, str]] = {
    "dark": ON_DARK,
    "colour-blind": ON_DARK,
    "light": {
        FRAME: "#c2c6cc",
        TICK: "#6a7079",
        TITLE: "#3c4048",
        HINT: "#6a7079",
        CURSOR: "#6a7079",
        POINTED: "#08090c",
    },
    "ansi-dark": {FRAME: "ansi_bright_black", TICK: "ansi_white", TITLE: "ansi_white", HINT: "ansi_white"},
    "ansi-light": {FRAME: "ansi_bright_black", TICK: "ansi_black", TITLE: "ansi_black", HINT: "ansi_black"},
}
SIGNED: Mapping[Scheme, tuple[str, ...]] = {
    # from far below zero to far above; blue and orange, which colour-blind people can tell apart
    "dark": ("#62b0ff", "#3c7fc6", "#2a5787", "#213b58", "#1f232a", "#4b3520", "#80521b", "#c47a1d", "#ffb03f"),
    "light": ("#0e4f94", "#3f7dbd", "#86aed8", "#c3d6ea", "#ececea", "#f2d8b6", "#e3ad6c", "#c8771d", "#944500"),
    "ansi-dark": (
        "ansi_bright_cyan", "ansi_bright_blue", "ansi_blue", "ansi_blue", "",
        "ansi_red", "ansi_red", "ansi_yellow", "ansi_bright_yellow",
    ),
    "ansi-light": (
        "ansi_blue", "ansi_bright_blue", "ansi_cyan", "ansi_bright_cyan", "",
        "ansi_bright_yellow", "ansi_yellow", "ansi_bright_red", "ansi_red",
    ),
}  # fmt: skip
"""Diverging colours of signed numbers; the fifth is zero."""

_DIGITS, _CAPITALS, _LETTERS = "23456789", "ABCDEFGHIJKLMNOPQRSTUVWZ", "abcdefghijklmnpqrstuvwyz"
"""Without those that are events in ASCII, markers there, or look like others."""

MARKERS = f"●■▲▼✚○□△▽{_CAPITALS}{_LETTERS}{_DIGITS}"
ASCII_MARKERS = f"*o+x#%@&${_CAPITALS}{_LETTERS}{_DIGITS}"
"""As many as there can be curves: 64 marked runs, and the one under the cursor."""


@dataclass(frozen=True, slots=True)
class StyleAttributes:
    """How to paint a style id: a Textual colour name ("": the terminal's default) and attributes."""

    colour: str
    dim: bool = False
    bold: bool = False


def assign(run_ids: Iterable[int], held: Mapping[int, int] | None = None) -> dict[int, int]:
    """Return a colour slot for every run: the one in `held`, else the lowest free one, in the order of `run_ids`."""
    wanted = list(dict.fromkeys(run_ids))
    slots = {run_id: held[run_id] for run_id in wanted if held is not None and run_id in held}
    taken = set(slots.values())
    free = (slot for slot in range(len(wanted) + len(taken)) if slot not in taken)
    return {run_id: slots[run_id] if run_id in slots else next(free) for run_id in wanted}


def colour(slot: int, scheme: Scheme = "dark") -> str:
    """Return the colour of a slot's line: "#rrggbb" or a Textual "ansi_..." name; "" without colour."""
    if slot >= ramp.FIRST_SLOT:
        return ramp.colour(slot, scheme)
    colours = COLOURS[scheme]
    return colours[slot % len(colours)]


def marker(slot: int, *, ascii_only: bool = False) -> str:
    """Return the one-cell sign of a slot; no two runs on a chart have the same."""
    if slot >= ramp.FIRST_SLOT:
        return ramp.letter(slot)
    markers = ASCII_MARKERS if ascii_only else MARKERS
    return markers[slot % len(markers)]


def attributes(style: int, scheme: Scheme = "dark") -> StyleAttributes:
    """Return how to paint a style id of a Picture in a scheme."""
    run = run_style(style)
    if run is not None:
        slot, is_faint = run
        if is_faint and scheme in FAINT:
            faint = FAINT[scheme]
            return StyleAttributes(ramp.faint(slot, scheme) if slot >= ramp.FIRST_SLOT else faint[slot % len(faint)])
        return StyleAttributes(colour(slot, scheme), dim=is_faint)
    if style == BLANK:
        return StyleAttributes("")
    is_dim = style == FRAME and scheme == "none"
    return StyleAttributes(OTHERS.get(scheme, {}).get(style, ""), dim=is_dim, bold=style == POINTED)

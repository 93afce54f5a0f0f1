"""Themes: what becomes of the screen's colours. The dark theme's own are their names; another one is a table of them.

So a theme is put on where the cells are written (`tui.colours.sgr`), and nothing else on the screen knows about it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from rich.color import ColorSystem

from tui.colours import ramp, theme
from tui.colours.palette import COLOURS, FAINT, OTHERS, SIGNED, Scheme
from tui.colours.sgr import Colours, Paint
from tui.colours.styles import CURSOR, DEEPEST, FRAME, HINT, POINTED, TICK, TITLE

NAMES = ("dark", "light", "colour-blind", "ansi")
"""The themes that can be chosen."""

TEXTS = (theme.FOREGROUND, theme.STRONGEST, theme.QUIET, theme.ACCENT, theme.GOOD, theme.WARNING, theme.BAD)
"""The inks of words: they must be legible on every ground."""

LEGIBLE = 3.0
"""The contrast that any colour has on a light ground at least: what WCAG asks of graphics."""

LIGHT: dict[str, str] = {
    theme.GROUND: "#fafaf8", theme.RAISED: "#e8ecf2", theme.FIELD: "#eef2f7",
    theme.FOREGROUND: "#22262c", theme.STRONGEST: "#0b0d10", theme.QUIET: "#5a6069", theme.RULE: "#c2c6cc",
    theme.ACCENT: "#1f5fae", theme.GOOD: "#2b6e34", theme.WARNING: "#855300", theme.BAD: "#b92b2b",
}  # fmt: skip
COLOUR_BLIND: dict[str, str] = {theme.GOOD: "#56b4e9", theme.WARNING: "#f0e442", theme.BAD: "#e06a10"}
"""Good and bad in blue and orange, which everybody can tell apart; signs say it as well."""

GROUNDED = ("light", "colour-blind")
"""Schemes, besides the dark one, for a ground that is painted."""

_NIGHT = {theme.GROUND: 233, theme.RAISED: 235, theme.FIELD: 235, theme.QUIET: 246, SIGNED["dark"][DEEPEST]: 235}
OF_256: Mapping[str, Mapping[str, int]] = {
    "dark": _NIGHT | dict(zip(FAINT["dark"], (24, 94, 22, 96, 58, 88, 60, 240), strict=True)),
    "colour-blind": _NIGHT
    | {theme.BAD: 202, COLOURS["dark"][6]: 32}
    | dict(zip(FAINT["dark"], (24, 94, 23, 96, 58, 95, 19, 241), strict=True)),
    "light": {theme.GROUND: 231, theme.RAISED: 254, theme.FIELD: 254, theme.GOOD: 22, COLOURS["dark"][5]: 160}
    | dict(zip(FAINT["dark"], (153, 223, 151, 182, 186, 217, 146, 250), strict=True)),
}
"""What a terminal of 256 colours paints where the nearest by Rich's count is another ink's: its cube begins so far
above black that all dark grounds are black, and most faint curves one of two."""

BOLD, DIM, UNDERLINED, REVERSED = frozenset("1"), frozenset("2"), frozenset("4"), frozenset("7")
WITHOUT_COLOUR: Mapping[str, Paint] = {
    theme.GROUND: Paint(), theme.FOREGROUND: Paint(), theme.STRONGEST: Paint("", BOLD), theme.QUIET: Paint("", DIM),
    theme.RULE: Paint("", DIM), theme.ACCENT: Paint("", BOLD), theme.GOOD: Paint(),
    theme.WARNING: Paint("", BOLD), theme.BAD: Paint("", BOLD),
}  # fmt: skip
UNPAINTED: Mapping[str, Paint] = {
    theme.GROUND: Paint(), theme.RAISED: Paint("", REVERSED), theme.FIELD: Paint("", UNDERLINED),
    theme.FOREGROUND: Paint("", REVERSED),
}  # fmt: skip
"""The grounds where the terminal keeps its own: the cursor's row is reversed, a field underlined."""


class Theme(NamedTuple):
    """`scheme` is what saved charts are painted in, `help` what it is for."""

    name: str
    help: str
    scheme: Scheme
    colours: Colours


def named(name: str, system: ColorSystem | None, *, light_ground: bool = False) -> Theme:
    """The theme of a name on a terminal with so many colours: without any, or with 16, it has only one.

    An unknown name ('') is the usual one. `light_ground` is the terminal's own, where a theme does not paint it.
    """
    if system is None:
        return _without_colour()
    if system is ColorSystem.STANDARD or name == "ansi":
        return _ansi(light_ground)
    return _painted(name if name in NAMES else NAMES[0], system)


def system_of(name: str | None) -> ColorSystem | None:
    """How many colours a terminal has, from what Rich calls it."""
    systems = {"standard": ColorSystem.STANDARD, "256": ColorSystem.EIGHT_BIT, "truecolor": ColorSystem.TRUECOLOR}
    return systems.get(name or "")


def has_light_ground(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal says that its own ground is light ($COLORFGBG, as rxvt, Konsole and others set it)."""
    return environment.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")


@cache
def _painted(name: str, system: ColorSystem) -> Theme:
    match name:
        case "light":
            paints = _paints(LIGHT | _curves("light"), name, system)
            colours = Colours(system, paints, paints, adapt=legible_on_light)
            return Theme(name, "for bright rooms", "light", colours)
        case "colour-blind":
            paints = _paints(COLOUR_BLIND | _curves("colour-blind"), name, system)
            help_text = "colours that everybody can tell apart (Okabe and Ito)"
            return Theme(name, help_text, "colour-blind", Colours(system, paints, paints))
        case _:
            paints = _paints({}, name, system)
            return Theme("dark", "the usual one", "dark", Colours(system, paints, paints))


@cache
def _ansi(light_ground: bool) -> Theme:
    scheme: Scheme = "ansi-light" if light_ground else "ansi-dark"
    inks = {name: Paint(colour.removeprefix("ansi_")) for name, colour in _curves(scheme).items()}
    strong = [inks[colour].colour for colour in COLOURS["dark"]]
    inks |= {name: Paint(strong[slot], DIM) for slot, name in enumerate(FAINT["dark"])}
    words = {
        theme.ACCENT: Paint("blue" if light_ground else "cyan"),
        theme.GOOD: Paint("green"),
        theme.WARNING: Paint("magenta" if light_ground else "yellow"),
        theme.BAD: Paint("red"),
    }
    # adapted to the sixteen by the pen
    grounds = {**UNPAINTED, **{name: inks[name] for name in SIGNED["dark"]}}
    colours = Colours(ColorSystem.STANDARD, {**WITHOUT_COLOUR, **_others(), **inks, **words}, grounds, paints=False)
    return Theme("ansi", "the terminal's own sixteen colours, on its own ground", scheme, colours)


@cache
def _without_colour() -> Theme:
    faint = {name: Paint("", DIM) for name in FAINT["dark"]}
    colours = Colours(None, {**WITHOUT_COLOUR, **_others(), **faint}, UNPAINTED, paints=False)
    return Theme("none", "no colours, as NO_COLOR asks", "none", colours)


def _curves(scheme: Scheme) -> dict[str, str]:
    """The colours of curves, and of what is around them, in a scheme by those of the dark one."""
    table = dict(zip(COLOURS["dark"], COLOURS[scheme], strict=True))
    table |= dict(zip(FAINT["dark"], FAINT.get(scheme, ()), strict=False))
    table |= dict(zip(ramp.colours("dark"), ramp.colours(scheme), strict=True))
    table |= dict(zip(SIGNED["dark"], SIGNED.get(scheme, ()), strict=False))
    dark = OTHERS["dark"]
    painted = {dark[style]: OTHERS[scheme][style] for style in (TITLE, POINTED)} if scheme in GROUNDED else {}
    return table | painted


def _others() -> dict[str, Paint]:
    """What is around the curves where the terminal keeps its own colours."""
    dark = OTHERS["dark"]
    dim = {dark[style]: Paint("", DIM) for style in (FRAME, TICK, HINT, CURSOR)}
    return {**dim, dark[TITLE]: Paint(), dark[POINTED]: Paint("", BOLD)}


def _paints(table: Mapping[str, str], name: str, system: ColorSystem) -> dict[str, Paint]:
    numbers = OF_256[name] if system is ColorSystem.EIGHT_BIT else {}
    return {ink: Paint(colour) for ink, colour in {**table, **_numbered(numbers)}.items()}


def _numbered(numbers: Mapping[str, int]) -> dict[str, str]:
    """The colours of a terminal's palette by Rich's names."""
    return {ink: f"color({number})" for ink, number in numbers.items()}


def contrast(colour: str, other: str) -> float:
    """The contrast of two colours ('#rrggbb') as WCAG defines it, from 1 to 21."""
    darker, lighter = sorted((_luminance(colour), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@cache
def legible_on_light(colour: str) -> str:
    """The colour, as much darker as it takes to be seen on a light ground."""
    shares = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    while contrast(colour, LIGHT[theme.RAISED]) < LEGIBLE:
        shares = [share * 9 // 10 for share in shares]
        colour = "#" + "".join(f"{share:02x}" for share in shares)
    return colour

"""Themes: each maps the dark theme's colours, which the screen uses everywhere, to its own.

The mapping is applied where cells are written (`tui.colours.sgr`); no other part of the screen knows the theme.
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
"""The themes to choose from; the first is the default."""

TEXTS = (theme.FOREGROUND, theme.STRONGEST, theme.QUIET, theme.ACCENT, theme.GOOD, theme.WARNING, theme.BAD)
"""The colours of text, which must be legible on every background."""

LEGIBLE = 3.0
"""Smallest contrast of any colour on a light background: WCAG's minimum for graphics."""

LIGHT: dict[str, str] = {
    theme.GROUND: "#fafaf8", theme.RAISED: "#e8ecf2", theme.FIELD: "#eef2f7",
    theme.FOREGROUND: "#22262c", theme.STRONGEST: "#0b0d10", theme.QUIET: "#5a6069", theme.RULE: "#c2c6cc",
    theme.ACCENT: "#1f5fae", theme.GOOD: "#2b6e34", theme.WARNING: "#855300", theme.BAD: "#b92b2b",
}  # fmt: skip
COLOUR_BLIND: dict[str, str] = {theme.GOOD: "#56b4e9", theme.WARNING: "#f0e442", theme.BAD: "#e06a10"}
"""Good and bad in blue and orange, which colour-blind people can tell apart; signs say it as well."""

GROUNDED = ("light", "colour-blind")
"""Schemes, besides the dark one, that paint the background."""

_BANDS: Mapping[str, tuple[int, ...]] = {
    "dark": (53, 54, 60, 25, 24, 23, 30, 29, 65, 64, 101, 137),
    "colour-blind": (17, 18, 24, 25, 60, 59, 66, 65, 101, 94, 100, 136),
    "light": (222, 186, 187, 150, 151, 80, 152, 117, 110, 111, 146, 139),
}
"""Palette numbers of the ramp's faint colours, from end to end: a landscape's bands, of which it has at most twelve."""

_DARK_NUMBERS = {theme.GROUND: 233, theme.RAISED: 235, theme.FIELD: 235, theme.QUIET: 246, SIGNED["dark"][DEEPEST]: 235}


def _bands(name: str) -> dict[str, int]:
    """Map the ramp's faint colours to palette numbers; neighbouring bands differ."""
    numbers, faint = _BANDS[name], ramp.colours("dark")[ramp.STEPS :]
    return {colour: numbers[place * len(numbers) // ramp.STEPS] for place, colour in enumerate(faint)}


OF_256: Mapping[str, Mapping[str, int]] = {
    "dark": _bands("dark") | _DARK_NUMBERS | dict(zip(FAINT["dark"], (24, 94, 22, 96, 58, 88, 60, 240), strict=True)),
    "colour-blind": _bands("colour-blind")
    | _DARK_NUMBERS
    | {theme.BAD: 202, COLOURS["dark"][6]: 32}
    | dict(zip(FAINT["dark"], (24, 94, 23, 96, 58, 95, 19, 241), strict=True)),
    "light": _bands("light")
    | {theme.GROUND: 231, theme.RAISED: 254, theme.FIELD: 254, theme.GOOD: 22, COLOURS["dark"][5]: 160}
    | dict(zip(FAINT["dark"], (153, 223, 151, 182, 186, 217, 146, 250), strict=True)),
}
"""Palette numbers on a terminal of 256 colours where Rich's nearest colour would make two colours equal: the first
step of the colour cube is far above black, so dark backgrounds become black and faint curves collapse."""

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
"""Replacements of backgrounds on the terminal's own background: the cursor's row is reversed, a field underlined."""


class Theme(NamedTuple):
    """`scheme` is the palette of saved charts; `help` says what the theme is for."""

    name: str
    help: str
    scheme: Scheme
    colours: Colours


def named(name: str, system: ColorSystem | None, *, light_ground: bool = False) -> Theme:
    """Return the theme of a name; a terminal without colours (None), or with 16, has only one theme.

    An unknown name ('') is the default theme. `light_ground`: the terminal's own background is light.
    """
    if system is None:
        return _without_colour()
    if system is ColorSystem.STANDARD or name == "ansi":
        return _ansi(light_ground)
    return _painted(name if name in NAMES else NAMES[0], system)


def system_of(name: str | None) -> ColorSystem | None:
    """Return the colour system of Rich's name for it; None without colours."""
    systems = {"standard": ColorSystem.STANDARD, "256": ColorSystem.EIGHT_BIT, "truecolor": ColorSystem.TRUECOLOR}
    return systems.get(name or "")


def has_light_ground(environment: Mapping[str, str] = os.environ) -> bool:
    """True if $COLORFGBG, which rxvt, Konsole and others set, says that the terminal's background is light."""
    return environment.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")


@cache
def _painted(name: str, system: ColorSystem) -> Theme:
    match name:
        case "light":
            paints = _paints(LIGHT | _curve_colours("light"), name, system)
            colours = Colours(system, paints, paints, adapt=legible_on_light)
            return Theme(name, "for bright rooms", "light", colours)
        case "colour-blind":
            paints = _paints(COLOUR_BLIND | _curve_colours("colour-blind"), name, system)
            help_text = "colours that everybody can tell apart (Okabe and Ito)"
            return Theme(name, help_text, "colour-blind", Colours(system, paints, paints))
        case _:
            paints = _paints({}, name, system)
            return Theme("dark", "the usual one", "dark", Colours(system, paints, paints))


@cache
def _ansi(light_ground: bool) -> Theme:
    scheme: Scheme = "ansi-light" if light_ground else "ansi-dark"
    foregrounds = {name: Paint(colour.removeprefix("ansi_")) for name, colour in _curve_colours(scheme).items()}
    strong = [foregrounds[colour].colour for colour in COLOURS["dark"]]
    foregrounds |= {name: Paint(strong[slot], DIM) for slot, name in enumerate(FAINT["dark"])}
    words = {
        theme.ACCENT: Paint("blue" if light_ground else "cyan"),
        theme.GOOD: Paint("green"),
        theme.WARNING: Paint("magenta" if light_ground else "yellow"),
        theme.BAD: Paint("red"),
    }
    # converted to the sixteen colours when written
    grounds = {**UNPAINTED, **{name: foregrounds[name] for name in (*ramp.colours("dark"), *SIGNED["dark"])}}
    colours = Colours(
        ColorSystem.STANDARD, {**WITHOUT_COLOUR, **_chart_attributes(), **foregrounds, **words}, grounds, paints=False
    )
    return Theme("ansi", "the terminal's own sixteen colours, on its own ground", scheme, colours)


@cache
def _without_colour() -> Theme:
    faint = {name: Paint("", DIM) for name in FAINT["dark"]}
    colours = Colours(None, {**WITHOUT_COLOUR, **_chart_attributes(), **faint}, UNPAINTED, paints=False)
    return Theme("none", "no colours, as NO_COLOR asks", "none", colours)


def _curve_colours(scheme: Scheme) -> dict[str, str]:
    """Map the dark scheme's colours of curves, and of the chart around them, to another scheme's."""
    table = dict(zip(COLOURS["dark"], COLOURS[scheme], strict=True))
    table |= dict(zip(FAINT["dark"], FAINT.get(scheme, ()), strict=False))
    table |= dict(zip(ramp.colours("dark"), ramp.colours(scheme), strict=True))
    table |= dict(zip(SIGNED["dark"], SIGNED.get(scheme, ()), strict=False))
    dark = OTHERS["dark"]
    painted = {dark[style]: OTHERS[scheme][style] for style in (TITLE, POINTED)} if scheme in GROUNDED else {}
    return table | painted


def _chart_attributes() -> dict[str, Paint]:
    """Map the dark scheme's colours around the curves to attributes in the terminal's default colour."""
    dark = OTHERS["dark"]
    dim = {dark[style]: Paint("", DIM) for style in (FRAME, TICK, HINT, CURSOR)}
    return {**dim, dark[TITLE]: Paint(), dark[POINTED]: Paint("", BOLD)}


def _paints(table: Mapping[str, str], name: str, system: ColorSystem) -> dict[str, Paint]:
    numbers = OF_256[name] if system is ColorSystem.EIGHT_BIT else {}
    return {dark: Paint(colour) for dark, colour in {**table, **_numbered(numbers)}.items()}


def _numbered(numbers: Mapping[str, int]) -> dict[str, str]:
    """Map colours to Rich's names of palette numbers."""
    return {colour: f"color({number})" for colour, number in numbers.items()}


def contrast(colour: str, other: str) -> float:
    """Return the contrast ratio of two colours ('#rrggbb') as WCAG defines it, from 1 to 21."""
    darker, lighter = sorted((_luminance(colour), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@cache
def legible_on_light(colour: str) -> str:
    """Darken a colour ('#rrggbb') until its contrast on a light background is at least LEGIBLE."""
    shares = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    while contrast(colour, LIGHT[theme.RAISED]) < LEGIBLE:
        shares = [share * 9 // 10 for share in shares]
        colour = "#" + "".join(f"{share:02x}" for share in shares)
    return colour

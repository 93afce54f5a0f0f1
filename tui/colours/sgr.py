"""SGR: the shortest escape sequence that changes one cell style to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from rich.color import Color, ColorSystem
from rich.style import Style

RESET = "\x1b[0m"


MARKING = frozenset({"4", "7", "9"})
"""SGR codes of attributes that are visible on a blank: underline, reverse, strike."""


class SgrStyle(NamedTuple):
    """A style as SGR parameters; '' is the terminal's default colour."""

    foreground: str = ""
    background: str = ""
    attributes: str = ""

    @property
    def marks_blanks(self) -> bool:
        """True if a blank in this style shows more than its background."""
        return bool(self.attributes) and not MARKING.isdisjoint(self.attributes.split(";"))

    def blanks_like(self, other: SgrStyle) -> bool:
        """True if blanks in both styles look the same."""
        return self.background == other.background and not self.marks_blanks and not other.marks_blanks


PLAIN = SgrStyle()
ATTRIBUTES = (("bold", "1"), ("dim", "2"), ("italic", "3"), ("underline", "4"), ("reverse", "7"), ("strike", "9"))

ENDS = {"1": "22", "2": "22", "3": "23", "4": "24", "7": "27", "9": "29"}


class Paint(NamedTuple):
    """The replacement of a colour: '#rrggbb', a name of a terminal colour or '' (the default), and SGR attributes."""

    colour: str = ""
    attributes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Colours:
    """How the screen's colours are replaced on a terminal.

    `system` is the terminal's colour system (None: no colours). `sgr_styles` and `grounds` map a colour ('#rrggbb') to
    its replacement as foreground and as background. Other foregrounds are converted by `adapt`; other backgrounds stay,
    or are dropped unless `paints`.
    """

    system: ColorSystem | None = ColorSystem.TRUECOLOR
    sgr_styles: Mapping[str, Paint] = field(default_factory=dict)
    grounds: Mapping[str, Paint] = field(default_factory=dict)
    adapt: Callable[[str], str] | None = None
    paints: bool = True


@lru_cache(maxsize=4096)
def sgr_style(style: Style | None, colours: Colours) -> SgrStyle:
    """Return a Rich style as SGR parameters, with its colours replaced; PLAIN for None. Links are dropped."""
    if style is None:
        return PLAIN
    foreground, background = foreground_of(style.color, colours), background_of(style.bgcolor, colours)
    added = foreground.attributes | background.attributes
    attributes = ";".join(code for name, code in ATTRIBUTES if getattr(style, name) or code in added)
    system = colours.system
    return SgrStyle(_codes(foreground.colour, system, True), _codes(background.colour, system, False), attributes)


def foreground_of(colour: Color | None, colours: Colours) -> Paint:
    """Return what replaces a colour as foreground."""
    name = _name(colour)
    if name in colours.sgr_styles or colours.adapt is None or not name.startswith("#"):
        return colours.sgr_styles.get(name, Paint(name))
    return Paint(colours.adapt(name))


def background_of(colour: Color | None, colours: Colours) -> Paint:
    """Return what replaces a colour as background."""
    name = _name(colour)
    return colours.grounds.get(name, Paint(name if colours.paints else ""))


def _name(colour: Color | None) -> str:
    if colour is None or colour.is_default:
        return ""
    return colour.triplet.hex if colour.triplet is not None else colour.name


@lru_cache(maxsize=1024)
def _codes(name: str, system: ColorSystem | None, foreground: bool) -> str:
    if not name or system is None:
        return ""
    return ";".join(Color.parse(name).downgrade(system).get_ansi_codes(foreground))


def change(before: SgrStyle, after: SgrStyle, *, blank: bool = False) -> tuple[str, SgrStyle]:
    """Return the escape sequence that changes style `before` to `after` ('' if none is needed), and the new style.

    For a `blank` the foreground may stay as it is.
    """
    wanted = (
        SgrStyle(before.foreground, after.background, before.attributes) if _may_keep(before, after, blank) else after
    )
    if wanted == before:
        return "", before
    parameters = []
    if wanted.attributes != before.attributes:
        had, has = before.attributes.split(";"), wanted.attributes.split(";")
        # bold and dim are ended by one code, so the attribute that stays is set again
        ended = dict.fromkeys(ENDS[code] for code in had if code and code not in has)
        parameters += [*ended, *(code for code in has if code and (code not in had or ENDS[code] in ended))]
    if wanted.foreground != before.foreground:
        parameters.append(wanted.foreground or "39")
    if wanted.background != before.background:
        parameters.append(wanted.background or "49")
    return f"\x1b[{';'.join(parameters)}m", wanted


def _may_keep(before: SgrStyle, after: SgrStyle, blank: bool) -> bool:
    """True if a blank in style `after` looks the same with the foreground of `before`."""
    return blank and not before.marks_blanks and not after.marks_blanks

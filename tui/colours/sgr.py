"""SGR: the least that must be written so that the next cell has its style."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from rich.color import Color, ColorSystem
from rich.style import Style

RESET = "\x1b[0m"


MARKING = frozenset({"4", "7", "9"})
"""Attributes that can be seen on a blank."""


class SgrStyle(NamedTuple):
    """A style as the terminal is told it: parameters of SGR. '' is the terminal's own colour."""

    foreground: str = ""
    background: str = ""
    attributes: str = ""

    @property
    def marks_blanks(self) -> bool:
        """Whether a blank in this ink shows more than its background."""
        return bool(self.attributes) and not MARKING.isdisjoint(self.attributes.split(";"))

    def blanks_like(self, other: SgrStyle) -> bool:
        """Whether a blank in this ink and one in another look the same."""
        return self.background == other.background and not self.marks_blanks and not other.marks_blanks


PLAIN = SgrStyle()
ATTRIBUTES = (("bold", "1"), ("dim", "2"), ("italic", "3"), ("underline", "4"), ("reverse", "7"), ("strike", "9"))

ENDS = {"1": "22", "2": "22", "3": "23", "4": "24", "7": "27", "9": "29"}


class Paint(NamedTuple):
    """What stands for a colour: another one ('#rrggbb' or a name of the terminal's own, '': its default), and what
    attributes say instead, as SGR codes."""

    colour: str = ""
    attributes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Colours:
    """What becomes of the colours that the screen asks for.

    `system` is how many the terminal has (None: none at all). `inks` and `grounds` say what stands for a colour
    ('#rrggbb') as foreground and as background; of others `adapt` makes a foreground, and a background stays
    unless `paints` is False.
    """

    system: ColorSystem | None = ColorSystem.TRUECOLOR
    inks: Mapping[str, Paint] = field(default_factory=dict)
    grounds: Mapping[str, Paint] = field(default_factory=dict)
    adapt: Callable[[str], str] | None = None
    paints: bool = True


@lru_cache(maxsize=4096)
def ink_of(style: Style | None, colours: Colours) -> SgrStyle:
    """The ink of a style under such colours. Links are never written."""
    if style is None:
        return PLAIN
    ink, ground = _ink(style.color, colours), _ground(style.bgcolor, colours)
    said = ink.attributes | ground.attributes
    attributes = ";".join(code for name, code in ATTRIBUTES if getattr(style, name) or code in said)
    return SgrStyle(_codes(ink.colour, colours.system, True), _codes(ground.colour, colours.system, False), attributes)


def _ink(colour: Color | None, colours: Colours) -> Paint:
    name = _name(colour)
    if name in colours.inks or colours.adapt is None or not name.startswith("#"):
        return colours.inks.get(name, Paint(name))
    return Paint(colours.adapt(name))


def _ground(colour: Color | None, colours: Colours) -> Paint:
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
    """What to write to turn one ink into another, and the ink that the pen has then.

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
        # bold and dim are ended by the same code, so what is to stay is said after what ends
        ended = dict.fromkeys(ENDS[code] for code in had if code and code not in has)
        parameters += [*ended, *(code for code in has if code and (code not in had or ENDS[code] in ended))]
    if wanted.foreground != before.foreground:
        parameters.append(wanted.foreground or "39")
    if wanted.background != before.background:
        parameters.append(wanted.background or "49")
    return f"\x1b[{';'.join(parameters)}m", wanted


def _may_keep(before: SgrStyle, after: SgrStyle, blank: bool) -> bool:
    """Whether a blank of one ink looks the same in the other's foreground."""
    return blank and not before.marks_blanks and not after.marks_blanks

"""Themes: every ink is known to each, every word legible, and where there are no colours none is written."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.color import Color, ColorSystem
from rich.style import Style

from engine.spec import defaults
from tests.tui.dashboards import opened, raced, store_with
from tests.tui.emulator import Emulator
from tui.chart.inspected.landscape import band_slot
from tui.colours import theme, themes
from tui.colours.palette import COLOURS, FAINT, OTHERS, SIGNED, attributes, marker
from tui.colours.sgr import SgrStyle, sgr_style
from tui.colours.styles import faint
from tui.colours.themes import NAMES, TEXTS, contrast, named

GROUNDS = (theme.GROUND, theme.RAISED, theme.FIELD)
INKS = {*TEXTS, theme.RULE, *GROUNDS, *COLOURS["dark"], *FAINT["dark"], *OTHERS["dark"].values(), *SIGNED["dark"]}
PAINTED = [name for name in NAMES if name != "ansi"]

# G. M. Machado et al., "A physiologically-based model for simulation of color vision deficiency" (2009), severity 1
PROTANOPE = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
DEUTERANOPE = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]


MANY_COLOURS = [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT]


def colour_of(name: str, wanted: str, *, ground: bool, system: ColorSystem = ColorSystem.TRUECOLOR) -> str:
    """What a theme paints for one of the screen's colours, as #rrggbb."""
    style = Style(bgcolor=wanted) if ground else Style(color=wanted)
    return as_hex(sgr_style(style, named(name, system).colours)[ground])


def as_hex(codes: str) -> str:
    """The colour that SGR parameters ask for."""
    kind, *numbers = [int(part) for part in codes.split(";")[1:]]
    return Color.from_ansi(numbers[0]).get_truecolor().hex if kind == 5 else "#" + "".join(f"{n:02x}" for n in numbers)


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_no_two_inks_share_a_name() -> None:
    frames = {OTHERS["dark"][style] for style in OTHERS["dark"]} - {theme.RULE, theme.QUIET}
    names = [*TEXTS, theme.RULE, *GROUNDS, *COLOURS["dark"], *FAINT["dark"], *SIGNED["dark"], *frames]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("system", MANY_COLOURS)
@pytest.mark.parametrize("name", PAINTED)
def test_words_and_curves_are_legible_on_every_ground(name: str, system: ColorSystem) -> None:
    grounds = [colour_of(name, ground, ground=True, system=system) for ground in GROUNDS]
    inks = {ink: colour_of(name, ink, ground=False, system=system) for ink in (*TEXTS, *COLOURS["dark"])}
    for ground in grounds:
        assert all(contrast(inks[text], ground) >= 4.5 for text in TEXTS)
        assert all(contrast(inks[curve], ground) >= 3.0 for curve in COLOURS["dark"])


@pytest.mark.parametrize("system", MANY_COLOURS)
@pytest.mark.parametrize("name", PAINTED)
def test_curves_have_eight_colours_and_a_faint_one_each(name: str, system: ColorSystem) -> None:
    strong = [colour_of(name, curve, ground=False, system=system) for curve in COLOURS["dark"]]
    faint = [colour_of(name, curve, ground=False, system=system) for curve in FAINT["dark"]]
    ground = colour_of(name, theme.GROUND, ground=True, system=system)
    assert len({*strong, *faint}) == 16
    assert all(contrast(a, ground) > contrast(b, ground) for a, b in zip(strong, faint, strict=True))


@pytest.mark.parametrize("system", [*MANY_COLOURS, ColorSystem.STANDARD, None])
@pytest.mark.parametrize("name", NAMES)
def test_the_cursor_a_field_and_every_curve_can_be_told_apart_whatever_the_terminal_paints(
    name: str, system: ColorSystem | None
) -> None:
    worn = named(name, system)
    usual = sgr_style(theme.TEXT + Style(bgcolor=theme.GROUND), worn.colours)
    for ground in (theme.RAISED, theme.FIELD):
        ink = sgr_style(theme.TEXT + Style(bgcolor=ground), worn.colours)
        is_painted = ink.background != usual.background
        apart = contrast(as_hex(ink.background), as_hex(usual.background)) >= 1.07 if is_painted else ink.marks_blanks
        assert apart, (ground, ink)
    signs = [marker(slot) if worn.scheme == "none" else "" for slot in range(8)]
    for ground in GROUNDS:
        strong = [sgr_style(Style(color=curve, bgcolor=ground), worn.colours) for curve in COLOURS["dark"]]
        faint = [sgr_style(Style(color=curve, bgcolor=ground), worn.colours) for curve in FAINT["dark"]]
        assert len({*zip(strong, signs, strict=True)}) == 8
        assert not {*strong} & {*faint}
        assert len({*zip(faint, signs, strict=True)}) == 8


@pytest.mark.parametrize("sight", [PROTANOPE, DEUTERANOPE])
def test_the_colour_blind_can_tell_the_curves_of_their_theme_apart(sight: list[list[float]]) -> None:
    seen = [_lab(np.array(sight) @ _linear(colour)) for colour in COLOURS["colour-blind"]]
    nearest = min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2))
    usual = [_lab(np.array(sight) @ _linear(colour)) for colour in COLOURS["dark"]]
    assert nearest > max(15, min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(usual, 2)))


def _linear(colour: str) -> NDArray[np.float64]:
    shares = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def _lab(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt(np.clip(np.array(to_xyz) @ linear / (0.9505, 1.0, 1.089), 1e-9, None))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("light", [True, False])
def test_the_sixteen_colours_are_the_terminals_own_and_its_ground_is_left_alone(light: bool) -> None:
    colours = named("ansi", ColorSystem.TRUECOLOR, light_ground=light).colours
    for colour in (*INKS, "#123456"):
        ink = sgr_style(Style(color=colour, bgcolor=theme.GROUND), colours)
        assert re.fullmatch(r"|3[0-7]|9[0-7]", ink.foreground)
        assert ink.background == ""
    curves = [sgr_style(Style(color=colour), colours).foreground for colour in COLOURS["dark"]]
    assert len(set(curves)) == 8
    assert sgr_style(theme.POINTED, colours) == SgrStyle(attributes="7")


def test_without_colours_attributes_say_it() -> None:
    colours = named("light", None).colours
    for colour in (*INKS, "#123456", "red"):
        ink = sgr_style(Style(color=colour, bgcolor=colour), colours)
        assert (ink.foreground, ink.background) == ("", "")
    assert sgr_style(theme.STRONG, colours).attributes == "1"
    assert sgr_style(theme.DIM, colours).attributes == "2"
    assert sgr_style(theme.DIM + theme.POINTED, colours).attributes == "2;7"


def test_a_terminal_of_sixteen_colours_gets_no_others() -> None:
    for name in (*NAMES, ""):
        assert named(name, ColorSystem.STANDARD).name == "ansi"
        assert named(name, None).name == "none"
    assert named("no theme", ColorSystem.EIGHT_BIT).name == "dark"


@pytest.mark.parametrize(("said", "light"), [("15;default;0", False), ("0;15", True), ("0;7", True), ("", False)])
def test_a_terminal_may_say_that_its_ground_is_light(said: str, light: bool) -> None:
    assert themes.has_light_ground({"COLORFGBG": said}) is light


def seen_contrasts(terminal: Emulator) -> list[tuple[float, str]]:
    """The contrast of every character that stands on the screen with its ground; ramps and rules left out."""
    frames = {colour_of(name, theme.RULE, ground=False) for name in PAINTED}
    frames |= {colour_of(name, faint, ground=False) for name in PAINTED for faint in FAINT["dark"]}
    found = []
    for row in terminal.screen.buffer.values():
        for cell in row.values():
            if cell.data.strip() and f"#{cell.fg}" not in frames:
                found.append((contrast(f"#{cell.fg}", f"#{cell.bg}"), cell.data))
    return found


@pytest.mark.parametrize("name", PAINTED)
async def test_every_screen_is_legible_in_every_theme(tmp_path: Path, name: str) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        board.app.theming.choose(name)
        await board.until(lambda: f"Theme: {name}" in board.terminal.text())
        for keys in ([], ["question_mark"], ["escape", "n"], ["escape", "slash", "s", "g"], ["escape", "s"]):
            await board.press(*keys)
            await board.until(lambda: board.app.output.is_open)
            worst = min(seen_contrasts(board.terminal))
            assert worst[0] >= 3.0, (keys, worst)


async def test_the_key_puts_the_next_theme_on_and_the_whole_screen_with_it(tmp_path: Path) -> None:
    async with opened(raced(tmp_path / "runs.db")) as board:
        worn = []
        for _ in NAMES:
            await board.press("ctrl+t")
            await board.until(lambda: f"Theme: {board.app.active_theme.name}" in board.terminal.text())
            grounds = {cell.bg for row in board.terminal.screen.buffer.values() for cell in row.values()}
            worn.append((board.app.active_theme.name, f"#{'/'.join(sorted(grounds))}"))
        assert [name for name, _ in worn] == ["light", "colour-blind", "ansi", "dark"]
        assert "101216" not in worn[0][1]
        assert worn[2][1] == "#default"
        assert "101216" in worn[3][1]


async def test_no_color_leaves_none_and_marks_the_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    path = tmp_path / "runs.db"
    store_with(path, ("a", defaults()), ("b", defaults().changed(seed=1)))
    async with opened(path) as board:
        written = board.keeping(monkeypatch)
        for keys in (["T"], ["question_mark"], ["escape", "n"], ["escape", "slash"], ["escape", "c"]):
            await board.press(*keys)
            cells = [cell for row in board.terminal.screen.buffer.values() for cell in row.values()]
            assert {(cell.fg, cell.bg) for cell in cells} == {("default", "default")}
            assert any(cell.bold for cell in cells)
        told = {code for codes in re.findall(r"\x1b\[([0-9;]*)m", "".join(written)) for code in codes.split(";")}
        assert told <= {"", "0", "1", "2", "4", "7", "22", "24", "27"}
        chart = "\n".join(line[60:] for line in board.terminal.text().splitlines()[2:-8])
        assert chart.count("●") >= 3
        assert chart.count("■") >= 3


@pytest.mark.parametrize("system", MANY_COLOURS)
@pytest.mark.parametrize("name", PAINTED)
def test_signed_numbers_stand_out_the_more_the_further_from_zero_they_are(name: str, system: ColorSystem) -> None:
    inks = [colour_of(name, ink, ground=False, system=system) for ink in SIGNED["dark"]]
    assert inks == [colour_of(name, ink, ground=True, system=system) for ink in SIGNED["dark"]]
    from_zero = [contrast(ink, inks[4]) for ink in inks]
    assert from_zero[:5] == sorted(from_zero[:5], reverse=True)
    assert from_zero[4:] == sorted(from_zero[4:])
    for sight in (PROTANOPE, DEUTERANOPE):
        seen = [_lab(np.array(sight) @ _linear(ink)) for ink in inks]
        assert all(np.linalg.norm(seen[4 - away] - seen[4 + away]) > 15 for away in range(1, 5))


@pytest.mark.parametrize("light_ground", [False, True])
def test_signed_numbers_keep_their_sign_in_sixteen_colours(light_ground: bool) -> None:
    colours = named("ansi", ColorSystem.STANDARD, light_ground=light_ground).colours
    inks = [sgr_style(Style(color=name), colours).foreground for name in SIGNED["dark"]]
    grounds = [sgr_style(Style(bgcolor=name), colours).background for name in SIGNED["dark"]]
    assert [bool(ink) for ink in inks] == [bool(ground) for ground in grounds] == [True] * 4 + [False] + [True] * 4
    assert not set(inks[:4]) & set(inks[5:])


@pytest.mark.parametrize("name", ["dark", "light", "colour-blind"])
def test_neighbouring_bands_of_a_landscape_differ_with_256_colours(name: str) -> None:
    colours = named(name, ColorSystem.EIGHT_BIT).colours
    for count in range(2, 13):
        bands = [attributes(faint(band_slot(band, count))).colour for band in range(count)]
        grounds = [sgr_style(Style(bgcolor=colour), colours).background for colour in bands]
        assert all(one != other for one, other in itertools.pairwise(grounds)), (count, grounds)

"""The surface: whatever is left out, the terminal ends up with what a full repaint would show."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from rich.color import ColorSystem
from rich.segment import ControlType, Segment
from rich.style import Style
from textual.messages import TerminalSupportsSynchronizedOutput

from tests.tui.emulator import Emulator
from tui.colours.sgr import PLAIN, Colours, SgrStyle, change
from tui.terminal import erasing
from tui.terminal.cell_buffer import CellBuffer
from tui.terminal.frame_pacing import FREE_RUN_S, QUESTION, TIMEOUT_S, FramePacing
from tui.terminal.output import TerminalOutput
from tui.terminal.textual_internals import ReportParser
from tui.text.widths import split

STYLES = [
    Style(color="#cdd2da", bgcolor="#101216"),
    Style(color="#8fb6e8", bgcolor="#101216", bold=True),
    Style(color="#8fb6e8", bgcolor="#1d222b", dim=True),
    Style(color="#4a4f57", bgcolor="#101216", bold=True, underline=True),
    Style(bgcolor="#1d222b", reverse=True),
    Style(italic=True, strike=True),
    None,
]
WORDS = ["loss", "   ", "⣿⣀⡀⠁", "宽宽", "e\u0301a", "0.214", " ", "─" * 9, "●▲", "宽", " " * 30, "x"]
WIDTH, HEIGHT = 48, 12


def piece(rng: random.Random) -> list[Segment]:
    return [Segment(rng.choice(WORDS), rng.choice(STYLES)) for _ in range(rng.randint(1, 6))]


def repainted(buffer: CellBuffer) -> Emulator:
    emulator = Emulator(buffer.width, buffer.height)
    buffer.forget()
    emulator.feed(buffer.update())
    return emulator


@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT, ColorSystem.STANDARD, None])
@pytest.mark.parametrize("erases", [True, False])
def test_after_hundreds_of_parts_the_terminal_shows_what_a_full_repaint_would(
    system: ColorSystem | None, erases: bool
) -> None:
    rng = random.Random(7)
    buffer = CellBuffer(WIDTH, HEIGHT, Colours(system), erases=erases)
    emulator = Emulator(WIDTH, HEIGHT, keeps_ground=erases)
    for step in range(400):
        for _ in range(rng.randint(0, 3)):
            buffer.put(rng.randint(-3, WIDTH + 3), rng.randint(-1, HEIGHT), piece(rng))
        if rng.random() < 0.7:  # else this frame is left out
            emulator.feed(buffer.update())
        if step % 40 == 39:
            emulator.feed(buffer.update())
            assert emulator.cells() == repainted(buffer).cells()


@pytest.mark.parametrize(("name", "told", "keeps"), [
    ("xterm-256color", True, True), ("screen.xterm-256color", None, False), ("tmux-direct", None, False),
    ("screen-256color-bce", True, True), ("screen-256color", False, False), ("xterm-kitty", None, True),
])  # fmt: skip
def test_terminfo_says_what_erasing_leaves_and_the_name_where_it_is_silent(
    name: str, told: bool | None, keeps: bool
) -> None:
    assert erasing.keeps_background({"TERM": name}, lambda asked: told if asked == name else None) is keeps


def test_what_is_there_already_is_not_written() -> None:
    buffer = CellBuffer(20, 2, Colours())
    buffer.put(0, 0, [Segment("loss 0.214", STYLES[0])])
    assert buffer.update()
    buffer.put(0, 0, [Segment("loss 0.2", STYLES[0]), Segment("14", STYLES[0])])
    assert not buffer.is_behind
    assert buffer.update() == ""
    buffer.put(0, 0, [Segment("loss 0.215", STYLES[0])])
    assert buffer.update() == "\x1b[1;10H\x1b[38;2;205;210;218;48;2;16;18;22m5\x1b[0m"


def test_links_and_control_segments_are_never_written() -> None:
    buffer = CellBuffer(20, 1, Colours())
    buffer.put(
        0, 0, [Segment("go", Style(link="https://example.org")), Segment("\x1b[2J", None, [(ControlType.BELL,)])]
    )
    assert "example" not in (text := buffer.update())
    assert "2J" not in text


def test_what_combines_stays_with_its_letter_and_wide_letters_have_two_cells() -> None:
    assert split("ae\u0301宽\u0301b") == ("a", "e\u0301", "宽\u0301", "", "b")


@pytest.mark.parametrize(("before", "after", "written"), [
    (PLAIN, SgrStyle("31"), "\x1b[31m"),
    (SgrStyle("31", "40"), SgrStyle("32", "40"), "\x1b[32m"),
    (SgrStyle("31"), PLAIN, "\x1b[39m"),
    (SgrStyle(attributes="1"), SgrStyle(), "\x1b[22m"),
    (SgrStyle(attributes="1;2"), SgrStyle(attributes="2"), "\x1b[22;2m"),
    (SgrStyle(attributes="4"), SgrStyle("31", attributes="4;7"), "\x1b[7;31m"),
])  # fmt: skip
def test_the_pen_is_told_what_changes(before: SgrStyle, after: SgrStyle, written: str) -> None:
    assert change(before, after) == (written, after)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_terminal_that_answers_gets_a_frame_for_each_answer() -> None:
    clock = Clock()
    pacing = FramePacing(clock)
    pacing.answered()
    assert pacing.wait_s() == 0
    pacing.sent()
    assert pacing.wait_s() == TIMEOUT_S
    clock.now += 0.5
    pacing.answered()
    assert pacing.wait_s() == 0


def test_a_lost_answer_is_given_up_and_the_terminal_is_free_run_until_it_answers_again() -> None:
    clock = Clock()
    pacing = FramePacing(clock)
    pacing.answered()
    pacing.sent()
    clock.now += TIMEOUT_S
    assert pacing.wait_s() == 0
    pacing.sent()
    assert pacing.wait_s() == FREE_RUN_S
    pacing.answered()
    assert pacing.wait_s() == 0


def test_a_terminal_that_never_answers_is_free_run_except_after_a_key() -> None:
    pacing = FramePacing(Clock())
    pacing.sent()
    assert pacing.wait_s() == FREE_RUN_S
    pacing.pressed()
    assert pacing.wait_s() == 0


def test_a_terminal_that_would_print_the_question_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM_PROGRAM", "Apple_Terminal")
    written: list[str] = []
    output = TerminalOutput(written.append, lambda seconds, then: None, lambda then: then())
    buffer = output._buffer = CellBuffer(20, 1, Colours())
    buffer.put(0, 0, [Segment("loss")])
    output.flush()
    assert "loss" in written[0]
    assert QUESTION not in written[0]


def test_frames_that_are_left_out_are_not_owed() -> None:
    written: list[str] = []
    timers: list[Callable[[], object]] = []
    output = TerminalOutput(written.append, lambda seconds, then: timers.append(then), lambda then: then())
    output.answered()
    buffer = output._buffer = CellBuffer(20, 1, Colours(None))
    for frame in range(50):
        buffer.put(0, 0, [Segment(f"frame {frame}")])
        output.flush()
    assert len(written) == 1
    assert "frame 0" in written[0]
    assert written[0].endswith(QUESTION)
    assert len(timers) == 1
    output.answered()
    assert len(written) == 2
    assert "49" in written[1]
    assert output.is_open


@pytest.mark.parametrize("setting", range(5))
def test_any_answer_is_an_answer(setting: int) -> None:
    (heard,) = ReportParser().feed(f"\x1b[?2026;{setting}$y")
    assert isinstance(heard, TerminalSupportsSynchronizedOutput)

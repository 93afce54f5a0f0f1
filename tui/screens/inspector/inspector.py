"""The inspector: looks inside the marked runs, live or at the moment of a replay, with a tab for each way to look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import monotonic

from textual import events
from textual.app import ComposeResult
from textual.strip import Strip

from tui.colours.theme import ACCENTED, BADGE, DIM, STRONG, TEXT
from tui.model import keymap
from tui.model.answer import Answer
from tui.model.choices import Choices
from tui.model.inspection.inquiries import Inquiry
from tui.model.inspection.inquiry_messages import InquiryAnswered, InquiryMade
from tui.model.inspection.subjects import TITLES, Inspected, Subject, TabName
from tui.model.keymap import Key
from tui.model.messages import DialogRequested
from tui.model.snapshot import Snapshot
from tui.presenting.describe import given_name, in_force, label
from tui.presenting.explained.blocks import Block
from tui.presenting.explained.inspector import tab_block
from tui.screens.inspector.check_tab import CheckTab
from tui.screens.inspector.exhibit import Exhibit
from tui.screens.inspector.landscape_tab import LandscapeTab
from tui.screens.inspector.mistakes_tab import MistakesTab
from tui.screens.inspector.range_tab import RangeTab
from tui.screens.inspector.regions_tab import RegionsTab
from tui.screens.inspector.step_tab import StepTab
from tui.screens.inspector.tab import Tab
from tui.screens.inspector.weights_tab import WeightsTab
from tui.screens.keys.transport_keys import TransportKeys
from tui.text.parts import Part, cells, cut_at_word
from tui.widgets.chart_pane import ChartStyle
from tui.widgets.closing import Closing
from tui.widgets.footer import Footer, message_lines, too_small
from tui.widgets.lines import Lines, WrappedLines, strip

TABS: tuple[type[Tab], ...] = (LandscapeTab, RegionsTab, WeightsTab, StepTab, CheckTab, MistakesTab, RangeTab)
"""The tabs in the order of TITLES."""

PROMPT_S = 0.25
"""An answer within so many seconds is waited for before the next moment is shown."""

LEAST_WIDTH, LEAST_HEIGHT = 40, 12
"""Smallest size, in cells, at which more than a sentence is shown."""


class Inspector(Closing, inherit_bindings=False):
    """Shows one tab at a time. Keys go to the tab in front; what it needs is computed in a thread of the app's.

    With a `transport`, the runs are shown at the moment of a replay, whose clock its keys move.
    """

    AUTO_FOCUS = None
    ALLOW_SELECT = False
    BINDINGS = keymap.bindings("inspector")
    DEFAULT_CSS = """
    Inspector #picture { height: 1fr; }
    Inspector #small { height: 1fr; display: none; }
    Inspector #message { display: none; }
    Inspector.-telling #message { display: block; }
    Inspector.-small > * { display: none; }
    Inspector.-small > #small { display: block; }
    """

    def __init__(
        self,
        snapshot: Snapshot,
        choices: Choices,
        chart_style: ChartStyle,
        transport: TransportKeys | None = None,
        tab: TabName | None = None,
    ) -> None:
        super().__init__()
        self._transport = transport
        self._tabs = tuple(kind(chart_style) for kind in TABS)
        self._front = next((number for number, kind in enumerate(TABS) if kind.name == tab), 0)
        self._pointed = choices.pointed
        self._inspected = self._of(snapshot, choices)
        self._asked: Inquiry | None = None
        self._asked_at, self._is_prompt = 0.0, False
        self._answered: Inquiry | None = None
        self._is_computing = False
        self._sentence, self._failed = "", False
        self._offered: tuple[dict[str, str], set[str], list[Key]] = ({}, {"none yet"}, [])
        self._picture = Lines(self._rows, css_id="picture")
        self._lines: tuple[Lines, ...] = (
            Lines(lambda width, _: [self._head(width)], css_id="head"),
            self._picture,
            Lines(lambda width, _: [self._caption(width)], css_id="caption"),
            WrappedLines(self._message, css_id="message"),
            Footer(self.offered_keys, css_id="footer"),
            Lines(lambda width, _: too_small((LEAST_WIDTH, LEAST_HEIGHT), "", width), css_id="small"),
        )

    @property
    def tab(self) -> Tab:
        """The tab in front."""
        return self._tabs[self._front]

    @property
    def is_computing(self) -> bool:
        """Whether the tab in front waits for an answer."""
        return self._is_computing

    def compose(self) -> ComposeResult:
        self._arrange()
        yield from self._lines

    def on_mount(self) -> None:
        self.call_after_refresh(self._look)

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()
        self.call_after_refresh(self._look)

    def update(self, snapshot: Snapshot, choices: Choices) -> None:
        """Show the runs as they are in a snapshot."""
        found = self._of(snapshot, choices)
        if found != self._inspected:
            self._inspected = found
            self._look()

    def restyle(self, chart_style: ChartStyle) -> None:
        """Draw in another manner."""
        for tab in self._tabs:
            tab.chart_style = chart_style
        self.paint()

    def _of(self, snapshot: Snapshot, choices: Choices) -> Inspected:
        """The compared runs, and the one under the cursor, which is first."""
        run_ids = choices.drawn
        if self._pointed in run_ids:
            run_ids = (self._pointed, *(run_id for run_id in run_ids if run_id != self._pointed))
        found = (run for run_id in run_ids if (run := snapshot.run(run_id)) is not None)
        subjects = tuple(
            Subject(
                run.run_id,
                given_name(run) or label(run),
                choices.slot(run.run_id),
                in_force(run),
                run.iterations_done,
                is_going_on=run.state == "running",
            )
            for run in found
        )
        return Inspected(subjects, is_replay=self._transport is not None)

    def _look(self) -> None:
        """Show the inspected runs in the tab in front, and ask for what it needs and has not."""
        self.tab.look_at(self._inspected)
        inquiry = self.tab.inquiry(*self._picture.size) if self._picture.size else None
        is_later = False
        if inquiry is not None and inquiry != self._asked:
            is_later = self._asked is not None and inquiry.question == self._asked.question
            if not is_later:
                self.tab.sentence = ""
            self._asked, self._asked_at, self._is_computing = inquiry, monotonic(), True
            self.post_message(InquiryMade(inquiry))
        if not is_later:
            self.paint()
        elif not self._is_prompt:
            self._lines[0].update()  # all is painted with the answer: for one that comes at once, in one frame

    def take(self, answered: InquiryAnswered) -> None:
        """Show an answer, if it is to what was asked last or to an earlier moment of it."""
        asked = self._asked
        if asked is None or answered.inquiry.question != asked.question:
            return
        if answered.is_last and answered.inquiry == asked:
            self._is_computing = False
        if answered.answer is not None:
            self._is_prompt, self._answered = monotonic() - self._asked_at < PROMPT_S, answered.inquiry
            self.tab.sentence = ""
            self.tab.take(answered.inquiry, answered.answer)
        elif answered.sentence:
            self.tab.sentence = answered.sentence
        elif answered.inquiry == self._answered:
            return  # the end of answers that are shown
        self.paint()

    def paint(self) -> None:
        """Update every widget; unchanged rows are not sent."""
        self._arrange()
        for lines in self._lines:
            lines.update()

    def _arrange(self) -> None:
        size = self.app.size
        self.set_class(size.width < LEAST_WIDTH or size.height < LEAST_HEIGHT, "-small")
        self.set_class(bool(self._sentence), "-telling")

    def _head(self, width: int) -> Strip:
        """The run, the tabs, and which moment it is; where that is too wide, the tab in front stays longest."""
        subject = self._inspected.first
        others = len(self._inspected.subjects) - 1
        run = "" if subject is None else f" run {subject.run_id}"
        runs = f"{run} and {others} more" if others > 0 else run
        after = "" if subject is None else f"after {subject.iteration:,} "
        moment = "" if subject is None else f"{after}iterations "
        every: list[Part] = []
        for number, tab in enumerate(self._tabs):
            title = TITLES[tab.name]
            every += [(f" {number + 1} ", DIM), (f"[{title}]", ACCENTED) if tab is self.tab else (f" {title} ", DIM)]
        front: list[Part] = [(f"[{TITLES[self.tab.name]}]", ACCENTED)]
        counted = [*front, (f" {self._front + 1} of {len(self._tabs)}", DIM)]
        badge: list[Part] = [(" REPLAY ", BADGE), (" ", TEXT)] if self._inspected.is_replay else []
        left: list[Part] = []
        right: list[Part] = []
        for which, tabs, when in (
            *((runs, every, moment), (runs, every, after), (run, every, after)),
            *((runs, counted, after), (run, counted, after), (run, front, after), ("", front, after)),
        ):
            left, right = [(which, STRONG), ("  ", TEXT), *tabs], [*badge, (when, DIM)]
            if cells(left) + 1 + cells(right) <= width:
                break
        return strip(left, width, right)

    def _rows(self, width: int, height: int) -> Sequence[Strip]:
        """The picture of the tab, or why there is none; nothing where a tiny terminal hides it."""
        if height < 1:
            return []
        if not self._inspected.subjects:
            return [strip((), width), strip([(" There is no run to inspect: mark one (space).", DIM)], width)]
        if self.tab.sentence:
            return [strip((), width), *message_lines(self.tab.sentence, width, 4, failed=True)]
        rows = self.tab.rows(width, height)
        return rows or [strip((), width), strip([(" computing …", DIM)], width)]

    def _caption(self, width: int) -> Strip:
        return strip([(" ", TEXT), *cut_at_word(self.tab.caption(), width - 1)], width)

    def _message(self, width: int, height: int) -> list[Strip]:
        return message_lines(self._sentence, width, height, failed=self._failed)

    def offered_keys(self) -> list[Key]:
        """The keys that work in this tab now, with its words for them."""
        offers = dict(self.tab.offers())
        left_out = set() if self._transport is not None else {"play"}
        if len(self._inspected.subjects) < 2:
            left_out |= {"run(1)", "run(-1)"}
        if self._offered[:2] != (offers, left_out):
            self._offered = (
                offers,
                left_out,
                [
                    replace(key, word=offers.get(key.action, key.word))
                    for key in keymap.keys_of("inspector")
                    if key.action not in left_out and (key.action not in OF_TABS or key.action in offers)
                ],
            )
        return self._offered[2]

    def explained(self) -> Block:
        """The help of the tab in front: what it shows, and its own keys with what they do now."""
        offers = self.tab.offers()
        return tab_block(self.tab.name, [key for key in self.offered_keys() if key.action in offers])

    def tell(self, sentence: str, *, failed: bool = False) -> None:
        """Show a cleaned sentence above the keys; '' clears it."""
        self._sentence, self._failed = sentence, failed
        self.paint()

    def handles(self, answer: Answer) -> bool:
        """Show an answer; always True."""
        self.tell(answer.sentence, failed=answer.failed)
        return True

    def exhibit(self) -> Exhibit:
        """The head, the picture and the caption, as they are shown."""
        (width, height), subject, style = self._picture.size, self._inspected.first, self.tab.chart_style
        self.tab.chart_style = replace(style, octants=False)  # few fonts have them, and a file is read anywhere
        rows = [self._head(width), *self._rows(width, height), self._caption(width)]
        self.tab.chart_style = style
        title = TITLES[self.tab.name].lower() + ("" if subject is None else f" of run {subject.run_id}")
        return Exhibit(title, rows, width, self.tab.table())

    def _act(self, has_changed: bool) -> None:
        if has_changed:
            self._sentence = ""
            self._look()

    def action_tab(self, number: int) -> None:
        self._front, self._asked = number - 1, None
        self._act(True)

    def action_turn(self, by: int) -> None:
        self.action_tab((self._front + by) % len(self._tabs) + 1)

    def action_run(self, by: int) -> None:
        """Put the next of the inspected runs first."""
        subjects = self._inspected.subjects
        if len(subjects) > 1:
            by %= len(subjects)
            self._inspected = replace(self._inspected, subjects=(*subjects[by:], *subjects[:by]))
            self._pointed = self._inspected.subjects[0].run_id
            self._act(True)

    def action_find(self) -> None:
        """Ask for another run."""
        self.post_message(DialogRequested("run"))

    @property
    def run_id(self) -> int | None:
        """The run that tabs about one run show."""
        return None if self._inspected.first is None else self._inspected.first.run_id

    def put_first(self, run_id: int) -> None:
        """Show this run first, as soon as the cursor is on it."""
        self._pointed, self._sentence = run_id, ""

    def action_move(self, by: int) -> None:
        self._act(self.tab.move(0, by))

    def action_across(self, by: int) -> None:
        self._act(self.tab.move(by, 0))

    def action_view(self) -> None:
        self._act(self.tab.next_view())

    def action_scale(self, factor: float) -> None:
        self._act(self.tab.scale(factor))

    def action_zoom(self, factor: float) -> None:
        self._act(self.tab.zoom(factor))

    def action_whole(self) -> None:
        self._act(self.tab.zoom(0.0))

    def action_step(self, key: str) -> None:
        """An iteration of the replay's clock, or of the tab's own."""
        if self._transport is not None:
            self._transport.action_step(key)
        else:
            self._act(self.tab.step(-1 if key == "comma" else 1))

    def action_play(self) -> None:
        if self._transport is not None:
            self._transport.action_play()

    def action_start(self) -> None:
        asked = self.tab.start()
        if asked is not None:
            self.post_message(asked)

    def action_back(self) -> None:
        """Clear the message, or close."""
        if self._sentence:
            self.tell("")
        else:
            self.dismiss()


OF_TABS = frozenset({
    "move(1)", "move(-1)", "across(1)", "across(-1)", "view", "scale(0.5)", "scale(2.0)", "zoom(2.0)", "zoom(0.5)",
    "whole", "step('{key}')", "start",
})  # fmt: skip
"""Actions that only some tabs have; the footer offers those of the tab in front."""

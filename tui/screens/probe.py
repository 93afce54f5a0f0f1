"""The probe: the loss after one step, for each step size of the notes, from the weights of a run."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen
from textual.strip import Strip

from engine.text import counted, loss_text
from tui import format as fmt
from tui import keymap
from tui.chart import Picture
from tui.chart.response import ResponsePoint, ResponseView, draw_response
from tui.colours.ramp import ramp_slots
from tui.colours.theme import ACCENTED, DIM, FAILED, FINISHED, POINTED, STRONG, TEXT
from tui.sweep.messages import ProbedRunRequested, ProbeRequested
from tui.telling.describe import words
from tui.widgets.chart_pane import Brush
from tui.widgets.footer import key_line
from tui.widgets.lines import Lines, Part, strip
from tui.widgets.picture_pane import PicturePane

if TYPE_CHECKING:
    from engine.jobs.probing import RunProbe

WIDE = 80
"""Columns from which the curve stands beside the table."""


class ProbeView(Screen[None], inherit_bindings=False):
    """Shows what the app has had computed; keys ask for other weights, or for a run with a step size."""

    AUTO_FOCUS = None
    ALLOW_SELECT = False
    BINDINGS = keymap.bindings("probe")
    DEFAULT_CSS = """
    ProbeView #body { height: 1fr; }
    ProbeView #table { width: 52; height: 100%; }
    ProbeView.-narrow #table { width: 1fr; }
    ProbeView.-narrow #curve { display: none; }
    """

    def __init__(self, run_id: int, brush: Brush) -> None:
        super().__init__()
        self._charset = brush.charset
        self._run_id = run_id
        self._found: RunProbe | None = None
        self._sentence = ""
        self._place = 0
        self._asked = 0

    def compose(self) -> ComposeResult:
        yield Lines(lambda width, _: [strip(self._title(), width)])
        with Horizontal(id="body"):
            yield Lines(self._table, css_id="table")
            yield PicturePane(self._curve, css_id="curve")
        yield Lines(lambda width, _: [strip(self._verdict(), width)])
        yield Lines(lambda width, _: [key_line(keymap.keys_of("probe"), width)])

    def on_mount(self) -> None:
        self.set_class(self.app.size.width < WIDE, "-narrow")

    def on_resize(self) -> None:
        self.set_class(self.app.size.width < WIDE, "-narrow")

    def show(self, found: RunProbe | None, sentence: str) -> None:
        """What was computed, or a cleaned sentence on why nothing was."""
        if found is not None:
            if self._found is None:
                self._asked = found.iteration
            self._found, self._place = found, found.probe.best or 0
        self._sentence = sentence
        self._paint()

    def _paint(self) -> None:
        for lines in self.query(Lines):
            lines.update()

    def _title(self) -> list[Part]:
        left: list[Part] = [(f" probe of run {self._run_id}", STRONG)]
        if self._found is None:
            return left
        told = " · ".join(words(self._found.spec, without=("pace", "step_size")))
        kept = self._found.checkpoints
        which = f", checkpoint {bisect_right(kept, self._found.iteration)} of {len(kept)}" if len(kept) > 1 else ""
        after = f"   after {counted(self._found.iteration, 'iteration')}"
        return [*left, (after, TEXT), (which, DIM), (f"   {told}", DIM)]

    def _table(self, width: int, height: int) -> list[Strip]:
        """One step from the same weights, with each step size, on the whole training split."""
        if self._found is None:
            return [strip((), width), strip([(" " + (self._sentence or "computing …"), DIM)], width)]
        probe = self._found.probe
        before = f" before the step                 {loss_text(probe.start_loss)}"
        lines = [strip((), width), strip([(before, DIM)], width)]
        sizes, losses = probe.step_sizes.tolist(), probe.loss.tolist()
        for place, (size, loss) in enumerate(zip(sizes, losses, strict=True)):
            best = place == probe.best
            parts: list[Part] = [
                (f" for step size {fmt.scientific(size)} ", STRONG if best else TEXT),
                ("new loss: ", DIM),
                (f"{loss:.6f}" if abs(loss) < 1e6 else f"{loss:.6g}", STRONG if best else TEXT),
                ("  ★ best" if best else "", FINISHED),
            ]
            lines.append(strip(parts, width, ground=POINTED if place == self._place else None))
        return lines

    def _curve(self, width: int, height: int) -> Picture:
        if self._found is None:
            return draw_response(ResponseView(empty_hint=""), width, height, charset=self._charset)
        probe = self._found.probe
        slots = ramp_slots(len(probe.step_sizes))
        rows = zip(probe.step_sizes.tolist(), probe.loss.tolist(), slots, strict=True)
        points = tuple(
            ResponsePoint(size, loss, loss, loss, slot, diverged=not math.isfinite(loss)) for size, loss, slot in rows
        )
        log_y = bool((probe.loss > 0).all()) and float(probe.loss.max()) > 10 * float(probe.loss.min())
        title = f"loss{' (log)' if log_y else ''} after one step against step size"
        view = ResponseView(points, log_y=log_y, title=title, best=probe.best, pointed=self._place)
        return draw_response(view, width, height, charset=self._charset)

    def _verdict(self) -> list[Part]:
        if self._found is None or self._sentence:
            return [(" ! ", FAILED), (self._sentence, TEXT)] if self._sentence else []
        size = fmt.setting(self._step_size)
        place = f"from iteration {self._found.iteration:,}" if self._found.iteration else "from its beginning"
        return [(" › ", ACCENTED), (f"enter: a run of gradient descent with step size {size} {place}", TEXT)]

    @property
    def _step_size(self) -> float:
        assert self._found is not None
        return float(self._found.probe.step_sizes[self._place])

    def action_move(self, by: int) -> None:
        if self._found is not None:
            self._place = max(0, min(self._place + by, len(self._found.probe.step_sizes) - 1))
            self._sentence = ""
            self._paint()

    def action_best(self) -> None:
        if self._found is not None and self._found.probe.best is not None:
            self.action_move(self._found.probe.best - self._place)

    def action_across(self, by: int) -> None:
        """The checkpoint before, or the next one, counted from the one that was asked for last."""
        found = self._found
        if found is None:
            return
        at = bisect_left(found.checkpoints, self._asked) + by
        if 0 <= at < len(found.checkpoints):
            self._asked = found.checkpoints[at]
            self.post_message(ProbeRequested(self._run_id, self._asked))
        else:
            which = "earlier" if by < 0 else "later"
            self.show(None, f"Run {self._run_id} has kept no {which} weights than those after {self._asked:,}.")

    def action_start(self) -> None:
        if self._found is not None:
            found = self._found
            self.post_message(ProbedRunRequested(self._run_id, found.spec, self._step_size, found.iteration))

    def action_close(self) -> None:
        self.dismiss()

"""The probe: the loss after one step with each step size, from the weights of a run, and which step size is good."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.geometry import Size
from textual.strip import Strip

from engine.text import counted
from tui.chart import Picture
from tui.chart.drawing.loss_by_value import ResponsePoint, ResponseView, draw_response
from tui.colours.ramp import ramp_slots
from tui.colours.theme import ACCENTED, DIM, FAILED, FINISHED, POINTED, STRONG, TEXT, WARNED
from tui.model import keymap
from tui.model.messages import DialogRequested, LessonTold
from tui.model.sweep.sweep_messages import ProbedRunRequested, ProbeRequested, SweepRequested
from tui.presenting.describe import spec_texts
from tui.presenting.lessons import Lesson, of_probe
from tui.text import numbers
from tui.text.parts import Part, cells
from tui.text.widths import as_many, wrapped
from tui.widgets.chart_pane import ChartStyle
from tui.widgets.closing import Closing
from tui.widgets.footer import Footer
from tui.widgets.lines import Lines, strip
from tui.widgets.picture_pane import PicturePane
from tui.widgets.teaching.lesson_line import lesson_lines

if TYPE_CHECKING:
    from engine.analysis.probe import Judgement, ProbeResult, ProbeRow
    from engine.jobs.people.probe import RunProbe

WIDE = 110
"""Columns from which the curve is beside the table instead of below it."""

SENTENCE = 66
"""Columns from which a row of the table is a sentence, as in the CS231n notes."""

BRIEF = 50
"""Columns below which a row shows the change of the loss without the loss."""

LOW = 16
"""Rows below which neither the curve nor a lesson is shown below the table."""


JUDGED: Mapping[Judgement | None, Part] = {
    "too small": ("too small", DIM),
    "good": ("good", FINISHED),
    "too large": ("too large", WARNED),
    None: ("", DIM),
}
"""Word and colour of each judgement."""


class ProbeTable(Lines):
    """As high as it has lines, where the curve is below it."""

    _wanted = 0

    def update(self) -> None:
        """Build the lines, and lay out again if their number has changed."""
        super().update()
        if self.size and len(self._build(self.size.width, 0)) != self._wanted:
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The number of lines at this width."""
        self._wanted = len(self._build(width, 0))
        return self._wanted


OF_RESULT = frozenset({"start", "move(1)", "move(-1)", "best", "across(-1)", "across(1)"})
"""Actions that need a result."""


class ProbeView(Closing, inherit_bindings=False):
    """Shows a probe. Keys ask the app for other weights, or for a run with a step size."""

    ALLOW_SELECT = False
    BINDINGS = keymap.bindings("probe")
    DEFAULT_CSS = """
    ProbeView #body { height: 1fr; }
    ProbeView #table { width: 70; height: 100%; }
    ProbeView.-narrow #body { layout: vertical; }
    ProbeView.-narrow #table { width: 1fr; height: auto; max-height: 100%; }
    ProbeView.-narrow.-low #curve { display: none; }
    ProbeView #lesson { display: none; }
    ProbeView.-teaching #lesson { display: block; }
    """

    def __init__(self, run_id: int, chart_style: ChartStyle, lessons: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self._lessons_shown = lessons
        self._lesson: Lesson | None = None
        self._charset = chart_style.charset
        self._written = chart_style.written
        self.run_id = run_id
        self._found: RunProbe | None = None
        self._result: ProbeResult | None = None
        self._remark = ""
        self._sentence = ""
        self._place = 0
        self._asked = 0

    def compose(self) -> ComposeResult:
        yield Lines(lambda width, _: [strip(self._title(width), width)])
        with Horizontal(id="body"):
            yield ProbeTable(self._table, css_id="table")
            yield PicturePane(self._curve, css_id="curve")
        yield Lines(lambda width, _: [strip(self._verdict(), width)])
        yield Lines(lambda width, _: lesson_lines(self._lesson, width), css_id="lesson")
        yield Footer(self._keys)

    def _keys(self) -> list[keymap.Key]:
        """The keys of a result are offered once there is one."""
        left_out = OF_RESULT if self._found is None else frozenset[str]()
        return [key for key in keymap.keys_of("probe") if key.action not in left_out]

    def on_mount(self) -> None:
        self._arrange()

    def on_resize(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        size = self.app.size
        self.set_class(size.width < WIDE, "-narrow")
        self.set_class(size.height < LOW, "-low")
        self.set_class(self._lesson is not None and size.height >= LOW, "-teaching")

    def begin(self, run_id: int) -> None:
        """Wait for the result of another run."""
        self.run_id, self._found, self._result, self._lesson = run_id, None, None, None
        self._remark = self._sentence = ""
        self._place = 0
        self._paint()

    def show(self, found: RunProbe | None, sentence: str) -> None:
        """Show a result, or a cleaned sentence that says why there is none."""
        if found is not None:
            if self._found is None:
                self._asked = found.iteration
            self._keep(found)
        self._sentence = sentence
        self._paint()

    def _keep(self, found: RunProbe) -> None:
        """Keep a result with its table, remark and lesson; the cursor moves to the best row."""
        from engine.analysis.probe import format_probe, remark

        self._found, self._result, self._remark = found, format_probe(found.probe), remark(found.probe)
        self._place = self._best or 0
        before = self._lesson
        self._lesson = None if "probe" in self._lessons_shown else of_probe(found)
        if self._lesson is not None and before is None and self.app.size.height >= LOW:
            self.post_message(LessonTold(self._lesson.name))

    @property
    def _lines(self) -> tuple[ProbeRow, ...]:
        return () if self._result is None else self._result.lines

    @property
    def _best(self) -> int | None:
        """The index of the row with the best step size."""
        return next((place for place, line in enumerate(self._lines) if line.is_best), None)

    def _paint(self) -> None:
        self._arrange()
        for lines in self.query(Lines):
            lines.update()

    def _title(self, width: int) -> list[Part]:
        """The run, the weights, and as many of its settings as fit whole."""
        left: list[Part] = [(f" probe of run {self.run_id}", STRONG)]
        if self._found is None:
            return left
        checkpoints = self._found.checkpoints
        which = (
            f", checkpoint {bisect_right(checkpoints, self._found.iteration)} of {len(checkpoints)}"
            if len(checkpoints) > 1
            else ""
        )
        after = f"   after {counted(self._found.iteration, 'iteration')}"
        place: list[Part] = [*left, (after, TEXT), (which, DIM), ("   ", TEXT)]
        settings = [self._written(text) for text in spec_texts(self._found.spec, without=("pace", "step_size"))]
        return [*place, (as_many(settings, width - cells(place)), DIM)]

    def _table(self, width: int, height: int) -> list[Strip]:
        """The table: one step from the same weights with each step size, on the whole training split."""
        if self._found is None or self._result is None:
            return [strip((), width), strip([("" if self._sentence else " computing …", DIM)], width)]
        names = [self._size_text(line) for line in self._lines]
        longest = max(map(len, names))
        size_prefix, loss_prefix = ("for step size ", " new loss: ") if width >= SENTENCE else ("", "  ")
        before = f"{'before the step'.ljust(len(size_prefix) + longest + len(loss_prefix) - 1)} "
        lines = [strip((), width), strip([(f" {before}{self._result.before}", DIM)], width)]
        for place, (name, line) in enumerate(zip(names, self._lines, strict=True)):
            row_style = STRONG if line.is_best else TEXT
            judgement, style = JUDGED[line.judgement]
            parts: list[Part] = [
                (f" {size_prefix}{name.rjust(longest)}", row_style),
                (loss_prefix, DIM),
                (f"{line.loss}  {line.change}  " if width >= BRIEF else f"{line.change}  ", row_style),
                ("★ " if line.is_best else "  ", FINISHED),
                (judgement, style),
            ]
            lines.append(strip(parts, width, ground=POINTED if place == self._place else None))
        remarks = wrapped(self._remark, width - 2) if self._remark else []
        return [*lines, strip((), width), *(strip([(f" {text}", DIM)], width) for text in remarks)]

    def _size_text(self, line: ProbeRow) -> str:
        """The step size of a row, or 'up to' the largest if it stands for several."""
        assert self._found is not None
        size = numbers.setting(float(self._found.probe.step_sizes[line.last]))
        return size if line.first == line.last else f"up to {size}"

    def _curve(self, width: int, height: int) -> Picture:
        if self._found is None:
            return draw_response(ResponseView(empty_hint=""), width, height, charset=self._charset)
        steps = [line.last for line in self._lines]
        sizes, losses = (column[steps].tolist() for column in (self._found.probe.step_sizes, self._found.probe.loss))
        rows = zip(sizes, losses, ramp_slots(len(steps)), strict=True)
        points = tuple(
            ResponsePoint(size, loss, loss, loss, slot, diverged=not math.isfinite(loss)) for size, loss, slot in rows
        )
        log_y = min(losses) > 0 and max(losses) > 10 * min(losses)
        title = f"loss{' (log)' if log_y else ''} after one step against step size"
        view = ResponseView(points, log_y=log_y, title=title, best=self._best, pointed=self._place)
        return draw_response(view, width, height, charset=self._charset)

    def _verdict(self) -> list[Part]:
        if self._found is None or self._sentence:
            return [(" ! ", FAILED), (self._sentence, TEXT)] if self._sentence else []
        size = numbers.setting(self._step_size)
        place = f"from iteration {self._found.iteration:,}" if self._found.iteration else "from its beginning"
        return [(" › ", ACCENTED), (f"enter: a run of gradient descent with step size {size} {place}", TEXT)]

    @property
    def _step_size(self) -> float:
        assert self._found is not None
        return float(self._found.probe.step_sizes[self._lines[self._place].last])

    def action_move(self, by: int) -> None:
        if self._found is not None:
            self._place = max(0, min(self._place + by, len(self._lines) - 1))
            self._sentence = ""
            self._paint()

    def action_best(self) -> None:
        if self._best is not None:
            self.action_move(self._best - self._place)

    def action_across(self, by: int) -> None:
        """Probe from the previous or next checkpoint, counted from the one requested last."""
        found = self._found
        if found is None:
            return
        at = bisect_left(found.checkpoints, self._asked) + by
        if 0 <= at < len(found.checkpoints):
            self._asked = found.checkpoints[at]
            self.post_message(ProbeRequested(self.run_id, self._asked))
        else:
            which = "earlier" if by < 0 else "later"
            self.show(None, f"Run {self.run_id} has kept no {which} weights than those after {self._asked:,}.")

    def action_start(self) -> None:
        if self._found is not None:
            found = self._found
            self.post_message(ProbedRunRequested(self.run_id, found.spec, self._step_size, found.iteration))

    def action_find(self) -> None:
        """Ask for another run."""
        self.post_message(DialogRequested("run"))

    def action_sweep(self) -> None:
        self.post_message(SweepRequested(self.run_id))

    def action_close(self) -> None:
        self.dismiss()

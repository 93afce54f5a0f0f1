"""Sweep actions: plan sweeps, open them, and steer them as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from textual.message import Message
from textual.screen import Screen

from engine.spec import RunSpec, SpecError, defaults
from engine.store import Run, StoreError
from engine.text import clean
from tui.app.actions import sweep_orders
from tui.app.actions.filter_prompt import filter_prompt
from tui.app.actions.ports import DialogPort, OrderPort, ScreenPort
from tui.model.answer import Answer, Undo
from tui.model.messages import OrderAnswered
from tui.model.snapshot import Snapshot
from tui.model.sweep.sweep_messages import RepetitionSubmitted, SweepGone, SweepStarted

if TYPE_CHECKING:
    from engine.sweep import SweepPlan
    from tui.model.sweep.sweep_draft import SweepDraft
    from tui.model.sweep.sweep_form import Start
    from tui.screens.sweep_dialog import SweepDialog
    from tui.screens.sweep_view import SweepView
    from tui.widgets.chart_pane import ChartStyle


INSTEAD = {
    "pause": ("pausing", "P resumes it"),
    "resume": ("resuming", "P pauses it"),
    "stop": ("stopping", "R repeats it in its view"),
}
"""What of the steering of a sweep is not undone, and what helps instead, by verb."""

MOST_UNASKED = 200
"""Most runs of a sweep that starts without a question."""


class SweepPort(OrderPort, ScreenPort, DialogPort, Protocol):
    """What SweepActions need of the app."""

    store_name: str
    chart_style: ChartStyle

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of a sweep that is started now."""

    @property
    def screen_stack(self) -> Sequence[Screen[Any]]:
        """The open screens, topmost last."""

    def answer(self, answer: Answer) -> None:
        """Pass an answer to the topmost screen that handles it."""

    def back_to_board(self) -> None:
        """Close every screen above the live board."""

    def in_thread(self, work: Callable[[], None], group: str) -> None:
        """Run work in a thread; an error in it does not end the app."""


class SweepActions:
    """Opens the sweep dialog and the sweep view, and carries orders out in a thread."""

    def __init__(self, app: SweepPort, repeat_script: Callable[[int, SweepPlan], None]) -> None:
        self._app = app
        self._repeat_script = repeat_script
        self.draft: SweepDraft | None = None
        """The dialog's draft when it was last closed."""
        self._last_start: Start | None = None
        self._visited: int | None = None
        """The run last opened from a sweep; reopening the sweep puts the cursor on its value."""
        self._opened_view: SweepView | None = None
        self._opened_dialog: SweepDialog | None = None

    @property
    def view(self) -> SweepView | None:
        """The open sweep view, or None."""
        return self._opened_view if self._opened_view in self._app.screen_stack else None

    @property
    def _dialog(self) -> SweepDialog | None:
        return self._opened_dialog if self._opened_dialog in self._app.screen_stack else None

    def show(self, snapshot: Snapshot) -> None:
        """Update the open sweep view."""
        if self.view is not None:
            self.view.update(snapshot)

    def _order(self, carry_out: Callable[[], Message]) -> None:
        """Carry an order out in a thread; an error is answered in the sweep's own screen."""

        def work() -> Message:
            try:
                return carry_out()
            except SpecError as error:
                return OrderAnswered(error.message, failed=True, of_sweep=True)
            except (StoreError, ValueError) as error:
                return OrderAnswered(str(error), failed=True, of_sweep=True)

        self._app.order(work)

    def open_pointed(self) -> None:
        """Open the sweep of the run, or of the title, under the cursor."""
        choices = self._app.choices
        run = self._app.snapshot.run(choices.pointed)
        sweep_id = choices.title if run is None else run.sweep_id
        if sweep_id is None:
            self._app.tell("This run belongs to no sweep: s starts one." if run else "There is no run yet.")
        else:
            self.open(sweep_id, at=self._visited if run is not None and run.run_id == self._visited else None)

    def open_dialog(self, run_id: int | None, step_sizes: tuple[float, float] | None = None) -> None:
        """Open the dialog with a draft that begins with a run's spec, and sweeps the step size between these ends."""
        from tui.model.sweep.sweep_draft import SweepDraft
        from tui.screens.sweep_dialog import SweepDialog

        snapshot, run = self._app.snapshot, self._run(run_id)
        starts: list[tuple[RunSpec, int | None]] = [(snapshot.default_spec or defaults(), None)]
        if run is not None and run.spec is not None:
            starts.insert(0, (run.spec, run.run_id))
        draft = self.draft or SweepDraft.of(*starts[0])
        if starts[0] != self._last_start:
            draft = draft.on(*starts[0])
        if step_sizes is not None:
            draft = SweepDraft.of(*starts[0]).between(*step_sizes)
        self._last_start = starts[0]
        rate = None if run is None or run.spec is None or run.spec.pace else run.iterations_per_s
        self._opened_dialog = SweepDialog(draft, starts, rate, snapshot.most_workers, self._app.chart_style.written)
        self._app.open_screen(self._opened_dialog)
        self._app.in_thread(partial(sweep_orders.get_ready, self._app.path), "workers")

    def _run(self, run_id: int | None) -> Run | None:
        snapshot = self._app.snapshot
        found = snapshot.run(run_id)
        if found is None and snapshot.sweep is not None and run_id is not None:
            return snapshot.sweep.runs.get(run_id)
        return found

    def start(self, plan: SweepPlan) -> None:
        """Start a sweep; ask first if it has many runs."""

        def carry_out() -> None:
            tags = self._app.tags
            self._order(lambda: SweepStarted(*sweep_orders.start(self._app.path, plan, tags)))

        self._ask_if_many(plan.size, carry_out)

    def _ask_if_many(self, runs: int, carry_out: Callable[[], None]) -> None:
        """Carry out what starts so many runs, once somebody has said yes to more than are started by mistake."""
        if runs <= MOST_UNASKED:
            carry_out()
            return
        from tui.screens.confirm import Confirm

        # the form must say no more that it is starting
        declined = partial(self._app.answer, Answer("Nothing was started.", failed=True, of_sweep=True))
        self._app.open_screen(Confirm(f"{runs:,} runs. Start them?", carry_out, declined))

    def show_started(self, sweep_id: int, sentence: str) -> None:
        """Open the view of a sweep that was started; the draft is kept for the next one."""
        if self._dialog is not None:
            self.draft = self._dialog.draft
        self.open(sweep_id, clean(sentence, 300))

    def open(self, sweep_id: int, sentence: str = "", at: int | None = None) -> None:
        """Close what covers the board and open a sweep, with the cursor on the value of run `at`."""
        from tui.screens.sweep_view import SweepView

        app = self._app
        app.back_to_board()
        view = SweepView(sweep_id, app.store_name, app.snapshot, app.chart_style, sentence, at, app.choices.lessons)
        if at is not None and self._opened_view is not None and self._opened_view.sweep_id == sweep_id:
            view.resume(self._opened_view)
        self._opened_view = view
        app.open_screen(view)
        app.ask_after_refresh()

    def leave_for(self, run_id: int) -> None:
        """Close the sweep to show one of its runs on the board."""
        self._visited = run_id
        self._app.back_to_board()

    def steer(self, sweep_id: int, verb: str) -> None:
        """Steer a whole sweep; ask for confirmation before stopping or deleting it."""

        def carry_out() -> Message:
            sentence = sweep_orders.steered(self._app.path, sweep_id, verb)
            return (
                SweepGone(sweep_id, sentence) if verb == "delete" else OrderAnswered(sentence, of_sweep=True, undo=undo)
            )

        sweep = f"sweep {sweep_id}"
        # what one run was before is not kept, so that a sweep's pause is not undone exactly
        undo = Undo(f"{INSTEAD[verb][0]} {sweep}", None, instead=INSTEAD[verb][1]) if verb in INSTEAD else None
        questions = {
            "stop": f"Stop {sweep}? All of its runs end where they are; what they recorded is kept.",
            "delete": f"Delete {sweep} with all of its runs? What still runs is stopped; u brings it back.",
        }
        if verb in questions:
            from tui.screens.confirm import Confirm

            self._app.open_screen(Confirm(questions[verb], lambda: self._order(carry_out)))
        else:
            self._order(carry_out)

    def go_on(self, run_ids: tuple[int, ...]) -> None:
        """Resume runs that were dropped at a rung."""
        self._order(lambda: OrderAnswered(sweep_orders.go_on(self._app.path, run_ids), of_sweep=True))

    def refine(self, sweep_id: int) -> None:
        """Start a narrower sweep around the best value, once somebody has said yes."""
        from tui.screens.confirm import Confirm

        def carry_out() -> None:
            self._order(lambda: SweepStarted(*sweep_orders.refine(self._app.path, sweep_id)))

        question = f"Refine sweep {sweep_id}: start another sweep, a third as wide, around its best value?"
        self._app.open_screen(Confirm(question, carry_out))

    def ask_filter(self) -> None:
        """Ask for a filter of the values of the open sweep; its table narrows while it is typed."""
        view = self.view
        if view is None:
            return
        before = view.filter_text, view.cursor

        def restore() -> None:
            view.filter_values(*before)

        title = "Which values? Such as step_size<0.1 | loss<0.5 -status:diverged; empty: all of them."
        self._app.open_screen(filter_prompt(title, before[0], view.filter_values, lambda: view.tell(""), restore))

    def add_values(self, sweep_id: int) -> None:
        """Ask for more values and add them to the sweep."""
        from tui.screens.prompt import Prompt, Question

        plan = self._plan(sweep_id)
        if plan is None:
            return
        axis = plan.axes[0]

        def typed(texts: Mapping[str, str]) -> None:
            path, text = self._app.path, texts["values"]
            self._order(lambda: OrderAnswered(sweep_orders.add_values(path, sweep_id, axis, text), of_sweep=True))

        asked = Question("values", axis.label, "", "such as 1e-3, 0.01, 0.1")
        self._app.open_screen(Prompt(f"Which values do you want to add to sweep {sweep_id}?", (asked,), typed, "add"))

    def repeat(self, sweep_id: int) -> None:
        """Ask for changes and start the sweep again with them."""
        from tui.model.form.run_drafts import ChangeDraft
        from tui.screens.run_form import FormWords, RunForm

        plan = self._plan(sweep_id)
        if plan is None:
            return
        if plan.script is not None:
            self._repeat_script(sweep_id, plan)
            return
        words = FormWords(
            f"repeat sweep {sweep_id}", "the same values, with your changes", "start", "enter starts the sweep"
        )
        draft = ChangeDraft.of_repetition(plan.spec, {axis.field for axis in plan.axes})
        self._app.open_screen(RunForm(words, draft, lambda draft: RepetitionSubmitted(sweep_id, draft.changes())))

    def start_again(self, sweep_id: int, changes: Mapping[str, str]) -> None:
        """Start a sweep again with changes; ask first if it has many runs."""

        def carry_out() -> None:
            self._order(lambda: SweepStarted(*sweep_orders.repeat(self._app.path, sweep_id, changes)))

        plan = self._plan(sweep_id)
        self._ask_if_many(0 if plan is None else plan.size, carry_out)

    def _plan(self, sweep_id: int) -> SweepPlan | None:
        seen = self._app.snapshot.sweep
        return None if seen is None or seen.sweep_id != sweep_id or seen.outcome is None else seen.outcome.plan

    def set_default_spec(self, run_id: int) -> None:
        """Make a run's spec the default for new runs and sweeps."""
        self._order(lambda: OrderAnswered(sweep_orders.make_default(self._app.path, run_id), of_sweep=True))

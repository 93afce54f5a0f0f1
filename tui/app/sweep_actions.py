"""The part of the app that answers requests about sweeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message

from engine.spec import FIELDS, RunSpec, SpecError, defaults, typed_text
from engine.store import Run, StoreError
from engine.text import clean
from tui.app import sweep_orders
from tui.app.run_actions import Helm
from tui.model.chart_options import Look
from tui.model.messages import ChoicesChanged, DraftKept, RunSought
from tui.model.snapshot import Snapshot
from tui.model.sweep_messages import (
    RefinementRequested,
    RunShown,
    SweepAnswered,
    SweepDraftKept,
    SweepGone,
    SweepLookedAt,
    SweepOpened,
    SweepRepetitionRequested,
    SweepRepetitionSubmitted,
    SweepRequested,
    SweepStarted,
    SweepSteered,
    SweepSteeringConfirmed,
    SweepSubmitted,
    SweepTyped,
    SweepTypingRequested,
    SweepValuesRequested,
    SweepValuesSubmitted,
    UsualChosen,
    ValuesContinued,
)

if TYPE_CHECKING:
    from engine.sweep import SweepPlan
    from tui.model.sweep_draft import SweepDraft
    from tui.screens.sweep_dialog import Start, SweepDialog
    from tui.screens.sweep_view import SweepView
    from tui.widgets.chart_pane import Brush

REPEATED_FIELDS = ("strategy", "objective", "update", "schedule", "step_size", "batch_size", "iterations", "seed")
"""What the form for a repetition offers, as far as it decides anything and is not what was swept."""


class SweepHelm(Helm, inherit_bindings=False):
    """Opens the dialog and the sweep view; orders are carried out in a thread, as in Helm."""

    store_name: str
    brush: Brush

    def __init__(self) -> None:
        super().__init__()
        self._sweep_draft: SweepDraft | None = None
        self._begun_with: Start | None = None
        self._visited: int | None = None
        """The run that was opened from a sweep last: whoever goes back to the sweep goes back to its value."""

    def _ask(self) -> None:
        """Ask the feed for what the screen shows now."""
        raise NotImplementedError

    @property
    def sweep_id(self) -> int | None:
        """The sweep that is looked at; None when none is."""
        view = self._sweep_view()
        return None if view is None else view.sweep_id

    @property
    def sweep_look(self) -> Look | None:
        """How it is looked at, once somebody has chosen that."""
        view = self._sweep_view()
        return None if view is None else view.chosen_look

    def on_sweep_looked_at(self, message: SweepLookedAt) -> None:
        self._ask()

    def show_sweep(self, snapshot: Snapshot) -> None:
        """Show what was read of the open sweep."""
        view = self._sweep_view()
        if view is not None:
            view.update(snapshot)

    def _sweep_view(self) -> SweepView | None:
        if len(self.screen_stack) < 2:
            return None
        from tui.screens.sweep_view import SweepView

        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, SweepView)), None)

    def _sweep_order(self, carry_out: Callable[[], Message]) -> None:
        """Carry an order out in a thread; what is wrong is told where it was given."""

        def work() -> Message:
            try:
                return carry_out()
            except SpecError as error:
                return SweepAnswered(error.message, failed=True)
            except (StoreError, ValueError) as error:
                return SweepAnswered(str(error), failed=True)

        self.order(work)

    def on_sweep_answered(self, message: SweepAnswered) -> None:
        from tui.screens.prompt import Prompt
        from tui.screens.sweep_dialog import SweepDialog

        sentence = clean(message.sentence, 300)
        if isinstance(self.screen, Prompt) and self.screen.waits:
            if message.failed:
                self.screen.complain(sentence)
                return
            self.screen.dismiss()
        if isinstance(self.screen, SweepDialog):
            self.screen.reject(sentence)
        elif (view := self._sweep_view()) is not None:
            view.tell(sentence, failed=message.failed)
        else:
            self.tell(sentence, failed=message.failed)

    def action_sweep(self) -> None:
        """From the run under the cursor."""
        self._put_together(self.choices.pointed)

    def action_open_sweep(self) -> None:
        """The sweep of the run under the cursor, or the one whose title is."""
        run = self.snapshot.run(self.choices.pointed)
        sweep_id = self.choices.title if run is None else run.sweep_id
        if sweep_id is None:
            self.tell("This run belongs to no sweep: s starts one." if run else "There is no run yet.")
        else:
            self._open(sweep_id, at=self._visited if run is not None and run.run_id == self._visited else None)

    def on_sweep_requested(self, message: SweepRequested) -> None:
        self._put_together(message.run_id)

    def _put_together(self, run_id: int | None) -> None:
        """Open the dialog; the sweep begins with the spec of a run."""
        from tui.model.sweep_draft import SweepDraft
        from tui.screens.sweep_dialog import SweepDialog

        run = self._run(run_id)
        starts: list[tuple[RunSpec, int | None]] = [(self.snapshot.usual or defaults(), None)]
        if run is not None and run.spec is not None:
            starts.insert(0, (run.spec, run.run_id))
        draft = self._sweep_draft or SweepDraft.of(*starts[0])
        if starts[0] != self._begun_with:
            draft = draft.on(*starts[0])
        self._begun_with = starts[0]
        rate = None if run is None or run.spec is None or run.spec.pace else run.iterations_per_s
        self.push_screen(SweepDialog(draft, starts, rate, self.snapshot.most_workers))
        self.run_worker(partial(sweep_orders.get_ready, self.path), thread=True, group="workers")

    def _run(self, run_id: int | None) -> Run | None:
        found = self.snapshot.run(run_id)
        if found is None and self.snapshot.sweep is not None and run_id is not None:
            return self.snapshot.sweep.runs.get(run_id)
        return found

    def on_sweep_draft_kept(self, message: SweepDraftKept) -> None:
        self._sweep_draft = message.draft

    def on_sweep_typing_requested(self, message: SweepTypingRequested) -> None:
        from tui.screens.prompt import Prompt, Question

        draft, swept = message.draft, message.draft.range
        written = swept.text if swept.scale == "list" else ""
        questions = (
            Question("low", "low end", swept.end_text(swept.low)),
            Question("high", "high end", swept.end_text(swept.high)),
            Question("count", "how many", str(swept.count)),
            Question("values", "or these values", written, "such as 1e-3, 0.01, 0.1"),
            Question("iterations", "iterations", typed_text("iterations", draft.base.iterations)),
            Question("repeats", "seeds", str(draft.repeats)),
        )
        self.push_screen(Prompt(f"Which values of {swept.label}?", questions, SweepTyped))

    def on_sweep_typed(self, message: SweepTyped) -> None:
        from tui.screens.prompt import Prompt

        dialog = self._sweep_dialog()
        if dialog is None or not isinstance(self.screen, Prompt):
            return
        try:
            draft = dialog.draft.typed(message.texts)
        except SpecError as error:
            self.screen.complain(clean(error.message, 300))
        else:
            self.screen.dismiss()
            dialog.show(draft)

    def _sweep_dialog(self) -> SweepDialog | None:
        from tui.screens.sweep_dialog import SweepDialog

        return next((screen for screen in self.screen_stack if isinstance(screen, SweepDialog)), None)

    def on_sweep_submitted(self, message: SweepSubmitted) -> None:
        self._sweep_order(lambda: SweepStarted(*sweep_orders.start(self.path, message.plan)))

    def on_sweep_started(self, message: SweepStarted) -> None:
        dialog = self._sweep_dialog()
        if dialog is not None:
            self._sweep_draft = dialog.draft
        self._open(message.sweep_id, clean(message.sentence, 300))

    def on_sweep_opened(self, message: SweepOpened) -> None:
        self._open(message.sweep_id)

    def _open(self, sweep_id: int, sentence: str = "", at: int | None = None) -> None:
        """Look at a sweep, with the cursor at the value of a run; whatever else lies over the board goes away."""
        from tui.screens.sweep_view import SweepView

        self.back_to_board()
        lessons = self.choices.lessons
        self.push_screen(SweepView(sweep_id, self.store_name, self.snapshot, self.brush, sentence, at, lessons))
        self.call_after_refresh(self._ask)

    def back_to_board(self) -> None:
        """Nothing lies over the board any more."""
        while len(self.screen_stack) > 1:
            self.pop_screen()

    def on_run_shown(self, message: RunShown) -> None:
        self._visited = message.run_id
        self.back_to_board()
        self.post_message(RunSought(message.run_id, alone=True))

    def on_sweep_steered(self, message: SweepSteered) -> None:
        sweep = f"sweep {message.sweep_id}"
        questions = {
            "stop": f"Stop {sweep}? All of its runs end where they are; what they recorded is kept.",
            "delete": f"Delete {sweep} with all of its runs? What still runs is stopped; u brings it back.",
        }
        confirmed = SweepSteeringConfirmed(message.sweep_id, message.verb)
        if message.verb in questions:
            self._confirm(questions[message.verb], confirmed)
        else:
            self.post_message(confirmed)

    def on_sweep_steering_confirmed(self, message: SweepSteeringConfirmed) -> None:
        def carry_out() -> Message:
            sentence = sweep_orders.steered(self.path, message.sweep_id, message.verb)
            is_gone = message.verb == "delete"
            return SweepGone(message.sweep_id, sentence) if is_gone else SweepAnswered(sentence)

        self._sweep_order(carry_out)

    def on_sweep_gone(self, message: SweepGone) -> None:
        self.back_to_board()
        self.deleted.append(("sweep", message.sweep_id))
        self.tell(clean(f"{message.sentence.removesuffix('.')}, and so does u.", 300))

    def on_values_continued(self, message: ValuesContinued) -> None:
        self._sweep_order(lambda: SweepAnswered(sweep_orders.go_on(self.path, message.run_ids)))

    def on_refinement_requested(self, message: RefinementRequested) -> None:
        self._sweep_order(lambda: SweepStarted(*sweep_orders.refine(self.path, message.sweep_id)))

    def on_sweep_values_requested(self, message: SweepValuesRequested) -> None:
        from tui.screens.prompt import Prompt, Question

        plan = self._plan(message.sweep_id)
        if plan is not None:
            asked = Question("values", plan.axes[0].label, "", "such as 1e-3, 0.01, 0.1")
            title = f"Which values are to be added to sweep {message.sweep_id}?"
            self.push_screen(Prompt(title, (asked,), lambda texts: SweepValuesSubmitted(message.sweep_id, texts)))

    def on_sweep_values_submitted(self, message: SweepValuesSubmitted) -> None:
        plan = self._plan(message.sweep_id)
        if plan is not None:
            field, text = plan.axes[0].field, message.texts["values"]
            self._sweep_order(lambda: SweepAnswered(sweep_orders.add_values(self.path, message.sweep_id, field, text)))

    def on_sweep_repetition_requested(self, message: SweepRepetitionRequested) -> None:
        from tui.screens.prompt import Prompt, Question

        plan = self._plan(message.sweep_id)
        if plan is None:
            return
        before = repeated_texts(plan.base, {axis.field for axis in plan.axes})
        questions = [Question(name, FIELDS[name].label, text, FIELDS[name].help) for name, text in before.items()]

        def answered(texts: Mapping[str, str]) -> SweepRepetitionSubmitted:
            changed = {name: text.strip() for name, text in texts.items() if text.strip() != before[name]}
            return SweepRepetitionSubmitted(message.sweep_id, changed)

        self.push_screen(Prompt(f"Sweep {message.sweep_id} again, with what you change.", questions, answered))

    def on_sweep_repetition_submitted(self, message: SweepRepetitionSubmitted) -> None:
        self._sweep_order(lambda: SweepStarted(*sweep_orders.repeat(self.path, message.sweep_id, message.texts)))

    def _plan(self, sweep_id: int) -> SweepPlan | None:
        seen = self.snapshot.sweep
        return None if seen is None or seen.sweep_id != sweep_id or seen.outcome is None else seen.outcome.plan

    def on_usual_chosen(self, message: UsualChosen) -> None:
        self.post_message(ChoicesChanged(self.choices.pointing_at(message.run_id)))
        self.post_message(DraftKept({}))  # what was typed before begins with what was usual then
        self._sweep_order(lambda: SweepAnswered(sweep_orders.make_default(self.path, message.run_id)))

    def usual_texts(self) -> dict[str, str]:
        """What the form for a new run begins with where the usual spec differs from the defaults, by field."""
        spec = self.snapshot.usual
        if spec is None:
            return {}
        given = defaults(spec.strategy, spec.objective)
        chosen = {name: getattr(spec, name) for name in FIELDS if getattr(spec, name) != getattr(given, name)}
        texts = {name: typed_text(name, value) for name, value in chosen.items()}
        return {"strategy": spec.strategy, "objective": spec.objective, **texts}


def repeated_texts(base: RunSpec, swept: set[str]) -> dict[str, str]:
    """What the form for a repetition begins with, by field."""
    chosen = {name: getattr(base, name) for name in FIELDS}
    names = [name for name in REPEATED_FIELDS if name not in swept and FIELDS[name].applies(chosen)]
    return {name: typed_text(name, chosen[name]) for name in names}

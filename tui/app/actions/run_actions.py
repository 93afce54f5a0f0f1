"""Run actions: start, steer, fork, edit, delete and restore runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Protocol

from textual.message import Message

from engine.spec import RunSpec, SpecError, parse_field
from engine.store import Event, Run, StoreBusy, StoreFull, uncomputed
from engine.text import clean, counted, setting_text
from tui.app.actions import orders
from tui.app.actions.ports import OrderPort, ScreenPort
from tui.model.answer import Answer, Deleted, Undo
from tui.model.messages import (
    DraftKept,
    ForkRequested,
    ForkSubmitted,
    OrderAnswered,
    RunsQueued,
    RunSubmitted,
    Steering,
    UndoDue,
)


class RunPort(OrderPort, ScreenPort, Protocol):
    """What RunActions need of the app."""

    def answer(self, answer: Answer) -> None:
        """Pass an answer to the topmost screen that handles it."""


class RunActions:
    """Asks what an order needs to know, carries it out in a thread, and answers with a message."""

    def __init__(self, app: RunPort) -> None:
        self._app = app
        self._undoable: list[Undo] = []
        """What was done in this sitting, the newest last."""
        self._knob = ""
        """The knob that was chosen last."""
        self.draft: Mapping[str, str] = {}
        """Texts of the form for a new run when it was last closed, by field."""

    @property
    def deleted(self) -> list[Deleted]:
        """What was deleted in this sitting and was not brought back."""
        return [undo.deleted for undo in self._undoable if undo.deleted is not None]

    def remember(self, undo: Undo | None) -> None:
        """Keep how something that was done is taken back."""
        if undo is not None:
            self._undoable.append(undo)

    def forget(self) -> None:
        """Take nothing back any more: the store is another one."""
        self._undoable.clear()

    def start_race(self) -> None:
        """Start the race of the four strategies."""
        self._app.order(lambda: RunsQueued(orders.start_race(self._app.path)))

    def open_form(self) -> None:
        """Open the form for a new run."""
        from tui.model.form.run_drafts import NAME, NewRunDraft
        from tui.screens.run_form import (
            FormWords,
            RunForm,
        )  # imports Textual's Input, which the first frame does not need

        words = FormWords("new run", "", "start", "enter starts the run")
        draft = NewRunDraft(self._app.snapshot.default_spec, self.draft)
        self._app.open_screen(
            RunForm(
                words,
                draft,
                lambda draft: RunSubmitted(draft.spec(), draft.texts[NAME].strip(), draft.named),
                lambda draft: DraftKept(draft.typed),
            )
        )

    def start(self, spec: RunSpec, name: str, named: frozenset[str]) -> None:
        """Start a run."""
        self._app.order(lambda: RunsQueued(orders.start(self._app.path, spec, name, named)))

    def steer(self, run_id: int, verb: Steering) -> None:
        """Steer a run; ask for confirmation before stopping or deleting it."""
        path, run = self._app.path, self._app.snapshot.run(run_id)
        undo = {
            "pause": Undo(f"pausing run {run_id}", partial(orders.steered, path, run_id, "resume")),
            "resume": Undo(f"resuming run {run_id}", partial(orders.steered, path, run_id, "pause")),
            "stop": Undo(f"stopping run {run_id}", None, instead="f goes on from it as a new run"),
            "delete": Undo(f"deleting run {run_id}", lambda: orders.undelete(path, "run", run_id), ("run", run_id)),
        }.get(verb)

        def carry_out() -> Message:
            sentence = orders.steered(path, run_id, verb)
            told = f"{sentence} u undoes." if verb in ("pause", "resume") else sentence
            return OrderAnswered(told, undo=undo)

        done = 0 if run is None else run.iterations_done
        word = "iteration" if run is None or run.kind == "engine" else "step"
        reached, rows = (f" at {word} {done:,}", f" and its {counted(done, word)}") if done else ("", "")
        questions: Mapping[Steering, str] = {
            "stop": f"Stop run {run_id}{reached}? What it has recorded is kept.",
            "delete": f"Delete run {run_id}{rows}? u brings it back, until the dashboard closes.",
        }
        if verb in questions:
            from tui.screens.confirm import Confirm

            self._app.open_screen(Confirm(questions[verb], lambda: self._app.order(carry_out)))
        else:
            self._app.order(carry_out)

    def scale_step_size(self, run_id: int, factor: float) -> None:
        """Multiply the step size of a run, of a logged one the knob that was chosen."""
        path, run = self._app.path, self._app.snapshot.run(run_id)
        if run is not None and run.kind == "logged":
            self._scale_knob(run, factor)
            return

        def carry_out() -> Message:
            sentence = orders.scale_step_size(path, run_id, factor)
            back = partial(orders.scale_step_size, path, run_id, 1 / factor)
            undo = Undo(f"the step size of run {run_id}", back)
            return OrderAnswered(f"{sentence} u undoes.", undo=undo)

        self._app.order(carry_out)

    def _scale_knob(self, run: Run, factor: float) -> None:
        path, run_id = self._app.path, run.run_id
        names = [knob.name for knob in run.knobs]
        chosen = self._knob if self._knob in names else ""

        def carry_out() -> Message:
            sentence, before = orders.scale_knob(path, run_id, factor, chosen)
            back = partial(orders.set_knob, path, run_id, before.name, before.value)
            return OrderAnswered(f"{sentence} u undoes.", undo=Undo(f"{clean(before.name, 60)} of run {run_id}", back))

        self._app.order(carry_out)

    def ask_knob(self, run_id: int, name: str) -> None:
        """Choose a knob of a logged run, which `[` and `]` turn from now on, and ask for its value."""
        from tui.screens.prompt import Prompt, Question

        run = self._app.snapshot.run(run_id)
        knob = next((knob for knob in run.knobs if knob.name == name), None) if run is not None else None
        if knob is None:
            return
        self._knob, path = name, self._app.path
        word, before = clean(name, 60), knob.value
        bounds = [f"{word} {setting_text(bound, 6)}" for word, bound in (("from", knob.low), ("to", knob.high))
                  if bound is not None]  # fmt: skip

        def typed(texts: Mapping[str, str]) -> None:
            def carry_out() -> Message:
                sentence = orders.set_knob(path, run_id, name, texts["value"])
                back = partial(orders.set_knob, path, run_id, name, before)
                return OrderAnswered(f"{sentence} u undoes.", undo=Undo(f"{word} of run {run_id}", back))

            self._app.order(carry_out)

        asked = Question("value", word, setting_text(before, 6), " ".join(bounds), number=True)
        self._app.open_screen(
            Prompt(f"Set {word} of run {run_id}; [ and ] halve and double it.", (asked,), typed, "set")
        )

    def undo(self) -> None:
        """Take back what was done last, once what was ordered before is answered: else an older act would be last."""
        self._app.order(UndoDue)

    def take_back(self) -> None:
        """Take back what was done last, or say that nothing can; what was done before comes after that."""
        if not self._undoable:
            said = "Nothing to undo: u takes back a delete, pause, step size or edit of this sitting."
            self._app.answer(Answer(said))
            return
        undo = self._undoable.pop()
        back = undo.carry_out
        if back is None:
            self._app.answer(Answer(self._told(undo)))
            return

        def carry_out() -> Message:
            try:
                return OrderAnswered(back())
            except (StoreBusy, StoreFull):
                self._undoable.append(undo)  # it can still be taken back
                raise

        self._app.order(carry_out)

    def _told(self, undo: Undo) -> str:
        """That an act cannot be undone, and what u would undo after it."""
        while self._undoable and self._undoable[-1].carry_out is None:
            self._undoable.pop()
        before = f" u once more undoes {self._undoable[-1].act}." if self._undoable else ""
        return f"u cannot undo {undo.act}: {undo.instead}.{before}"

    def fork(self, request: ForkRequested) -> None:
        """Ask for the fork's settings and start it."""
        from tui.model.form.run_drafts import ChangeDraft
        from tui.screens.run_form import FormWords, RunForm

        run = self._app.snapshot.run(request.run_id)
        if run is None:
            return
        if run.spec is None:
            self._app.tell(f"{uncomputed(run)} It cannot be forked.")
            return
        run_id, span = run.run_id, (run.first_iteration, run.iterations_done)
        words = FormWords(
            f"fork run {run_id}",
            "from its weights, so strategy, data set and network stay",
            "fork",
            "enter forks the run",
        )
        steered = tuple(_step_sizes(self._app.snapshot.of(run_id).events))
        draft = ChangeDraft.of_fork(run.spec, span, request.at, request.remark, steered)
        self._app.open_screen(RunForm(words, draft, lambda draft: ForkSubmitted(run_id, draft.changes())))

    def start_fork(self, run_id: int, changes: Mapping[str, str]) -> None:
        """Start a fork."""
        self._app.order(lambda: RunsQueued((orders.fork(self._app.path, run_id, changes)[0],)))

    def edit(self, run_id: int) -> None:
        """Ask for a run's name, tags and note, and change them."""
        from tui.screens.prompt import Prompt, Question

        run = self._app.snapshot.run(run_id)
        if run is None:
            return
        before = {"name": clean(run.name), "tags": " ".join(map(clean, run.tags)), "note": clean(run.note)}
        questions = (
            Question("name", "name", before["name"]),
            Question("tags", "tags", before["tags"], "separated by spaces"),
            Question("note", "note", before["note"]),
        )

        def typed(texts: Mapping[str, str]) -> None:
            # the form shows cleaned text: an unchanged text must not overwrite, say, line breaks
            changed = {name: text for name, text in texts.items() if text != before[name]}
            path = self._app.path

            def carry_out() -> Message:
                sentence = orders.edit(path, run, changed)
                undo = Undo(f"the edit of run {run.run_id}", partial(orders.restore, path, run))
                return OrderAnswered(sentence, undo=undo if changed else None)

            self._app.order(carry_out)

        self._app.open_screen(Prompt(f"Edit run {run.run_id}.", questions, typed, "save"))

    def set_workers(self) -> None:
        """Show the workers, ask for the largest number of them, and set it."""
        from tui.screens.prompt import Prompt, Question
        from tui.widgets.worker_rows import worker_rows

        def typed(texts: Mapping[str, str]) -> None:
            self._app.order(lambda: OrderAnswered(orders.set_workers(self._app.path, texts["workers"])))

        most = str(self._app.snapshot.most_workers or "")
        asked = Question("workers", "workers", most, "empty: one per core, at least 4", number=True)
        self._app.open_screen(
            Prompt(
                "How many workers may run at once?", (asked,), typed,
                above=lambda width, height: worker_rows(self._app.snapshot.workforce, width, height),
            )
        )  # fmt: skip


def _step_sizes(events: Iterable[Event]) -> Iterator[tuple[int, float]]:
    """The step sizes that were set while a run went on, as (iteration, step size)."""
    for event in events:
        if event.verb == "set-step-size":
            try:
                yield event.iteration, parse_field("step_size", event.argument)
            except SpecError:  # another program wrote an invalid step size
                continue

"""The helm: the part of the app that answers requests to steer, fork, name and delete runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from textual.message import Message

from engine.spec import FIELDS, as_text
from engine.store import Run, StoreBusy, StoreFull
from engine.text import clean, counted
from tui.app import orders
from tui.app.part import Part
from tui.model.messages import (
    DeletionConfirmed,
    DeletionRequested,
    EditRequested,
    EditSubmitted,
    ForkRequested,
    ForkSubmitted,
    OrderAnswered,
    RunDeleted,
    RunsQueued,
    SteeringRequested,
    StepSizeScaled,
    StopConfirmed,
    StopRequested,
    WorkersSubmitted,
)

FORKED_FIELDS = (
    "step_size", "batch_size", "update", "momentum", "regularization_strength", "iterations", "seconds", "pace",
)  # fmt: skip
"""What the form for a fork offers, as far as it decides anything for the run."""

Deleted = tuple[Literal["run", "sweep"], int]


class Helm(Part, inherit_bindings=False):
    """Asks what must be asked first; then each order is carried out in a thread, and answered with a message."""

    def __init__(self) -> None:
        super().__init__()
        self.deleted: list[Deleted] = []
        """What was deleted in this sitting and can be brought back, the newest last."""

    def _confirm(self, question: str, confirmed: Message) -> None:
        from tui.screens.confirm import Confirm

        self.push_screen(Confirm(question, confirmed))

    def on_stop_requested(self, message: StopRequested) -> None:
        run = self.snapshot.run(message.run_id)
        reached = f" at iteration {run.iterations_done:,}" if run is not None and run.iterations_done else ""
        question = f"Stop run {message.run_id}{reached}? What it has recorded is kept."
        self._confirm(question, StopConfirmed(message.run_id))

    def on_stop_confirmed(self, message: StopConfirmed) -> None:
        self.order(lambda: OrderAnswered(orders.stop(self.path, message.run_id)))

    def on_steering_requested(self, message: SteeringRequested) -> None:
        self.order(lambda: OrderAnswered(orders.steered(self.path, message.run_id, message.verb)))

    def on_step_size_scaled(self, message: StepSizeScaled) -> None:
        self.order(lambda: OrderAnswered(orders.scale_step_size(self.path, message.run_id, message.factor)))

    def on_deletion_requested(self, message: DeletionRequested) -> None:
        run = self.snapshot.run(message.run_id)
        done = 0 if run is None else run.iterations_done
        rows = f" and its {counted(done, 'iteration')}" if done else ""
        question = f"Delete run {message.run_id}{rows}? u brings it back, until the dashboard closes."
        self._confirm(question, DeletionConfirmed(message.run_id))

    def on_deletion_confirmed(self, message: DeletionConfirmed) -> None:
        self.order(lambda: RunDeleted(message.run_id, orders.delete(self.path, message.run_id)))

    def on_run_deleted(self, message: RunDeleted) -> None:
        self.deleted.append(("run", message.run_id))
        self.tell(message.sentence)

    def on_undo_requested(self) -> None:
        if not self.deleted:
            self.tell("There is nothing to undo: nothing was deleted since the dashboard was opened.")
            return
        what, number = self.deleted.pop()

        def carry_out() -> Message:
            try:
                return OrderAnswered(orders.undelete(self.path, what, number))
            except (StoreBusy, StoreFull):
                self.deleted.append((what, number))  # it is still there to be brought back
                raise

        self.order(carry_out)

    def on_fork_requested(self, message: ForkRequested) -> None:
        from tui.screens.prompt import Prompt, Question

        run = self.snapshot.run(message.run_id)
        if run is None or run.spec is None:
            self.tell("This version cannot read the run's spec, so it cannot be forked.")
            return
        most = f"{run.first_iteration:,} to {run.iterations_done:,}"
        begin = Question("iteration", "from iteration", str(message.at), f"{message.remark}{most}")
        called = Question("name", "name", "", "what the table calls it; may stay empty")
        title = f"Fork run {run.run_id}: a new run goes on from there, exactly, with what you change."
        before = fork_texts(run)
        fields = [Question(name, FIELDS[name].label, text, FIELDS[name].help) for name, text in before.items()]

        def answered(texts: Mapping[str, str]) -> ForkSubmitted:
            return ForkSubmitted(message.run_id, {k: v for k, v in texts.items() if v != before.get(k)})

        self.push_screen(Prompt(title, [begin, *fields, called], answered))

    def on_fork_submitted(self, message: ForkSubmitted) -> None:
        self.order(lambda: RunsQueued((orders.fork(self.path, message.run_id, message.texts)[0],)))

    def on_edit_requested(self, message: EditRequested) -> None:
        from tui.screens.prompt import Prompt, Question

        run = self.snapshot.run(message.run_id)
        if run is None:
            return
        before = {"name": clean(run.name), "tags": " ".join(map(clean, run.tags)), "note": clean(run.note)}
        questions = (
            Question("name", "name", before["name"]),
            Question("tags", "tags", before["tags"], "separated by spaces"),
            Question("note", "note", before["note"]),
        )

        def answered(texts: Mapping[str, str]) -> EditSubmitted:
            # what the form cannot show as it is, such as line breaks, is not to be written back
            return EditSubmitted(run, {k: v for k, v in texts.items() if v != before[k]})

        self.push_screen(Prompt(f"Edit run {run.run_id}.", questions, answered))

    def on_edit_submitted(self, message: EditSubmitted) -> None:
        self.order(lambda: OrderAnswered(orders.edit(self.path, message.run, message.texts)))

    def on_workers_requested(self) -> None:
        from tui.screens.prompt import Prompt, Question

        asked = Question("workers", "workers", str(self.snapshot.most_workers or ""), "empty: as many as is usual here")
        self.push_screen(Prompt("How many workers may work for this store at once?", (asked,), WorkersSubmitted))

    def on_workers_submitted(self, message: WorkersSubmitted) -> None:
        self.order(lambda: OrderAnswered(orders.set_workers(self.path, message.texts["workers"])))


def fork_texts(run: Run) -> dict[str, str]:
    """What the form for a fork of a run begins with, by field."""
    if run.spec is None:
        return {}
    chosen = {name: getattr(run.spec, name) for name in FIELDS}
    return {name: as_text(chosen[name]) for name in FORKED_FIELDS if FIELDS[name].applies(chosen)}

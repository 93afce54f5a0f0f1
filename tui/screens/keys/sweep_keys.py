"""Sweep keys: what the keys of the sweep view ask of the sweep and its runs."""

from __future__ import annotations

from typing import Protocol

from textual.message import Message

from engine.store import ENDED
from engine.sweep.outcome import ValueResult
from tui.model.messages import SteeringRequested, UndoRequested
from tui.model.sweep.sweep_messages import (
    DefaultSpecChosen,
    ProbeRequested,
    SweepGrown,
    SweepOpened,
    SweepRequested,
    SweepSteered,
    ValuesContinued,
)
from tui.model.sweep_seen import SweepSeen
from tui.screens.keys.steering_keys import RESUMED


class SweepPort(Protocol):
    """What SweepKeys need of their screen."""

    sweep_id: int

    @property
    def seen(self) -> SweepSeen:
        """The sweep as last read."""

    @property
    def pointed(self) -> ValueResult | None:
        """The result at the value under the cursor."""

    def tell(self, sentence: str, *, failed: bool = False) -> None:
        """Show a cleaned sentence above the keys."""

    def post_message(self, message: Message) -> bool:
        """Post a message to the screen."""


class SweepKeys:
    """Turns keys into messages about the sweep that is shown, or about the runs of the value under the cursor."""

    def __init__(self, screen: SweepPort) -> None:
        self._screen = screen

    def action_use(self) -> None:
        if self._screen.pointed is not None:
            self._screen.post_message(DefaultSpecChosen(self._screen.pointed.run_ids[0]))

    def action_probe(self) -> None:
        if self._screen.pointed is not None:
            self._screen.post_message(ProbeRequested(self._screen.pointed.run_ids[0]))

    def action_again(self) -> None:
        self._screen.post_message(
            SweepRequested(None if self._screen.pointed is None else self._screen.pointed.run_ids[0])
        )

    def action_refine(self) -> None:
        self._screen.post_message(SweepGrown(self._screen.sweep_id, "refinement"))

    def action_parent(self) -> None:
        if self._screen.seen.parent_id is None:
            self._screen.tell(f"Sweep {self._screen.sweep_id} has no parent: it refines or repeats no other one.")
        else:
            self._screen.post_message(SweepOpened(self._screen.seen.parent_id))

    def action_steer_sweep(self, verb: str) -> None:
        """Steer the whole sweep; `pause` pauses while anything works or waits for work, else it resumes."""
        runs = self._screen.seen.runs.values()
        if verb == "stop" and all(run.state in ENDED for run in runs):
            self._screen.tell(f"Sweep {self._screen.sweep_id} is over already; nothing to stop.")
            return
        if verb == "pause" and not any(run.state in ("running", "queued") for run in runs):
            verb = "resume"
        self._screen.post_message(SweepSteered(self._screen.sweep_id, verb))

    def action_pause(self) -> None:
        """Pause or resume the runs of this value; those that a rung dropped go on."""
        runs = (
            []
            if self._screen.pointed is None
            else [self._screen.seen.runs[run_id] for run_id in self._screen.pointed.run_ids]
        )
        dropped = tuple(run.run_id for run in runs if run.state == "cancelled" and run.rung is not None)
        going = [run for run in runs if run.state in ("running", "queued")]
        resumable = [run for run in runs if run.state in RESUMED]
        if dropped:
            self._screen.post_message(ValuesContinued(dropped))
        elif going or resumable:
            for run in going or resumable:
                self._screen.post_message(SteeringRequested(run.run_id, "pause" if going else "resume"))
        else:
            self._screen.tell("The runs of this value have ended: nothing to pause or resume.")

    def action_undo(self) -> None:
        self._screen.post_message(UndoRequested())

    def action_add(self) -> None:
        self._screen.post_message(SweepGrown(self._screen.sweep_id, "more values"))

    def action_repeat(self) -> None:
        self._screen.post_message(SweepGrown(self._screen.sweep_id, "repetition"))

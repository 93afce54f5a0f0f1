"""Obeying: what waiting commands do to a run at an iteration, wherever it is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.store import Command
from engine.store.write.writer import Applied
from engine.strategy import optimize
from engine.text import setting_text
from engine.trace.state import State


@dataclass(frozen=True, slots=True)
class Obeyed:
    """A run after its commands: its `state`, the answers to commit, and `ending`: '', stop or pause."""

    state: State
    applied: tuple[Applied, ...] = ()
    ending: str = ""

    @property
    def outcome(self) -> str:
        """The sentence about the last command, which is the reason of a run that was stopped."""
        return self.applied[-1][2] if self.applied else ""


def obeyed(commands: Sequence[Command], state: State, at: int, *, steers: bool = True) -> Obeyed:
    """Obey the waiting commands in order before iteration `at`, up to one that ends the attempt.

    Without `steers`, while stored iterations are repeated, a step size waits. A pause before a resume is withdrawn.
    """
    applied: list[Applied] = []
    withdrawn = {
        before.command_id for before, after in pairwise(commands) if (before.verb, after.verb) == ("pause", "resume")
    }
    for command in commands:
        if command.verb == "stop":
            return Obeyed(state, (*applied, (command.command_id, at, f"stopped at iteration {at}")), "stop")
        if command.verb == "pause" and command.command_id not in withdrawn:
            return Obeyed(state, (*applied, (command.command_id, at, f"paused at iteration {at}")), "pause")
        if not steers:
            continue
        if command.verb == "set-step-size":
            step_size = float(command.argument)
            before, state = state.step_size, optimize.with_step_size(state, step_size)
            told = f"step size {setting_text(before, 6)} to {setting_text(step_size, 6)}"
            applied.append((command.command_id, at, told))
        else:
            outcome = {"pause": "withdrawn", "resume": "it was running"}.get(command.verb, "not understood")
            applied.append((command.command_id, None, outcome))
    return Obeyed(state, tuple(applied))

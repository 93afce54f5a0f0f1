"""Steered: what a run was told: stop, pause, resume, and its knobs. It applies in the loop's own thread."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from time import monotonic, sleep

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from typing import Any

PAUSED_S = 0.1


class Steered:
    """What one run was told. `step` gives the run's step now, and `tell` says something of the run."""

    def __init__(self, step: Callable[[], int], tell: Callable[[dict[str, Any]], None]) -> None:
        self.told: deque[dict[str, Any]] = deque()
        """Commands that wait until the loop asks."""
        self.stopped = ""
        """Why the run ends; '' while it goes on."""
        self.is_silent = False
        self.is_waiting = False
        """Whether the loop waits, or has waited and the run's time has not been set back yet."""
        self._step, self._tell = step, tell
        self._is_paused = False
        self._has_asked = False
        self._knobs: dict[str, dict[str, Any]] = {}

    def ask(self) -> float:
        """Apply what was told, and wait while the run is paused; returns the seconds of the wait."""
        if not self._has_asked:
            self._listen()
        if self.told:
            self._obey()
        if not self._is_paused or self.stopped or self.is_silent:
            return 0.0
        began, self.is_waiting = monotonic(), True
        self._tell({"waits": True})
        while self._is_paused and not self.stopped and not self.is_silent:
            sleep(PAUSED_S)
            self._obey()
        self._tell({"waits": False})
        return monotonic() - began

    def knob(self, name: str, default: float, low: float | None, high: float | None) -> float:
        """The value of a knob now, `default` at first."""
        if not self._has_asked:
            self._listen()
        if self.told:
            self._obey()
        known = self._knobs.get(name)
        if known is None:
            known = self._knobs[name] = {"value": float(default), "low": low, "high": high}
            self._tell({"knobs": self._knobs})
        return float(known["value"])

    def _listen(self) -> None:
        self._has_asked = True
        self._tell({"listens": True})

    def _obey(self) -> None:
        while self.told:
            command = self.told.popleft()
            outcome = self._applied(str(command["verb"]), str(command["argument"]))
            self._tell({"applied": [command["id"], self._step(), outcome]})

    def _applied(self, verb: str, argument: str) -> str:
        if verb == "stop":
            self.stopped = self.stopped or f"stopped at step {self._step()}"
            return self.stopped
        if verb in ("pause", "resume"):
            self._is_paused = verb == "pause"
            return f"{verb}d at step {self._step()}"
        name, _, text = argument.rpartition("=")
        known = self._knobs.get(name)
        if verb != "set-knob" or known is None:
            return "its program has no such knob" if verb == "set-knob" else "not understood"
        before, known["value"] = known["value"], _within(float(text), known["low"], known["high"])
        self._tell({"knobs": self._knobs})
        return f"{name} {before:g} to {known['value']:g}"


def _within(value: float, low: float | None, high: float | None) -> float:
    """The value, or the bound that it is beyond."""
    return min(max(value, -math.inf if low is None else low), math.inf if high is None else high)

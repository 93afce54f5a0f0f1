"""Ending: what has become of a script, in a state and a sentence: its exit code, its signal, its last words."""

from __future__ import annotations

import signal

from engine.store import RunState
from engine.text import clean, span_text

LONGEST = 400

BY_HAND = {
    signal.SIGKILL: "it was killed, as the system does where memory runs out",
    signal.SIGTERM: "somebody has ended it",
    signal.SIGHUP: "somebody has ended it",
    signal.SIGINT: "somebody has ended it",
    signal.SIGSEGV: "it has used memory that is not its own",
    signal.SIGABRT: "it has given up",
}


def stopped_reason(steps: int, elapsed_s: float, grace_s: float, *, was_killed: bool) -> str:
    """Why a script that was asked to stop has ended."""
    where = f"at step {steps - 1}" if steps > 0 else f"after {span_text(elapsed_s)}"
    return f"stopped {where}{f', killed since it did not end within {grace_s:g} s' if was_killed else ''}"


def ending_of(exit_code: int, last_words: str) -> tuple[RunState, str]:
    """State and reason of a script that has ended by itself; a negative exit code is the number of a signal.

    `last_words` is the last line that it has printed, '' without any.
    """
    if exit_code == 0:
        return "finished", ""
    said = clean(last_words, LONGEST)
    if exit_code > 0:
        return "failed", f"ended with exit code {exit_code}{f': {said}' if said else ''}"
    try:
        number = signal.Signals(-exit_code)
        name, why = number.name, BY_HAND.get(number, "")
    except ValueError:
        name, why = f"signal {-exit_code}", ""
    return "failed", f"ended by {name}{f': {why}' if why else ''}{f' ({said})' if said else ''}"

"""Knobs: what was asked last of a knob of a logged run, and how it is turned, inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from engine.store.records import Knob, NoRun, Refused, knobs_from_text
from engine.text import clean, setting_text


def asked_knob(raw: sqlite3.Connection, run_id: int, name: str = "") -> Knob:
    """A knob as it was set last, applied yet or not; without a name the only one that the run has.

    Raises NoRun for an unknown run, Refused where there is no such knob, or more than one.
    """
    row = raw.execute("SELECT knobs FROM runs WHERE run_id = ?", (run_id,)).fetchone()
    if row is None:
        raise NoRun(run_id)
    knobs = {knob.name: knob for knob in knobs_from_text(row[0])}
    names = ", ".join(clean(each, 60) for each in knobs)
    if name and name not in knobs:
        there = f"it has {names}" if knobs else "it has none"
        raise Refused(f"Run {run_id} has no knob {clean(name, 60)!r}: {there}.")
    if not knobs:
        raise Refused(f"Run {run_id} has no knob: its program lets no number be changed (docs/logging.md).")
    if not name and len(knobs) > 1:
        raise Refused(f"Run {run_id} has several knobs ({names}): choose one with : and its name.")
    knob = knobs[name] if name else next(iter(knobs.values()))
    waiting = raw.execute(
        "SELECT argument FROM commands WHERE run_id = ? AND verb = 'set-knob' AND outcome = '' "
        "AND substr(argument, 1, length(?2) + 1) = ?2 || '=' ORDER BY command_id DESC LIMIT 1",
        (run_id, knob.name),
    ).fetchone()
    return knob if waiting is None else replace(knob, value=knob.within(float(waiting[0].rpartition("=")[2])))


def turned(knob: Knob, run_id: int, factor: float) -> str:
    """The argument of a command that multiplies a knob, within its bounds. Raises Refused at a bound."""
    value = knob.within(knob.value * factor)
    if value == knob.value:
        bound = {knob.low: "lowest", knob.high: "highest"}.get(value)
        why = f", its {bound} value" if bound else ""
        raise Refused(f"Run {run_id}: {clean(knob.name, 60)} stays {setting_text(value, 6)}{why}.")
    return f"{knob.name}={value!r}"


def changed(knob: Knob, argument: str) -> str:
    """What a command does to a knob, in words; the program keeps it within its bounds."""
    value = knob.within(float(argument.rpartition("=")[2]))
    return f"{clean(knob.name, 60)} {setting_text(knob.value, 6)} → {setting_text(value, 6)}"

"""Steering: the effect of a command on a run, inside the caller's transaction."""

from __future__ import annotations

import math
import sqlite3
from dataclasses import fields
from typing import Literal

from engine.files.program import store_command
from engine.spec import SpecError, parse_field
from engine.store.file.timing import utc_now
from engine.store.records import ENDED, Command, NoRun, Refused, readable_spec
from engine.store.write.knobs import asked_knob, changed
from engine.text import clean, setting_text

Verb = Literal["stop", "pause", "resume", "set-step-size", "set-knob"]
VERBS: tuple[Verb, ...] = ("stop", "pause", "resume", "set-step-size", "set-knob")

HOW_TO_ASK = "docs/logging.md"

COMMAND_COLUMNS = ", ".join(column.name for column in fields(Command))

ENDED_WORDS = {"finished": "finished", "failed": "failed", "cancelled": "been stopped"}

TO_DO = {"set-step-size": "give a step size to", "set-knob": "set a knob of"}
"""The verb phrase for a command in a sentence, where its name is not one."""

AT_RUNG = """
    rung IS NOT NULL AND EXISTS
    (SELECT 1 FROM evaluations e WHERE e.run_id = runs.run_id AND e.iteration = runs.rung AND e.split = 'train')
"""
"""SQL condition: the run has arrived at the rung where it waits for the others of its sweep. Its evaluation at that
iteration is written on arrival."""


def parsed(verb: str, argument: str) -> str:
    """The argument of a command as stored, of a knob `name=value`. Raises ValueError for an unknown verb or an invalid
    number."""
    if verb not in VERBS:
        raise ValueError(f"{verb!r} is not a command for a run (choose from {', '.join(VERBS)})")
    if verb == "set-knob":
        name, _, value = argument.rpartition("=")
        return f"{name}={_number(name, value)!r}"
    return repr(parse_field("step_size", argument)) if verb == "set-step-size" else argument


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise SpecError(name, f"{clean(name, 60)}: give a number, not {clean(text, 60)!r}")
    return value


def asked_step_size(raw: sqlite3.Connection, run_id: int) -> float:
    """The step size last requested, applied yet or not, else the spec's.

    Raises NoRun for an unknown run, Refused when its spec cannot be read.
    """
    row = raw.execute(
        "SELECT spec, (SELECT argument FROM commands c WHERE c.run_id = r.run_id AND verb = 'set-step-size' "
        "ORDER BY command_id DESC LIMIT 1) FROM runs r WHERE run_id = ?",
        (run_id,),
    ).fetchone()
    if row is None:
        raise NoRun(run_id)
    spec = readable_spec(row[0])
    if spec is None:
        raise Refused(f"The spec of run {run_id} cannot be read, so its step size is not known.")
    return spec.step_size if row[1] is None else float(row[1])


def command(raw: sqlite3.Connection, run_id: int, verb: str, argument: str = "") -> str:
    """Steer a run; returns a sentence that says what happens now.

    Raises NoRun for an unknown run, Refused for a deleted or ended one; nothing is changed then.
    """
    row = raw.execute(
        f"SELECT state, iterations_done, deleted_at, iif({AT_RUNG}, rung, NULL), diverged_at IS NOT NULL, kind, "
        "listens, process <> '' FROM runs WHERE run_id = ?",
        (run_id,),
    ).fetchone()
    if row is None:
        raise NoRun(run_id)
    state, done, deleted_at, rung, is_diverged = str(row[0]), int(row[1]), row[2], row[3], bool(row[4])
    if deleted_at is not None:
        raise Refused(f"Run {run_id} is deleted; {store_command(f'undelete {run_id}')} brings it back.")
    if row[5] == "imported":
        raise Refused(_no_engine_run(run_id, row[5], verb))
    if verb == "set-knob" and state not in ENDED:
        asked_knob(raw, run_id, argument.rpartition("=")[0])
    if row[5] == "script" and verb != "set-step-size":
        if verb == "resume" and state == "failed":
            return _start_again(raw, run_id)
        if state in ENDED and verb == "resume":
            raise Refused(_has_ended_script(run_id, state))
        if state == "running" or (state == "paused" and row[7]):
            return _leave_for_worker(raw, run_id, state, verb, argument)
    elif row[5] != "engine" and (verb == "set-step-size" or (state in ENDED and verb == "resume")):
        raise Refused(_no_engine_run(run_id, row[5], verb))
    if row[5] == "logged" and state in ("running", "paused"):
        if row[6] == 0 and verb != "set-knob":
            raise Refused(f"Run {run_id} does not listen: its program never asks ({HOW_TO_ASK}).")
        return _leave_for_worker(raw, run_id, state, verb, argument)
    if state == "cancelled" and verb == "resume" and rung is not None:
        return _go_on_alone(raw, run_id, rung)
    if state == "failed" and verb == "resume":
        return _try_again(raw, run_id, done)
    if state in ENDED:
        raise Refused(_has_ended(run_id, state, verb, is_diverged=is_diverged and state == "finished"))
    if state == "running" or verb == "set-step-size":
        return _leave_for_worker(raw, run_id, state, verb, argument)
    if state == "paused" and rung is not None and verb != "stop":
        return _hold_at_rung(raw, run_id, rung, verb)
    return _apply_now(raw, run_id, state, verb, done)


def _has_ended(run_id: int, state: str, verb: str, *, is_diverged: bool) -> str:
    """Why an ended run cannot be steered, and for who wants it to go on, how a fork does."""
    how = "diverged" if is_diverged else f"{ENDED_WORDS[state]} already"
    told = f"Run {run_id} has {how}; nothing to {TO_DO.get(verb, verb)}."
    if verb not in ("resume", "set-step-size"):
        return told
    if is_diverged:
        return f"{told} A fork from before that goes on: {store_command(f'fork {run_id} --at ITERATION')}."
    return f"{told} A fork goes on from it: {store_command(f'fork {run_id}')}."


def _has_ended_script(run_id: int, state: str) -> str:
    """Why a script that has ended well, or was stopped, is not started again so."""
    again = store_command(f"launch --again {run_id}")
    return f"Run {run_id} has {ENDED_WORDS[state]} already; nothing to resume. {again} starts its command as a new run."


def _start_again(raw: sqlite3.Connection, run_id: int) -> str:
    """Queue a failed script again; what it measures takes the place of what it had."""
    raw.execute(
        "UPDATE runs SET state = 'queued', reason = '', ended_at = NULL, slot = '', process = '', "
        "retries = retries + 1, times_lost = 0 WHERE run_id = ?",
        (run_id,),
    )
    note(raw, run_id, "resume", "", None, "starts again from its beginning")
    return f"Resuming run {run_id} …: its command starts again from its beginning."


def _no_engine_run(run_id: int, kind: str, verb: str) -> str:
    """Why a run that the engine does not compute cannot be steered so."""
    if kind == "imported":
        return f"Run {run_id} was imported; nothing computes it, so there is nothing to {TO_DO.get(verb, verb)}."
    if verb == "set-step-size" and kind == "script":
        return f"Run {run_id} is a script, whose step size is not known here; knobs of it are set with knob."
    if verb == "set-step-size":
        return f"Run {run_id} is logged by a program of its own, whose step size is not known here."
    return f"Run {run_id} was logged by a program of its own, which has ended; start that program again."


def command_sweep(raw: sqlite3.Connection, sweep_id: int, verb: Verb) -> int:
    """Stop, pause or resume every run of a sweep that this affects; returns how many.

    When resumed, runs that wait at a rung keep waiting; when paused, they stay paused once the rung has kept them.
    """
    changed = 0
    rows = raw.execute(
        f"SELECT run_id, state, state = 'paused' AND {AT_RUNG} FROM runs WHERE sweep_id = ? AND deleted_at IS NULL "
        f"AND state IN ('queued', 'running', 'paused') ORDER BY run_id",
        (sweep_id,),
    ).fetchall()
    for run_id, state, waits in rows:
        held = "pause" in list(pending(raw, run_id).values())[-1:]
        if verb == "resume":
            wanted = held if waits or state == "running" else state == "paused"
        else:
            wanted = verb == "stop" or (not held and (waits or state != "paused"))
        if wanted:
            command(raw, run_id, verb)
        changed += wanted
    return changed


def pending(raw: sqlite3.Connection, run_id: int) -> dict[int, str]:
    """Verbs of a run's unanswered commands by command id, oldest first."""
    return dict(
        raw.execute(
            "SELECT command_id, verb FROM commands WHERE run_id = ? AND outcome = '' ORDER BY command_id", (run_id,)
        ).fetchall()
    )


def answer(raw: sqlite3.Connection, command_id: int, at: int | None, outcome: str) -> None:
    """Store the outcome of a waiting command; `at` is the iteration it was applied at, None if it changed nothing."""
    raw.execute(
        "UPDATE commands SET applied_at_iteration = ?, outcome = ? WHERE command_id = ? AND outcome = ''",
        (at, outcome, command_id),
    )


def keep_step_size(raw: sqlite3.Connection, command_id: int) -> None:
    """Store the step size in the run's row if the applied command has set one."""
    row = raw.execute(
        "SELECT argument, run_id FROM commands WHERE command_id = ? AND verb = 'set-step-size'", (command_id,)
    ).fetchone()
    if row is not None:
        raw.execute("UPDATE runs SET step_size_now = ? WHERE run_id = ?", (float(row[0]), row[1]))


def note(raw: sqlite3.Connection, run_id: int, verb: str, argument: str, at: int | None, outcome: str) -> None:
    """Insert a command or decision about a run; outcome '' leaves it waiting."""
    raw.execute(
        "INSERT INTO commands (run_id, verb, argument, issued_at, applied_at_iteration, outcome) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (run_id, verb, argument, utc_now(), at, outcome),
    )


def end(raw: sqlite3.Connection, run_id: int, state: str, reason: str) -> None:
    """End a run that no worker owns; `state` is one of ENDED."""
    raw.execute(
        "UPDATE runs SET state = ?, reason = ?, ended_at = ? WHERE run_id = ?", (state, reason, utc_now(), run_id)
    )
    came_too_late(raw, run_id)


def came_too_late(raw: sqlite3.Connection, run_id: int) -> None:
    """Answer the commands that still wait for a run that has ended."""
    raw.execute("UPDATE commands SET outcome = 'the run had ended' WHERE run_id = ? AND outcome = ''", (run_id,))


def unanswered(raw: sqlite3.Connection, run_id: int) -> list[Command]:
    """Return the commands that wait for a run, the oldest first."""
    found = raw.execute(
        f"SELECT {COMMAND_COLUMNS} FROM commands WHERE run_id = ? AND outcome = '' ORDER BY command_id", (run_id,)
    )
    return [Command(*row) for row in found]


def _leave_for_worker(raw: sqlite3.Connection, run_id: int, state: str, verb: str, argument: str) -> str:
    waiting = raw.execute(
        "SELECT verb, argument FROM commands WHERE run_id = ? AND outcome = '' ORDER BY command_id DESC LIMIT 1",
        (run_id,),
    ).fetchone()
    if waiting == (verb, argument):
        return f"Run {run_id} has been told so already."
    asked = [verb for verb in pending(raw, run_id).values() if verb in ("pause", "resume")]
    if verb == "pause" and state == "paused" and not asked:
        return f"Run {run_id} is paused already."
    if verb == "resume" and state != "paused" and asked[-1:] != ["pause"]:
        return f"Run {run_id} is running already."
    knob = changed(asked_knob(raw, run_id, argument.rpartition("=")[0]), argument) if verb == "set-knob" else ""
    before = _step_size_before(raw, run_id) if verb == "set-step-size" else ""
    note(raw, run_id, verb, argument, None, "")
    if verb == "set-step-size":
        when = {"running": "", "queued": ", once a worker takes it up"}.get(state, ", once it resumes")
        return f"Run {run_id}: step size {before}{setting_text(float(argument), 6)}{when}."
    return {
        "stop": f"Stopping run {run_id} …; what it has recorded is kept.",
        "pause": f"Pausing run {run_id} …",
        "resume": f"Resuming run {run_id} …" if state == "paused" else f"Run {run_id} runs on: its pause is withdrawn.",
        "set-knob": f"Run {run_id}: {knob}{', once it resumes' if state == 'paused' else ' from its next step on'}.",
    }[verb]


def _step_size_before(raw: sqlite3.Connection, run_id: int) -> str:
    """Return the step size asked for last, with an arrow; "" where the run's spec cannot be read."""
    try:
        return f"{setting_text(asked_step_size(raw, run_id), 6)} → "
    except Refused:
        return ""


def _apply_now(raw: sqlite3.Connection, run_id: int, state: str, verb: str, done: int) -> str:
    """Apply a command at once to a queued or paused run, which no worker owns; returns the sentence."""
    if verb == "stop":
        reason = f"stopped at iteration {done}" if done else "stopped before it started"
        note(raw, run_id, verb, "", done, reason)
        end(raw, run_id, "cancelled", reason)
        return f"Run {run_id} {reason}."
    wanted = "paused" if verb == "pause" else "queued"
    if state == wanted:
        return f"Run {run_id} is {state} already."
    raw.execute("UPDATE runs SET state = ?, reason = '' WHERE run_id = ?", (wanted, run_id))
    note(raw, run_id, verb, "", done, wanted)
    return f"Run {run_id} is paused." if wanted == "paused" else f"Resuming run {run_id} …"


def _hold_at_rung(raw: sqlite3.Connection, run_id: int, rung: int, verb: str) -> str:
    """Pause or resume a run that waits at a rung: a pause takes effect once the rung has kept the run."""
    asked = pending(raw, run_id)
    pauses = [command_id for command_id, waiting in asked.items() if waiting == "pause"]
    if verb == "pause":
        if pauses:
            return f"Run {run_id} has been told so already."
        note(raw, run_id, verb, "", None, "")
        return f"Run {run_id} waits at rung {rung} for the others of its sweep; if it is kept, it is paused there."
    for command_id in pauses:
        answer(raw, command_id, None, "withdrawn")
    if pauses:
        return f"Run {run_id} waits at rung {rung} for the others of its sweep; the pause is withdrawn."
    return _go_on_alone(raw, run_id, rung)


def _go_on_alone(raw: sqlite3.Connection, run_id: int, rung: int) -> str:
    """Queue a run from its rung, dropped there or waiting, outside the race from now on."""
    outcome = f"goes on from rung {rung}, out of the race"
    raw.execute(
        "UPDATE runs SET state = 'queued', reason = '', ended_at = NULL, rung = NULL WHERE run_id = ?", (run_id,)
    )
    note(raw, run_id, "resume", "", rung, outcome)
    return f"Resuming run {run_id} …: it {outcome}."


def _try_again(raw: sqlite3.Connection, run_id: int, done: int) -> str:
    """Queue a failed run to continue after its newest iteration; in a race it keeps its rung."""
    first, checkpoint = raw.execute(
        "SELECT coalesce(parent_iteration, 0), (SELECT max(iteration) FROM checkpoints c "
        "WHERE c.run_id = runs.run_id AND c.iteration <= runs.iterations_done) FROM runs WHERE run_id = ?",
        (run_id,),
    ).fetchone()
    outcome = "begins again" if checkpoint is None and done == first else f"goes on from iteration {done}"
    if checkpoint is None and done > first:
        outcome += f", computed again from iteration {first}: it has no checkpoint"
    elif checkpoint is not None and checkpoint < done:
        outcome += f", computed again from its checkpoint at {checkpoint}"
    raw.execute(
        "UPDATE runs SET state = 'queued', reason = '', ended_at = NULL, times_lost = 0 WHERE run_id = ?", (run_id,)
    )
    note(raw, run_id, "resume", "", done, outcome)
    return f"Resuming run {run_id} …: it had failed and {outcome}."

"""Script rows: runs of commands as they are queued, and queued again, inside the caller's transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence

from engine.spec import SpecError
from engine.spec.script import ScriptSpec, script_from_json
from engine.store.file.timing import utc_now
from engine.store.records import LOST, UNREAD
from engine.store.write.catalogue import storable
from engine.store.write.steering import end, pending
from engine.store.write.tags import tags_to_text

WORKER_LOST = "lost: its worker ended without a word, and its processes were ended"


def insert_scripts(
    raw: sqlite3.Connection,
    specs: Sequence[ScriptSpec],
    names: Sequence[str],
    environment: Mapping[str, str],
    *,
    tags: Sequence[str] = (),
    sweep_id: int | None = None,
    rung: int | None = None,
) -> list[int]:
    """Queue a run for each spec inside the caller's transaction; returns their ids in order."""
    now, variables, words = utc_now(), json.dumps(dict(environment)), tags_to_text(map(storable, tags))
    return [
        int(
            raw.execute(
                "INSERT INTO runs (kind, name, sweep_id, state, spec, environment, config, tags, created_at, rung) "
                "VALUES ('script', ?, ?, 'queued', ?, ?, ?, ?, ?, ?)",
                (storable(name), sweep_id, storable(spec.to_json()), storable(variables),
                 storable(json.dumps(dict(spec.values))) if spec.values else "", words, now, rung),
            ).lastrowid
            or 0
        )
        for spec, name in zip(specs, names, strict=True)
    ]  # fmt: skip


def variables_of(text: str) -> dict[str, str]:
    """The variables of a stored environment; {} where it is none."""
    try:
        facts = json.loads(text or "{}")
    except ValueError:
        return {}
    return (
        {str(name): value for name, value in facts.items() if isinstance(value, str)} if isinstance(facts, dict) else {}
    )


def requeue_program(raw: sqlite3.Connection, run_id: int, kind: str, spec: str, retries: int) -> None:
    """Queue a script again, as often as it may be started again, else fail it; an imported run waits to be read again.

    The caller holds a transaction, and none of the script's processes is left.
    """
    if kind == "imported":  # its program may well go on
        raw.execute("UPDATE runs SET state = 'paused', reason = ? WHERE run_id = ?", (UNREAD, run_id))
        return
    if kind != "script":
        end(raw, run_id, "failed", LOST)
        raw.execute("UPDATE runs SET times_lost = 1 WHERE run_id = ?", (run_id,))
        return
    raw.execute("UPDATE runs SET slot = '', process = '', times_lost = times_lost + 1 WHERE run_id = ?", (run_id,))
    if "stop" in pending(raw, run_id).values():
        end(raw, run_id, "cancelled", "stopped, when its worker had been lost")
    elif retries < _most_retries(spec):
        raw.execute(
            "UPDATE runs SET state = 'queued', retries = retries + 1, reason = ? WHERE run_id = ?",
            (WORKER_LOST.removeprefix("lost: "), run_id),
        )
    else:
        end(raw, run_id, "failed", WORKER_LOST)


def _most_retries(spec: str) -> int:
    try:
        return script_from_json(spec).retries
    except SpecError:
        return 0
